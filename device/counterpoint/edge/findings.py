"""What the sensor has found against the array's place and hearing, in its state folder, for `doctor` on this machine.

One rule: four coarse answers, written when one changes, under a time that says nothing; no message carries any of it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from counterpoint.edge.outbox import read_plain, write_whole
from counterpoint.errors import MessageError, StorageError
from counterpoint.values import Placement

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoint.values import Side

NAME: Final = "findings.json"
NO_TIME: Final = (0, 0)  # when it changed would say when somebody spoke


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    wrong_order: bool
    turned: bool
    alike: bool
    unheard: Literal["agent", "customer"] | None


class Findings:
    """The sensor's side: keeps the file as it is now; what an earlier run found is gone with the first `keep`."""

    def __init__(self, state: Path) -> None:
        self._path = state / NAME
        self._kept: _File | None = None

    def keep(self, placement: Placement, unheard: Side | None) -> None:
        """Write what is found where it has changed. Cheap: call it every few seconds.

        Raises:
            StorageError: The disk is full, or the folder can't be written.
        """
        now = _File(placement.wrong_order, placement.turned, placement.alike, unheard)
        if now == self._kept:
            return
        write_whole(self._path, msgspec.json.encode(now))
        try:
            os.utime(self._path, NO_TIME)
        except OSError as error:
            raise StorageError(f"{self._path} can't be given a time ({error.strerror}): check its owner") from error
        self._kept = now


def read_findings(state: Path) -> tuple[Placement, Side | None] | None:
    """What the sensor found when it last ran; None where it has not, or what is there can't be read."""
    try:
        content = read_plain(state / NAME)
        found = None if content is None else msgspec.json.decode(content, type=_File)
    except (MessageError, msgspec.DecodeError, UnicodeDecodeError, OSError):
        return None
    return None if found is None else (Placement(found.wrong_order, found.turned, found.alike), found.unheard)
