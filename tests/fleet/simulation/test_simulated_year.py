"""A simulated year is what a real fleet would send: through the device's own code, in time, and nobody in it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from counterpoint.app.fleet_simulate import Wanted, simulate
from counterpoint.disclosure.all_sites import AllWeek
from counterpoint.disclosure.sites import SiteRules
from counterpoint.fleet.closing import close_due
from counterpoint.fleet.collector.plausible import implausible as why_implausible
from counterpoint.fleet.pages.devices import rank
from counterpoint.fleet.simulation import tiling
from counterpoint.fleet.simulation.drawing import stories
from counterpoint.fleet.simulation.faults import SHARES
from counterpoint.fleet.simulation.into_store import bring_large
from counterpoint.fleet.simulation.large import site_years
from counterpoint.fleet.simulation.seasons import Week, holidays, weeks_until
from counterpoint.fleet.simulation.year import Year, YearPlan
from counterpoint.fleet.store.opening import Store, open_store
from fleet_year import SHORT, WAIT_HOURS, now_of, year_in

LAST = Week(date(2026, 11, 9))


@pytest.fixture(scope="module")
def year() -> Year:
    return Year(YearPlan(counters=40, weeks=52, last=LAST, seed=3))


def test_the_same_seed_gives_the_same_year_on_any_number_of_cores() -> None:
    plan = YearPlan(counters=8, weeks=2, last=LAST, seed=7)
    assert list(stories(plan, jobs=1)) == list(stories(plan, jobs=2))
    assert list(stories(plan, jobs=1)) != list(stories(YearPlan(8, 2, LAST, seed=8), jobs=1))


def test_windows_are_those_of_the_devices_own_disclosure(year: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums over columns that large fleets use are held against the device's code, byte for byte, ids included."""
    chosen = [(site, week) for site in range(len(year.places)) for week in (3, 17, 44, 51)]
    by_device = [year.draw(site, week) for site, week in chosen]
    monkeypatch.setattr(Year, "_tile", property(lambda _: tiling.by_columns))
    assert [year.draw(site, week) for site, week in chosen] == by_device
    assert sum(len(story.arrived) for story in by_device) > 500


def test_windows_of_a_device_tile_its_time_and_can_be_true(year: Year) -> None:
    story = year.draw(1, 30)
    sound = [device for device in year.places[1].counters if device not in year.faults]
    assert sound
    for device in sound:
        own = [each.window for each in story.arrived if each.device == device]
        own.sort(key=lambda window: window.start_utc)
        assert all(one.end_utc == other.start_utc for one, other in pairwise(own))
        assert {why_implausible(window) for window in own} == {""}


def test_places_have_plain_names_codes_and_one_to_twelve_counters_but_for_one_hall(year: Year) -> None:
    assert sum(len(place.counters) for place in year.places) == 40
    assert len({place.code for place in year.places}) == len(year.places)
    assert all(place.code == place.name.lower().replace(" ", "-") for place in year.places)
    hall, *others = [len(place.counters) for place in year.places]
    assert hall == 24
    assert all(1 <= counters <= 12 for counters in others)


def test_nobody_comes_on_a_holiday() -> None:
    easter_monday = date(2026, 4, 6)
    assert easter_monday in holidays(2026)
    year = Year(YearPlan(counters=4, weeks=1, last=Week(easter_monday), seed=1))
    days = {shift.day for site in range(len(year.places)) for shift in year.draw(site, 0).shifts}
    assert days
    assert "2026-04-06" not in days


def test_a_new_queue_system_makes_it_less_crowded_and_practice_less_talked_over() -> None:
    """What is noted has the effect that it should have, or a comparison would have nothing to find."""
    year = Year(YearPlan(counters=200, weeks=52, last=LAST, seed=1))
    change = next(each for each in year.happenings if each.kind == "queue_system" and each.site is not None)
    assert change.site is not None
    before = [year.draw(change.site, week).wait_min for week in range(change.week - 8, change.week)]
    after = [year.draw(change.site, week).wait_min for week in range(change.week, change.week + 8)]
    assert np.mean(after) < 0.7 * np.mean(before)
    assert any(each.kind == "practice" and each.site is None for each in year.happenings)


