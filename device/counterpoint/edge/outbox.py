"""The folder through which the sensor gives messages to the publisher, and the receipts that come back.

One rule: a message is one immutable file, named by its sequence number; who reads never writes here. The sensor writes
`outbox/` and reads `receipts/`; the publisher reads `outbox/` and writes `receipts/`: its empty files name what the
broker has taken.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from counterpoint.errors import MessageError, StorageError
from counterpoint.messages.schemas import LARGEST_BYTES

if TYPE_CHECKING:
    from pathlib import Path

DIGITS: Final = 10
MESSAGE_NAME: Final = re.compile(rf"(\d{{{DIGITS}}})\.json")
RECEIPT_NAME: Final = re.compile(rf"(\d{{{DIGITS}}})")
HEALTH_NAME: Final = "health.json"
"""The sensor's own state: a file that is replaced, not a message that waits."""
DROPPED_NAME: Final = "dropped"
"""How many messages the outbox has lost to its limits, ever; delete it to count anew."""
GROUP_MAY_READ: Final = 0o640
DAY_S: Final = 86_400
SWEPT_AT_ONCE: Final = 64
"""The oldest ones, so that a long outbox does not hold up the light; the others have their turn at the next sweep."""


class Outbox:
    """The sensor's side: it alone writes and deletes messages.

    At most `files` messages wait, for at most `days`; the oldest goes first. `dropped` counts them, over restarts too:
    the count is a file of its own beside the messages.

    Raises:
        StorageError: The disk is full or the folder can't be written; nothing was half written.
    """

    def __init__(self, folder: Path, receipts: Path, *, files: int, days: int) -> None:
        self._folder = folder
        self._receipts = receipts
        self._files = files
        self._days = days
        self.dropped = read_dropped(folder)
        for half_written in folder.glob(".*.part"):
            _remove(half_written)

    def put(self, sequence: int, payload: bytes) -> None:
        """Lay a message down for the publisher; a second time with the same number changes nothing."""
        path = self._folder / f"{sequence:0{DIGITS}}.json"
        if path.exists():
            return
        while len(waiting := sorted(self._messages().items())) >= self._files:
            self._drop(waiting[0][1])
        write_whole(path, payload)

    def put_health(self, payload: bytes) -> None:
        """Replace the sensor's part of the health."""
        write_whole(self._folder / HEALTH_NAME, payload)

    def sweep(self, now_s: float | None) -> None:
        """Delete what has a receipt, and what is too old; `now_s` is the wall clock, None while it is not set."""
        for _, path in sorted(self._messages().items())[:SWEPT_AT_ONCE]:
            if _is_there(self._receipts / path.stem):  # never listed: whoever fills that folder must not slow the light
                _remove(path)
            elif now_s is not None and now_s - path.stat().st_mtime > self._days * DAY_S:
                self._drop(path)

    def waiting(self) -> int:
        """Return how many messages wait for the broker."""
        return len(self._messages())

    def last_sequence(self) -> int:
        """Return the highest sequence number seen in either folder, 0 for none.

        Receipts that can't be read are the publisher's trouble, not a reason for the light to stay dark: the ledger
        keeps the number too.
        """
        taken: dict[int, Path] = {}
        with suppress(StorageError):
            taken = _listed(self._receipts, RECEIPT_NAME)
        return max([0, *self._messages(), *taken])

    def _messages(self) -> dict[int, Path]:
        return _listed(self._folder, MESSAGE_NAME)

    def _drop(self, path: Path) -> None:
        _remove(path)
        self.dropped += 1
        write_whole(self._folder / DROPPED_NAME, str(self.dropped).encode())


class Post:
    """The publisher's side: it reads messages and writes receipts, and can do nothing else here."""

    def __init__(self, folder: Path, receipts: Path) -> None:
        self._folder = folder
        self._receipts = receipts

    def waiting(self) -> tuple[int, ...]:
        """Return the sequence numbers without a receipt, oldest first; receipts of deleted messages are tidied away."""
        messages = _listed(self._folder, MESSAGE_NAME)
        taken = _listed(self._receipts, RECEIPT_NAME)
        for sequence in taken.keys() - messages.keys():
            _remove(taken[sequence])
        return tuple(sorted(messages.keys() - taken.keys()))

    def read(self, sequence: int) -> bytes | None:
        """Return a message's bytes, None when the sensor has dropped it; MessageError for no plain small file."""
        return read_plain(self._folder / f"{sequence:0{DIGITS}}.json")

    def read_health(self, now_s: float, oldest_s: float) -> bytes | None:
        """Return the sensor's part of the health, None when it is missing or older than `oldest_s` seconds."""
        path = self._folder / HEALTH_NAME
        with suppress(FileNotFoundError):
            if now_s - path.lstat().st_mtime <= oldest_s:
                return read_plain(path)
        return None

    def receipt(self, sequence: int) -> None:
        """Say that the broker has taken this message."""
        write_whole(self._receipts / f"{sequence:0{DIGITS}}", b"")


def read_dropped(outbox: Path) -> int:
    """Return how many messages an outbox has dropped by its own count; 0 where it has never said, or nothing useful."""
    try:
        said = read_plain(outbox / DROPPED_NAME) or b"0"
        return int(said) if said.isdigit() else 0
    except (MessageError, ValueError):
        return 0


def write_whole(path: Path, payload: bytes) -> None:
    """Write a file that is there whole or not at all, also after a power cut; StorageError when it can't be."""
    part = path.with_name(f".{path.name}.part")
    try:
        _write_synced(part, payload)
        part.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise StorageError(
            f"{path} can't be written ({error.strerror}): free space, check the folder's owner"
        ) from error


def read_plain(path: Path) -> bytes | None:
    """Return the bytes of a small plain file, None for none; MessageError for a link, a pipe or a big file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MessageError(f"{path.name} can't be read ({error.strerror}): it is ignored") from error
    try:
        kind = os.fstat(descriptor)
        if not stat.S_ISREG(kind.st_mode) or kind.st_size > LARGEST_BYTES:
            raise MessageError(f"{path.name} is no plain file of at most {LARGEST_BYTES} bytes: it is ignored")
        return os.read(descriptor, LARGEST_BYTES)
    finally:
        os.close(descriptor)


def _listed(folder: Path, name: re.Pattern[str]) -> dict[int, Path]:
    """Return the files whose name is a sequence number of this form; all other names are not ours to judge."""
    try:
        found = [(match, path) for path in folder.iterdir() if (match := name.fullmatch(path.name))]
    except OSError as error:
        raise StorageError(f"{folder} can't be read ({error.strerror}): make it, or check its owner") from error
    return {int(match[1]): path for match, path in found}


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(f"{path} can't be looked at ({error.strerror}): check the folder's owner") from error
    return True


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path} can't be deleted ({error.strerror}): check the folder's owner") from error


def _write_synced(path: Path, payload: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, GROUP_MAY_READ)
    with os.fdopen(descriptor, "wb") as file:
        file.write(payload)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
