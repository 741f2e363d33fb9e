"""All that the sensor does with what may leave: visits in, files for the publisher out.

One rule: the order of the steps, each of which is tried whatever became of the one before. What is ready is handed over
before receipts are swept, so that a message whose file was written just before a crash is recognised and not written
again.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from zoneinfo import ZoneInfo

from counterpoint.disclosure import coarsen, hour_of
from counterpoint.edge.inbox import Inbox
from counterpoint.edge.ledger import Ledger
from counterpoint.edge.outbox import Outbox
from counterpoint.errors import ClockNotSet, StorageError
from counterpoint.messages.coarse import coarse_health
from counterpoint.messages.schemas import encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from counterpoint.settings import Settings
    from counterpoint.values import Health, Session

BYTES_A_MB: Final = 1_000_000
log: Final = logging.getLogger(__name__)


class Spool:
    """The ledger, the outbox and the inbox of the sensor; use as a context manager, from one thread.

    `wall_clock_s` gives seconds since 1970 or raises ClockNotSet; the inbox's, unless a demo hurries time.

    Raises:
        StorageError: The disk is full, or a folder is missing or not ours; nothing is lost, try again later.
    """

    def __init__(self, settings: Settings, wall_clock_s: Callable[[], float] | None = None) -> None:
        folders = settings.folders
        self._privacy = settings.privacy
        self._zone = ZoneInfo(settings.site.timezone)
        self._state = Path(folders.state)
        self._inbox = Inbox(Path(folders.inbox))
        self._wall_clock_s = wall_clock_s or self._inbox.wall_clock_s
        self._outbox = Outbox(
            Path(folders.outbox), Path(folders.receipts), files=folders.outbox_files, days=folders.outbox_days
        )
        self._told: dict[str, str] = {}
        self._ledger = Ledger(self._state / "ledger.db", after=self._outbox.last_sequence())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ledger.close()

    def hour_of_start(self, session: Session, at_s: float) -> int | None:
        """Return the local hour in which a visit began, None while the clock is not set.

        Ask when the visit is found to be over; `at_s` is that moment on the sample clock, as `session.start_s` is.
        """
        try:
            return hour_of(self._wall_clock_s() - (at_s - session.start_s), self._zone)
        except ClockNotSet:
            return None

    def add(self, session: Session, hour: int | None) -> None:
        """Keep a finished visit of this hour, coarsened; one that the button left out leaves no trace."""
        visit = coarsen(session, hour)
        if visit is not None:
            self._ledger.add(visit)

    def tick(self) -> None:
        """Make the windows that are complete, hand over those that may go, delete what the broker has taken.

        Cheap: call it every few seconds, and once at the start. Without a set clock only receipts are swept. Trouble
        with the storage is logged when it changes, and raised to nobody: the next tick tries again.
        """
        try:
            now_s = self._wall_clock_s()
        except ClockNotSet:
            self._try("sweep", lambda: self._outbox.sweep(None))
            return
        self._try("windows", lambda: self._ledger.close_windows(now_s, self._privacy, self._zone))
        self._try("hand over", lambda: self._ledger.hand_over(now_s, self._outbox.put))
        self._try("sweep", lambda: self._outbox.sweep(now_s))
        self._tell_losses()

    def report(self, health: Health) -> None:
        """Lay down the sensor's part of the health; call it at the start and every `broker.health_minutes`."""
        free_mb = shutil.disk_usage(self._state).free // BYTES_A_MB
        self._outbox.put_health(encode(coarse_health(health, free_mb)))

    def _try(self, what: str, step: Callable[[], object]) -> None:
        try:
            step()
        except StorageError as error:
            self._tell(what, str(error))
        else:
            self._told.pop(what, None)

    def _tell_losses(self) -> None:
        if self._ledger.unreadable:
            self._tell("rows", f"{self._ledger.unreadable} visits of the ledger could not be read and were deleted")
        if self._outbox.dropped:
            self._tell(
                "dropped", f"{self._outbox.dropped} messages were dropped from the outbox so far: see to the broker"
            )

    def _tell(self, about: str, line: str) -> None:
        """Log what is new; the same again every few seconds would fill the log."""
        if self._told.get(about) != line:
            self._told[about] = line
            log.warning("%s", line)
