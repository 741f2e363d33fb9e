"""All sites together: told like one big site, and a small site can't be had by subtracting the others."""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec.structs import replace as renamed

from counterpoint.disclosure.all_sites import AllSites, AllWeek, all_week, site_week, tell_all
from counterpoint.disclosure.site_numbers import NumbersOf, Softness
from counterpoint.disclosure.sites import SiteRules, SiteWindow, summarise_site
from counterpoint.disclosure.sums import of_weeks
from counterpoint.disclosure.weeks import BLOCK_WEEKS, block_start, later
from counterpoint.messages.summaries import FiveNumbers, PeriodSummary
from rosters import Place, draw_place, site_windows

RULES = SiteRules()
FIRST: Final = "2024-W01"
ALL: Final = "all"


def windows_of(place: Place, name: str, seed: int) -> list[SiteWindow]:
    made = site_windows(place, np.random.default_rng(seed))
    return [SiteWindow(f"{name}-{each.device}", each.window) for each in made]


def by_week(windows: list[SiteWindow], week: str) -> list[SiteWindow]:
    year, number = int(week[:4]), int(week[6:])
    return [each for each in windows if each.window.start_utc.isocalendar()[:2] == (year, number)]


def weeks_of(sites: list[list[SiteWindow]], count: int) -> list[AllWeek]:
    names = [later(FIRST, number) for number in range(count)]
    return [all_week(week, (site_week(by_week(each, week), "UTC", week, RULES) for each in sites)) for week in names]


def chain(big: int, weeks: int, seed: int) -> tuple[list[SiteWindow], list[SiteWindow]]:
    """Draw one site of twenty counters and as many again, up to `big`, and one of a single counter."""
    rng = np.random.default_rng(seed)
    halls = [draw_place(20, "rotating", weeks, rng) for _ in range(big // 20)]
    large = [each for at, hall in enumerate(halls) for each in windows_of(hall, f"hall-{at}", seed * 10 + at)]
    return large, windows_of(draw_place(1, "rotating", weeks, rng), "desk", seed * 10 + 9)


def told_of(windows: list[SiteWindow], counters: int, weeks: int) -> tuple[PeriodSummary, ...]:
    return summarise_site(AllSites("hall", counters), windows, None, later(FIRST, weeks - 1), RULES).periods


def test_many_counters_are_told_by_the_week_though_each_site_is_told_by_the_block() -> None:
    rng = np.random.default_rng(1)
    sites = [windows_of(draw_place(5, "fixed", 2, rng), f"site-{at}", at) for at in range(20)]
    runs = tell_all(AllSites(ALL, 100), weeks_of(sites, 2), [], RULES)
    assert [(run.site, run.first_week, run.weeks, run.counter_count) for run in runs] == [
        (ALL, "2024-W01", 1, 100),
        (ALL, "2024-W02", 1, 100),
    ]
    assert all(run.numbers is not None for run in runs)


def test_weeks_are_told_alike_one_by_one_and_all_at_once() -> None:
    large, small = chain(20, 12, seed=2)
    weeks = weeks_of([large, small], 12)
    told: list[PeriodSummary] = []
    for count in range(1, 13):
        since = later(told[-1].first_week, told[-1].weeks) if told else FIRST
        told += tell_all(AllSites(ALL, 21), [each for each in weeks[:count] if each.week >= since], told, RULES)
    assert told == tell_all(AllSites(ALL, 21), weeks, [], RULES)
    assert [run.weeks for run in told] != [12]


def test_a_week_in_which_nobody_was_on_is_nobodys() -> None:
    assert all_week(FIRST, [None, None]) == AllWeek(FIRST, None)
    assert tell_all(AllSites(ALL, 2), [AllWeek(FIRST, None)], [], RULES) == []


def test_windows_that_break_a_rule_are_left_out_of_all_sites_too() -> None:
    large, _ = chain(20, 1, seed=3)
    few = [SiteWindow(each.device, renamed(each.window, fewest_people=3)) for each in large]
    assert site_week(large, "UTC", FIRST, RULES) is not None
    assert site_week(few, "UTC", FIRST, RULES) is None


def test_small_chains_have_numbers_that_stand() -> None:
    sites = [chain(0, 36, seed)[1] for seed in (4, 5)]
    runs = tell_all(AllSites(ALL, 2), weeks_of(sites, 36), [], RULES)
    anew = [run for run in runs if run.numbers and run.held_since is None]
    assert 1 <= len(anew) <= 2
    assert later(anew[0].first_week, anew[0].weeks - 1) == later(block_start(anew[0].first_week), BLOCK_WEEKS - 1)
    assert any(run.held_since == anew[0].first_week for run in runs)


FIGURES: Final = ("openings_let_finish_percent", "talk_overs_per_100_min")


def test_all_sites_less_the_big_one_do_not_tell_the_small_one() -> None:
    """What subtracting leaves of one counter is off by more than its own number, each time that all is told."""
    large, _ = chain(80, 3, seed=6)
    (part,) = told_of(large, 80, 3)
    found: dict[str, list[float]] = {name: [] for name in FIGURES}
    for seed in range(20, 36):
        _, desk = chain(0, 3, seed)
        (same,) = tell_all(AllSites(ALL, 81), weeks_of([large, desk], 3), [], RULES)
        assert same.first_week == part.first_week
        assert same.weeks == part.weeks == 3
        assert same.numbers
        assert part.numbers
        own = unblurred(desk, part)
        for name in FIGURES:
            found[name].append(missed(name, same.numbers, part.numbers, own))
    errors = {name: float(np.sqrt(np.mean(np.square(misses)))) for name, misses in found.items()}
    assert min(errors.values()) > 1, errors


def missed(name: str, whole: FiveNumbers, part: FiveNumbers, own: FiveNumbers) -> float:
    """By what share of its own number the small site is guessed wrong; how much lies behind it is known exactly."""
    all_of_it, most_of_it, truth = (getattr(numbers, name) for numbers in (whole, part, own))
    guess = (all_of_it.value * (most_of_it.base + truth.base) - most_of_it.value * most_of_it.base) / truth.base
    room = min(truth.value, 100 - truth.value) if name.endswith("percent") else truth.value
    return float((guess - truth.value) / room)


def unblurred(windows: list[SiteWindow], run: PeriodSummary) -> FiveNumbers:
    """The small site's own numbers, as nobody is told them."""
    weeks = [later(run.first_week, number) for number in range(run.weeks)]
    sums = of_weeks([sums for week in weeks if (sums := site_week(by_week(windows, week), "UTC", week, RULES))])
    return NumbersOf(sums, Softness(0, 0)).five()
