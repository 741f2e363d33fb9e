"""Vendor requests to a USB device, straight through the kernel's usbfs (Documentation/driver-api/usb/usb.rst).

One rule: it speaks to the device's own control endpoint and claims no interface, so that the sound that comes over the
other endpoints goes on. No library is needed: a device is found in /sys, and a request is one ioctl.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, Self

from counterpoint.errors import PartMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVICES: Final = Path("/sys/bus/usb/devices")
NODES: Final = Path("/dev/bus/usb")
SEEED: Final = 0x2886
XVF3800: Final = 0x001A
USB_V2: Final = 0x0018
OUT: Final = 0x40  # host to device, vendor, to the device itself (USB 2.0, 9.3)
IN: Final = 0xC0
TIMEOUT_MS: Final = 200  # a request takes about a millisecond; a device that hangs must not hold the light for long


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """A device as /sys tells of it: vendor, product, release (bcdDevice, as in 0x0210), name, and its node."""

    vendor: int
    product: int
    release: int
    name: str
    node: Path


class Control(Protocol):
    """What a ring needs of its device; a test is one that keeps what it was sent."""

    def send(self, value: int, index: int, content: bytes) -> None:
        """Send bytes with a vendor request 0; OSError when the device is gone."""

    def ask(self, value: int, index: int, length: int) -> bytes:
        """Ask for at most `length` bytes with a vendor request 0; OSError when the device is gone."""

    def close(self) -> None:
        """Let go of the device; again is fine."""


class _Transfer(ctypes.Structure):
    """`struct usbdevfs_ctrltransfer` of linux/usbdevice_fs.h."""

    _fields_ = (
        ("request_type", ctypes.c_uint8),
        ("request", ctypes.c_uint8),
        ("value", ctypes.c_uint16),
        ("index", ctypes.c_uint16),
        ("length", ctypes.c_uint16),
        ("timeout_ms", ctypes.c_uint32),
        ("content", ctypes.c_void_p),
    )


USBDEVFS_CONTROL: Final = 3 << 30 | ctypes.sizeof(_Transfer) << 16 | ord("U") << 8  # _IOWR('U', 0, ...)


class UsbControl:
    """An open USB device; use as a context manager, from one thread.

    Raises:
        PartMissing: This user may not open it; the message says what allows it.
        OSError: It is gone.
    """

    def __init__(self, device: UsbDevice) -> None:
        try:
            self._node = os.open(device.node, os.O_RDWR | os.O_CLOEXEC)
        except PermissionError as error:
            remedy = "install 60-counterpoint.rules, let this user into the group counterpoint-lights, plug it in again"
            raise PartMissing(f"{device.name} may not be controlled over USB; {remedy}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, value: int, index: int, content: bytes) -> None:
        """Send bytes with a vendor request 0; OSError when the device is gone, or refuses."""
        self._transfer(OUT, value, index, ctypes.create_string_buffer(content, len(content)))

    def ask(self, value: int, index: int, length: int) -> bytes:
        """Ask for at most `length` bytes with a vendor request 0; OSError when the device is gone, or refuses."""
        answer = ctypes.create_string_buffer(length)
        count = self._transfer(IN, value, index, answer)
        return answer.raw[:count]

    def close(self) -> None:
        """Let go of the device; again is fine."""
        if self._node >= 0:
            os.close(self._node)
        self._node = -1

    def _transfer(self, kind: int, value: int, index: int, content: ctypes.Array[ctypes.c_char]) -> int:
        address = ctypes.addressof(content)
        transfer = _Transfer(kind, 0, value, index, len(content), TIMEOUT_MS, address)
        moved: int = ioctl(self._node, USBDEVFS_CONTROL, transfer)
        return moved


def find_usb(vendor: int, product: int, devices: Path = DEVICES, nodes: Path = NODES) -> UsbDevice | None:
    """The first device of that maker and kind, None where there is none."""
    every = list_usb(devices, nodes)
    return next((device for device in every if (device.vendor, device.product) == (vendor, product)), None)


def list_usb(devices: Path = DEVICES, nodes: Path = NODES) -> Iterator[UsbDevice]:
    """Every USB device that /sys knows, in the order of its ports."""
    for folder in sorted(devices.glob("[0-9]*-[0-9]*")):
        with suppress(OSError, ValueError):  # an interface, or unplugged between two reads
            yield UsbDevice(
                vendor=int(_read(folder, "idVendor"), 16),
                product=int(_read(folder, "idProduct"), 16),
                release=int(_read(folder, "bcdDevice"), 16),
                name=_name(folder),
                node=nodes / f"{int(_read(folder, 'busnum')):03}" / f"{int(_read(folder, 'devnum')):03}",
            )


def _name(folder: Path) -> str:
    with suppress(OSError):
        return _read(folder, "product")
    return "a USB device without a name"


def _read(folder: Path, fact: str) -> str:
    return (folder / fact).read_text(encoding="utf-8", errors="replace").strip()
