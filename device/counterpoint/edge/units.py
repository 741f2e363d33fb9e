"""The two services, as root may start and stop them.

One rule: systemd is asked by its own command, and for these units only.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import Final, Protocol

from counterpoint.errors import PartMissing, StorageError

SERVICES: Final = ("counterpoint-sensor.service", "counterpoint-publisher.service")
STOPS_WITHIN_S: Final = 120.0
"""systemd itself kills what does not stop within 90 s."""
ANSWERS_WITHIN_S: Final = 10.0


class Units(Protocol):
    """Sensor and publisher."""

    def restart(self) -> None:
        """Have both started anew; returns before they are."""

    def stop(self) -> None:
        """Stop both; returns when they have ended."""

    def sensor_run(self) -> str:
        """Return a name of the sensor's present run; "" while it does not run, or is not ready."""


class SystemdUnits:
    """The services under systemd."""

    def restart(self) -> None:
        """See Units."""
        _systemctl("restart", "--no-block")

    def stop(self) -> None:
        """See Units."""
        _systemctl("stop")

    def sensor_run(self) -> str:
        """See Units."""
        show = ["systemctl", "show", "--property=ActiveState", "--property=InvocationID", SERVICES[0]]
        with suppress(OSError, subprocess.SubprocessError):
            said = subprocess.run(show, check=True, capture_output=True, text=True, timeout=ANSWERS_WITHIN_S).stdout
            answer = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
            return answer.get("InvocationID", "") if answer.get("ActiveState") == "active" else ""
        return ""


def _systemctl(*words: str) -> None:
    try:
        done = subprocess.run(
            ["systemctl", *words, *SERVICES], check=False, capture_output=True, text=True, timeout=STOPS_WITHIN_S
        )
    except FileNotFoundError as error:
        raise PartMissing("systemctl is not here: the caretaker works on a machine with systemd") from error
    except subprocess.TimeoutExpired as error:
        raise StorageError(f"systemctl {words[0]} takes too long: see `systemctl status {SERVICES[0]}`") from error
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise PartMissing(f"systemctl {words[0]} failed ({reason}): see `systemctl status {SERVICES[0]}`")
