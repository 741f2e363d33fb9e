"""The collector's loop: a batch from the broker, one commit, then the acknowledgements.

One rule: a message is acknowledged after its commit and never before; what the store can't take now is tried again, and
the broker holds back what is behind it.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from counterpoint.errors import BrokerError, StorageError
from counterpoint.fleet.collector.intake import named, sort_out
from counterpoint.fleet.collector.line import Line
from counterpoint.fleet.store.rows import Counts, KeptApart
from counterpoint.messages.sending import BackOff, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from counterpoint.edge.keys import Identity
    from counterpoint.fleet.collector.intake import Arrival
    from counterpoint.fleet.collector.line import Waiting
    from counterpoint.fleet.settings import FleetSettings
    from counterpoint.fleet.store.opening import Store

AWAY: Final = Pace(first_s=1.0, longest_s=30.0)
"""A broker or a store that comes back is found within half a minute."""
IDLE_S: Final = 0.2
NO_TEXT: Final = "it can't be kept as it is"


@dataclass(frozen=True, slots=True)
class World:
    """What the loop asks of the world, so that a test can be the world: a line for a person, and chance in [0, 1)."""

    say: Callable[[str], None]
    draw: Callable[[], float] = random.SystemRandom().random
    pace: Pace = AWAY


class Collector:
    """Brings what the broker has into the store until it is told to stop; losses of either are waited out."""

    def __init__(self, store: Store, settings: FleetSettings, identity: Identity, world: World) -> None:
        self._store = store
        self._settings = settings
        self._identity = identity
        self._world = world
        self._said = ""

    def run(self, stopped: Callable[[], bool]) -> None:
        """Serve until `stopped()`."""
        away = BackOff(self._world.pace, self._world.draw)
        while not stopped():
            try:
                line = Line(self._settings, self._identity)
                self._tell(f"connected to {self._settings.broker.host}")
                away.succeeded()
                self._serve(line, stopped)
                line.close()
            except BrokerError as error:
                self._tell(str(error))
                _wait(away.failed(), stopped)

    def _serve(self, line: Line, stopped: Callable[[], bool]) -> None:
        rules = self._settings.collector
        first_s = 0.0
        while not stopped():
            line.step(rules.batch_ms / 1000 if line.waiting else IDLE_S)
            if not line.waiting:
                continue
            first_s = first_s or time.monotonic()
            if line.waiting >= rules.batch_messages or time.monotonic() - first_s >= rules.batch_ms / 1000:
                first_s = 0.0
                self._keep(line, line.take(rules.batch_messages), stopped)

    def _keep(self, line: Line, batch: Sequence[Waiting], stopped: Callable[[], bool]) -> None:
        """Commit the batch, however long the store is away, then acknowledge it; the line is served meanwhile."""
        patience = BackOff(self._world.pace, self._world.draw)
        only_known = self._settings.collector.accept == "known"
        while not stopped():
            try:
                keep(self._store, [one.arrival for one in batch], only_known=only_known)
            except StorageError as error:
                self._tell(str(error))
                until_s = time.monotonic() + patience.failed()
                while time.monotonic() < until_s and not stopped():
                    line.step(IDLE_S)
            else:
                self._tell(_collecting(line.dropped))
                line.acknowledge(batch)
                return

    def _tell(self, line: str) -> None:
        if self._said != line:
            self._said = line
            self._world.say(line)


def _collecting(dropped: int) -> str:
    """A line that changes with the digits of the count only: it is said once for each."""
    if not dropped:
        return "collecting"
    least = 10 ** (len(str(dropped)) - 1)
    return f"collecting; {least} or more messages of QoS 0 were dropped since the line opened: too many waited"


def keep(store: Store, arrivals: Sequence[Arrival], *, only_known: bool = False) -> Counts:
    """Bring a batch into the store in one commit; a message that the store refuses as such is kept apart by itself.

    Raises:
        StorageError: The store can't be reached or written; nothing of the batch was kept.
    """
    try:
        return _commit(store, arrivals, only_known=only_known)
    except SQLAlchemyError as error:
        if len(arrivals) > 1:
            for arrival in arrivals:
                keep(store, [arrival], only_known=only_known)
            return Counts()
        reason = f"{NO_TEXT} ({type(error).__name__})"
        only = arrivals[0]
        with store.writing() as writing:
            writing.keep_apart([KeptApart("", "", ascii(only.topic), only.payload, reason, only.received_s)])
        return Counts()


def _commit(store: Store, arrivals: Sequence[Arrival], *, only_known: bool) -> Counts:
    with store.writing() as writing:
        batch = sort_out(arrivals, writing.known(*named(arrivals)), only_known=only_known)
        counts = writing.take_windows(batch.windows)
        writing.note_devices(batch.heard)
        writing.keep_apart(batch.apart)
        return counts


def _wait(wait_s: float, stopped: Callable[[], bool]) -> None:
    until_s = time.monotonic() + wait_s
    while time.monotonic() < until_s and not stopped():
        time.sleep(min(IDLE_S, wait_s))
