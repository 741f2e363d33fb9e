"""How many frames the sensor has heard, in its state folder: the caretaker's proof that a release on trial listens.

One rule: whole minutes of frames, ten at most, written at whole minutes of the stream whatever is heard in it, so that
no time that the disk keeps (of the file, of its inode, of the folder) tells who spoke when or of a mute, nor the number
once a release is good.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.care.trial import HEALTHY_FRAMES
from counterpoint.edge.inbox import boot_id
from counterpoint.errors import StorageError
from counterpoint.values import BLOCK_S

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "heard.json"
MINUTE: Final = round(60 / BLOCK_S)  # frames
NO_TIME: Final = (0, 0)
MODE: Final = 0o640


class Heard:
    """The sensor's side: rewrites the file once a minute; what an earlier run heard proves nothing of this.

    It waits for no quiet moment, so it waits for no card either: what it says holds for this boot alone, and need not
    outlast the power.

    Raises:
        StorageError: The folder can't be written.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / NAME
        self._boot = boot_id()
        self._trouble: OSError | None = None
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{self._path} can't be deleted ({error.strerror}): check the folder's owner") from error

    def keep(self, blocks: int, frames: int) -> None:
        """Take how many blocks the stream has, and how many of them were frames of the device that led to a decision.

        Cheap: call it after each block. What the disk refuses, `check` tells.
        """
        if blocks % MINUTE or frames < MINUTE:
            return
        told = min(frames, HEALTHY_FRAMES) // MINUTE * MINUTE  # more than a trial asks for would only tell of mutes
        content = msgspec.json.encode({"frames": told, "boot": self._boot})
        part = self._path.with_name(f".{NAME}.part")
        try:
            _write_plainly(part, content)
            part.rename(self._path)
            self._trouble = None
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            self._trouble = error

    def check(self) -> None:
        """Raise what the last writing met.

        Raises:
            StorageError: The disk is full, or the folder can't be written.
        """
        if (error := self._trouble) is not None:
            raise StorageError(
                f"{self._path} can't be written ({error.strerror}): free space, check the folder's owner"
            )


def _write_plainly(path: Path, content: bytes) -> None:
    """Into the machine's memory, no further: a sync could take a card seconds, and the light waits meanwhile."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
    try:
        os.write(descriptor, content)
        os.utime(descriptor, NO_TIME)
    finally:
        os.close(descriptor)
