"""Sums of windows: what one person can have served, and sites and weeks added up."""

from __future__ import annotations

import numpy as np
import pytest

from counterpoint.disclosure.site_numbers import NumbersOf, Softness
from counterpoint.disclosure.sums import Told, most_visits_of_one, of_sites, of_weeks, sums_of
from rosters import draw_place, site_windows
from summaries_made import told_windows

BOUND = 0.5


def some(seed: int, counters: int = 3) -> list[Told]:
    rng = np.random.default_rng(seed)
    return told_windows(site_windows(draw_place(counters, "rotating", 4, rng), rng))


def test_nobody_is_at_two_counters_at_once() -> None:
    assert sums_of(some(1, counters=1), BOUND).largest_share == 1.0
    assert 1 / 3 < sums_of(some(1), BOUND).largest_share < 0.45
    assert most_visits_of_one([]) == 0
    assert sums_of([], BOUND).largest_share == 1.0


def test_sums_say_the_same_in_any_order() -> None:
    assert sums_of(some(1), BOUND).ids == sums_of(some(1)[::-1], BOUND).ids
    parts = [sums_of(some(seed), BOUND) for seed in (1, 2, 3)]
    assert of_sites(parts).ids == of_sites(parts[::-1]).ids


def test_nobody_works_at_two_sites_but_anybody_works_in_two_weeks() -> None:
    one, other = sums_of(some(1), BOUND), sums_of(some(2), BOUND)
    assert of_sites([one, other]).busiest_visits == max(one.busiest_visits, other.busiest_visits)
    assert of_weeks([one, other]).busiest_visits == one.busiest_visits + other.busiest_visits


def test_sums_of_sites_add_up_to_what_lies_behind_them() -> None:
    one, other = sums_of(some(1), BOUND), sums_of(some(2), BOUND)
    both = of_sites([one, other])
    assert both.visit_count == one.visit_count + other.visit_count
    assert both.window_count == one.window_count + other.window_count
    figures = [NumbersOf(each, Softness(0.0, 0.0)).five().openings_let_finish_percent for each in (one, other, both)]
    low, middle, high = (figure.value for figure in (figures[0], figures[2], figures[1]) if figure)
    assert min(low, high) <= middle <= max(low, high)


def test_sums_of_nothing_are_nothing() -> None:
    empty = of_sites([])
    assert (empty.visit_count, dict(empty.days)) == (0, {})
    assert NumbersOf(empty, Softness(0.0, 0.0)).five().talk_overs_per_100_min is None


@pytest.mark.parametrize("label", ["openings", "talk-overs", "cut-offs", "customer", "quick answers"])
def test_days_of_sites_are_added_day_by_day(label: str) -> None:
    one, other = sums_of(some(1), BOUND), sums_of(some(2), BOUND)
    both = of_sites([one, other]).days[label]
    day = next(iter(one.days[label].days))
    assert both.days[day] == pytest.approx(
        tuple(a + b for a, b in zip(one.days[label].days[day], other.days[label].days[day], strict=True))
    )
