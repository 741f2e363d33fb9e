"""An attacker with the roster and everything that may be read does not find a person; with the windows, does.

The figures over more sites, and the curve that chose the thresholds: tests/benchmarks/roster_curve.py.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from counterpoint.disclosure.sites import SiteRules, summarise_site
from counterpoint.messages.summaries import Summary, encode_summary
from roster_attack import Outcome, absence_seen, attack, summary_rows, tell, window_rows
from rosters import KINDS, Place, draw_place, site_windows

if TYPE_CHECKING:
    from counterpoint.disclosure.sites import SiteWindow

RULES = SiteRules()
WEEKS = 52


@cache
def site(counters: int, number: int) -> tuple[Place, list[SiteWindow]]:
    rng = np.random.default_rng([counters, number])
    place = draw_place(counters, KINDS[number % len(KINDS)], WEEKS, rng)
    return place, site_windows(place, rng)


def attacked(counters: int, sites: int, rules: SiteRules = RULES) -> list[Outcome]:
    places = [site(counters, number) for number in range(sites)]
    told = [(place, tell(place, windows, rules)) for place, windows in places]
    return [attack(place, summary_rows(place, each, standing=True)) for place, each in told]


@pytest.mark.parametrize("counters", [1, 3])
def test_the_summaries_of_a_year_name_nobody(counters: int) -> None:
    outcomes = attacked(counters, 8)
    assert all(outcome.rows for outcome in outcomes)
    assert sum(outcome.named for outcome in outcomes) <= 3
    assert np.mean([outcome.skill for outcome in outcomes]) < 0.1


def test_numbers_told_anew_each_month_without_an_error_name_the_person() -> None:
    outcomes = attacked(3, 8, SiteRules(clear=1.0, blur_weeks=0.1))
    assert sum(outcome.named for outcome in outcomes) >= 5


def test_the_same_attack_on_a_years_windows_finds_everybody() -> None:
    place, windows = site(1, 1)
    outcome = attack(place, window_rows(place, windows))
    assert outcome.named
    assert outcome.skill > 0.8
    assert outcome.largest_share == 1.0


def test_a_window_of_a_week_is_nobodys_shift() -> None:
    place, _ = site(1, 1)
    weekly = site_windows(place, np.random.default_rng(3), period="week")
    assert attack(place, window_rows(place, weekly)).largest_share < 1.0


@pytest.mark.parametrize("counters", [1, 3])
def test_one_persons_missing_day_is_within_the_error_of_the_counts(counters: int) -> None:
    place, windows = site(counters, 0)
    assert absence_seen(tell(place, windows, RULES)) < 1


def test_no_number_is_mostly_one_persons() -> None:
    assert max(outcome.largest_share for outcome in attacked(1, 4)) < 0.5


def test_asking_again_a_later_week_or_in_another_order_says_the_same() -> None:
    place, windows = site(3, 0)
    told = tell(place, windows, RULES)
    shuffled = [windows[at] for at in np.random.default_rng(1).permutation(len(windows))]
    assert tell(place, shuffled, RULES) == told
    again = summarise_site(place, windows, told.told_until, told.told_until or "", RULES)
    assert (again.periods, again.hours) == ((), ())


def test_no_summary_names_a_counter_or_a_time_finer_than_a_week() -> None:
    place, windows = site(3, 0)
    told = tell(place, windows, RULES)
    summaries: list[Summary] = [*told.periods, *told.hours]
    for summary in summaries:
        text = encode_summary(summary).decode()
        assert "counter-" not in text
        assert not any(each.window.id in text for each in windows[:50])
        assert set(json.loads(text)) >= {"first_week", "weeks"}
