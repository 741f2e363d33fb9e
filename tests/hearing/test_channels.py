"""A microphone that is dead, stuck, doubled or clipping is noticed, and so is its recovery."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.hearing.channels import ChannelWatch
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, Block, ChannelHealth

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.values import Samples

RAW = (1, 2, 3, 4)  # of six channels, as the ReSpeaker USB array has them
WELL = ChannelHealth()


class Room:
    """Six channels of faint noise into a watch, with faults put in."""

    def __init__(
        self,
        raw: tuple[int, ...] = RAW,
        channels: int = 6,
        *,
        one_per_side: bool = False,
        spare: tuple[int, ...] = (),
    ) -> None:
        self.watch = ChannelWatch(raw, one_per_side=one_per_side, spare=spare)
        self._noise = np.random.default_rng(3)
        self._channels = channels
        self._at = 0

    def hear(self, seconds: float, fault: Callable[[Samples], None] = lambda _: None, lost: int = 0) -> ChannelHealth:
        """Let `seconds` pass with `fault` in every block; return what the watch says at the end."""
        health = WELL
        for _ in range(round(seconds / BLOCK_S)):
            samples = self._noise.normal(0, 0.01, (self._channels, BLOCK_SAMPLES)).astype(np.float32)
            fault(samples)
            health = self.watch.step(Block(samples, self._at, lost))
            self._at += BLOCK_SAMPLES
        return health


def dead(samples: Samples) -> None:
    samples[2] = 0


def stuck(samples: Samples) -> None:
    samples[3] = 0.25


def doubled(samples: Samples) -> None:
    samples[4] = samples[1]


def too_loud(samples: Samples) -> None:
    samples[1] = np.clip(samples[1] * 1000, -1, 1)


def all_silent(samples: Samples) -> None:
    samples[:] = 0


def test_a_live_array_is_well() -> None:
    assert Room().hear(10) == WELL


def test_a_dead_microphone_is_silent_after_five_seconds_and_not_before() -> None:
    room = Room()
    assert room.hear(4.8, dead) == WELL
    assert room.hear(0.4, dead).silent == (2,)


def test_the_last_bit_alone_is_silence_too() -> None:
    def last_bit(samples: Samples) -> None:
        samples[2] = np.where(samples[2] > 0, 2.0**-15, 0)

    assert Room().hear(6, last_bit).silent == (2,)


def test_a_quiet_channel_above_the_floor_is_alive() -> None:
    def distant(samples: Samples) -> None:
        samples[2] *= 0.02  # -74 dBFS

    assert Room().hear(6, distant) == WELL


def test_a_stuck_microphone_is_frozen_after_two_seconds() -> None:
    room = Room()
    assert room.hear(1.8, stuck) == WELL
    assert room.hear(0.4, stuck) == ChannelHealth(frozen=(3,))


def test_a_doubled_channel_is_told_with_its_twin() -> None:
    room = Room()
    assert room.hear(1.8, doubled) == WELL
    assert room.hear(0.4, doubled) == ChannelHealth(duplicated=((1, 4),))


def test_clipping_is_told_but_the_sides_stay_clear() -> None:
    health = Room().hear(3, too_loud)
    assert health.clipping == (1,)
    assert health.sides_clear


def test_a_single_click_is_no_clipping() -> None:
    def click(samples: Samples) -> None:
        samples[1, 7] = 1.0

    assert Room().hear(3, click) == WELL


@pytest.mark.parametrize("fault", [dead, stuck, doubled])
def test_a_channel_that_is_well_again_is_told_within_a_second(fault: Callable[[Samples], None]) -> None:
    room = Room()
    assert not room.hear(7, fault).sides_clear
    assert room.hear(1.1) == WELL


def test_clipping_is_forgotten_after_ten_seconds() -> None:
    room = Room()
    room.hear(3, too_loud)
    assert room.hear(9).clipping == (1,)
    assert room.hear(1.5) == WELL


@pytest.mark.parametrize(("fault", "channel"), [(dead, 2), (stuck, 3)])
def test_a_dead_channel_that_the_others_make_up_for_is_told_and_the_sides_stay_clear(
    fault: Callable[[Samples], None], channel: int
) -> None:
    room = Room(spare=RAW)
    health = room.hear(6, fault)
    assert health.dead == {channel}
    assert health.spared == (channel,)
    assert health.sides_clear
    assert room.hear(1.1) == WELL


def test_nothing_makes_up_for_two_dead_channels_nor_for_a_doubled_one() -> None:
    def dead_and_stuck(samples: Samples) -> None:
        dead(samples)
        stuck(samples)

    def dead_and_doubled(samples: Samples) -> None:
        dead(samples)
        doubled(samples)

    assert not Room(spare=RAW).hear(6, dead_and_stuck).sides_clear
    assert not Room(spare=RAW).hear(6, dead_and_doubled).sides_clear
    assert not Room(spare=RAW).hear(6, doubled).sides_clear


def test_a_channel_that_cannot_be_spared_is_missed() -> None:
    assert not Room(spare=(1, 4)).hear(6, dead).sides_clear


def test_when_all_are_silent_none_is_at_fault() -> None:
    assert Room().hear(10, all_silent) == WELL


def test_a_dead_microphone_is_not_forgotten_while_all_are_silent() -> None:
    room = Room()
    room.hear(6, dead)
    assert room.hear(6, all_silent).silent == (2,)


def test_lost_blocks_say_nothing() -> None:
    assert Room().hear(10, all_silent, lost=BLOCK_SAMPLES) == WELL
    assert Room().hear(10, dead, lost=BLOCK_SAMPLES) == WELL


def test_a_missing_channel_is_silent() -> None:
    assert Room(raw=(0, 1, 2, 3), channels=3).hear(6).silent == (3,)


def test_the_processed_channel_is_not_watched() -> None:
    def no_echo_reference(samples: Samples) -> None:
        samples[0] = 0
        samples[5] = 0

    assert Room().hear(6, no_echo_reference) == WELL


def test_a_gate_that_shuts_while_its_person_listens_is_told_and_the_sides_stay_clear() -> None:
    def shut(samples: Samples) -> None:
        samples[0] = 0

    health = Room(raw=(0, 1), channels=2, one_per_side=True).hear(6, shut)
    assert health.silent == (0,)
    assert health.sides_clear


def test_with_one_a_side_the_same_sound_on_both_is_still_no_two_sides() -> None:
    def mono(samples: Samples) -> None:
        samples[1] = samples[0]

    assert not Room(raw=(0, 1), channels=2, one_per_side=True).hear(3, mono).sides_clear


def test_one_microphone_has_no_twin() -> None:
    assert Room(raw=(0,), channels=1).hear(3) == WELL


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.sampled_from([dead, stuck, doubled, too_loud, all_silent]), max_size=6),
    st.lists(st.floats(0, 1), min_size=6),
)
def test_whatever_happened_a_minute_of_health_heals(
    faults: list[Callable[[Samples], None]], seconds: list[float]
) -> None:
    room = Room()
    for fault, length in zip(faults, seconds, strict=False):
        room.hear(3 * length, fault)
    assert room.hear(11) == WELL


def test_watching_costs_under_30_microseconds_a_block() -> None:
    watch = ChannelWatch(RAW)
    block = Block(np.random.default_rng(0).normal(0, 0.1, (6, BLOCK_SAMPLES)).astype(np.float32), 0)
    rounds = []
    for _ in range(5):
        start = process_time()
        for _ in range(500):
            watch.step(block)
        rounds.append((process_time() - start) / 500)
    assert min(rounds) < 30e-6
