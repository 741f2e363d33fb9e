"""Tries, from inside a unit's sandbox, what the unit must not be able to do, and says what became of each try.

One rule: only the standard library and no file of ours, since it runs in any sandbox; a line of JSON a try:
`{"try": ..., "came": "done" or the error}`.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import resource
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

OUTSIDE: Final = ("192.0.2.1", 9)  # TEST-NET-1 (RFC 5737): nobody's
NEW_NETWORK: Final = 0x40000000  # CLONE_NEWNET
PATIENCE_S: Final = 3.0
STATE: Final = Path("/var/lib/counterpoint")
LIBC: Final = ctypes.CDLL(None, use_errno=True)


def write_into(folder: Path) -> str:
    """Make and delete a file."""
    path = folder / "probe"
    path.touch()
    path.unlink()
    return "done"


def read(path: Path) -> str:
    """Read a file."""
    path.read_bytes()
    return "done"


def list_names(folder: Path) -> str:
    """Look into a folder."""
    list(folder.iterdir())
    return "done"


def open_device(path: str) -> str:
    """Open for reading and writing."""
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    return "done"


def connect(family: socket.AddressFamily) -> str:
    """Make a socket of this family and speak to the world."""
    with socket.socket(family, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE_S)
        line.connect(OUTSIDE)
    return "done"


def make_socket(family: int, kind: int = socket.SOCK_RAW) -> str:
    """Make a socket and close it."""
    socket.socket(family, kind).close()
    return "done"


def call(name: str, *arguments: int) -> str:
    """Call a function of libc that returns -1 where it is refused."""
    if getattr(LIBC, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return "done"


def run_what_it_wrote() -> str:
    """Map memory that can be written and run."""
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    return "done"


def set_clock() -> str:
    """Set the clock to what it says anyway."""
    time.clock_settime(time.CLOCK_REALTIME, time.time())
    return "done"


def interfaces() -> str:
    """Name the network interfaces that this process has."""
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    return ", ".join(sorted(line.split(":")[0].strip() for line in lines))


def strangers() -> str:
    """Count the processes of other users that can be seen."""
    pids = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    return str(sum(path.stat().st_uid != os.getuid() for path in pids))


def priority(wanted: int) -> str:
    """Rise to a real-time priority."""
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(wanted))
    return "done"


TRIES: Final[dict[str, Callable[[], str]]] = {
    "TCP over IPv4": lambda: connect(socket.AF_INET),
    "IPv6 socket": lambda: make_socket(socket.AF_INET6, socket.SOCK_STREAM),
    "netlink socket": lambda: make_socket(socket.AF_NETLINK),
    "packet socket": lambda: make_socket(socket.AF_PACKET),
    "interfaces": interfaces,
    "sound device": lambda: open_device("/dev/snd/pcmC0D0c"),
    "other device": lambda: open_device("/dev/snd/other"),
    "kernel memory": lambda: open_device("/dev/mem"),
    "write sensor/": lambda: write_into(STATE / "sensor"),
    "write outbox/": lambda: write_into(STATE / "outbox"),
    "write receipts/": lambda: write_into(STATE / "receipts"),
    "write inbox/": lambda: write_into(STATE / "inbox"),
    "write replies/": lambda: write_into(STATE / "replies"),
    "write releases/": lambda: write_into(STATE / "releases"),
    "write care/": lambda: write_into(STATE / "care"),
    "write models/": lambda: write_into(STATE / "models"),
    "write /etc/counterpoint": lambda: write_into(Path("/etc/counterpoint")),
    "write command-keys/": lambda: write_into(Path("/etc/counterpoint/command-keys")),
    "write /usr": lambda: write_into(Path("/usr/lib")),
    "write /etc": lambda: write_into(Path("/etc")),
    "read the device's key": lambda: read(Path("/etc/counterpoint/device.key")),
    "read the ledger": lambda: read(STATE / "sensor/ledger.db"),
    "list the outbox": lambda: list_names(STATE / "outbox"),
    "run memory it wrote": run_what_it_wrote,
    "new namespace": lambda: call("unshare", NEW_NETWORK),
    "become root": lambda: call("setuid", 0),
    "set the clock": set_clock,
    "real-time priority 5": lambda: priority(5),
    "real-time priority 50": lambda: priority(50),
    "core file": lambda: str(resource.getrlimit(resource.RLIMIT_CORE)[1]),
    "others' processes": strangers,
}


def main() -> None:
    """Try everything."""
    for name, attempt in TRIES.items():
        try:
            came = attempt()
        except OSError as error:
            came = errno.errorcode.get(error.errno or 0, str(error))
        print(json.dumps({"try": name, "came": came}), flush=True)


if __name__ == "__main__":
    main()
