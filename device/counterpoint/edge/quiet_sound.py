"""Keeps C libraries (under PortAudio, under Vosk) from printing what nobody asked for.

One rule: their own hooks are turned off for good; standard error is silenced only for the moment of an opening, and
this is the only file that does so.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager, suppress
from threading import Lock
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
    """Send standard error to nowhere while a library that has no hook lists, opens or loads; from any thread."""
    _redirection.enter()
    try:
        yield
    finally:
        _redirection.leave()


class _Redirection:
    """The process has one standard error: the first thread in turns it away, the last one out brings it back.

    No thread waits for another's opening: a device that hangs must not hold up the recogniser.
    """

    def __init__(self) -> None:
        self._changing = Lock()
        self._inside = 0
        self._kept = -1

    def enter(self) -> None:
        with self._changing:
            if not self._inside:
                self._kept = os.dup(STANDARD_ERROR)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, STANDARD_ERROR)
                os.close(nowhere)
            self._inside += 1

    def leave(self) -> None:
        with self._changing:
            self._inside -= 1
            if not self._inside:
                os.dup2(self._kept, STANDARD_ERROR)
                os.close(self._kept)


_redirection: Final = _Redirection()
