"""The doctor's look at the pins: which chip has them, and who holds one, as the kernel's GPIO device says.

One rule: it asks for facts alone, never for a line, so that whoever holds a pin is not disturbed (linux/gpio.h, v2).
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.care.checks import Check
from counterpoint.care.checks_machine import PinSeen, judge_pins
from counterpoint.edge.examine_array import program_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from counterpoint.settings import Settings

ROOT: Final = Path("/")
PI_CHIPS: Final = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")
LIGHT_PINS: Final = {"pins": ("amber_pin", "green_pin"), "rgb": ("red_pin", "green_pin", "blue_pin")}
USED: Final = 1
LONGEST_NAME: Final = 32


class _ChipInfo(ctypes.Structure):
    """`struct gpiochip_info`."""

    _fields_ = (
        ("name", ctypes.c_char * LONGEST_NAME),
        ("label", ctypes.c_char * LONGEST_NAME),
        ("lines", ctypes.c_uint32),
    )


class _LineInfo(ctypes.Structure):
    """`struct gpio_v2_line_info`; what is not needed of it is `rest`."""

    _fields_ = (
        ("name", ctypes.c_char * LONGEST_NAME),
        ("consumer", ctypes.c_char * LONGEST_NAME),
        ("offset", ctypes.c_uint32),
        ("attributes", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("rest", ctypes.c_uint8 * (10 * 16 + 4 * 4)),
    )


GET_CHIP_INFO: Final = 2 << 30 | ctypes.sizeof(_ChipInfo) << 16 | 0xB4 << 8 | 0x01  # _IOR(0xB4, 1, ...)
GET_LINE_INFO: Final = 3 << 30 | ctypes.sizeof(_LineInfo) << 16 | 0xB4 << 8 | 0x05  # _IOWR(0xB4, 5, ...)


def look_at_pins(settings: Settings, *, ours: bool, root: Path = ROOT) -> Check:
    """Find the Pi's chip and ask it about each pin of the settings; `ours`: the sensor runs, and holds them."""
    needed = settings.light.kind in LIGHT_PINS
    for node in sorted((root / "dev").glob("gpiochip*")):
        try:
            chip = os.open(node, os.O_RDONLY | os.O_CLOEXEC)
        except PermissionError:
            return Check("pins", "fail", f"this user may not look at {node}", "run doctor as root")
        except OSError:
            continue
        try:
            if label := _label(chip):
                seen = [PinSeen(key, pin, _holder(chip, pin, root)) for key, pin in wanted_pins(settings)]
                return judge_pins(f"{node.name} ({label})", seen, ours=ours)
        finally:
            os.close(chip)
    what = "no pins of a Pi here: no button, no state light" + (", no light" if needed else "")
    return Check("pins", "fail" if needed else "warn", what, "use a Raspberry Pi; elsewhere a ring is a light too")


def wanted_pins(settings: Settings) -> Iterator[tuple[str, int]]:
    """The pins that the settings need, each by its key."""
    for key in LIGHT_PINS.get(settings.light.kind, ()):
        yield f"light.{key}", getattr(settings.light, key)
    yield "state_light.white_pin", settings.state_light.white_pin
    yield "state_light.red_pin", settings.state_light.red_pin
    yield "button.pin", settings.button.pin
    if settings.button.mute_pin is not None:
        yield "button.mute_pin", settings.button.mute_pin


def _label(chip: int) -> str:
    """What the chip is, where it is a Pi's; "" for any other."""
    about = _ChipInfo()
    with suppress(OSError):
        ioctl(chip, GET_CHIP_INFO, about)
    label = bytes(about.label).decode(errors="replace")
    return label if label in PI_CHIPS else ""


def _holder(chip: int, pin: int, root: Path) -> str:
    """Who holds a line: the name that it gave, and which programs have GPIO lines open; "" for nobody."""
    about = _LineInfo(offset=pin)
    try:
        ioctl(chip, GET_LINE_INFO, about)
    except OSError:
        return "nobody who can be asked"
    if not about.flags & USED:
        return ""
    name = bytes(about.consumer).decode(errors="replace") or "the kernel"
    programs = [f"{program_of(number, root)} (process {number})" for number in _with_lines(root)]
    return f"{name!r}" + (f": {' or '.join(programs)}" if programs else "")


def _with_lines(root: Path) -> Sequence[int]:
    """Processes that have a GPIO line open."""
    found = []
    for folder in sorted((root / "proc").glob("[0-9]*")):
        with suppress(OSError):  # ended meanwhile, or not ours to see
            if any("gpio" in str(link.readlink()) for link in (folder / "fd").iterdir()):
                found.append(int(folder.name))
    return [number for number in found if number != os.getpid()]
