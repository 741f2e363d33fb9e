"""A private Mosquitto on a free loopback port: started for the demo, stopped with it.

One rule: it touches nothing of a Mosquitto that is there already, and keeps nothing.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Final, Self

from counterpoint.errors import BrokerUnreachable, PartMissing

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

LOOPBACK: Final = "127.0.0.1"
SYSTEM_PATH: Final = os.pathsep.join(("/usr/local/sbin", "/usr/sbin"))
"""Debian puts Mosquitto where an ordinary user's PATH does not look."""
READY_WITHIN_S: Final = 5.0
STOPPED_WITHIN_S: Final = 3.0
POLL_S: Final = 0.02
CONFIGURATION: Final = """\
listener {port} {host}
allow_anonymous true
persistence false
log_dest stderr
log_type error
log_type warning
"""


class PrivateBroker:
    """A Mosquitto of our own in `folder`; use as a context manager.

    Attributes:
        port: Its port on loopback.

    Raises:
        PartMissing: Mosquitto is not installed.
        BrokerUnreachable: It did not start; the message has its own last line.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "mosquitto.log"
        self.port = _free_port()
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        program = find_mosquitto()
        settings = self._folder / "mosquitto.conf"
        settings.write_text(CONFIGURATION.format(port=self.port, host=LOOPBACK), encoding="utf-8")
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C is for us, and we stop the broker when the window is safe.
            self._running = subprocess.Popen(
                [program, "-c", str(settings)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait_until_ready(self._running)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _wait_until_ready(self, running: subprocess.Popen[bytes]) -> None:
        latest_s = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < latest_s and running.poll() is None:
            with socket.socket() as door:
                if door.connect_ex((LOOPBACK, self.port)) == 0:
                    return
            time.sleep(POLL_S)
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["nothing said"]
        raise BrokerUnreachable(f"the demo's own Mosquitto did not start ({said[-1]}): try `mosquitto -v` by hand")

    def _stop(self) -> None:
        if self._running is None:
            return
        self._running.terminate()
        try:
            self._running.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
        self._running = None


def find_mosquitto() -> str:
    """The path of the Mosquitto program.

    Raises:
        PartMissing: There is none; the message says how to get it.
    """
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path=SYSTEM_PATH)
    if program is None:
        raise PartMissing(
            "the demo sends through a real broker and Mosquitto is not installed:"
            " run device/try, or apt-get install --no-install-recommends mosquitto"
        )
    return program


def _free_port() -> int:
    with socket.socket() as door:
        door.bind((LOOPBACK, 0))
        port: int = door.getsockname()[1]
        return port
