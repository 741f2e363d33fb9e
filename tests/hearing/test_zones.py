"""Whatever the array, a zone frame says the same thing about the two sides; and it never says NaN."""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from counterpoint.errors import ChannelsMismatch
from counterpoint.hearing.geometry import BUILT_IN, ArrayGeometry, arrival_s
from counterpoint.hearing.zones import FEATURES, MEL_BANDS, WHITE_NOISE_GAIN, Zones, _beam_weights, lateral_deg
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, Calibration, Samples

USB = BUILT_IN["respeaker-usb-v2"]
HEXAGON = ArrayGeometry(
    "hexagon", tuple((0.04 * np.cos(a), 0.04 * np.sin(a), 0.0) for a in np.arange(6) * np.pi / 3), tuple(range(6)), 6
)
COMPACT = [BUILT_IN["respeaker-usb-v2"], BUILT_IN["respeaker-xvf3800"], BUILT_IN["respeaker-2mic"], HEXAGON]
AGENT = slice(MEL_BANDS, 2 * MEL_BANDS)
CUSTOMER = slice(2 * MEL_BANDS, 3 * MEL_BANDS)


def sound_from(array: ArrayGeometry, bearing_deg: float, seconds: float = 0.6, seed: int = 1) -> Samples:
    """Noise from far away, as the raw microphones hear it."""
    noise = np.random.default_rng(seed).normal(0, 0.05, int(seconds * SAMPLE_RATE_HZ))
    spectrum, hertz = np.fft.rfft(noise), np.fft.rfftfreq(len(noise), 1 / SAMPLE_RATE_HZ)
    heard = [
        np.fft.irfft(spectrum * np.exp(2j * np.pi * hertz * arrival_s(place, bearing_deg)), n=len(noise))
        for place in array.positions_m
    ]
    return np.stack(heard).astype(np.float32)


def through(zones: Zones, samples: Samples) -> tuple[Samples, Samples]:
    """All features and the whole agent beam."""
    features, beam = [], []
    for first in range(0, samples.shape[1], BLOCK_SAMPLES):
        frame = zones.step(Block(samples[:, first : first + BLOCK_SAMPLES], first))
        features.append(frame.features.copy())
        beam.append(frame.agent_beam.copy())
    return np.stack(features), np.concatenate(beam)


@pytest.mark.parametrize("array", COMPACT, ids=lambda array: array.name)
@pytest.mark.parametrize(("bearing", "near", "far"), [(0, AGENT, CUSTOMER), (180, CUSTOMER, AGENT)])
def test_the_side_that_speaks_is_the_louder_zone(array: ArrayGeometry, bearing: int, near: slice, far: slice) -> None:
    features, _ = through(Zones(array, Calibration(), len(array.raw)), sound_from(array, bearing))
    mean = features[5:].mean(axis=0)
    assert mean[near].mean() - mean[far].mean() > 0.5  # 5 dB


@pytest.mark.parametrize("array", [*COMPACT, BUILT_IN["stereo"]], ids=lambda array: array.name)
def test_features_have_one_shape_for_every_array(array: ArrayGeometry) -> None:
    frame = Zones(array, Calibration(), array.channels).step(
        Block(np.zeros((array.channels, BLOCK_SAMPLES), dtype=np.float32), 0)
    )
    assert frame.features.shape == (FEATURES,)
    assert frame.agent_beam.shape == (BLOCK_SAMPLES,)
    assert frame.features.dtype == frame.agent_beam.dtype == np.float32


def test_one_microphone_a_side_is_that_sides_zone() -> None:
    stereo = BUILT_IN["stereo"]
    near = np.random.default_rng(2).normal(0, 0.05, 9600).astype(np.float32)
    features, beam = through(Zones(stereo, Calibration(), 2), np.stack([near, 0.2 * near]))
    assert features[5:, AGENT].mean() > features[5:, CUSTOMER].mean() + 1
    np.testing.assert_allclose(beam[BLOCK_SAMPLES * 2 :], near[BLOCK_SAMPLES:-BLOCK_SAMPLES], atol=1e-5)


