"""All that the sensor does with what may leave, in the order of a day."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from counterpoint.edge.inbox import Statements
from counterpoint.edge.outbox import Post
from counterpoint.edge.spool import Spool
from counterpoint.messages.schemas import decode_note, decode_window
from counterpoint.settings import FolderSettings, PrivacyRules, Settings
from counterpoint.values import ChannelHealth, Health
from visits_at import session, utc

if TYPE_CHECKING:
    from counterpoint.values import LeftOut

NINE = utc("2026-11-23 09:20")
HOUR = utc("2026-11-23 09:00")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("state", "outbox", "receipts", "inbox"):
        (tmp_path / name).mkdir()
    folders = FolderSettings(
        state=str(tmp_path / "state"),
        outbox=str(tmp_path / "outbox"),
        receipts=str(tmp_path / "receipts"),
        inbox=str(tmp_path / "inbox"),
    )
    return Settings(folders=folders, privacy=PrivacyRules(k=5, jitter_s=0.0))


def post(settings: Settings) -> Post:
    return Post(Path(settings.folders.outbox), Path(settings.folders.receipts))


def test_five_visits_become_one_message_when_their_hour_is_over(settings: Settings) -> None:
    now_s = float(NINE)
    with Spool(settings, lambda: now_s) as spool:
        for _ in range(5):
            spool.add(session(), HOUR)
        spool.tick()
        assert post(settings).waiting() == ()
        now_s = float(utc("2026-11-23 10:00"))
        spool.tick()
        assert post(settings).waiting() == (1,)
        payload = post(settings).read(1)
        assert payload is not None
        assert decode_window(payload).start_utc.hour == 9
        post(settings).receipt(1)
        spool.tick()
        assert list(Path(settings.folders.outbox).iterdir()) == []


def test_while_the_clock_is_not_set_visits_wait_and_nothing_leaves(settings: Settings) -> None:
    with Spool(settings) as spool:
        for _ in range(20):
            spool.add(session(), None)
        spool.tick()
        assert post(settings).waiting() == ()


def test_when_the_publisher_says_that_the_clock_is_set_time_begins(settings: Settings) -> None:
    with Spool(settings) as spool:
        spool.add(session(), None)
        Statements(Path(settings.folders.inbox)).clock(is_set=True)
        spool.tick()
        spool.add(session(), HOUR)
        spool.tick()
    assert post(settings).waiting() == ()


@pytest.mark.parametrize("why", ["button", "too_short"])
def test_what_the_button_left_out_is_nowhere(settings: Settings, why: LeftOut) -> None:
    with Spool(settings, lambda: float(NINE)) as spool:
        empty = {path: path.read_bytes() for path in Path(settings.folders.state).iterdir()}
        spool.add(session(left_out=why), HOUR)
        assert {path: path.read_bytes() for path in Path(settings.folders.state).iterdir()} == empty


def test_the_sensors_health_is_coarse(settings: Settings) -> None:
    with Spool(settings) as spool:
        spool.report(Health(frames_lost=1234, words="on", light="pins", channels=ChannelHealth(silent=(2,))))
    found = post(settings).read_health(0.0, 1e12)
    assert found is not None
    told = decode_note(found)
    assert (told.frames_lost_count, told.microphone) == (1200, "fault")  # type: ignore[union-attr] # of this kind


def test_a_visit_counts_for_the_hour_in_which_it_began(settings: Settings) -> None:
    visit = session()
    found_over_s = visit.end_s + 45
    with Spool(settings, lambda: float(HOUR) + (found_over_s - visit.start_s) - 1) as spool:
        assert spool.hour_of_start(visit, found_over_s) == HOUR - 3600
        assert spool.hour_of_start(visit, found_over_s - 2) == HOUR
    with Spool(settings) as before_the_clock_is_set:
        assert before_the_clock_is_set.hour_of_start(visit, found_over_s) is None


def test_a_row_that_can_not_be_read_stops_no_window_and_is_told_once(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with Spool(settings, lambda: float(utc("2026-11-23 10:00"))) as spool:
        for _ in range(5):
            spool.add(session(), HOUR)
        with sqlite3.connect(Path(settings.folders.state) / "ledger.db") as other:
            other.execute("INSERT INTO visits (hour, row) VALUES (?, ?)", (HOUR, b"{}"))
        other.close()
        for _ in range(3):
            spool.tick()
    assert post(settings).waiting() == (1,)
    assert [line for line in caplog.messages if "could not be read" in line] == [
        "1 visits of the ledger could not be read and were deleted"
    ]


def test_what_is_ready_leaves_though_no_window_can_be_made(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    now_s = float(NINE)
    with Spool(settings, lambda: now_s) as spool:
        spool._outbox.put(7, b"{}")
        post(settings).receipt(7)
        spool._ledger._database.execute("INSERT INTO ready (release_s, payload) VALUES (0, x'7b7d')")
        spool._ledger._database.execute("ALTER TABLE visits RENAME TO gone")
        for _ in range(3):
            spool.tick()
    assert sorted(path.name for path in Path(settings.folders.outbox).iterdir()) == ["0000000001.json"]
    assert len([line for line in caplog.messages if "no such table" in line]) == 1


def test_receipts_that_can_not_be_read_are_told_once_and_stop_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    closed = FolderSettings(
        state=settings.folders.state,
        outbox=settings.folders.outbox,
        inbox=settings.folders.inbox,
        receipts=str(Path(settings.folders.state) / ("r" * 300)),  # a name that the disk refuses, whoever asks
    )
    caplog.set_level(logging.WARNING)
    now_s = float(NINE)
    with Spool(Settings(folders=closed, privacy=settings.privacy), lambda: now_s) as spool:
        for _ in range(5):
            spool.add(session(), HOUR)
        now_s = float(utc("2026-11-23 10:00"))
        for _ in range(3):
            spool.tick()
    assert post(settings).waiting() == (1,)
    assert len([line for line in caplog.messages if "can't be looked at" in line]) == 1


def test_messages_that_were_dropped_are_told(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with Spool(settings, lambda: float(utc("2999-01-01 00:00"))) as spool:
        spool._outbox.put(1, b"{}")
        for _ in range(3):
            spool.tick()
    assert [line for line in caplog.messages if "dropped" in line] == [
        "1 messages were dropped from the outbox so far: see to the broker"
    ]
