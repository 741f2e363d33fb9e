"""What a place will see, from the rules in force."""

from __future__ import annotations

import numpy as np
import pytest

from counterpoint.disclosure.calculator import Place, foresee
from counterpoint.disclosure.sites import SiteRules
from counterpoint.disclosure.sums import sums_of
from rosters import draw_place, site_windows
from summaries_made import told_windows

RULES = SiteRules()


def test_a_desk_of_too_few_people_sees_nothing() -> None:
    seen = foresee(Place(people=3, counters=1, visits_a_day=60), RULES)
    assert (seen.weeks, seen.why_not, seen.hours_told) == (None, "people", False)


def test_a_place_with_too_few_visits_sees_nothing() -> None:
    assert foresee(Place(people=6, counters=2, visits_a_day=1), RULES).why_not == "visits"
    assert foresee(Place(people=6, counters=2, visits_a_day=0), RULES).why_not == "visits"


@pytest.mark.parametrize(
    ("counters", "weeks", "stands", "after_weeks"),
    [(1, 4, True, 12), (8, 4, True, 12), (60, 4, False, 4), (200, 1, False, 1)],
)
def test_large_places_are_told_anew_each_time_and_others_when_they_move(
    counters: int, weeks: int, stands: bool, after_weeks: int
) -> None:
    seen = foresee(Place(people=3 * counters + 3, counters=counters, visits_a_day=54 * counters), RULES)
    assert (seen.weeks, seen.stands) == (weeks, stands)
    assert seen.first_after_days == 7 * after_weeks + 3


def test_it_says_how_long_a_counters_window_takes_and_what_change_will_show() -> None:
    seen = foresee(Place(people=6, counters=3, visits_a_day=120), RULES)
    assert seen.window_hours == 2
    assert seen.blur_percent is not None
    assert seen.change_seen_percent is not None
    assert seen.change_seen_percent > seen.blur_percent


def test_fewer_counters_never_see_smaller_moves() -> None:
    def sight(counters: int) -> int:
        seen = foresee(Place(people=200, counters=counters, visits_a_day=54 * counters), RULES)
        return seen.change_seen_percent if seen.stands and seen.change_seen_percent else 0

    moves = [sight(counters) for counters in range(1, 40)]
    assert moves == sorted(moves, reverse=True)


@pytest.mark.parametrize("counters", [3, 8])
def test_it_foresees_the_share_that_is_found(counters: int) -> None:
    rng = np.random.default_rng(1)
    windows = site_windows(draw_place(counters, "fixed", 4, rng), rng)
    blur = foresee(Place(people=20, counters=counters, visits_a_day=54 * counters), RULES).blur_percent
    found = 100 * RULES.standing_blur_of(sums_of(told_windows(windows), RULES.bound).largest_share)
    assert blur == pytest.approx(found, rel=0.15)
