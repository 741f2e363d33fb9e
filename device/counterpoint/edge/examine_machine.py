"""The doctor's looks at the machine: the light, heat, power, swap, and what systemd says of the two services.

One rule: as in examine.py, a look changes nothing and judges nothing.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.care.checks import Check
from counterpoint.care.checks_machine import (
    judge_light,
    judge_power,
    judge_service,
    judge_swap,
    judge_temperature,
)
from counterpoint.edge.lights.xvf3800_ring import PER_LED_SINCE, firmware_version
from counterpoint.edge.usb_control import SEEED, USB_V2, XVF3800, UsbControl, find_usb
from counterpoint.errors import PartMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.edge.usb_control import Control, UsbDevice
    from counterpoint.settings import Settings

ROOT: Final = Path("/")
THROTTLED: Final = "sys/devices/platform/soc/soc:firmware/get_throttled"
SENSOR_UNIT: Final = "counterpoint-sensor.service"
PUBLISHER_UNIT: Final = "counterpoint-publisher.service"
RINGS: Final = {"xvf3800_ring": XVF3800, "usb_v2_ring": USB_V2}
SHOWN: Final = ("LoadState", "ActiveState", "NRestarts", "StatusText")
SYSTEMCTL_S: Final = 5.0


def look_at_light(
    settings: Settings, shown: str | None, root: Path = ROOT, control: Callable[[UsbDevice], Control] = UsbControl
) -> Check:
    """Take the running sensor's word for its light; without one, see whether a ring is there and answers."""
    kind = settings.light.kind
    if shown is not None or kind not in RINGS:
        return judge_light(kind, shown)
    device = find_usb(SEEED, RINGS[kind], root / "sys/bus/usb/devices", root / "dev/bus/usb")
    if device is None:
        return judge_light(kind, None, "the ring's array is not plugged in: plug it in, or set light.kind")
    try:
        opened = control(device)
    except (PartMissing, OSError) as error:
        return judge_light(kind, None, f"{device.name} can't be controlled: {error}")
    try:
        old = kind == "xvf3800_ring" and firmware_version(opened) < PER_LED_SINCE
        return judge_light(kind, None, "its firmware can't light single LEDs: install 2.1.0 or later" if old else "")
    except OSError as error:
        return judge_light(kind, None, f"the ring's array does not answer ({error}): plug it in again")
    finally:
        opened.close()


def look_at_heat_and_power(_settings: Settings, root: Path = ROOT) -> list[Check]:
    """Read the warmest zone and what a Pi's firmware remembers of its supply."""
    zones = []
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        with suppress(OSError, ValueError):
            zones.append(int((zone / "temp").read_text()) / 1000)
    throttled = None
    with suppress(OSError, ValueError):
        throttled = int((root / THROTTLED).read_text(), 16)
    return [judge_temperature(max(zones, default=None)), judge_power(throttled)]


def look_at_swap(_settings: Settings, root: Path = ROOT) -> list[Check]:
    """Read where the kernel may put memory."""
    devices: list[str] = []
    with suppress(OSError):
        devices = [line.split()[0] for line in (root / "proc/swaps").read_text().splitlines()[1:] if line.strip()]
    return [judge_swap(devices)]


def look_at_services(_settings: Settings) -> list[Check]:
    """Ask systemd about the two services."""
    return [_service("sensor", SENSOR_UNIT), _service("sending", PUBLISHER_UNIT)]


def _service(name: str, unit: str) -> Check:
    said = ask_systemd(unit)
    if said.get("LoadState") != "loaded":
        return Check(name, "skipped", f"no {unit} here: it was started by hand, or not installed")
    restarts = said.get("NRestarts", "")
    return judge_service(
        name,
        unit,
        said.get("ActiveState", "unknown"),
        int(restarts) if restarts.isdigit() else 0,
        said.get("StatusText", ""),
    )


def ask_systemd(unit: str) -> dict[str, str]:
    """What systemd knows of a unit; empty where there is no systemd to ask."""
    words = ["systemctl", "show", unit, f"--property={','.join(SHOWN)}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SYSTEMCTL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (line.partition("=") for line in done.stdout.splitlines())
    return {key: value for key, _, value in pairs}
