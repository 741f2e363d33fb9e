"""An array whose channels are exchanged, that was turned, or whose two microphones hear the same, is noticed."""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest

from counterpoint.hearing.geometry import BUILT_IN, SOUND_M_S, ArrayGeometry, direction
from counterpoint.hearing.placement import PlacementWatch
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, Calibration, Placement, Samples

WELL = Placement()
USB = BUILT_IN["respeaker-usb-v2"]
TALK_S = 4.0  # of each person; then the other
FOUR_IN_A_LINE = ArrayGeometry("line", tuple((0.03 * n - 0.045, 0.0, 0.0) for n in range(4)), (0, 1, 2, 3), 4)


def arrives(sound: Samples, geometry: ArrayGeometry, bearing_deg: float) -> Samples:
    """A far sound at each microphone: shifted by its delay, which is a turn of each frequency's phase."""
    early_s = np.array(geometry.positions_m) @ np.array(direction(bearing_deg)) / SOUND_M_S
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE_HZ)
    spectra = np.fft.rfft(sound) * np.exp(2j * np.pi * np.outer(early_s, hertz))
    return np.fft.irfft(spectra, len(sound)).astype(np.float32)


def speech_like(seconds: float, rng: np.random.Generator) -> Samples:
    """Noise as loud as speech, in syllables with pauses."""
    at = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    syllables = np.clip(np.sin(2 * np.pi * 1.7 * at), 0.0, None) ** 2
    sound: Samples = (rng.normal(0, 0.1, len(at)) * syllables).astype(np.float32)
    return sound


