"""Intervals that hold what they promise, and pooling."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from msgspec.structs import replace

from counterpoint.disclosure.figures import pool, pool_numbers, pool_runs, ratio_of, student_95
from counterpoint.messages.schemas import PauseBin
from counterpoint.messages.summaries import Figure, FiveNumbers, PeriodSummary


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
        found = ratio_of({day: (float(counts[day].sum()), float(minutes[day].sum())) for day in range(days)})
        assert found is not None
        value, error, clusters = found
        held += abs(value - 60) <= student_95(clusters - 1) * error
    assert 0.92 <= held / tries <= 0.97


def test_too_few_days_give_no_figure() -> None:
    assert ratio_of(dict.fromkeys(range(3), (1.0, 1.0))) is None
    assert ratio_of(dict.fromkeys(range(9), (0.0, 0.0))) is None


def test_counts_that_all_read_0_are_not_sure_to_be_none() -> None:
    found = ratio_of(dict.fromkeys(range(9), (0.0, 0.1)), least=18.0)
    assert found is not None
    assert found[1] > 0


def run_of(first_week: str, value: float, held_since: str | None = None) -> PeriodSummary:
    told = FiveNumbers(
        visit_count=100,
        left_out_count=0,
        openings_let_finish_percent=figure(value, 8),
        talk_overs_per_100_min=None,
        cut_offs_per_100_min=None,
        customer_talk_percent=None,
        pauses=None,
    )
    return PeriodSummary(
        site="hall",
        first_week=first_week,
        weeks=4,
        timezone="UTC",
        counter_count=3,
        fewest_visits=100,
        fewest_people=5,
        numbers=told,
        act_visits_percent=None,
        uncertainty=None,
        held_since=held_since,
    )


def test_numbers_that_stood_are_no_surer_for_being_said_again() -> None:
    stood = [run_of("2026-W01", 60), run_of("2026-W05", 60, "2026-W01"), run_of("2026-W09", 60, "2026-W01")]
    told = pool_runs(stood)
    assert told is not None
    assert told.visit_count == 300
    assert told.openings_let_finish_percent == figure(60, 8, base=300)


def test_months_that_say_numbers_again_weigh_by_their_own_visits() -> None:
    """Behind what stands lie three months; a month that says it again is one, as is the month that moved."""
    again = [run_of("2026-W13", 60, "2026-W01"), run_of("2026-W17", 60, "2026-W01"), run_of("2026-W21", 30)]
    behind = [replace(run, numbers=with_base(run.numbers, 300)) if run.held_since else run for run in again]
    told = pool_runs(behind)
    assert told is not None
    assert told.openings_let_finish_percent is not None
    assert told.openings_let_finish_percent.value == pytest.approx((60 + 60 + 30) / 3)


def with_base(told: FiveNumbers | None, base: int) -> FiveNumbers | None:
    return told and replace(told, openings_let_finish_percent=figure(60, 8, base))


def test_numbers_told_anew_are_surer_together() -> None:
    told = pool_runs([run_of("2026-W01", 60), run_of("2026-W05", 60)])
    assert told is not None
    assert told.openings_let_finish_percent is not None
    assert told.openings_let_finish_percent.high - 60 == pytest.approx(8 / 2**0.5)
    assert pool_runs([]) is None


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
