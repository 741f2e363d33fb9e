"""How `counterpoint calibrate` asks a running sensor to measure, and hears of it: two small files in its folder.

One rule: the sensor alone has the microphone; whoever may write into its folder may ask. No message carries any of it,
and what was told is deleted when it has been read; why the button's was refused stays, for doctor.
"""

from __future__ import annotations

import os
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.care.calibrating import CalibrationStep  # noqa: TC001 - msgspec reads the fields' types as it runs
from counterpoint.edge.calibration import give_to_owner_of_folder
from counterpoint.edge.outbox import read_plain, write_whole
from counterpoint.errors import MessageError, StorageError

if TYPE_CHECKING:
    from pathlib import Path

REQUEST: Final = "calibrate.request"
PROGRESS: Final = "calibrating.json"
BUTTON: Final = "button"
"""The number of a calibration that the button began."""
READABLE_BY_OWNER: Final = 0o600


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a calibration is: its number, its step and, at the end, what was found, or why not and what to do."""

    number: str
    step: CalibrationStep
    agent_deg: float | None = None
    customer_deg: float | None = None
    what: str = ""
    remedy: str = ""


def ask_sensor(state: Path) -> str:
    """Ask; return the number that the answer will carry.

    Raises:
        StorageError: The folder is not there, or may not be written.
    """
    number = token_hex(8)
    try:
        write_whole(state / REQUEST, number.encode("ascii"))
        give_to_owner_of_folder(state / REQUEST)
    except OSError as error:
        raise StorageError(f"{state} can't be written: run it as root, as in sudo counterpoint calibrate") from error
    return number


def withdraw(state: Path) -> None:
    """Take the question back, and what was told; again is fine."""
    for name in (REQUEST, PROGRESS):
        with suppress(OSError):
            (state / name).unlink(missing_ok=True)


def take_request(state: Path) -> str | None:
    """The sensor's side: the number of a calibration that is asked for; each is given once."""
    path = state / REQUEST
    if not path.exists():
        return None
    try:
        number = read_plain(path)
        path.unlink(missing_ok=True)
    except (MessageError, OSError):
        return None
    return None if number is None else number.decode("ascii", errors="replace")


def tell_progress(state: Path, progress: Progress) -> None:
    """The sensor's side: say where it is. Not synced to the disk, and never in the way: nobody may be reading it."""
    part = state / f".{PROGRESS}.part"
    with suppress(OSError):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, READABLE_BY_OWNER)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(progress))
        part.rename(state / PROGRESS)


def read_progress(state: Path, number: str) -> Progress | None:
    """Where the calibration of that number is; None while the sensor has not begun it."""
    try:
        content = read_plain(state / PROGRESS)
        progress = None if content is None else msgspec.json.decode(content, type=Progress)
    except (MessageError, msgspec.DecodeError, UnicodeDecodeError, OSError):
        return None
    return progress if progress is not None and progress.number == number else None
