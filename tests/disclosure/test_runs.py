"""What a place told stands until the place moves; one person's coming or going moves nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.disclosure.all_sites import AllSites
from counterpoint.disclosure.runs import LONG_WEEKS, STANDS_WEEKS, Run, RunRules, Standing, runs_of, standing
from counterpoint.disclosure.sites import SiteRules, summary_of
from counterpoint.disclosure.sums import Sums, Told, sums_of
from counterpoint.disclosure.weeks import BLOCK_WEEKS, block_start, later, weeks_to
from counterpoint.messages.schemas import PublishedAct, Statistics
from roster_attack import FIRST_WEEK
from rosters import Place, draw_place, site_windows
from summaries_made import told_windows

START = block_start(later(FIRST_WEEK, BLOCK_WEEKS))
RULES = RunRules()
WEEK_S = 7 * 86_400


@cache
def place(counters: int, weeks: int = 60) -> tuple[Place, list[Told]]:
    rng = np.random.default_rng(counters)
    drawn = draw_place(counters, "holiday", weeks, rng)
    return drawn, told_windows(site_windows(drawn, rng))


@dataclass
class Days:
    """Windows by week, from the first one on."""

    told: list[Told]

    def is_on(self, week: str) -> bool:
        return bool(self._of(week, 1))

    def visits(self, first: str, weeks: int) -> tuple[int, float]:
        sums = self.sums(first, weeks)
        return sums.visit_count, sums.largest_share

    def sums(self, first: str, weeks: int) -> Sums:
        return sums_of(self._of(first, weeks), RULES.bound)

    def _of(self, first: str, weeks: int) -> list[Told]:
        begin = min(each.start_s for each in place(3)[1]) // WEEK_S * WEEK_S - 3 * 86_400
        at = weeks_to(FIRST_WEEK, first) - 1
        return [each for each in self.told if at <= (each.start_s - begin) // WEEK_S < at + weeks]


def runs(told: list[Told], weeks: int = 36, stands: Standing | None = None) -> list[Run]:
    return runs_of(Days(told), START, later(START, weeks - 1), stands, RULES)[0]


def with_statistics(told: list[Told], from_week: int, **factors: float) -> list[Told]:
    """Multiply what windows say, from a week after `START` on."""
    since = weeks_to(FIRST_WEEK, START) - 1 + from_week
    begin = told[0].start_s // WEEK_S * WEEK_S - 3 * 86_400

    def other(each: Told) -> Told:
        if (each.start_s - begin) // WEEK_S < since:
            return each
        return replace(each, statistics=_times(each.statistics, factors))

    return [other(each) for each in told]


def _times(statistics: Statistics, factors: dict[str, float]) -> Statistics:
    return msgspec.structs.replace(
        statistics, **{name: round(getattr(statistics, name) * by) for name, by in factors.items()}
    )


def test_a_small_places_numbers_stand_while_nothing_moves() -> None:
    first, *after = runs(place(3)[1])
    assert (first.weeks, first.held_since) == (BLOCK_WEEKS, None)
    assert [run.held_since for run in after] == [START] * len(after)
    assert [run.weeks for run in after] == [4] * 6


def test_a_place_that_halves_its_talk_overs_is_told_so_within_the_month() -> None:
    calmer = with_statistics(place(3)[1], 16, talk_over_count=0.4)
    told = runs(calmer, 24)
    assert [run.held_since for run in told] == [None, START, None, later(START, 16)]
    before, after = told[1].numbers, told[2].numbers
    assert before is not None
    assert after is not None
    assert before.talk_overs_per_100_min is not None
    assert after.talk_overs_per_100_min is not None
    assert after.talk_overs_per_100_min.value < 0.6 * before.talk_overs_per_100_min.value


def test_numbers_of_a_single_month_stand_for_their_own_block_then_twelve_weeks_are_told() -> None:
    calmer = with_statistics(place(3)[1], 16, talk_over_count=0.4)
    assert [(run.weeks, run.held_since) for run in runs(calmer)][-1] == (BLOCK_WEEKS, None)


def test_one_person_who_stays_away_moves_nothing() -> None:
    drawn, told = place(3)
    often = int(np.argmax(np.bincount(drawn.roster[drawn.roster >= 0].ravel())))
    gone = drawn.roster.copy()
    gone[weeks_to(FIRST_WEEK, START) - 1 + 12 :][gone[weeks_to(FIRST_WEEK, START) - 1 + 12 :] == often] = -1
    without = told_windows(site_windows(replace(drawn, roster=gone), np.random.default_rng(3)))
    assert [run.held_since for run in runs(without)[1:]] == [START] * 6
    assert told


def test_words_that_were_turned_on_are_told_within_the_month_and_one_persons_not() -> None:
    """Most windows must say it: otherwise it could be one person who is understood."""
    told = place(3)[1]
    silent = [_without_acts(each) for each in told]
    on_from = weeks_to(FIRST_WEEK, START) - 1 + 16
    at = min(each.start_s for each in told) // WEEK_S * WEEK_S - 3 * 86_400
    turned_on, of_one = list(silent), list(silent)
    for number, each in enumerate(told):
        if (each.start_s - at) // WEEK_S >= on_from:
            turned_on[number] = _with_acts(each)
            of_one[number] = _with_acts(each) if number % 3 == 0 else silent[number]
    assert [run.held_since for run in runs(turned_on, 24)] == [None, START, None, later(START, 16)]
    assert [run.acts is None for run in runs(turned_on, 24)] == [True, True, False, False]
    assert [run.held_since for run in runs(of_one, 24)] == [None, START, START, START]


def _without_acts(each: Told) -> Told:
    return replace(each, statistics=msgspec.structs.replace(each.statistics, act_visits_percent=None))


def _with_acts(each: Told) -> Told:
    acts = dict.fromkeys(get_args(PublishedAct), 20)
    return replace(each, statistics=msgspec.structs.replace(each.statistics, act_visits_percent=acts))


def test_what_stands_is_known_though_the_run_that_told_it_was_deleted() -> None:
    place_told = [summary_of(AllSites("hall", 3), run, RULES) for run in runs(place(3)[1], 24)]
    whole, kept = standing(place_told), standing(place_told[-1:])
    assert whole is not None
    assert kept is not None
    assert (kept.first, kept.numbers) == (whole.first, whole.numbers)
    assert kept.weeks >= LONG_WEEKS
    assert standing([]) is None


def test_numbers_stand_for_two_years_at_most() -> None:
    old = runs(place(3)[1], 12)[0]
    assert old.numbers is not None
    stands = Standing(later(START, BLOCK_WEEKS - STANDS_WEEKS), BLOCK_WEEKS, old.numbers, None)
    assert stands.lasts_to(START)
    assert not stands.lasts_to(later(START, BLOCK_WEEKS))
    assert not replace(stands, first=later(START, -4), weeks=LONG_WEEKS - 4).lasts_to(START)


def test_a_large_place_is_told_anew_by_four_weeks() -> None:
    told = runs_of(Days(place(3)[1]), START, later(START, 11), None, RunRules(clear=1.0))[0]
    assert all(run.held_since is None and run.numbers for run in told)
    assert max(run.weeks for run in told) <= 4


def test_too_few_visits_are_too_little_at_the_blocks_end_and_change_nothing_that_stands() -> None:
    first = runs(place(3)[1], 12)[0]
    assert first.numbers is not None
    few = [each for at, each in enumerate(place(3)[1]) if at % 400 == 0]
    stands = Standing(later(START, -BLOCK_WEEKS), BLOCK_WEEKS, first.numbers, None)
    assert [run.numbers for run in runs(few, 12, stands)] == [None]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 35), st.integers(1, 12))
def test_runs_tile_time_and_no_run_goes_over_a_blocks_end(start: int, weeks: int) -> None:
    since = later(START, start)
    until = later(since, weeks - 1)
    closed, open_from = runs_of(Days(place(3)[1]), since, until, None, RULES)
    at = since
    for run in closed:
        assert run.first == at
        at = later(at, run.weeks)
        assert block_start(run.first) == block_start(later(at, -1))
    assert open_from in (None, at)
    assert (open_from is None) == (at == later(until, 1))


@pytest.mark.parametrize(
    "weaker",
    [
        {"stands": 3.9},
        {"standing_blur": 0.2},
        {"clear": 0.04},
        {"blur_weeks": 11.0},
        {"bound": 0.6},
        {"hours_blur": 0.9},
        {"hours_counters": 7.0},
        {"weekdays_blur": 1.4},
        {"weekdays_counters": 9.0},
    ],
)
def test_rules_that_let_the_attack_through_can_not_be_set(weaker: dict[str, float]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(weaker, SiteRules)
    assert msgspec.convert({}, SiteRules) == SiteRules()
