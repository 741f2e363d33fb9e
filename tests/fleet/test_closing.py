"""Weeks that are due: told once each, whatever comes later; all sites when every one has closed the week."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from counterpoint.disclosure.sites import SiteRules
from counterpoint.fleet.closing import Closed, close_due
from counterpoint.fleet.settings import KeepingSettings
from counterpoint.fleet.store.keeping import forget_site, tidy
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Taken
from counterpoint.fleet.store.tables import pooled_week
from counterpoint.messages.schemas import Window
from counterpoint.messages.summaries import PeriodSummary
from fleet_messages import example
from stores import new_store

MONDAY = datetime(2026, 10, 5, tzinfo=UTC)  # 2026-W41, in the middle of no block's end
HOUR = timedelta(hours=1)
RULES = SiteRules(clear=0.14)
"""So that twenty counters are enough to be told by the week."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "fleet.db")) as opened:
        yield opened


STATISTICS = example().statistics
assert STATISTICS is not None
VISITS = STATISTICS.visit_count


def at(moment: datetime) -> int:
    return int(moment.timestamp())


def window(start: datetime, counter: str) -> Window:
    name = str(UUID(bytes=hashlib.sha256(f"{start} {counter}".encode()).digest()[:16], version=4))
    return replace(example(), id=name, start_utc=start, end_utc=start + HOUR, timezone="UTC")


def week_of_windows(store: Store, site: str, week: int, counters: int = 20, received: datetime | None = None) -> None:
    """Five days from 9 to 17."""
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


def test_all_sites_are_told_when_every_one_has_closed(store: Store) -> None:
    for site in ("hall", "tower"):
        week_of_windows(store, site, 0)
    with store.writing() as writing:
        writing.name_site("tower", "Tower", "America/New_York")  # its week ends later
    assert close(store, MONDAY + timedelta(weeks=1, hours=73)).sites == 1
    assert runs(store, "all") == []
    close(store, MONDAY + timedelta(weeks=1, hours=77))
    (pooled,) = runs(store, "all")
    assert (pooled.first_week, pooled.weeks, pooled.counter_count, pooled.timezone) == ("2026-W41", 1, 40, "UTC")
    parts = [run.numbers for site in ("hall", "tower") for run in runs(store, site)]
    assert pooled.numbers is not None
    together = sum(numbers.visit_count for numbers in parts if numbers)
    assert abs(pooled.numbers.visit_count - together) < 0.05 * together
    assert close(store, MONDAY + timedelta(weeks=1, hours=78)) == Closed(0, 0)


def test_a_fleet_of_one_site_tells_the_same_twice_not_two_draws_of_its_blur(store: Store) -> None:
    week_of_windows(store, "hall", 0)
    close(store, MONDAY + timedelta(weeks=1, hours=73))
    assert runs(store, "all") == [replace(run, site="all") for run in runs(store, "hall")] != []
    for site in ("hall", "tower"):
        week_of_windows(store, site, 1)
    close(store, MONDAY + timedelta(weeks=2, hours=73))
    assert [(run.first_week, run.counter_count) for run in runs(store, "all")] == [("2026-W41", 20), ("2026-W42", 40)]


def test_a_site_that_can_not_be_told_holds_the_others_up_for_a_month(store: Store) -> None:
    for week in range(6):
        for site in ("hall", "tower", "yard"):
            week_of_windows(store, site, week)
    with store.writing() as writing:
        writing.name_site("yard", "Yard", "Europe/Nowhere")

    def at_the_end_of(week: int) -> list[str]:
        moment = MONDAY + timedelta(weeks=week + 1, hours=73)
        close_due(store, at(moment), 72, RULES, alone=lambda _site: suppress(KeyError))
        return [run.first_week for run in runs(store, "all")]

    assert at_the_end_of(3) == []
    assert at_the_end_of(4) == ["2026-W41"]
    with store.writing() as writing:
        writing.name_site("yard", "Yard", "Europe/Zurich")
    assert at_the_end_of(4) == [f"2026-W{week}" for week in range(41, 46)]


def test_what_is_pooled_goes_when_it_is_told_or_a_site_is_forgotten(store: Store) -> None:
    """Small sites, at the beginning of a block: the weeks wait for the others of its run."""
    weeks = ["2026-W44", "2026-W45", "2026-W46"]
    for week in (3, 4, 5):
        for site in ("hall", "tower", "yard"):
            week_of_windows(store, site, week, counters=2)
        close(store, MONDAY + timedelta(weeks=week + 1, hours=73))
    assert visits_pooled(store, weeks) == [3 * 2 * 40 * VISITS] * 3
    forget_site(store, "yard")
    assert visits_pooled(store, weeks) == []
    close(store, MONDAY + timedelta(weeks=6, hours=74))
    assert visits_pooled(store, weeks) == [2 * 2 * 40 * VISITS] * 3
    tidy(store, KeepingSettings(), at(MONDAY + timedelta(weeks=6, days=4)))
    assert len(visits_pooled(store, weeks)) == 3
    week_of_windows(store, "hall", 6, counters=46)  # enough to be told by four weeks
    close(store, MONDAY + timedelta(weeks=7, hours=73))
    assert [(run.first_week, run.weeks) for run in runs(store, "all")] == [("2026-W44", 4)]
    tidy(store, KeepingSettings(), at(MONDAY + timedelta(weeks=7, days=4)))
    assert len(visits_pooled(store, [*weeks, "2026-W47"])) == 1


def test_weeks_that_another_version_pooled_are_pooled_again(store: Store) -> None:
    for week in (3, 4):
        for site in ("hall", "tower"):
            week_of_windows(store, site, week, counters=2)
        close(store, MONDAY + timedelta(weeks=week + 1, hours=73))
        with store.writing() as writing:
            writing.line.execute(update(pooled_week).values(message=b'{"people":3}'))
    for site in ("hall", "tower"):
        week_of_windows(store, site, 5, counters=2)
    close(store, MONDAY + timedelta(weeks=6, hours=73))
    assert visits_pooled(store, ["2026-W44", "2026-W45", "2026-W46"]) == [2 * 2 * 40 * VISITS] * 3


def visits_pooled(store: Store, weeks: list[str]) -> list[int]:
    with store.writing() as writing:
        return [one.sums.visit_count for one in writing.pooled_weeks(weeks[0]) if one.sums and one.week in weeks]


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


def test_two_collectors_that_close_at_once_tell_once(tmp_path: Path) -> None:
    """On PostgreSQL, where both pool at the same time: the second one's week is there already."""
    where = new_store("postgresql", tmp_path)
    with open_store(where) as one, open_store(where) as other:
        for week in range(3):
            for site in ("hall", "tower"):
                week_of_windows(one, site, week)
        ended = MONDAY + timedelta(weeks=3, hours=73)
        together = Barrier(2)

        def close_both(store: Store) -> int:
            together.wait()
            return close(store, ended).summaries

        with ThreadPoolExecutor(2) as both:
            made = sum(both.map(close_both, (one, other)))
        told = runs(one, "all")
        assert [run.first_week for run in told] == ["2026-W41", "2026-W42", "2026-W43"]
        assert made == 3 * 3 + 2  # the block's hours too
        assert close(one, ended).summaries == close(other, ended).summaries == 0