def test_two_hundred_devices_have_every_fault() -> None:
    year = Year(YearPlan(counters=200, weeks=52, last=LAST, seed=1))
    found = Counter(fault.kind for fault in year.faults.values())
    assert set(found) == set(SHARES)
    assert len(year.faults) < 40


def test_weeks_end_with_the_one_asked_for() -> None:
    assert [week.name for week in weeks_until(LAST, 3)] == ["2026-W44", "2026-W45", "2026-W46"]


def test_a_year_in_a_store_is_told_as_in_life(tmp_path: Path) -> None:
    store = year_in(tmp_path / "year.db")
    year = Year(SHORT)
    with store.reading() as reading:
        sites = reading.sites()
        codes = [site.code for site in sites]
        periods = reading.periods([*codes, "all"], "2026-W01", "2026-W53")
        devices = reading.devices(None)
        facts = reading.facts(codes, "2026-W01", "2026-W53")
    assert sorted(codes) == sorted(place.code for place in year.places)
    assert {site.closed_until for site in sites} == {year.weeks[-1].name}
    assert any(one.numbers for one in periods if one.site == "all")
    assert Counter(device.state for device in devices)["lost"] == 1
    assert facts
    assert close_due(store, now_of(year), WAIT_HOURS, SiteRules()).summaries == 0  # nothing is told twice
    store.close()


def test_a_large_fleets_weeks_are_those_of_its_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the windows are never written, all sites are told from the same sums as where they are."""
    with year_in(tmp_path / "small.db") as store:
        small = pooled(store)
    monkeypatch.setattr("counterpoint.fleet.simulation.year.DEVICE_ONLY", 1)
    assert visits(large(tmp_path / "large.db", SHORT)) == visits(small)


def test_sites_that_tell_the_same_count_in_all_sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine counters drawn, and as many again under other names: of the last week the windows are there to compare."""
    monkeypatch.setattr("counterpoint.fleet.simulation.year.DEVICE_ONLY", 1)
    for module in ("year", "places"):
        monkeypatch.setattr(f"counterpoint.fleet.simulation.{module}.DRAWN_COUNTERS", SHORT.counters)
    twice = large(tmp_path / "twice.db", replace(SHORT, counters=2 * SHORT.counters))
    last = twice[-1].week
    with open_store(str(tmp_path / "twice.db")) as store, store.writing() as writing:
        sites = writing.sites()
        kept = [each.window for site in sites for each in writing.windows(site.code, last, 1)]
    told = [window.statistics.visit_count for window in kept if window.statistics and window.fewest_people == 5]
    assert len(sites) == 4
    assert visits(twice)[-1] == sum(told) > 0


def large(where: Path, plan: YearPlan) -> list[AllWeek]:
    year = Year(plan)
    with open_store(str(where)) as store:
        close = partial(close_due, store, wait_hours=WAIT_HOURS, rules=SiteRules())
        for _ in bring_large(year, store, site_years(plan, jobs=1), close, now_of(year)):
            pass
        with store.reading() as reading:
            assert {run.counter_count for run in reading.periods(["all"], "2026-W01", "2026-W53")} == {plan.counters}
        return pooled(store)


def pooled(store: Store) -> list[AllWeek]:
    with store.writing() as writing:
        return writing.pooled_weeks("1970-W01")


def visits(weeks: list[AllWeek]) -> list[int]:
    return [week.sums.visit_count for week in weeks if week.sums]


def test_a_simulated_fleet_was_heard_of_just_now(tmp_path: Path) -> None:
    """Who looks at the demonstration sees a fleet that is alive, but for what is meant to be wrong."""
    where = str(tmp_path / "year.db")
    simulate(SHORT, Wanted(where, None, None, None, None), jobs=1)
    with open_store(where) as store, store.reading() as reading:
        ranked = rank(reading.devices(None), {}, int(time.time()))
    silent = [one for one in ranked if one.group == 0]
    assert [Year(SHORT).faults[one.state.id].kind for one in silent] == ["silent"]
    assert any(one.group > 1 for one in ranked)


def test_the_roster_is_in_no_store(tmp_path: Path) -> None:
    """People are numbers in a file of their own; not even the numbers' word reaches the fleet."""
    year_in(tmp_path / "year.db").close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"person" not in kept
    assert b"shift" not in kept
