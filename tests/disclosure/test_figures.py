"""Intervals that hold what they promise, and pooling."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from counterpoint.disclosure.figures import pool, pool_numbers, ratio, student_95
from counterpoint.messages.schemas import PauseBin
from counterpoint.messages.summaries import Figure, FiveNumbers


def figure(value: float, half: float, base: int = 100) -> Figure:
    return Figure(value=value, low=value - half, high=value + half, base=base)


def numbers(talk_overs: Figure | None, visits: int = 100) -> FiveNumbers:
    return FiveNumbers(
        visit_count=visits,
        left_out_count=5,
        openings_let_finish_percent=None,
        talk_overs_per_100_min=talk_overs,
        cut_offs_per_100_min=None,
        customer_talk_percent=None,
        pauses=None,
    )


@pytest.mark.parametrize(("freedom", "exact"), [(3, 3.182), (4, 2.776), (9, 2.262), (19, 2.093), (60, 2.000)])
def test_students_quantile_is_as_in_the_tables(freedom: int, exact: float) -> None:
    assert student_95(freedom) == pytest.approx(exact, rel=0.005)


@pytest.mark.parametrize("days", [5, 20, 60])
def test_nineteen_of_twenty_intervals_hold_the_truth_though_days_differ_and_counts_are_rounded(days: int) -> None:
    rng = np.random.default_rng(days)
    tries, held = 1200, 0
    for _ in range(tries):
        minutes = rng.uniform(0.08, 0.2, (days, 12))
        mean = 60 * rng.gamma(25, 1 / 25, (days, 1)) * minutes
        counts = (rng.poisson(mean) + 2) // 5 * 5
        rows = [(day, float(counts[day, at]), float(minutes[day, at])) for day in range(days) for at in range(12)]
        found = ratio(rows)
        assert found is not None
        value, error, clusters = found
        held += abs(value - 60) <= student_95(clusters - 1) * error
    assert 0.92 <= held / tries <= 0.97


def test_too_few_days_give_no_figure() -> None:
    assert ratio([(day, 1.0, 1.0) for day in range(3)]) is None
    assert ratio([(day, 0.0, 0.0) for day in range(9)]) is None


def test_counts_that_all_read_0_are_not_sure_to_be_none() -> None:
    found = ratio([(day, 0.0, 0.1) for day in range(9)], rounding=2.0)
    assert found is not None
    assert found[1] > 0


def test_a_pool_lies_between_its_parts_and_is_surer() -> None:
    pooled = pool([figure(40, 8), None, figure(60, 8)])
    assert pooled is not None
    assert pooled.value == 50
    assert pooled.base == 200
    assert pooled.high - pooled.value == pytest.approx(8 / 2**0.5)


def test_a_pool_weighs_by_what_lies_behind() -> None:
    pooled = pool([figure(40, 8, 300), figure(60, 8, 100)])
    assert pooled is not None
    assert pooled.value == 45


def test_a_pool_of_nothing_is_nothing() -> None:
    assert pool([None]) is None
    assert pool([figure(3, 1, base=0)]) is None
    with pytest.raises(ValueError, match="nothing to pool"):
        pool_numbers([])


def test_pooled_numbers_add_visits_and_keep_what_is_known() -> None:
    pooled = pool_numbers([numbers(figure(40, 8)), numbers(None)])
    assert (pooled.visit_count, pooled.left_out_count) == (200, 10)
    assert pooled.talk_overs_per_100_min == figure(40, 8)
    assert pooled.openings_let_finish_percent is None


def test_pooled_pauses_weigh_by_visits() -> None:
    def with_pauses(first: int, visits: int) -> FiveNumbers:
        bins = (PauseBin(below_s=0.5, share_percent=first), PauseBin(below_s=None, share_percent=100 - first))
        return FiveNumbers(
            visit_count=visits,
            left_out_count=0,
            openings_let_finish_percent=None,
            talk_overs_per_100_min=None,
            cut_offs_per_100_min=None,
            customer_talk_percent=None,
            pauses=bins,
        )

    pooled = pool_numbers([with_pauses(20, 300), with_pauses(60, 100)])
    assert pooled.pauses is not None
    assert [part.share_percent for part in pooled.pauses] == [30, 70]


def test_the_normal_quantile_is_the_limit() -> None:
    assert student_95(1e9) == pytest.approx(NormalDist().inv_cdf(0.975))
