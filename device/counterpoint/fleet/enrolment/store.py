"""What the fleet remembers of tokens, devices, certificates and alarms: one SQLite file on IT's side.

One rule: what is told to a device has been written down first, to the medium. A token is stored as its digest; the list
"random id, asset tag" is here and nowhere else.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from counterpoint.errors import StorageError
from counterpoint.fleet.enrolment.judgement import Certificate, Device, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from counterpoint.fleet.enrolment.judgement import State

NAME: Final = "enrolment.db"
PATIENCE_S: Final = 20.0
"""How long one writer waits for another; an operator's command and the service share the file."""
TABLES: Final = """
CREATE TABLE IF NOT EXISTS token (
    digest TEXT PRIMARY KEY, asset_tag TEXT NOT NULL, site TEXT NOT NULL, made_by TEXT NOT NULL,
    expires_utc TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS device (
    id TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE REFERENCES token, asset_tag TEXT NOT NULL, site TEXT NOT NULL,
    made_by TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, asked_utc TEXT NOT NULL, judged_by TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT PRIMARY KEY, device TEXT NOT NULL REFERENCES device, key TEXT NOT NULL, pem TEXT NOT NULL,
    ends_utc TEXT NOT NULL, successor TEXT NOT NULL, number INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX IF NOT EXISTS certificate_key ON certificate (key);
CREATE TABLE IF NOT EXISTS alarm (
    what TEXT PRIMARY KEY, first_utc TEXT NOT NULL, last_utc TEXT NOT NULL, times INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS forgotten (serial TEXT PRIMARY KEY, ends_utc TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
FORGETS: Final = "PRAGMA secure_delete=ON;"
"""What is deleted is overwritten in the file; the log beside it goes when the last line to it is closed."""
DEVICE: Final = "SELECT id, asset_tag, site, made_by, key, state, asked_utc FROM device "
CERTIFICATE: Final = "SELECT serial, device, key, pem, ends_utc, successor FROM certificate "


class Store:
    """The file; open it for one piece of work with `Store.work`, which keeps all of it or nothing.

    Raises:
        StorageError: The file can't be read or written; nothing of this piece of work was kept.
    """

    def __init__(self, line: sqlite3.Connection) -> None:
        self._line = line

    @classmethod
    @contextmanager
    def work(cls, folder: Path) -> Iterator[Store]:
        """Do one piece of work; an error undoes it."""
        path = folder / NAME
        try:
            with closing(sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)) as line:
                line.executescript(
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;" + FORGETS + TABLES
                )
                line.execute("BEGIN IMMEDIATE")
                try:
                    yield cls(line)
                except BaseException:
                    line.execute("ROLLBACK")
                    raise
                line.execute("COMMIT")
        except sqlite3.Error as error:
            raise StorageError(f"{path} can't be used ({error}): check the disk, and who owns the folder") from error

    def add_token(self, token: Token) -> None:
        """Keep a new token."""
        self._line.execute(
            "INSERT INTO token VALUES (?, ?, ?, ?, ?)",
            (token.digest, token.asset_tag, token.site, token.made_by, token.expires.isoformat()),
        )

    def token(self, digest: str) -> Token | None:
        """Return a token by its digest."""
        row = self._line.execute(
            "SELECT digest, asset_tag, site, made_by, expires_utc FROM token WHERE digest = ?", (digest,)
        ).fetchone()
        if row is None:
            return None
        digest, asset_tag, site, made_by, expires = row
        return Token(digest, asset_tag, site, made_by, datetime.fromisoformat(expires))

    def add_device(self, device: Device, digest: str) -> None:
        """Keep a new device, and that its token is used."""
        facts = (device.asset_tag, device.site, device.made_by, device.key, device.state, device.asked.isoformat())
        self._line.execute("INSERT INTO device VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')", (device.id, digest, *facts))

    def devices(self) -> list[Device]:
        """Return every device, by site and asset tag."""
        return [_device(row) for row in self._line.execute(DEVICE + "ORDER BY site, asset_tag, asked_utc")]

    def device(self, name: str) -> Device | None:
        """Return a device by its id."""
        return self._first_device("WHERE id = ?", name)

    def holder(self, digest: str) -> Device | None:
        """Return the device that has used a token."""
        return self._first_device("WHERE token = ?", digest)

    def owner(self, key: str) -> Device | None:
        """Return the device that has, or ever had, this key."""
        return self._first_device("WHERE key = ? OR id IN (SELECT device FROM certificate WHERE key = ?)", key, key)

    def set_state(self, device: str, state: State, by: str = "") -> None:
        """Note where a device stands, and the operator who decided it."""
        self._line.execute(
            "UPDATE device SET state = ?, judged_by = CASE ? WHEN '' THEN judged_by ELSE ? END WHERE id = ?",
            (state, by, by, device),
        )

    def add_certificate(self, certificate: Certificate) -> None:
        """Keep a certificate; it renews the last one of its device."""
        self._line.execute(
            "UPDATE certificate SET successor = ? WHERE device = ? AND successor = ''",
            (certificate.serial, certificate.device),
        )
        self._line.execute(
            "INSERT INTO certificate"
            " VALUES (?, ?, ?, ?, ?, '', (SELECT coalesce(max(number), 0) + 1 FROM certificate))",
            (
                certificate.serial,
                certificate.device,
                certificate.key,
                certificate.pem,
                certificate.ends.isoformat(),
            ),
        )

    def certificate(self, serial: str) -> Certificate | None:
        """Return a certificate by its serial number."""
        return self._first_certificate("WHERE serial = ?", serial)

    def last_certificate(self, device: str) -> Certificate | None:
        """Return the last certificate of a device."""
        return self._first_certificate("WHERE device = ? AND successor = ''", device)

    def revoked(self) -> list[str]:
        """Return the serial number of each certificate of the devices that are revoked, or were and are forgotten."""
        of_revoked = "SELECT serial FROM certificate WHERE device IN (SELECT id FROM device WHERE state = 'revoked')"
        rows = self._line.execute(f"{of_revoked} ORDER BY number").fetchall()
        return [serial for (serial,) in (*rows, *self._line.execute("SELECT serial FROM forgotten ORDER BY serial"))]

    def forget(self, device: Device, now: datetime) -> None:
        """Delete a device, its certificates and token, and the alarms about it; keep serial numbers till they end."""
        self._line.execute(
            "INSERT OR IGNORE INTO forgotten SELECT serial, ends_utc FROM certificate WHERE device = ?", (device.id,)
        )
        self._line.execute("DELETE FROM forgotten WHERE ends_utc < ?", (now.isoformat(),))
        self._line.execute("DELETE FROM certificate WHERE device = ?", (device.id,))
        (digest,) = self._line.execute("SELECT token FROM device WHERE id = ?", (device.id,)).fetchone()
        self._line.execute("DELETE FROM device WHERE id = ?", (device.id,))
        self._line.execute("DELETE FROM token WHERE digest = ?", (digest,))
        tag = re.compile(rf"(?<!\S){re.escape(device.asset_tag)}(?!\S)")
        for what, _, _ in self.alarms():
            if device.id in what or tag.search(what):
                self._line.execute("DELETE FROM alarm WHERE what = ?", (what,))

    def raise_alarm(self, what: str, now: datetime) -> None:
        """Note an alarm; the same again is counted."""
        self._line.execute(
            "INSERT INTO alarm VALUES (?, ?, ?, 1)"
            " ON CONFLICT (what) DO UPDATE SET last_utc = excluded.last_utc, times = times + 1",
            (what, now.isoformat(), now.isoformat()),
        )

    def alarms(self) -> Sequence[tuple[str, datetime, int]]:
        """Return what, when last and how often, oldest first."""
        rows = self._line.execute("SELECT what, last_utc, times FROM alarm ORDER BY first_utc")
        return [(what, datetime.fromisoformat(last), times) for what, last, times in rows]

    def fact(self, name: str) -> str:
        """Return something remembered by name, "" for nothing."""
        row = self._line.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        """Remember something by name."""
        self._line.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def _first_device(self, where: str, *values: str) -> Device | None:
        row = self._line.execute(DEVICE + where, values).fetchone()
        return None if row is None else _device(row)

    def _first_certificate(self, where: str, *values: str) -> Certificate | None:
        row = self._line.execute(CERTIFICATE + where, values).fetchone()
        return None if row is None else _certificate(row)


def utc_now() -> datetime:
    """Return the wall clock."""
    return datetime.now(UTC)


def _device(row: tuple[str, ...]) -> Device:
    name, asset_tag, site, made_by, key, state, asked = row
    stands = cast("State", state)  # only our own states are written
    return Device(name, asset_tag, site, made_by, key, stands, datetime.fromisoformat(asked))


def _certificate(row: tuple[str, ...]) -> Certificate:
    serial, device, key, pem, ends, successor = row
    return Certificate(serial, device, key, pem, datetime.fromisoformat(ends), successor)
