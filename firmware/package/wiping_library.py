"""The library that wipes freed memory, compiled for the package's architecture.

One rule: the same compiler gives the same bytes; where there is no compiler for the architecture the package goes
without, and says so: the sensor then asks glibc, which leaves the last bytes of a piece (`edge/wiped_memory.py`).
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from pinned_wheels import BuildError

if TYPE_CHECKING:
    from pathlib import Path

    from what_ships import Architecture

SOURCE: Final = "device/counterpoint/edge/wiping_free.c"
NAME: Final = "libcounterpoint_wiping.so"
FLAGS: Final = ("-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-Wl,--build-id=none", "-s")


def wiping_library(root: Path, architecture: Architecture, work: Path) -> dict[str, bytes]:
    """Name and content of the library, or nothing where `gcc` for that architecture is not there.

    Raises:
        BuildError: It did not compile; the message holds what the compiler said.
    """
    compiler = shutil.which(f"{architecture.machine}-linux-gnu-gcc")
    if compiler is None:
        debian = architecture.machine.replace("_", "-")
        print(
            f"no {architecture.machine}-linux-gnu-gcc: without {NAME}, a freed word's last bytes may stay in memory; "
            f"apt-get install gcc-{debian}-linux-gnu libc6-dev-{architecture.debian}-cross, then build again"
        )
        return {}
    library = work / NAME
    # The source by its name alone: a path of this machine must not get in.
    source = root / SOURCE
    ended = subprocess.run(
        [compiler, *FLAGS, "-o", library, source.name], cwd=source.parent, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise BuildError(f"{SOURCE} does not compile for {architecture.debian}: {ended.stderr.strip()}")
    return {NAME: library.read_bytes()}