class Counter:
    """Two people who talk in turns before an array, and the watch that hears them."""

    def __init__(
        self, geometry: ArrayGeometry = USB, told: Calibration | None = None, order: tuple[int, ...] | None = None
    ) -> None:
        self.geometry = geometry
        self.watch = PlacementWatch(geometry, told or Calibration(), len(geometry.raw))
        self.dead: tuple[int, ...] = ()
        self._order = list(order or range(len(geometry.raw)))
        self._rng = np.random.default_rng(2)
        self._at = 0

    def talk(self, seconds: float, bearings: tuple[float, ...] = (0.0, 180.0)) -> Placement:
        """Let people at these bearings talk in turns; what the watch says at the end."""
        placement = WELL
        for turn in range(round(seconds / TALK_S)):
            sound = speech_like(TALK_S, self._rng)
            placement = self.hear(arrives(sound, self.geometry, bearings[turn % len(bearings)]))
        return placement

    def hear(self, samples: Samples) -> Placement:
        """Let the microphones hear this, with their own noise, in the order of the channels."""
        placement = WELL
        noisy = samples + np.float32(1e-3) * self._rng.standard_normal(samples.shape, np.float32)
        noisy[list(self.dead)] = 0
        for first in range(0, noisy.shape[1] - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
            placement = self.watch.step(Block(noisy[self._order, first : first + BLOCK_SAMPLES], self._at))
            self._at += BLOCK_SAMPLES
        return placement


@pytest.mark.parametrize("name", ["respeaker-usb-v2", "respeaker-xvf3800", "respeaker-2mic"])
@pytest.mark.parametrize("beside_deg", [0.0, 20.0, -25.0])
def test_people_up_to_25_degrees_beside_where_they_should_be_are_no_fault(name: str, beside_deg: float) -> None:
    assert Counter(BUILT_IN[name]).talk(140, (beside_deg, 180 + beside_deg)) == WELL


def test_two_exchanged_channels_are_told() -> None:
    exchanged = Counter(order=(1, 0, 2, 3))
    assert exchanged.talk(32) == WELL
    assert exchanged.talk(120) == Placement(wrong_order=True)


def test_with_a_dead_microphone_what_was_told_stays_and_nothing_new_is_learnt() -> None:
    exchanged, right = Counter(order=(1, 0, 2, 3)), Counter()
    assert exchanged.talk(120).wrong_order
    exchanged.dead = right.dead = (3,)
    assert exchanged.talk(40).wrong_order
    assert right.talk(80, (90.0, 270.0)) == WELL


def test_it_is_told_until_as_much_speech_fits_again() -> None:
    counter = Counter(order=(1, 0, 2, 3))
    assert counter.talk(120).wrong_order
    counter._order = [0, 1, 2, 3]
    assert counter.talk(20).wrong_order
    assert counter.talk(160) == WELL


def test_the_exchanged_ends_of_a_line_are_told() -> None:
    assert Counter(FOUR_IN_A_LINE, order=(1, 0, 2, 3)).talk(120).wrong_order


def test_an_exchange_that_mirrors_the_array_can_not_be_heard() -> None:
    assert Counter(order=(0, 3, 2, 1)).talk(200, (20.0, 160.0)) == WELL
    assert Counter(BUILT_IN["respeaker-2mic"], order=(1, 0)).talk(200) == WELL


def test_an_array_turned_by_a_right_angle_is_told_after_minutes_of_speech() -> None:
    turned = Counter(told=Calibration(90, 270))
    assert turned.talk(60) == WELL
    assert turned.talk(240) == Placement(turned=True)


def test_a_line_that_was_turned_across_is_told_later() -> None:
    line = Counter(BUILT_IN["respeaker-2mic"])
    assert line.talk(200, (90.0, 270.0)) == WELL
    assert line.talk(400, (90.0, 270.0)) == Placement(turned=True)


def test_a_turned_array_is_well_soon_after_it_is_turned_back() -> None:
    counter = Counter()
    assert counter.talk(300, (90.0, 270.0)).turned
    assert counter.talk(80) == WELL


def test_half_a_circle_exchanges_the_sides_and_can_not_be_heard() -> None:
    assert Counter().talk(300, (180.0, 0.0)) == WELL


def test_one_voice_from_elsewhere_may_be_a_radio() -> None:
    assert Counter().talk(300, (90.0,)) == WELL


def test_two_neighbours_softer_than_the_people_here_say_nothing() -> None:
    counter = Counter()
    counter.talk(80)
    for _ in range(40):
        for bearing in (90.0, 270.0):
            placement = counter.hear(0.3 * arrives(speech_like(TALK_S, counter._rng), USB, bearing))
    assert placement == WELL


def test_with_a_microphone_a_side_both_hearing_the_same_is_told() -> None:
    stereo = Counter(BUILT_IN["stereo"])
    middle = speech_like(120, np.random.default_rng(1))
    assert stereo.hear(np.stack([middle, 0.9 * middle])) == Placement(alike=True)


def test_with_a_microphone_a_side_each_hearing_its_own_person_is_well() -> None:
    stereo = Counter(BUILT_IN["stereo"])
    for _ in range(20):
        near = speech_like(TALK_S, np.random.default_rng(1))
        assert stereo.hear(np.stack([near, 0.3 * near])) == WELL
        assert stereo.hear(np.stack([0.3 * near, near])) == WELL


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_silence_and_what_is_no_number_say_nothing(value: float) -> None:
    watch = PlacementWatch(USB, Calibration(), 4)
    block = Block(np.full((4, BLOCK_SAMPLES), value, np.float32), 0)
    assert {watch.step(block) for _ in range(500)} == {WELL}


def test_lost_blocks_say_nothing() -> None:
    watch = PlacementWatch(USB, Calibration(), 4)
    for _ in range(500):
        watch.step(Block(np.zeros((4, BLOCK_SAMPLES), np.float32), 0, BLOCK_SAMPLES))
    assert watch._blocks == 0


def test_watching_a_conversation_costs_under_30_microseconds_a_block() -> None:
    heard = arrives(speech_like(10, np.random.default_rng(1)), USB, 0.0)
    firsts = range(0, heard.shape[1], BLOCK_SAMPLES)
    blocks = [Block(heard[:, first : first + BLOCK_SAMPLES], first) for first in firsts]
    watch, rounds = PlacementWatch(USB, Calibration(), 4), []
    for _ in range(5):
        start = process_time()
        for block in blocks:
            watch.step(block)
        rounds.append((process_time() - start) * BLOCK_S / 10)
    assert min(rounds) < 30e-6
