"""Wiring of `counterpoint publish`: settings and keys in, a loop that ends with a signal.

One rule: only what a person must mend before the start ends the service with an error; a broker that refuses ends
`--once` alone.
"""

from __future__ import annotations

import signal
import sys
from threading import Event
from typing import TYPE_CHECKING

from counterpoint.edge.keys import load_identity
from counterpoint.edge.publisher import Publisher, World
from counterpoint.edge.systemd import notify, status
from counterpoint.errors import CounterpointError

if TYPE_CHECKING:
    from counterpoint.settings import Settings


def publish(settings: Settings) -> int:
    """Bring the outbox to the broker until SIGTERM or Ctrl-C; return 0.

    Raises:
        SettingsError: Certificate, key or authority can't be used, or TLS is off for a host that is not loopback.
        StorageError: The outbox or the receipts are not there.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        identity = load_identity(settings.broker) if settings.broker.host else None
        Publisher(settings, identity, World(say=_say)).run(stop.is_set)
    except CounterpointError as error:
        notify(status(str(error)))  # systemd shows it until the next start
        raise
    return 0


def publish_once(settings: Settings) -> int:
    """Bring what waits to the broker and end; return 0 when it took all of it.

    Raises:
        SettingsError: No broker is set, or certificate, key or authority can't be used.
        ClockNotSet: The wall clock is not known to be set.
        BrokerError: The broker can't be reached, or refuses us or a window.
        StorageError: The outbox or the receipts are not there.
    """
    identity = load_identity(settings.broker) if settings.broker.host else None
    Publisher(settings, identity, World(say=_say)).once()
    return 0


def _say(line: str) -> None:
    print(f"publisher: {line}", file=sys.stderr, flush=True)
