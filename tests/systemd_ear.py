"""systemd's end of the line that a service speaks to: a test listens there.

One rule: it only listens; what it heard comes out in order, once.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

LONGEST: Final = 4096


class SystemdEar:
    """What a service has said to systemd so far."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._listener.setblocking(False)

    def heard(self) -> list[str]:
        """Return the datagrams since the last call."""
        lines = []
        while True:
            try:
                lines.append(self._listener.recv(LONGEST).decode())
            except BlockingIOError:
                return lines

    def statuses(self) -> list[str]:
        """Return the status lines among them."""
        return [line.removeprefix("STATUS=") for line in self.heard() if line.startswith("STATUS=")]


@contextmanager
def hear(folder: Path, monkeypatch: pytest.MonkeyPatch, *, watchdog_s: int) -> Iterator[SystemdEar]:
    """Be systemd for what this test starts, with a watchdog of so many seconds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", str(watchdog_s * 1_000_000))
        yield SystemdEar(listener)
