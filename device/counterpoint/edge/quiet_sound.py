"""Keeps the C libraries under PortAudio from printing about sound cards that nobody asked for.

One rule: their own hooks are turned off for good; standard error is silenced only for the moment of an opening.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD_ERROR: Final = 2
HOOKS: Final = (
    ("libasound.so.2", "snd_lib_error_set_handler"),
    ("libjack.so.0", "jack_set_error_function"),
    ("libjack.so.0", "jack_set_info_function"),
)


def turn_off_hooks() -> None:
    """Make ALSA and JACK report to a C function that ignores what it is given; a missing library is quiet already."""
    # getpid is such a function. One written in Python would wait for the interpreter inside a sound library's thread.
    ignore = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
    for library, hook in HOOKS:
        with suppress(OSError, AttributeError):
            getattr(ctypes.CDLL(library), hook)(ignore)


@contextmanager
def silence() -> Iterator[None]:
    """Send standard error to nowhere while PortAudio lists and opens devices: it has no hook of its own."""
    kept = os.dup(STANDARD_ERROR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STANDARD_ERROR)
    try:
        yield
    finally:
        os.dup2(kept, STANDARD_ERROR)
        os.close(nowhere)
        os.close(kept)
