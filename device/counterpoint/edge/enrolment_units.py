"""Lets running services take up new settings and a new certificate.

One rule: it asks systemd and waits for nothing; where there is no systemd, nobody runs who would need it.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

SYSTEMD: Final = Path("/run/systemd/system")
"""sd_booted(3): there is this folder exactly where systemd runs the machine."""
SENSOR: Final = "counterpoint-sensor.service"
PUBLISHER: Final = "counterpoint-publisher.service"
ASKED_S: Final = 10.0


def restart_units(*units: str) -> None:
    """Restart those of these services that run; a service that is off stays off."""
    if SYSTEMD.is_dir():
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(["systemctl", "--no-block", "try-restart", *units], check=False, timeout=ASKED_S)


def start_units(*units: str) -> None:
    """Start these services, those that run anew: after `counterpoint forget` they wait for settings."""
    if SYSTEMD.is_dir():
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(["systemctl", "--no-block", "restart", *units], check=False, timeout=ASKED_S)