def test_the_agents_beam_keeps_the_agent_and_drops_the_customer() -> None:
    kept = through(Zones(USB, Calibration(), 4), sound_from(USB, 0))[1][3200:].std()
    dropped = through(Zones(USB, Calibration(), 4), sound_from(USB, 180))[1][3200:].std()
    assert kept == pytest.approx(0.05, rel=0.1)
    assert 20 * np.log10(dropped / kept) < -10


def test_the_agents_beam_is_one_block_late() -> None:
    heard = sound_from(USB, 0)
    beam = through(Zones(USB, Calibration(), 4), heard)[1]
    centre = heard.mean(axis=0)
    agreement = [np.dot(np.roll(centre, shift)[3200:-3200], beam[3200:-3200]) for shift in range(640)]
    assert int(np.argmax(agreement)) == BLOCK_SAMPLES


def test_calibration_turns_the_zones() -> None:
    features, _ = through(Zones(USB, Calibration(90, 270), 4), sound_from(USB, 90))
    assert features[5:, AGENT].mean() > features[5:, CUSTOMER].mean() + 0.5


def test_the_other_zones_lie_half_way_between_the_sides() -> None:
    assert lateral_deg(Calibration(0, 180)) == (90, 270)
    assert lateral_deg(Calibration(350, 90)) == (40, 220)


def test_exchanging_the_bearings_exchanges_the_sides() -> None:
    heard = sound_from(USB, 20)
    one = through(Zones(USB, Calibration(0, 180), 4), heard)[0]
    other = through(Zones(USB, Calibration(180, 0), 4), heard)[0]
    np.testing.assert_allclose(one[:, AGENT], other[:, CUSTOMER], atol=1e-4)
    np.testing.assert_allclose(one[:, :MEL_BANDS], other[:, :MEL_BANDS], atol=1e-4)


def test_a_quieter_microphone_is_evened_out() -> None:
    heard = sound_from(USB, 0, seconds=2)
    quiet = heard * np.array([[0.75], [1], [1.3], [1]], dtype=np.float32)
    even = through(Zones(USB, Calibration(), 4), heard)[0][60:, AGENT].mean()
    uneven = through(Zones(USB, Calibration(), 4), quiet)[0][60:, AGENT].mean()
    assert uneven == pytest.approx(even, abs=0.1)


def test_loudness_does_not_change_which_side_it_is() -> None:
    heard = sound_from(USB, 0)
    loud = through(Zones(USB, Calibration(), 4), heard)[0]
    soft = through(Zones(USB, Calibration(), 4), heard * np.float32(0.05))[0]
    np.testing.assert_allclose(loud[:, MEL_BANDS:], soft[:, MEL_BANDS:], atol=0.02)


def test_a_lost_block_says_silence_and_is_passed_on() -> None:
    zones = Zones(USB, Calibration(), 4)
    through(zones, sound_from(USB, 0))
    silent = np.zeros((4, BLOCK_SAMPLES), dtype=np.float32)
    zones.step(Block(silent, 0, BLOCK_SAMPLES))
    frame = zones.step(Block(silent, 320, BLOCK_SAMPLES))
    assert frame.lost_samples == BLOCK_SAMPLES
    np.testing.assert_allclose(frame.features[MEL_BANDS : 4 * MEL_BANDS], 0, atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        arrays(np.float32, (4, BLOCK_SAMPLES), elements=st.floats(width=32), fill=st.floats(width=32)),
        min_size=1,
        max_size=4,
    )
)
def test_no_samples_whatever_make_a_nan(blocks: list[Samples]) -> None:
    zones = Zones(USB, Calibration(), 4)
    for samples in [*blocks, np.zeros((4, BLOCK_SAMPLES), dtype=np.float32)]:
        frame = zones.step(Block(samples, 0))
        assert np.isfinite(frame.features).all()
        assert np.isfinite(frame.agent_beam).all()
        assert np.abs(frame.agent_beam).max() <= 1


