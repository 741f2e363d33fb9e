"""What systemd is told: ready, still working, stopping, and in a line what is going on.

One rule: a datagram to the socket in `NOTIFY_SOCKET`, and silence where there is none; nothing may fail because of it.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import Final

READY: Final = "READY=1"
WORKING: Final = "WATCHDOG=1"
STOPPING: Final = "STOPPING=1"
ADDRESS: Final = "NOTIFY_SOCKET"
PERIOD: Final = "WATCHDOG_USEC"
MICROSECONDS: Final = 1_000_000
AT_MOST_S: Final = 0.05  # a systemd that does not listen must not hold up the light
PATIENT_PERIODS: Final = 2  # from the last try: one to try again, one in reserve


def is_service() -> bool:
    """Tell whether systemd started this program: nobody sits before it."""
    return bool(os.environ.get(ADDRESS))


def notify(state: str) -> None:
    """Tell systemd one thing (sd_notify(3)); without systemd this does nothing."""
    address = os.environ.get(ADDRESS, "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.settimeout(AT_MOST_S)
        line.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


def status(text: str) -> str:
    """The line that `systemctl status` shows, for `notify`; it is no log, and never tells that somebody speaks."""
    return f"STATUS={' '.join(text.split())}"


class Watchdog:
    """systemd's watchdog over this service.

    It is fed by work that was done, never by a clock. Where the work is known to wait for something, it is asked for
    patience, try after try: a try that hangs ends it all the same.
    """

    def __init__(self) -> None:
        given = os.environ.get(PERIOD, "")
        self._period_us = int(given) if given.isdigit() else 0
        self._fed_s = time.monotonic()
        self._is_patient = False

    def ready(self) -> None:
        """Say that the service is up; from now on systemd watches."""
        self._fed_s = time.monotonic()
        notify(READY)

    def feed(self) -> None:
        """Say that work was done."""
        self._fed_s = time.monotonic()
        notify(WORKING)
        if self._is_patient:
            self._is_patient = False
            notify(f"{PERIOD}={self._period_us}")

    def ask_for_patience(self) -> None:
        """Say that there is nothing to work on, and that it was looked for just now."""
        if self._period_us:
            self._is_patient = True
            waited_us = round((time.monotonic() - self._fed_s) * MICROSECONDS)
            notify(f"{PERIOD}={waited_us + PATIENT_PERIODS * self._period_us}")
