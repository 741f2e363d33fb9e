"""What a place will see, from the rules in force."""

from __future__ import annotations

import numpy as np
import pytest

from counterpoint.disclosure.calculator import Foresight, Place, foresee
from counterpoint.disclosure.sites import SiteRules, largest_share
from rosters import draw_place, site_windows
from summaries_made import told_windows

RULES = SiteRules()


def test_a_desk_of_too_few_people_sees_nothing() -> None:
    seen = foresee(Place(people=3, counters=1, visits_a_day=60), RULES)
    assert (seen.weeks, seen.why_not, seen.hours_told) == (None, "people", False)


def test_a_place_with_too_few_visits_sees_nothing() -> None:
    assert foresee(Place(people=6, counters=2, visits_a_day=1), RULES).why_not == "visits"
    assert foresee(Place(people=6, counters=2, visits_a_day=0), RULES).why_not == "visits"


@pytest.mark.parametrize(("counters", "weeks", "hours"), [(1, 12, False), (3, 12, False), (15, 4, True), (60, 1, True)])
def test_more_counters_see_sooner(counters: int, weeks: int, hours: bool) -> None:
    seen = foresee(Place(people=3 * counters + 3, counters=counters, visits_a_day=54 * counters), RULES)
    assert (seen.weeks, seen.hours_told) == (weeks, hours)
    assert seen.first_after_days == 7 * weeks + 3


def test_it_says_how_long_a_counters_window_takes_and_what_change_will_show() -> None:
    seen = foresee(Place(people=6, counters=3, visits_a_day=120), RULES)
    assert seen.window_hours == 2
    assert seen.blur_percent is not None
    assert seen.change_seen_percent is not None
    assert seen.change_seen_percent > seen.blur_percent


def test_fewer_counters_never_see_more() -> None:
    def sight(counters: int) -> Foresight:
        return foresee(Place(people=200, counters=counters, visits_a_day=54 * counters), RULES)

    weeks = [sight(counters).weeks or 99 for counters in range(1, 80)]
    assert weeks == sorted(weeks, reverse=True)


@pytest.mark.parametrize("counters", [3, 8])
def test_it_foresees_the_share_that_is_found(counters: int) -> None:
    rng = np.random.default_rng(1)
    windows = site_windows(draw_place(counters, "fixed", 4, rng), rng)
    blur = foresee(Place(people=20, counters=counters, visits_a_day=54 * counters), RULES).blur_percent
    found = 100 * RULES.blur_of(largest_share(told_windows(windows)), 12)
    assert blur == pytest.approx(found, rel=0.15)
