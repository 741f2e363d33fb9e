"""An array that is none, on a USB bus that is none: it prints every vendor request that it is sent, and answers two.

One rule: run it as root in a machine that may be spoilt, such as a VM; the kernel needs dummy_hcd, libcomposite and
usb_f_fs (Debian's has them). It is the way to see that rings, rules and rights work with a real kernel and real udev:

    modprobe usb_f_fs && modprobe dummy_hcd is_high_speed=1 && mount -t configfs none /sys/kernel/config
    python3 tests/usb_array_gadget.py xvf3800 &          or usb-v2
    ls -l /dev/counterpoint; counterpoint doctor

Structures after linux/usb/functionfs.h and USB 2.0, chapter 9. It needs nothing but Python.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final

GADGET: Final = Path("/sys/kernel/config/usb_gadget/array")
CONTROL: Final = Path("/run/array-control")
KINDS: Final = {
    "xvf3800": ("0x001a", "reSpeaker XVF3800 4-Mic Array"),
    "usb-v2": ("0x0018", "ReSpeaker 4 Mic Array (UAC1.0)"),
}
ANSWERS: Final = {
    (0x80, 48): bytes([0, 2, 1, 0]),  # the XVF3800's version, after its status
    (0x80, 20): bytes([0, 0, 1, 0, 1, 0]),  # its outputs: muted
}
ASK_AGAIN: Final = bytes([64])
DESCRIPTORS_MAGIC: Final = 3
STRINGS_MAGIC: Final = 2
FLAGS: Final = 1 | 2 | 64  # full speed, high speed, and all requests whatever their recipient
VENDOR_INTERFACE: Final = struct.pack("<9B", 9, 4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 1)
ENGLISH: Final = 0x409
SETUP: Final = 4
EVENT_BYTES: Final = 12


def plug_in(kind: str) -> int:
    """Make the gadget and put it on the bus; return its open control endpoint."""
    product, name = KINDS[kind]
    facts = {"idVendor": "0x2886", "idProduct": product, "bcdDevice": "0x0210", "bcdUSB": "0x0200"}
    for folder in ("strings/0x409", "configs/c.1/strings/0x409", "functions/ffs.control"):
        (GADGET / folder).mkdir(parents=True)
    for fact, value in {**facts, "strings/0x409/product": name, "strings/0x409/manufacturer": "Seeed"}.items():
        (GADGET / fact).write_text(value)
    CONTROL.mkdir(parents=True)
    subprocess.run(["mount", "-t", "functionfs", "control", CONTROL], check=True)
    endpoint = os.open(CONTROL / "ep0", os.O_RDWR)
    body = struct.pack("<2I", 1, 1) + 2 * VENDOR_INTERFACE
    os.write(endpoint, struct.pack("<3I", DESCRIPTORS_MAGIC, 12 + len(body), FLAGS) + body)
    text = struct.pack("<H", ENGLISH) + b"SEEED Control\0"
    os.write(endpoint, struct.pack("<4I", STRINGS_MAGIC, 16 + len(text), 1, 1) + text)
    (GADGET / "configs/c.1/control").symlink_to(GADGET / "functions/ffs.control")
    (GADGET / "UDC").write_text(next(Path("/sys/class/udc").iterdir()).name)
    return endpoint


def serve(endpoint: int) -> None:
    """Print each request, and answer those that ask; never returns."""
    while True:
        event = os.read(endpoint, EVENT_BYTES)
        if event[8] != SETUP:
            continue
        kind, _, value, index, length = struct.unpack("<BBHHH", event[:8])
        if kind & 0x80:
            content = ANSWERS.get((value, index), ASK_AGAIN)[:length]
            os.write(endpoint, content)
        else:
            content = os.read(endpoint, length) if length else b""
        way = "asked" if kind & 0x80 else "told"
        print(f"{way} value {value:#04x} index {index:#04x}: {content.hex()}", flush=True)


if __name__ == "__main__":
    serve(plug_in(sys.argv[1]))