@given(st.floats(0, 360), st.floats(0, 360))
@settings(max_examples=20, deadline=None)
def test_no_beam_amplifies_self_noise_beyond_the_limit(agent: float, customer: float) -> None:
    beams = _beam_weights(USB, Calibration(agent, customer))
    assert (np.sum(np.abs(beams[:4]) ** 2, axis=1) <= 1 / WHITE_NOISE_GAIN + 1e-3).all()


def test_the_same_blocks_give_the_same_features() -> None:
    heard = sound_from(USB, 40)
    first, second = (through(Zones(USB, Calibration(), 4), heard)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("array", [USB, BUILT_IN["respeaker-xvf3800"]], ids=lambda array: array.name)
@pytest.mark.parametrize("dead", range(4))
def test_without_one_of_four_microphones_the_side_that_speaks_is_as_clear_as_with_two(
    array: ArrayGeometry, dead: int
) -> None:
    def lead(array: ArrayGeometry, missing: tuple[int, ...], bearing: float) -> float:
        zones = Zones(array, Calibration(), len(array.raw))
        zones.without(missing)
        heard = sound_from(array, bearing)
        heard[list(missing)] = 0
        mean = through(zones, heard)[0][5:].mean(axis=0)
        return float(mean[AGENT].mean() - mean[CUSTOMER].mean())

    two = BUILT_IN["respeaker-2mic"]
    assert lead(array, (dead,), 0) > 0.95 * lead(two, (), 0)
    assert lead(array, (dead,), 180) < 0.95 * lead(two, (), 180)


def test_without_a_microphone_is_the_array_that_never_had_it() -> None:
    three = ArrayGeometry("three", USB.positions_m[1:], (0, 1, 2), 3)
    heard = sound_from(USB, 20)
    zones = Zones(USB, Calibration(), 4)
    zones.without((0,))
    without, never = through(zones, heard), through(Zones(three, Calibration(), 3), heard[1:])
    np.testing.assert_array_equal(without[0], never[0])
    np.testing.assert_array_equal(without[1], never[1])


def test_channels_are_those_of_the_block() -> None:
    heard = sound_from(USB, 20)
    six = np.concatenate((heard[:1] * 0, heard, heard[:1] * 0))
    of_six, of_four = Zones(USB, Calibration(), 6), Zones(USB, Calibration(), 4)
    of_six.without((3,))  # channel 0 of the six is processed
    of_four.without((2,))
    np.testing.assert_array_equal(through(of_six, six)[0], through(of_four, heard)[0])


def test_a_microphone_that_is_back_is_heard_as_before() -> None:
    heard = sound_from(USB, 20)
    always, back = Zones(USB, Calibration(), 4), Zones(USB, Calibration(), 4)
    through(always, heard)
    through(back, heard[:, :3200])
    back.without((1,))
    through(back, heard[:, 3200:6400])
    back.without(())
    through(back, heard[:, 6400:])
    one, other = through(always, heard)[0][2:], through(back, heard)[0][2:]
    np.testing.assert_allclose(one[:, MEL_BANDS:], other[:, MEL_BANDS:], atol=0.02)


def test_going_on_without_a_microphone_costs_less_than_a_block() -> None:
    zones = Zones(USB, Calibration(), 4)
    costs = []
    for dead in (0, 1, 2, 3):
        start = process_time()
        zones.without((dead,))
        costs.append(process_time() - start)
    assert min(costs) < BLOCK_S  # 5 ms where nothing else runs


def test_an_array_that_the_channels_cannot_be_is_refused() -> None:
    with pytest.raises(ChannelsMismatch):
        Zones(USB, Calibration(), 5)
