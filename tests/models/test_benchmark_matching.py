"""Which prediction belongs to which true event: one to one, and as many as can be."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from models.benchmark.matching import claim, pair

ONSETS = st.lists(st.floats(0, 5, allow_nan=False), max_size=5).map(sorted)


def test_each_onset_takes_the_first_prediction_in_its_window() -> None:
    assert claim([(0.75, 4.0), (4.75, 8.0)], [0.5, 1.5, 1.6, 9.0]) == [1, None]


def test_one_prediction_satisfies_one_event_only() -> None:
    assert claim([(0.0, 3.0), (1.0, 4.0)], [2.0]) == [0, None]


def test_onsets_pair_within_the_collar() -> None:
    assert pair([1.0, 2.0], [1.15, 2.25], 0.2) == [(0, 0)]


@given(ONSETS, ONSETS)
def test_no_other_way_pairs_more(true: list[float], said: list[float]) -> None:
    found = pair(true, said, 0.3)
    few, many = sorted((true, said), key=len)
    best = max(sum(abs(a - b) <= 0.3 for a, b in zip(few, one, strict=True)) for one in permutations(many, len(few)))
    assert len(found) == best


@given(ONSETS, ONSETS)
def test_nothing_is_paired_twice(true: list[float], said: list[float]) -> None:
    found = pair(true, said, 0.3)
    assert len({a for a, _ in found}) == len({b for _, b in found}) == len(found)
