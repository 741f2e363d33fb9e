"""Jitter, drift and bursts are no loss; what never comes is, and it is counted to the sample or nearly so."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.edge.stream_time import START_S, StreamTime

PERIOD_S = 0.02


class Device:
    """Gives a period of audio every 20 ms of its own clock, read a little late."""

    def __init__(self, jitter_s: float = 0.0, ppm: float = 0.0, seed: int = 1) -> None:
        self.now_s = 5000.0
        self.time = StreamTime(self.now_s)
        self.lost = 0
        self._random = random.Random(seed)  # noqa: S311 (jitter of a test)
        self._jitter_s = jitter_s
        self._period_s = PERIOD_S / (1 + ppm * 1e-6)

    def play(self, seconds: float) -> Device:
        """Let audio come, on time but for jitter."""
        for _ in range(round(seconds / PERIOD_S)):
            self.now_s += self._period_s
            self.lost += self.time.arrived(PERIOD_S, self.now_s + self._random.uniform(0, self._jitter_s))
        return self

    def lose(self, seconds: float) -> Device:
        """Let time pass without audio."""
        self.now_s += seconds
        return self

    def hold(self, seconds: float) -> Device:
        """Let time pass, then give what it held all at once."""
        self.now_s += seconds
        for _ in range(round(seconds / PERIOD_S)):
            self.lost += self.time.arrived(PERIOD_S, self.now_s)
        return self


def test_a_punctual_device_loses_nothing() -> None:
    assert Device().play(60).lost == 0


def test_jitter_is_no_loss() -> None:
    assert Device(jitter_s=0.1).play(120).lost == 0


@pytest.mark.parametrize("ppm", [-300, -100, 100, 300])
def test_a_clock_that_drifts_is_no_loss(ppm: float) -> None:
    device = Device(jitter_s=0.02, ppm=ppm).play(1800)
    assert device.lost == 0
    assert not device.time.runs_away


@pytest.mark.parametrize("lost_s", [0.03, 0.1, 0.4, 3.0, 3600.0])
def test_audio_that_never_comes_is_counted_within_a_second(lost_s: float) -> None:
    device = Device(jitter_s=0.005).play(5).lose(lost_s).play(1.1)
    assert device.lost == pytest.approx(lost_s * 16000, abs=0.006 * 16000)
    assert device.play(20).lost == pytest.approx(lost_s * 16000, abs=0.006 * 16000)


def test_small_losses_add_up_until_they_are_seen() -> None:
    device = Device()
    for _ in range(120):
        device.play(1).lose(0.005)
    assert device.lost == pytest.approx(120 * 0.005 * 16000, rel=0.15)


def test_audio_held_back_and_given_later_is_no_loss() -> None:
    device = Device().play(5)
    for seconds in (0.1, 0.3, 1.0, 3.0):
        device.hold(seconds).play(2)
    assert device.lost == 0


def test_what_the_device_says_it_dropped_is_counted_once() -> None:
    device = Device().play(5)
    device.lost += device.time.dropped(0.04)
    assert device.lose(0.04).play(5).lost == 640


def test_after_an_overflow_small_losses_are_seen_too() -> None:
    device = Device().play(5)
    device.lost += device.time.dropped(0.02)
    assert device.lose(0.03).play(5).lost == pytest.approx(480, abs=16)


def test_while_the_device_is_away_the_room_goes_on() -> None:
    device = Device().play(5)
    assert device.time.away(device.now_s + 2.0) == pytest.approx(1.9 * 16000, abs=1)
    assert device.time.away(device.now_s + 2.5) == pytest.approx(0.5 * 16000, abs=1)


def test_when_it_is_back_the_gap_is_whole() -> None:
    device = Device().play(5)
    device.lost += device.time.away(device.now_s + 2.0)
    device.lose(2.03)
    device.time.reopened(device.now_s)
    assert device.play(5).lost == pytest.approx(2.03 * 16000, abs=16)


def test_what_is_lost_while_the_device_is_away_is_not_lost_while_it_was_open() -> None:
    device = Device().play(5)
    device.lost += device.time.away(device.now_s + 60)
    device.lose(60.03)
    device.time.reopened(device.now_s)
    assert device.play(5).time.lost_while_open == 0
    assert device.lose(0.2).play(2).time.lost_while_open == pytest.approx(0.2 * 16000, abs=16)


def test_what_never_comes_from_a_device_that_is_open_and_what_it_dropped_are_lost_while_open() -> None:
    device = Device().play(5)
    device.lost += device.time.dropped(0.04)
    device.lose(0.04).play(5).lose(0.3).play(2)
    assert device.time.lost_while_open == device.lost == pytest.approx(0.34 * 16000, abs=16)


def test_before_the_first_audio_nothing_is_lost() -> None:
    assert StreamTime(10.0).away(10.0 + START_S - 0.1) == 0


def test_where_no_audio_ever_comes_the_room_goes_on_all_the_same() -> None:
    time = StreamTime(10.0)
    lost = sum(time.away(10.0 + step / 50) for step in range(round((START_S + 3) * 50)))
    assert lost == pytest.approx(2.9 * 16000, abs=0.05 * 16000)


def test_audio_that_comes_late_after_all_is_in_its_place() -> None:
    device = Device().lose(START_S + 3)
    device.time.away(device.now_s - 3)
    device.lost += device.time.away(device.now_s)
    device.time.reopened(device.now_s)
    assert device.play(5).lost == pytest.approx(2.9 * 16000, abs=16)
    assert device.time.lost_while_open == 0


def test_a_dead_source_that_gives_more_than_time_is_seen() -> None:
    device = Device().play(5)
    for _ in range(70):
        device.time.arrived(PERIOD_S, device.now_s)
    assert device.time.runs_away


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.floats(1.5, 6), st.floats(0.05, 5)), min_size=1, max_size=6),
    st.floats(0, 0.015),
    st.floats(-100, 100),
)
def test_the_sample_clock_stays_with_the_room(gaps: list[tuple[float, float]], jitter_s: float, ppm: float) -> None:
    device = Device(jitter_s, ppm)
    for play_s, lost_s in gaps:
        device.play(play_s).lose(lost_s)
    device.play(3)
    truly_lost = sum(lost_s for _, lost_s in gaps)
    assert device.lost / 16000 == pytest.approx(truly_lost, abs=0.025)
