"""How sure a figure is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from models.benchmark.intervals import Ratio, poisson_interval, poisson_upper, rate, ratio


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39)])
def test_poisson_counts_have_the_intervals_of_the_tables(count: int, low: float, high: float) -> None:
    assert poisson_interval(count) == pytest.approx((low, high), abs=0.005)


def test_none_in_so_many_hours_is_still_at_most_three() -> None:
    assert poisson_upper(0) == pytest.approx(2.996, abs=0.001)
    assert poisson_upper(20) == pytest.approx(29.06, abs=0.01)


def test_a_rate_is_by_the_hour() -> None:
    assert rate(10, 40.0).value == 0.25


def test_a_ratio_is_of_sums_and_its_interval_holds_it() -> None:
    found = ratio(np.array([1.0, 3.0, 2.0]), np.array([2.0, 4.0, 4.0]), 10)
    assert found.value == pytest.approx(0.6)
    assert found.low <= found.value <= found.high
    assert found.n == 10


def test_scenes_that_agree_leave_no_doubt() -> None:
    found = ratio(np.full(30, 3.0), np.full(30, 4.0), 120)
    assert (found.low, found.high) == pytest.approx((0.75, 0.75))


def test_a_ratio_of_nothing_is_no_number() -> None:
    counts = {"hit": np.zeros(2), "true": np.zeros(2)}
    assert math.isnan(Ratio({"hit": 1}, {"true": 1}, "true").of(counts).value)
