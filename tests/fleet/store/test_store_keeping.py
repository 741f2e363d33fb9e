"""What goes: old windows after their weeks were told, a device, a site; and what is deleted is gone from the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from counterpoint.disclosure.sites import first_week_needed
from counterpoint.disclosure.weeks import block_start
from counterpoint.fleet.settings import KeepingSettings
from counterpoint.fleet.store.keeping import forget_device, forget_site, tidy
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Account, Annotation, AuditLine, Fact, KeptApart, SignedIn, Taken
from counterpoint.fleet.store.tables import metadata, window
from counterpoint.fleet.store.weeks import week_at, weeks_later
from counterpoint.messages.summaries import PeriodSummary
from fleet_messages import hour_window
from stores import KINDS, new_store

NOW = 1_795_429_800
DAY = 24
ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(new_store(request.param, tmp_path))
    yield opened
    opened.close()


def fill(store: Store, site: str, device: str, days_ago: int) -> None:
    hours = range(days_ago * DAY + 5, days_ago * DAY, -1)
    with store.writing() as writing:
        writing.take_windows([Taken(site, device, hour_window(hour, NOW), NOW) for hour in hours])


def summary(site: str, week: str) -> PeriodSummary:
    return PeriodSummary(
        site=site, first_week=week, weeks=1, timezone="UTC", counter_count=1, fewest_visits=30, fewest_people=5,
        numbers=None, act_visits_percent=None, uncertainty=None,
    )  # fmt: skip


def test_windows_go_some_weeks_after_they_were_told(store: Store) -> None:
    for days in (200, 150, 35, 1):
        fill(store, "hall", "dev-1", days)
    assert tidy(store, KeepingSettings(), NOW).windows == 5  # nothing is told: half a year
    needed = first_week_needed("2026-W46", "2026-W46")
    with store.writing() as writing:
        writing.note_closed("hall", "2026-W46", "2026-W46")
    oldest = min(needed, weeks_later(week_at(NOW, ZURICH), -1))
    kept = [days for days in (150, 35, 1) if week_at(NOW - days * 86_400, ZURICH) >= oldest]
    assert 0 < len(kept) < 3
    assert tidy(store, KeepingSettings(window_weeks=1), NOW).windows == 5 * (3 - len(kept))
    assert count(store) == 5 * len(kept)
    fill(store, "hall", "dev-1", 2)  # and what comes now is taken as ever
    assert count(store) == 5 * len(kept) + 5


def test_the_last_windows_of_a_block_go_soon_after_it_was_told_not_with_the_next_block(store: Store) -> None:
    fill(store, "hall", "dev-1", 1)
    told = week_at(NOW, ZURICH)
    while block_start(weeks_later(told, 1)) == block_start(told):
        told = weeks_later(told, 1)
    with store.writing() as writing:
        writing.note_closed("hall", told, told)
    assert tidy(store, KeepingSettings(), NOW).windows == 0
    assert tidy(store, KeepingSettings(), NOW + 6 * 7 * 86_400).windows == 5


def test_summaries_notes_and_the_log_go_at_their_time(store: Store) -> None:
    with store.writing() as writing:
        writing.put_summaries([summary("hall", "2024-W30"), summary("hall", "2026-W40")], NOW)
        writing.put_facts([Fact("hall", "2024-W30", "visitors", 3.0), Fact("hall", "2026-W40", "visitors", 4.0)])
        writing.annotate(Annotation("hall", "2024-07-24", "old", "anna", NOW))
        writing.keep_apart([KeptApart("hall", "", "t", b"x", "bad", NOW - 61 * 86_400)])
        writing.access.note(AuditLine(NOW - 500 * 86_400, "anna", "sign-in"))
        writing.access.put_account(Account("anna", "", frozenset({"it"}), None))
        writing.access.open_session(SignedIn("d", "anna", 1, 1, NOW - 1))
    gone = tidy(store, KeepingSettings(), NOW)
    assert (gone.summaries, gone.apart, gone.audit) == (1, 1, 1)
    with store.reading() as reading:
        assert [run.first_week for run in reading.periods(["hall"], "2020-W01", "2030-W01")] == ["2026-W40"]
        assert [fact.week for fact in reading.facts(["hall"], "2020-W01", "2030-W01")] == ["2026-W40"]
        assert reading.annotations(["hall"], "2020-W01", "2030-W01") == []
        assert reading.access.sessions("anna") == []


def test_a_device_is_forgotten_and_its_sites_summaries_stay(store: Store) -> None:
    fill(store, "hall", "dev-1", 3)
    fill(store, "hall", "dev-2", 3)
    with store.writing() as writing:
        writing.put_summaries([summary("hall", "2026-W40")], NOW)
        writing.keep_apart([KeptApart("hall", "dev-1", "t", b"x", "bad", NOW)])
    assert forget_device(store, "dev-1")
    assert not forget_device(store, "dev-1")
    assert everywhere(store, "dev-1") == []
    with store.reading() as reading:
        assert len(reading.periods(["hall"], "2026-W40", "2026-W40")) == 1
        assert [device.id for device in reading.devices(None)] == ["dev-2"]


def test_a_site_is_forgotten_with_all_that_was_its_own(store: Store) -> None:
    for site in ("hall", "tower"):
        fill(store, site, f"{site}-1", 3)
        with store.writing() as writing:
            writing.put_summaries([summary(site, "2026-W40")], NOW)
            writing.put_facts([Fact(site, "2026-W40", "visitors", 4.0)])
            writing.annotate(Annotation(site, "2026-10-01", "new queue", "anna", NOW))
            writing.keep_apart([KeptApart(site, "", "t", site.encode(), "bad", NOW)])
            writing.access.put_account(Account(f"m-{site}", "", frozenset({"manager"}), frozenset({site})))
    assert forget_site(store, "hall")
    assert everywhere(store, "hall") == ["account.name"]  # the account stays, without the site
    assert not forget_site(store, "hall")
    with store.reading() as reading:
        assert [site.code for site in reading.sites()] == ["tower"]


def test_what_is_deleted_is_gone_from_the_file(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "fleet.db"))
    fill(store, "hall", "dev-secret", 3)
    forget_device(store, "dev-secret")
    forget_site(store, "hall")
    store.close()
    for path in tmp_path.iterdir():
        assert b"dev-secret" not in path.read_bytes(), path.name


def test_what_retention_deletes_is_gone_from_the_file_too(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "fleet.db")) as store:
        with store.writing() as writing:
            writing.keep_apart([KeptApart("hall", "", "t", b"a secret payload", "bad", NOW - 61 * 86_400)])
        assert tidy(store, KeepingSettings(), NOW).apart == 1
        for path in tmp_path.iterdir():
            assert b"a secret payload" not in path.read_bytes(), path.name


def count(store: Store) -> int:
    with store.unchecked() as line:
        return line.scalar(select(func.count()).select_from(window)) or 0


def everywhere(store: Store, word: str) -> list[str]:
    """Every column that holds the word."""
    found = []
    with store.unchecked() as line:
        for table in metadata.sorted_tables:
            for row in line.execute(select(table)).mappings():
                found += [f"{table.name}.{name}" for name, value in row.items() if word in str(value)]
    return sorted(set(found))
