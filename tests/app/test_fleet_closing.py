"""Telling and deleting in `fleet serve`: one site's trouble is its own, and a clock that is ahead is doubted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from counterpoint.app import fleet_closing
from counterpoint.app.fleet_closing import Closing
from counterpoint.errors import StorageError
from counterpoint.fleet.believed_time import BelievedTime
from counterpoint.fleet.settings import FleetSettings, KeepingSettings
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Taken
from counterpoint.fleet.store.service_rows import note_reached, troubles
from counterpoint.fleet.store.tables import window
from fleet_messages import hour_window
from stores import KINDS, new_store

MONDAY = int(datetime(2026, 11, 16, tzinfo=UTC).timestamp())  # 2026-W47
HOUR = 3600
DAY = 86_400


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(new_store(request.param, tmp_path))
    yield opened
    opened.close()


def fill(store: Store, *sites: str, before_s: int = MONDAY) -> None:
    """Each site's week of windows before a moment, and one after it."""
    for site in sites:
        sent = [hour_window(hours, before_s + HOUR) for hours in range(5 * 24, -1, -1)]
        with store.writing() as writing:
            writing.take_windows([Taken(site, f"{site}-1", one, before_s + HOUR) for one in sent])


def closing(store: Store, clock_s: float, said: list[str], settings: FleetSettings | None = None) -> Closing:
    with store.writing() as writing:
        note_reached(writing.line, int(min(clock_s, MONDAY + 4 * DAY)))
    return Closing(store, settings or FleetSettings(), said.append, BelievedTime(store, lambda: clock_s, lambda: 0.0))


def closed_until(store: Store) -> dict[str, str | None]:
    with store.reading() as reading:
        return {site.code: site.closed_until for site in reading.sites()}


def kept_troubles(store: Store) -> list[tuple[str, str, int]]:
    with store.unchecked() as line:
        return [(one.kind, one.site, one.times) for one in troubles(line)]


@pytest.mark.parametrize(
    ("breaks", "mends", "why"),
    [
        ("UPDATE device_window SET message = 'no window' WHERE site = 'bad'", "", "not a window.v1"),
        (
            "UPDATE site SET timezone = 'Mars/Olympus' WHERE code = 'bad'",
            "UPDATE site SET timezone = 'UTC' WHERE code = 'bad'",
            "ZoneInfoNotFoundError at ",
        ),
    ],
)
def test_what_is_wrong_with_one_site_keeps_no_other_waiting(store: Store, breaks: str, mends: str, why: str) -> None:
    fill(store, "anna", "bad", "zoe")
    with store.engine.begin() as line:
        line.execute(text(breaks))
    said: list[str] = []
    part = closing(store, MONDAY + 4 * DAY, said)
    part.look()
    part.look()
    assert closed_until(store) == {"anna": "2026-W46", "bad": None, "zoe": "2026-W46"}
    assert ("closing", "bad", 2) in kept_troubles(store)
    told = [line for line in said if "site bad" in line]
    assert len(told) == 1, "said once"
    assert why in told[0]
    assert "no window" not in told[0]
    with store.engine.begin() as line:
        line.execute(text(mends or "DELETE FROM device_window WHERE site = 'bad'"))
    part.look()
    assert closed_until(store)["bad"] == "2026-W46"
    assert not kept_troubles(store)
    assert any("site bad can't be told: that is over" in line for line in said)


def test_a_store_that_is_away_is_everybody_s_trouble(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StorageError("away")

    fill(store, "anna")
    part = closing(store, MONDAY + 4 * DAY, [])
    monkeypatch.setattr(fleet_closing, "tidy", away)
    with pytest.raises(StorageError):
        part.look()


def test_a_clock_that_is_weeks_ahead_tells_nothing_early_and_deletes_nothing(store: Store) -> None:
    fill(store, "anna", before_s=MONDAY + 3 * DAY)
    said: list[str] = []
    before = windows(store)
    settings = FleetSettings(keeping=KeepingSettings(window_weeks=1))
    part = closing(store, MONDAY + 300 * DAY, said, settings)
    part.look()
    assert closed_until(store) == {"anna": "2026-W46"}, "not the week in which we are"
    assert windows(store) == before
    assert ("clock", "", 1) in kept_troubles(store)
    assert "our clock runs 296 days or more ahead" in said[0]


def test_believing_that_clock_would_have_told_it(store: Store) -> None:
    fill(store, "anna", before_s=MONDAY + 3 * DAY)
    part = closing(store, MONDAY + 300 * DAY, [])
    with store.writing() as writing:
        note_reached(writing.line, MONDAY + 300 * DAY)
    part.look()
    assert closed_until(store) != {"anna": "2026-W46"}


def windows(store: Store) -> int:
    with store.reading() as reading:
        return len(list(reading._line.execute(window.select())))
