"""Freed memory is wiped at once: no word and no sound lies on in memory that nothing uses any more.

One rule: a process is told so as it starts; so the sensor starts itself anew, once, before it hears.

`wiping_free.c`, which `device/set-up` compiles, stands before glibc's `free` and wipes each piece to its last byte.
Where it was not compiled, glibc's own `perturb` is asked, the second best: it leaves the last 8 bytes of a piece, in
which a short word has room. Python's strings are freed the same way (`PYTHONMALLOC`). Where there is no glibc nothing
happens; what is in use is never touched. What it costs: `models/recogniser.md`.

A thread that sleeps keeps its registers, and in them the last text that it copied: `wipe_registers`.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PRELOAD: Final = "LD_PRELOAD"
TUNABLES: Final = "GLIBC_TUNABLES"
SECOND_BEST: Final = "glibc.malloc.perturb=1:glibc.malloc.tcache_count=0"
"""glibc's cache of small pieces is off, since `perturb` does not wipe what goes into it."""
PYTHONS: Final = "PYTHONMALLOC"
NAME: Final = "libcounterpoint_wiping.so"
LIBRARIES: Final = (Path(__file__).parents[3] / NAME, Path(sys.prefix, "lib", NAME))
"""Beside a package's or a release's site folder; or in a checkout's environment."""

_ZEROS: Final = bytes(20_000)
_COPIES: Final = (8, 16, 32, 64, 128, 192, 256, 384, 512, 1024, 2048, 4096, 16_000)
"""Bytes: glibc copies by way of other vector registers for each of these sizes."""


def wiping(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which a process wipes what it frees; other libraries and tunables stay."""
    name, value = _asked()
    return {**environment, PYTHONS: "malloc", name: f"{environment.get(name, '')}:{value}".strip(":")}


def is_wiped(environment: Mapping[str, str]) -> bool:
    """Whether a process that was started in this environment wipes what it frees."""
    name, value = _asked()
    return value in environment.get(name, "") and environment.get(PYTHONS) == "malloc"


def start_wiped() -> None:
    """Start this process anew with freed memory wiped, if it is ours, has glibc, and was not started so."""
    if is_wiped(os.environ) or platform.libc_ver()[0] != "glibc" or not _is_ours(Path(sys.argv[0])):
        return
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wiping(os.environ))  # noqa: S606 - no shell is meant


def wipe_registers() -> None:
    """Copy zeros in every way in which this thread copied text: a core dump holds each thread's registers."""
    for size in _COPIES:
        _ = _ZEROS[:size]


def _asked() -> tuple[str, str]:
    """The variable that a process looks at as it starts, and what it is to find there; both are lists with colons."""
    for library in LIBRARIES:
        can_be_named = not {":", " "} & set(str(library))  # in a list that both of them part
        if can_be_named and library.is_file():
            return PRELOAD, str(library)
    return TUNABLES, SECOND_BEST


def _is_ours(program: Path) -> bool:
    """Whether the command line was started as a program; a test that calls it must not be started anew."""
    return program.name == "counterpoint" or program.parts[-2:] == ("counterpoint", "__main__.py")
