"""Which times of a device are told, in whatever order its windows arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from counterpoint.fleet.store.coverage import Coverage, cover


@given(st.permutations(range(12)), st.sets(st.integers(0, 11), max_size=10))
def test_the_order_of_arrival_changes_nothing(order: list[int], lost: set[int]) -> None:
    told: Coverage | None = None
    arrived = [hour for hour in order if hour not in lost]
    for hour in arrived:
        told = cover(told, hour, hour + 1)
        assert told is not None
    assert told is not None
    assert (told.known_from_s, told.told_until_s) == (min(arrived), max(arrived) + 1)
    missing = {hour for start, end in told.gaps for hour in range(start, end)}
    assert missing == {hour for hour in lost if min(arrived) < hour < max(arrived)}
    assert all(end < start for (_, end), (start, _) in zip(told.gaps, told.gaps[1:], strict=False))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=30))
def test_no_two_windows_ever_tell_the_same_moment(windows: list[tuple[int, int]]) -> None:
    told: Coverage | None = None
    moments: set[int] = set()
    for start, length in windows:
        hours = set(range(start, start + length))
        covered = cover(told, start, start + length)
        assert (covered is None) == bool(hours & moments)
        if covered is not None:
            told, moments = covered, moments | hours
