"""A site's runs tile its time, rest on enough, say the same whenever they are asked, and are never revised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.disclosure.sites import (
    SiteRules,
    SiteTelling,
    SiteWindow,
    first_week_needed,
    summarise_site,
)
from counterpoint.disclosure.weeks import BLOCK_WEEKS, block_start, later, week_at, weeks_to
from counterpoint.messages.summaries import HoursSummary, PeriodSummary
from rosters import FIRST_MONDAY, draw_place, site_windows

UTC_ZONE = ZoneInfo("UTC")
FIRST = week_at(FIRST_MONDAY.timestamp(), UTC_ZONE)
WEEKS = 30
LAST = later(FIRST, WEEKS - 1)
RULES = SiteRules()
SOON = SiteRules(clear=1.0)
"""Closes as soon as it may, so that a small site shows what a large one does."""


@dataclass(frozen=True)
class Hall:
    code: str = "hall"
    timezone: str = "UTC"
    counter_count: int = 4


@cache
def windows(counters: int = 3, weeks: int = WEEKS) -> tuple[SiteWindow, ...]:
    rng = np.random.default_rng(counters)
    return tuple(site_windows(draw_place(counters, "rotating", weeks, rng), rng))


def tell(
    some: tuple[SiteWindow, ...], until: str | None = None, due: str = LAST, rules: SiteRules = RULES
) -> SiteTelling:
    return summarise_site(Hall(), some, until, due, rules)


def week_of(each: SiteWindow) -> str:
    return week_at(each.window.start_utc.timestamp(), UTC_ZONE)


def test_a_small_sites_first_numbers_are_of_a_block_of_twelve_weeks() -> None:
    first = next(run for run in tell(windows()).periods if run.numbers)
    assert (first.weeks, first.held_since) == (BLOCK_WEEKS, None)
    assert block_start(first.first_week) == first.first_week


def test_after_that_they_stand_month_by_month_with_the_visits_of_the_month() -> None:
    _, first, *after = tell(windows()).periods
    assert after
    for run in after:
        assert (run.weeks, run.held_since) == (4, first.first_week)
        assert run.numbers is not None
        assert first.numbers is not None
        assert run.numbers.talk_overs_per_100_min == first.numbers.talk_overs_per_100_min
        assert run.numbers.visit_count < first.numbers.visit_count / 2


def test_the_weeks_before_its_first_whole_block_are_too_little() -> None:
    first = tell(windows()).periods[0]
    assert (first.first_week, first.numbers) == (FIRST, None)
    assert first.weeks < BLOCK_WEEKS


def test_a_site_with_many_counters_is_told_by_four_weeks_with_its_hours() -> None:
    told = tell(windows(20, 28), due=later(FIRST, 27))
    assert [run.weeks for run in told.periods if run.numbers][-3:] == [4, 4, 4]
    assert len(told.hours[-1].cells) > 1


def test_a_small_sites_hours_are_not_told() -> None:
    assert all(hours.cells == () for hours in tell(windows()).hours)


def test_hours_stand_for_a_year() -> None:
    later_on = later(block_start(later(FIRST, BLOCK_WEEKS)), BLOCK_WEEKS)
    first = tell(windows(20, 28), due=later(later_on, -1)).hours[-1]
    assert first.cells
    next_block = tell(windows(20, 28), due=later(FIRST, 27)).hours
    assert [hours.first_week for hours in next_block if hours.cells] == [first.first_week]


def test_cells_and_runs_of_a_block_hold_the_same_windows() -> None:
    told = tell(windows(20, 16), due=later(FIRST, 15), rules=SiteRules())
    block = told.hours[-1]
    runs = [run for run in told.periods if block_start(run.first_week) == block.first_week and run.numbers]
    of_cells = sum(cell.numbers.visit_count for cell in block.cells if cell.numbers)
    of_runs = sum(run.numbers.visit_count for run in runs if run.numbers)
    assert of_cells == pytest.approx(of_runs, rel=0.1)


def test_each_number_has_an_interval_around_it_and_says_what_lies_behind() -> None:
    told = next(run.numbers for run in tell(windows()).periods if run.numbers)
    for figure in (told.talk_overs_per_100_min, told.openings_let_finish_percent, told.customer_talk_percent):
        assert figure is not None
        assert figure.low < figure.value < figure.high
        assert figure.base > 0
    assert told.pauses is not None
    assert 97 <= sum(part.share_percent for part in told.pauses) <= 103


def test_windows_of_too_few_people_are_refused_and_change_nothing() -> None:
    own = windows()
    of_three = tuple(
        SiteWindow("other", msgspec.structs.replace(each.window, fewest_people=3)) for each in own if each.window
    )
    told = tell(own + of_three)
    assert told.refused == len(of_three)
    assert told.periods == tell(own).periods


def test_a_window_over_a_weeks_end_is_refused() -> None:
    first, *others = windows(1, 3)
    long = msgspec.structs.replace(first.window, end_utc=first.window.end_utc.replace(day=20))
    assert tell((SiteWindow(first.device, long), *others)).refused == 1


def test_a_site_without_windows_tells_nothing() -> None:
    assert tell(()) == SiteTelling((), (), None, 0, 0, 0, 0)


def test_too_few_visits_are_told_as_too_little() -> None:
    told = tell(windows(), rules=SiteRules(fewest_visits=10_000_000))
    assert all(run.numbers is None and run.act_visits_percent is None for run in told.periods)
    assert told.used == 0
    assert told.dropped > 0


def test_a_week_in_which_every_counter_was_off_begins_no_run() -> None:
    start = block_start(later(FIRST, BLOCK_WEEKS))
    some = tuple(each for each in windows() if week_of(each) >= later(start, 2))
    assert tell(some).periods[0].first_week == later(start, 2)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.sampled_from([RULES, SOON]))
def test_told_week_by_week_is_as_told_at_once(steps: list[int], rules: SiteRules) -> None:
    due, until = later(FIRST, -1), None
    runs: list[PeriodSummary] = []
    hours: list[HoursSummary] = []
    for step in [*steps, WEEKS]:
        due = min(LAST, later(due, step))
        since = first_week_needed(until, due) if until else FIRST
        some = tuple(each for each in windows(1) if since <= week_of(each) <= due)
        told = summarise_site(Hall(), some, until, due, rules, [*runs, *hours])
        until = told.told_until
        runs += told.periods
        hours += told.hours
    whole = tell(windows(1), rules=rules)
    assert (tuple(runs), tuple(hours)) == (whole.periods, whole.hours)
    assert until == whole.told_until


@settings(max_examples=12, deadline=None)
@given(st.integers(1, WEEKS), st.randoms(use_true_random=False), st.sampled_from([RULES, SOON]))
def test_runs_tile_time_and_keep_the_thresholds(due: int, chance: object, rules: SiteRules) -> None:
    shuffle = getattr(chance, "shuffle")  # noqa: B009 - hypothesis' random has no type
    some = list(windows(1))
    shuffle(some)
    told = tell(tuple(some), due=later(FIRST, due - 1), rules=rules)
    at = FIRST
    for run in told.periods:
        assert run.first_week == at
        at = later(at, run.weeks)
        assert weeks_to(block_start(run.first_week), later(at, -1)) <= BLOCK_WEEKS
        assert run.numbers is None or run.numbers.visit_count >= rules.fewest_visits / 2
    assert told.told_until == later(at, -1) or not told.periods
    assert told == tell(windows(1), due=later(FIRST, due - 1), rules=rules)


def test_a_later_window_never_changes_what_was_told() -> None:
    early = tell(tuple(each for each in windows() if week_of(each) <= later(FIRST, 15)), due=later(FIRST, 15))
    assert tell(windows()).periods[: len(early.periods)] == early.periods


def test_what_was_told_stays_told_when_a_device_is_forgotten() -> None:
    due = later(block_start(later(FIRST, BLOCK_WEEKS)), 1)
    some = tuple(each for each in windows() if week_of(each) <= due)
    rules = SiteRules(clear=1.0, blur_weeks=2.0)
    told = tell(some, due=due, rules=rules)
    assert told.told_until == due
    few = tuple(each for each in some if week_of(each) < block_start(due)) + some[-1:]  # too little for its weeks now
    again = summarise_site(Hall(), few, told.told_until, due, rules, told.periods)
    assert (again.periods, again.told_until) == ((), due)


def test_fewer_counters_are_blurred_more() -> None:
    assert RULES.blur_of(1.0, 12) > RULES.blur_of(0.5, 12) > RULES.blur_of(0.1, 12)
    assert RULES.blur_of(0.1, 4) > RULES.blur_of(0.1, 12)


def test_the_floors_of_the_rules_are_hard() -> None:
    for weaker in ({"fewest_people": 2}, {"fewest_visits": 10}, {"blur_weeks": 0.5}, {"hours_counters": 2.0}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(weaker, SiteRules)


def test_a_site_says_its_counters_not_those_that_sent() -> None:
    assert {run.counter_count for run in tell(windows()).periods} == {4}
    assert replace(Hall(), counter_count=9).counter_count == 9
