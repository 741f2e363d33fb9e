"""How a USB device is found in /sys, and what a vendor request looks like to the kernel."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import pytest

from counterpoint.edge import usb_control
from counterpoint.edge.usb_control import (
    SEEED,
    USB_V2,
    USBDEVFS_CONTROL,
    XVF3800,
    UsbControl,
    UsbDevice,
    find_usb,
    list_usb,
)
from counterpoint.errors import PartMissing


def plug(devices: Path, port: str, **facts: str) -> None:
    """A device's folder as /sys shows it."""
    (devices / port).mkdir(parents=True)
    for name, value in facts.items():
        (devices / port / name).write_text(f"{value}\n")


def test_an_array_is_found_by_maker_and_kind(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", idVendor="1d6b", idProduct="0002", bcdDevice="0606", busnum="1", devnum="2", product="Hub")
    plug(
        tmp_path,
        "1-1.4",
        idVendor="2886",
        idProduct="001a",
        bcdDevice="0210",
        busnum="1",
        devnum="17",
        product="reSpeaker XVF3800 4-Mic Array",
    )
    plug(tmp_path, "1-1.4:1.0")
    found = find_usb(SEEED, XVF3800, tmp_path, Path("/dev/bus/usb"))
    node = Path("/dev/bus/usb/001/017")
    assert found == UsbDevice(0x2886, 0x1A, 0x0210, "reSpeaker XVF3800 4-Mic Array", node)
    assert find_usb(SEEED, USB_V2, tmp_path) is None
    assert len(list(list_usb(tmp_path))) == 2


def test_a_device_that_is_being_unplugged_is_passed_over(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", idVendor="2886")
    plug(tmp_path, "1-2", idVendor="nonsense", idProduct="0018", bcdDevice="1", busnum="1", devnum="1")
    assert list(list_usb(tmp_path)) == []


def test_a_request_is_the_kernels_own_structure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, tuple[int, ...], bytes]] = []

    def kernel(_node: int, number: int, transfer: Any) -> int:
        content = ctypes.string_at(transfer.content, transfer.length)
        asked.append((number, (transfer.request_type, transfer.request, transfer.value, transfer.index), content))
        if transfer.request_type & 0x80:
            ctypes.memmove(transfer.content, b"\x00\x02\x01\x00", 4)
        return int(transfer.length)

    monkeypatch.setattr(usb_control, "ioctl", kernel)
    (tmp_path / "node").touch()
    with UsbControl(UsbDevice(SEEED, XVF3800, 0, "an array", tmp_path / "node")) as control:
        control.send(12, 20, b"\x05")
        assert control.ask(0x80, 48, 4) == b"\x00\x02\x01\x00"
    assert asked == [
        (USBDEVFS_CONTROL, (0x40, 0, 12, 20), b"\x05"),
        (USBDEVFS_CONTROL, (0xC0, 0, 0x80, 48), bytes(4)),
    ]


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the number is that of 64-bit machines")
def test_the_number_is_the_kernels() -> None:
    assert USBDEVFS_CONTROL == 0xC0185500


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_without_the_right_to_it_the_message_names_the_rule(tmp_path: Path) -> None:
    (tmp_path / "node").touch(mode=0o000)
    with pytest.raises(PartMissing, match=r"60-counterpoint\.rules"):
        UsbControl(UsbDevice(SEEED, XVF3800, 0, "an array", tmp_path / "node"))
