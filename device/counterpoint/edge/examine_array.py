"""The doctor's looks at the array itself: on USB, at the kernel's sound cards, and by its own control requests.

One rule: as in examine.py, a look changes nothing and judges nothing. An array is only asked, never told.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.care.checks import Check, judge_error
from counterpoint.care.checks_array import ArraySeen, judge_array, judge_calibration, judge_mute
from counterpoint.edge.array_file import load_array
from counterpoint.edge.calibration import calibration_in_force
from counterpoint.edge.calibration_request import BUTTON, read_progress
from counterpoint.edge.lights.xvf3800_ring import LIGHTS, ask, firmware_version
from counterpoint.edge.usb_control import SEEED, USB_V2, XVF3800, UsbControl, find_usb
from counterpoint.errors import CounterpointError, PartMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.care.checks_array import Mute
    from counterpoint.edge.usb_control import Control, UsbDevice
    from counterpoint.settings import Settings

ROOT: Final = Path("/")
ON_USB: Final = {"respeaker-xvf3800": (SEEED, XVF3800), "respeaker-usb-v2": (SEEED, USB_V2)}
CHANNELS: Final = re.compile(r"^\s*Channels: (\d+)$", re.MULTILINE)
OWNER: Final = re.compile(r"^owner_pid\s*: (\d+)$", re.MULTILINE)
GPO_LEVELS: Final = 0  # XVF3800: levels of X0D11, X0D30, X0D31, X0D33, X0D39
MUTE_LEVEL: Final = 1  # X0D30: high mutes the microphones and lights the red LED


def look_at_array(settings: Settings, root: Path = ROOT, control: Callable[[UsbDevice], Control] = UsbControl) -> Check:
    """Find the array on USB; see its channels among the kernel's sound cards, and ask it for its firmware."""
    try:
        array = load_array(settings.array.name)
    except CounterpointError as error:
        return judge_error("array", str(error))
    if array.name not in ON_USB:
        return Check("array", "skipped", f"{array.name}: nothing is known of it on USB")
    device = _find(array.name, root)
    if device is None:
        other = next((name for name in ON_USB if _find(name, root)), "")
        return judge_array(ArraySeen(array.name, "", 0, None, 0, array.channels, other))
    version = _asked_version(device, control) if device.product == XVF3800 else None
    channels = _captured_channels(device, root)
    return judge_array(ArraySeen(array.name, device.name, device.release, version, channels, array.channels))


def look_at_mute(settings: Settings, root: Path = ROOT, control: Callable[[UsbDevice], Control] = UsbControl) -> Check:
    """See whether the array is muted: what it says itself, or whether a switch is sensed at all."""
    mute: Mute = "unknown" if settings.button.mute_pin is None else "sensed"
    device = find_usb(SEEED, XVF3800, root / "sys/bus/usb/devices", root / "dev/bus/usb")
    if device is not None:
        with suppress(OSError, PartMissing):
            opened = control(device)
            try:
                mute = "muted" if ask(opened, LIGHTS, GPO_LEVELS, 5)[MUTE_LEVEL] else "open"
            finally:
                opened.close()
    return judge_mute(mute)


def look_at_calibration(settings: Settings) -> Check:
    """Read where the two sides are, and who said so."""
    try:
        array = load_array(settings.array.name)
    except CounterpointError as error:
        return judge_error("calibration", str(error))
    now = calibration_in_force(settings, array)
    last = read_progress(Path(settings.folders.state), BUTTON)
    refused = last.what if last is not None and last.step == "refused" else ""
    return judge_calibration(now.bearings, now.origin, now.passed_over, refused, one_per_side=array.one_per_side)


def capture_holder(root: Path = ROOT) -> tuple[str, int] | None:
    """The program that has a capture device open, and its process number; None for none."""
    for status in sorted((root / "proc/asound").glob("card*/pcm*c/sub*/status")):
        with suppress(OSError):  # unplugged between the two looks
            if found := OWNER.search(status.read_text()):
                number = int(found[1])
                return program_of(number, root), number
    return None


def program_of(number: int, root: Path = ROOT) -> str:
    """The name of a process; "a program" where it can't be seen."""
    with suppress(OSError):
        return (root / f"proc/{number}/comm").read_text(errors="replace").strip()
    return "a program"


def _find(array: str, root: Path) -> UsbDevice | None:
    return find_usb(*ON_USB[array], root / "sys/bus/usb/devices", root / "dev/bus/usb")


def _asked_version(device: UsbDevice, control: Callable[[UsbDevice], Control]) -> tuple[int, ...] | None:
    with suppress(OSError, PartMissing):
        opened = control(device)
        try:
            return firmware_version(opened)
        finally:
            opened.close()
    return None


def _captured_channels(device: UsbDevice, root: Path) -> int:
    """The most channels that a capture of this device's sound card has, 0 without one."""
    most = 0
    for card in sorted((root / "proc/asound").glob("card[0-9]*")):
        with suppress(OSError):
            if (card / "usbid").read_text().strip().lower() == f"{device.vendor:04x}:{device.product:04x}":
                for stream in card.glob("stream[0-9]*"):
                    _, _, capture = stream.read_text(errors="replace").partition("Capture:")
                    most = max(most, *map(int, CHANNELS.findall(capture)), 0)
    return most
