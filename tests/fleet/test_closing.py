"""Weeks that are due: told once each, whatever comes later; all sites pooled from what the sites told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from counterpoint.disclosure.sites import SiteRules
from counterpoint.disclosure.weeks import block_start, later
from counterpoint.fleet.closing import Closed, close_due
from counterpoint.fleet.pooling import AllSites, next_run
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Taken
from counterpoint.messages.schemas import Window
from counterpoint.messages.summaries import FiveNumbers, PeriodSummary
from fleet_messages import example

MONDAY = datetime(2026, 10, 5, tzinfo=UTC)  # 2026-W41, in the middle of no block's end
HOUR = timedelta(hours=1)
RULES = SiteRules()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "fleet.db")) as opened:
        yield opened


def at(moment: datetime) -> int:
    return int(moment.timestamp())


def window(start: datetime, counter: str) -> Window:
    name = str(UUID(bytes=hashlib.sha256(f"{start} {counter}".encode()).digest()[:16], version=4))
    return replace(example(), id=name, start_utc=start, end_utc=start + HOUR, timezone="UTC")


def week_of_windows(store: Store, site: str, week: int, counters: int = 20, received: datetime | None = None) -> None:
    """Twenty counters, five days from 9 to 17: enough to be told by the week."""
    first = MONDAY + timedelta(weeks=week)
    batch = [
        Taken(
            site,
            f"{site}-{counter}",
            window(first + timedelta(days=day, hours=hour), f"{site}-{counter}"),
            at(received or first),
        )
        for day in range(5)
        for hour in range(9, 17)
        for counter in range(counters)
    ]
    with store.writing() as writing:
        writing.take_windows(batch)


def close(store: Store, moment: datetime) -> Closed:
    return close_due(store, at(moment), 72, RULES)


def runs(store: Store, site: str) -> list[PeriodSummary]:
    with store.reading() as reading:
        return reading.periods([site], "2026-W01", "2027-W01")


def test_a_week_is_told_72_hours_after_its_end_and_only_once(store: Store) -> None:
    week_of_windows(store, "hall", 0)
    ended = MONDAY + timedelta(weeks=1)
    assert close(store, ended + timedelta(hours=71)) == Closed(0, 0)
    assert close(store, ended + timedelta(hours=73)).sites == 1
    (told,) = runs(store, "hall")
    assert (told.first_week, told.weeks) == ("2026-W41", 1)
    assert told.numbers is not None
    assert close(store, ended + timedelta(hours=74)) == Closed(0, 0)
    week_of_windows(store, "hall", 0, counters=22, received=ended + timedelta(days=5))  # two counters were offline
    assert close(store, ended + timedelta(days=6)) == Closed(0, 0)
    assert runs(store, "hall") == [told]
    with store.reading() as reading:
        assert reading.told().late == 80
        assert reading.told().last_week == "2026-W41"


def test_weeks_that_were_slept_through_are_told_alike(store: Store, tmp_path: Path) -> None:
    with open_store(str(tmp_path / "other.db")) as other:
        for week in range(5):
            week_of_windows(store, "hall", week)
            close(store, MONDAY + timedelta(weeks=week + 1, hours=80))
            week_of_windows(other, "hall", week)
        close(other, MONDAY + timedelta(weeks=5, hours=80))
        assert [run.first_week for run in runs(store, "hall")] == [f"2026-W{week}" for week in range(41, 46)]
        assert runs(other, "hall") == runs(store, "hall")
        assert runs(other, "all") == runs(store, "all")


def test_all_sites_are_pooled_when_every_one_has_closed(store: Store) -> None:
    for site in ("hall", "tower"):
        week_of_windows(store, site, 0)
    close(store, MONDAY + timedelta(weeks=1, hours=73))
    (pooled,) = runs(store, "all")
    parts = [run for site in ("hall", "tower") for run in runs(store, site)]
    assert pooled.numbers is not None
    assert pooled.numbers.visit_count == sum(run.numbers.visit_count for run in parts if run.numbers)
    assert pooled.counter_count == 40


def test_a_year_of_53_weeks_is_told_to_its_end_and_on(store: Store) -> None:
    for week in (12, 13):
        week_of_windows(store, "hall", week)
        assert close(store, MONDAY + timedelta(weeks=week + 1, hours=71)).sites == 0
        assert close(store, MONDAY + timedelta(weeks=week + 1, hours=73)).sites == 1
    for site in ("hall", "all"):
        assert [run.first_week for run in runs(store, site)] == ["2026-W53", "2027-W01"]


def test_a_site_that_says_nothing_holds_nobody_up(store: Store) -> None:
    with store.writing() as writing:
        writing.name_site("empty", "Empty", "Pacific/Kiritimati")
    week_of_windows(store, "hall", 0)
    close(store, MONDAY + timedelta(weeks=1, hours=73))
    assert len(runs(store, "all")) == 1
    assert runs(store, "empty") == []


NUMBERS = FiveNumbers(
    visit_count=100,
    left_out_count=5,
    openings_let_finish_percent=None,
    talk_overs_per_100_min=None,
    cut_offs_per_100_min=None,
    customer_talk_percent=None,
    pauses=None,
)


def run(site: str, first: str, weeks: int, counters: int) -> PeriodSummary:
    return PeriodSummary(
        site=site,
        first_week=first,
        weeks=weeks,
        timezone="UTC",
        counter_count=counters,
        fewest_visits=30,
        fewest_people=5,
        numbers=NUMBERS,
        act_visits_percent={"open_question": 40} if weeks == 1 else {"open_question": 80, "promise": 10},
        uncertainty=None,
    )


BLOCK = block_start("2026-W42")
MONTH_END, BLOCK_END = later(BLOCK, 3), later(BLOCK, 11)


def test_all_sites_go_by_weeks_where_most_counters_do() -> None:
    pooled = next_run(AllSites("all", MONTH_END, counters=10), BLOCK, [run("big", BLOCK, 1, 6)], RULES)
    assert pooled is not None
    assert (pooled.weeks, pooled.counter_count) == (1, 6)


def test_all_sites_go_by_months_where_most_counters_do() -> None:
    periods = [run("big", BLOCK, 1, 4), run("big", later(BLOCK, 1), 1, 4), run("small", BLOCK, 4, 6)]
    assert next_run(AllSites("all", later(BLOCK, 2), counters=10), BLOCK, periods, RULES) is None  # it is not over
    pooled = next_run(AllSites("all", MONTH_END, counters=10), BLOCK, periods, RULES)
    assert pooled is not None
    assert (pooled.weeks, pooled.counter_count, pooled.act_visits_percent) == (4, 10, {"open_question": 53})
    assert pooled.numbers is not None
    assert pooled.numbers.visit_count == 300


def test_a_block_ends_every_run() -> None:
    assert next_run(AllSites("all", later(BLOCK_END, -1), counters=10), later(BLOCK, 1), [], RULES) is None
    pooled = next_run(AllSites("all", BLOCK_END, counters=10), later(BLOCK, 1), [], RULES)
    assert pooled is not None
    assert (pooled.weeks, pooled.numbers) == (11, None)
