"""The visits that wait for company, in the sensor's own SQLite file.

One rule: a visit's row goes in the very transaction that makes its window, and the window stays here until its file
lies in the outbox. So a crash or a power cut at any point neither loses nor doubles, and a reboot publishes nothing.
WAL with `synchronous=FULL`: with NORMAL a power cut loses rows that were already acknowledged.
"""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

from msgspec.structs import replace

from counterpoint.disclosure import Visit, disclose, hour_of, release_s
from counterpoint.disclosure.visit import decode_visit, encode_visit
from counterpoint.errors import StorageError
from counterpoint.messages.schemas import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType
    from zoneinfo import ZoneInfo

    from counterpoint.disclosure import Disclosure
    from counterpoint.settings import PrivacyRules

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS visits (id INTEGER PRIMARY KEY, hour INTEGER, row BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ready (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, release_s REAL NOT NULL, payload BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS told (only INTEGER PRIMARY KEY CHECK (only = 1), until INTEGER NOT NULL);
"""
OWN_EYES: Final = 0o600
DAMAGED_KEPT_S: Final = 30 * 86_400
"""As long as a window may wait; after that nobody looks into a damaged ledger any more."""
HOUR_S: Final = 3600
CORRUPT: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Ledger:
    """Visits, then windows, that may not leave yet.

    Use as a context manager, from one thread. `after` is the highest sequence number that the outbox has seen, so that
    a new ledger never takes a number twice. A row that can't be read (damage, another version) is deleted, not guessed
    at: `unreadable` counts those since the start. A damaged file that was kept aside is deleted after 30 days.

    Raises:
        StorageError: The file can't be written, the disk is full, or the file is damaged; a damaged one is kept aside.
            At the start that ends the start, later a new one is begun at once.
    """

    def __init__(self, path: Path, *, after: int = 0) -> None:
        self._path = path
        self._after = after
        self.unreadable = 0
        self._tidied_hour = 0
        self._random = random.SystemRandom()
        try:
            self._open()
        except sqlite3.Error as error:
            raise self._told_plainly(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; everything that was acknowledged is in it already."""
        self._database.close()

    def add(self, visit: Visit) -> None:
        """Keep a visit; it is on the disk when this returns."""
        with self._transaction():
            self._database.execute("INSERT INTO visits (hour, row) VALUES (?, ?)", (visit.hour, encode_visit(visit)))

    def waiting(self) -> int:
        """Return how many visits wait; for tests and for the demo on the device, never for a message."""
        with self._sound():
            return int(self._database.execute("SELECT count(*) FROM visits").fetchone()[0])

    def close_windows(self, now_s: float, rules: PrivacyRules, zone: ZoneInfo) -> Disclosure:
        """Make the windows that are complete now and forget their visits, in one transaction.

        `now_s` is the wall clock, known to be set: seconds since 1970. Visits from before it was set count for this
        hour.
        """
        self._forget_damaged(now_s)
        with self._transaction():
            self._database.execute("UPDATE visits SET hour = ? WHERE hour IS NULL", (hour_of(now_s, zone),))
            told_until = self._told_until()
            visits, unreadable = self._read_visits()
            self._database.executemany("DELETE FROM visits WHERE id = ?", unreadable)
            made = disclose(visits, told_until, now_s, rules, zone, lambda: str(uuid4()))
            self._database.executemany(
                "INSERT INTO ready (release_s, payload) VALUES (?, ?)",
                [(release_s(now_s, rules, self._random.random()), encode(window)) for window in made.windows],
            )
            if made.used + made.dropped:
                self._database.execute("DELETE FROM visits WHERE hour < ?", (made.told_until,))
            if made.told_until != told_until:
                self._database.execute("INSERT OR REPLACE INTO told VALUES (1, ?)", (made.told_until,))
        self.unreadable += len(unreadable)
        if made.used + made.dropped + len(unreadable):
            self._wipe_log()
        return made

    def hand_over(self, now_s: float, put: Callable[[int, bytes], None]) -> int:
        """Give each window that may go to `put`, which must be idempotent by sequence number; return how many."""
        with self._sound():
            due = self._database.execute(
                "SELECT sequence, payload FROM ready WHERE release_s <= ? ORDER BY sequence", (now_s,)
            ).fetchall()
        for sequence, payload in due:
            put(sequence, payload)
            self._after = max(self._after, sequence)
            with self._transaction():
                self._database.execute("DELETE FROM ready WHERE sequence = ?", (sequence,))
        return len(due)

    def _open(self) -> None:
        _make_private(self._path)
        self._database = sqlite3.connect(self._path, isolation_level=None)
        ask = self._database.execute
        if ask("PRAGMA quick_check").fetchone()[0] != "ok":
            raise StorageError(self._move_aside())
        ask("PRAGMA journal_mode=WAL")
        ask("PRAGMA synchronous=FULL")
        ask("PRAGMA secure_delete=ON")
        self._database.executescript(SCHEMA)
        if ask("SELECT count(*) FROM sqlite_sequence WHERE name = 'ready'").fetchone()[0] == 0:
            ask("INSERT INTO sqlite_sequence (name, seq) VALUES ('ready', 0)")
        ask("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'ready'", (self._after,))

    def _wipe_log(self) -> None:
        """Forgotten visits must not live on in the write-ahead log."""
        with self._sound():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _read_visits(self) -> tuple[list[Visit], list[tuple[int]]]:
        """The visits that can be read, and the ids of the rows that can't."""
        visits: list[Visit] = []
        unreadable: list[tuple[int]] = []
        for number, hour, row in self._database.execute("SELECT id, hour, row FROM visits ORDER BY id"):
            try:
                visits.append(replace(decode_visit(row), hour=hour))
            except StorageError:
                unreadable.append((number,))
        return visits, unreadable

    def _forget_damaged(self, now_s: float) -> None:
        """Once an hour: visits in a damaged file are no longer kept than somebody needs to look into it."""
        if now_s - self._tidied_hour < HOUR_S:
            return
        self._tidied_hour = int(now_s)
        try:
            for part in self._path.parent.glob(f"{self._path.stem}.damaged-*"):
                if now_s - part.stat().st_mtime > DAMAGED_KEPT_S:
                    part.unlink()
        except OSError as error:
            raise StorageError(f"an old damaged ledger can't be deleted ({error}): check the folder's owner") from error

    def _told_until(self) -> int | None:
        found = self._database.execute("SELECT until FROM told").fetchone()
        return None if found is None else int(found[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._sound():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            plain = self._told_plainly(error)
            if not self._path.exists():
                self._open()
            raise plain from error

    def _told_plainly(self, error: sqlite3.Error) -> StorageError:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in CORRUPT:
            return StorageError(self._move_aside())
        return StorageError(f"the ledger {self._path} can't be used ({error}): free space, check the folder")

    def _move_aside(self) -> str:
        """Keep the damaged files for whoever looks into it; return what to tell."""
        self.close()
        aside = next(name for n in count(1) if not (name := self._path.with_suffix(f".damaged-{n}")).exists())
        for ending in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
        return f"the ledger {self._path} is damaged: it is kept as {aside.name}, a new one takes its place"


def _make_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWN_EYES))
        path.chmod(OWN_EYES)
    except OSError as error:
        raise StorageError(f"the ledger {path} can't be made ({error.strerror}): make the folder writable") from error
