"""How many frames the sensor has heard, in its state folder: the caretaker's proof that a release on trial listens.

One rule: whole minutes of frames under a time that says nothing, so that neither the number nor the moment of its
writing tells who spoke when.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.edge.inbox import boot_id
from counterpoint.edge.outbox import write_whole
from counterpoint.errors import StorageError
from counterpoint.values import BLOCK_S

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "heard.json"
MINUTE: Final = round(60 / BLOCK_S)  # frames
NO_TIME: Final = (0, 0)  # it waits for a quiet moment, so its time would tell of a loud one


class Heard:
    """The sensor's side: rewrites the file once a minute of frames; what an earlier run heard proves nothing of this.

    Raises:
        StorageError: The folder can't be written.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / NAME
        self._boot = boot_id()
        self._minutes = 0
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{self._path} can't be deleted ({error.strerror}): check the folder's owner") from error

    def keep(self, frames: int) -> None:
        """Write how many frames went from capture to decision, once a minute of them. Cheap: call it at any time.

        Raises:
            StorageError: The disk is full, or the folder can't be written.
        """
        minutes = frames // MINUTE
        if minutes == self._minutes:
            return
        write_whole(self._path, msgspec.json.encode({"frames": minutes * MINUTE, "boot": self._boot}))
        try:
            os.utime(self._path, NO_TIME)
        except OSError as error:
            raise StorageError(f"{self._path} can't be given a time ({error.strerror}): check its owner") from error
        self._minutes = minutes
