"""The ledger: what waits stays, what was told is gone, and no crash between the two loses or doubles anything."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from counterpoint.edge.ledger import Ledger
from counterpoint.errors import StorageError
from counterpoint.messages.schemas import decode_window
from counterpoint.settings import PrivacyRules
from visits_at import utc, visit

MONDAY = utc("2026-11-23 00:00")
TEN = MONDAY + 10 * 3600
RULES = PrivacyRules(jitter_s=0.0)
ZONE = ZoneInfo("UTC")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def fill(ledger: Ledger, count: int) -> None:
    for _ in range(count):
        ledger.add(visit(TEN - 3600))


def let_weeks_pass(ledger: Ledger) -> None:
    for week in range(200):
        ledger.close_windows(TEN + week * 7 * 86_400, RULES, ZONE)


def test_only_the_sensor_may_read_it(path: Path) -> None:
    with Ledger(path) as ledger:
        fill(ledger, 1)
        files = sorted(path.parent.iterdir())
        assert [each.name for each in files] == ["ledger.db", "ledger.db-shm", "ledger.db-wal"]
        assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}


def test_it_is_as_careful_as_a_power_cut_asks(path: Path) -> None:
    with Ledger(path) as ledger:
        full = 2
        assert ledger._database.execute("PRAGMA synchronous").fetchone()[0] == full
        assert ledger._database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_restart_with_k_minus_one_visits_loses_none_and_publishes_none(path: Path) -> None:
    with Ledger(path) as ledger:
        fill(ledger, 9)
    with Ledger(path) as ledger:
        assert ledger.close_windows(TEN, RULES, ZONE).windows == ()
        assert ledger.waiting() == 9
        fill(ledger, 1)
        assert len(ledger.close_windows(TEN, RULES, ZONE).windows) == 1
        assert ledger.waiting() == 0


def test_a_window_told_is_forgotten_by_the_file_too(path: Path) -> None:
    with Ledger(path) as ledger:
        for _ in range(10):
            ledger.add(visit(TEN - 3600, acts=("call_back",), customer_longest_turn_s=987_650))
        ledger.close_windows(TEN, RULES, ZONE)
        on_disk = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert b"987650" not in on_disk.replace(b'"customer_longest_turn_mean_s":987650', b"")


def test_a_crash_between_commit_and_file_neither_loses_nor_doubles(path: Path) -> None:
    with Ledger(path) as ledger:
        fill(ledger, 10)
        ledger.close_windows(TEN, RULES, ZONE)
    with Ledger(path) as ledger:
        files: dict[int, bytes] = {}
        with pytest.raises(KeyboardInterrupt):
            ledger.hand_over(TEN, lambda sequence, payload: _write_and_die(files, sequence, payload))
        assert ledger.hand_over(TEN, files.__setitem__) == 1
        assert list(files) == [1]
        assert ledger.hand_over(TEN, files.__setitem__) == 0


def _write_and_die(files: dict[int, bytes], sequence: int, payload: bytes) -> None:
    files[sequence] = payload
    raise KeyboardInterrupt


def test_a_window_waits_for_its_jitter(path: Path) -> None:
    with Ledger(path) as ledger:
        fill(ledger, 10)
        ledger.close_windows(TEN, PrivacyRules(jitter_s=7200.0), ZONE)
        files: dict[int, bytes] = {}
        ledger.hand_over(TEN - 0.1, files.__setitem__)
        assert files == {}
        ledger.hand_over(TEN + 7200, files.__setitem__)
        assert decode_window(files[1]).statistics is not None


def test_a_visit_from_before_the_clock_was_set_counts_for_the_hour_in_which_it_is(path: Path) -> None:
    with Ledger(path) as ledger:
        for _ in range(10):
            ledger.add(visit(None))
        assert ledger.close_windows(TEN, RULES, ZONE).windows == ()
        window = ledger.close_windows(TEN + 3600, RULES, ZONE).windows[0]
        assert int(window.start_utc.timestamp()) == TEN


def test_a_new_ledger_takes_no_number_twice(path: Path) -> None:
    with Ledger(path, after=41) as ledger:
        fill(ledger, 10)
        ledger.close_windows(TEN, RULES, ZONE)
        files: dict[int, bytes] = {}
        ledger.hand_over(TEN, files.__setitem__)
        assert list(files) == [42]


def test_asking_every_few_seconds_writes_nothing(path: Path) -> None:
    with Ledger(path) as ledger:
        fill(ledger, 3)
        ledger.close_windows(TEN, RULES, ZONE)
        log = path.with_name("ledger.db-wal")
        before = (log.stat().st_size, log.stat().st_mtime_ns)
        for second in range(20):
            ledger.close_windows(TEN + second, RULES, ZONE)
        assert (log.stat().st_size, log.stat().st_mtime_ns) == before


def test_a_full_disk_is_said_and_nothing_is_lost(path: Path) -> None:
    with Ledger(path) as ledger:
        pages = ledger._database.execute("PRAGMA page_count").fetchone()[0]
        ledger._database.execute(f"PRAGMA max_page_count={pages + 1}")
        with pytest.raises(StorageError, match="free space"):
            fill(ledger, 1000)
        kept = ledger.waiting()
        assert kept >= 5
        with pytest.raises(StorageError, match="free space"):
            let_weeks_pass(ledger)
        ledger._database.execute("PRAGMA max_page_count=100000")
    with Ledger(path) as ledger:
        made = ledger.close_windows(TEN + 200 * 7 * 86_400, RULES, ZONE)
        assert made.used + made.dropped in {0, kept}


@pytest.mark.parametrize(
    "damage", [b"this is no database, it only says so" * 100, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_damaged_ledger_is_kept_aside_and_the_next_start_begins_a_new_one(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    with pytest.raises(StorageError, match=r"damaged: it is kept as ledger\.damaged-1"):
        Ledger(path)
    assert path.with_name("ledger.damaged-1").read_bytes() == damage
    with Ledger(path) as ledger:
        assert ledger.waiting() == 0


def test_a_damaged_page_is_noticed_at_the_start(path: Path) -> None:
    with Ledger(path) as ledger:
        fill(ledger, 100)
    content = bytearray(path.read_bytes())
    content[4096 * 4 : 4096 * 5] = b"\xa5" * 4096
    path.write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        Ledger(path)


def test_a_ledger_that_is_damaged_while_it_is_open_is_kept_aside_and_work_goes_on(path: Path) -> None:
    with Ledger(path, after=7) as ledger:
        fill(ledger, 100)
        ledger._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * 4096 * 8)
        with sqlite3.connect(path) as other:
            other.execute("PRAGMA wal_checkpoint")
        other.close()
        ledger._database.execute("PRAGMA shrink_memory")
        with pytest.raises(StorageError, match="damaged"):
            ledger.close_windows(TEN, RULES, ZONE)
        fill(ledger, 10)
        assert len(ledger.close_windows(TEN, RULES, ZONE).windows) == 1
        files: dict[int, bytes] = {}
        ledger.hand_over(TEN, files.__setitem__)
        assert list(files) == [8]
    assert path.with_name("ledger.damaged-1").exists()


def test_a_damaged_ledger_is_kept_for_thirty_days(path: Path) -> None:
    for name in ("ledger.damaged-1", "ledger.damaged-1-wal"):
        path.with_name(name).write_bytes(b"damage")
        os.utime(path.with_name(name), (TEN, TEN))
    with Ledger(path) as ledger:
        ledger.close_windows(TEN + 30 * 86_400, RULES, ZONE)
        assert path.with_name("ledger.damaged-1").exists()
        ledger.close_windows(TEN + 31 * 86_400, RULES, ZONE)
    assert not list(path.parent.glob("*damaged*"))


def test_a_row_that_can_not_be_read_goes_and_its_company_is_told(path: Path) -> None:
    with Ledger(path) as ledger:
        fill(ledger, 10)
        ledger._database.execute(
            "INSERT INTO visits (hour, row) VALUES (?, ?)", (TEN - 3600, b'{"of":"another version"}')
        )
        assert len(ledger.close_windows(TEN, RULES, ZONE).windows) == 1
        assert (ledger.waiting(), ledger.unreadable) == (0, 1)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="can't be made"):
        Ledger(tmp_path / "nowhere" / "ledger.db")


def test_no_column_has_room_for_more_than_a_visit(path: Path) -> None:
    with Ledger(path):
        database = sqlite3.connect(path)
        tables = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type='table'"))
        database.close()
    assert set(tables) == {"visits", "ready", "told", "sqlite_sequence"}
