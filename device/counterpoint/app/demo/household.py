"""The device's folders, ledger and publisher for the length of a demo, in one temporary folder.

One rule: the sensor's and the publisher's real code, as two processes; only their folders and settings are the demo's.
"""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from zoneinfo import ZoneInfo

from counterpoint.disclosure import coarsen, hour_of
from counterpoint.edge.ledger import Ledger
from counterpoint.edge.outbox import Outbox
from counterpoint.settings import (
    BrokerSettings,
    FolderSettings,
    NudgeRules,
    PrivacyRules,
    SessionRules,
    Settings,
    SiteSettings,
)

if TYPE_CHECKING:
    from types import TracebackType

    from counterpoint.values import Session

HOUR_S: Final = 3600
STOPPED_WITHIN_S: Final = 5.0
SITE: Final = "demo"
PUBLISHER_FILE: Final = """\
[site]
code = "{settings.site.code}"

[privacy]
k = {settings.privacy.k}
jitter_s = {settings.privacy.jitter_s}

[broker]
host = "{settings.broker.host}"
port = {settings.broker.port}
tls = false
device_id = "{settings.broker.device_id}"

[folders]
state = "{settings.folders.state}"
outbox = "{settings.folders.outbox}"
receipts = "{settings.folders.receipts}"
inbox = "{settings.folders.inbox}"
"""


def show_settings(folder: Path, host: str, port: int) -> Settings:
    """The default settings, save what the show needs: `lowered` tells them apart, so that none is forgotten."""
    return Settings(
        site=SiteSettings(code=SITE),
        session=SessionRules(end_silence_s=6.0),  # the next customer comes after 9 s, not after minutes
        nudge=NudgeRules(token_minutes=0.5),  # the script has an hour's talk-overs in six minutes
        privacy=PrivacyRules(k=5, jitter_s=0.0),
        broker=BrokerSettings(host=host, port=port, tls=False, device_id=str(uuid.uuid4())),
        folders=FolderSettings(
            state=str(folder / "state"),
            outbox=str(folder / "outbox"),
            receipts=str(folder / "receipts"),
            inbox=str(folder / "inbox"),
        ),
    )


def lowered(settings: Settings) -> tuple[str, ...]:
    """Each setting of the hearing, the light and privacy that is not the default, with the default beside it."""
    tables = ("floor", "nudge", "session", "words", "privacy")
    default = Settings()
    pairs = ((table, getattr(settings, table), getattr(default, table)) for table in tables)
    return tuple(
        f"{table}.{field} = {getattr(ours, field):g} (else {getattr(theirs, field):g})"
        for table, ours, theirs in pairs
        for field in ours.__struct_fields__
        if getattr(ours, field) != getattr(theirs, field)
    )


class Household:
    """Keeps visits, makes the window of them, and runs the publisher; use as a context manager.

    The visits count for the hour before this one, so that the window need not wait for an hour's end.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folders = settings.folders
        for folder in (folders.state, folders.outbox, folders.receipts, folders.inbox):
            Path(folder).mkdir()
        self._zone = ZoneInfo(settings.site.timezone)
        self._hour = hour_of(time.time() - HOUR_S, self._zone)
        self._ledger = Ledger(Path(folders.state) / "ledger.db")
        self._outbox = Outbox(
            Path(folders.outbox), Path(folders.receipts), files=folders.outbox_files, days=folders.outbox_days
        )
        self._file = Path(folders.state).with_name("publisher.toml")
        self._log = self._file.with_suffix(".log")
        self._publisher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._file.write_text(PUBLISHER_FILE.format(settings=self._settings), encoding="utf-8")
        with self._log.open("wb") as log:
            # A session of its own, as for the broker: Ctrl-C is ours to pass on.
            self._publisher = subprocess.Popen(
                [sys.executable, "-m", "counterpoint", "publish", "--settings", str(self._file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ledger.close()
        if self._publisher is not None:
            self._publisher.terminate()
            try:
                self._publisher.wait(STOPPED_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._publisher.kill()
                self._publisher.wait()

    def keep(self, session: Session) -> None:
        """Keep a finished visit until there is company for it."""
        visit = coarsen(session, self._hour)
        if visit is not None:
            self._ledger.add(visit)

    def close_window(self) -> None:
        """Make the window and lay it down for the publisher."""
        now_s = time.time()
        self._ledger.close_windows(now_s, self._settings.privacy, self._zone)
        self._ledger.hand_over(now_s, self._outbox.put)

    def publisher_said(self) -> str:
        """The publisher's last line, for when no window comes; empty when it said nothing."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
