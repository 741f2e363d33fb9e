"""Erases files so that their bytes are gone from the disk, as far as a file system can see to that.

One rule: a file is overwritten before it is deleted, and then all free space is: older copies of files that were
replaced lie there. What flash memory keeps behind its own back no program reaches; device/docs/updates.md says so.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FILL_NAME: Final = ".forgetting"
CHUNKS_BYTES: Final = (1 << 20, 4096, 512)
"""Large ones for speed, then what still fits in."""
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
MOST_ROUNDS: Final = 20
SYNC_EACH_BYTES: Final = 64 << 20
"""A card takes what it is given at its own speed; more than this in memory would crowd out the machine."""


RESERVED: Final = "/sys/dev/block/{major}:{minor}"
"""ext4 keeps up to 4096 clusters free for itself, from root too: 16 MB that would never be overwritten."""
SETTINGS: Final = Path("/sys/fs/ext4")


@dataclass(frozen=True, slots=True)
class Filled:
    """Free space that was overwritten.

    Attributes:
        size_bytes: How much.
        took_s: Seconds that it took.
        left_bytes: What could not be overwritten: the file system, or an ordinary user's rights, kept it back.
    """

    size_bytes: int
    took_s: float
    left_bytes: int


def erase_file(path: Path) -> bool:
    """Overwrite and delete a file; a link is deleted and not followed. False where there was nothing.

    Raises:
        StorageError: It can't be written or deleted.
    """
    try:
        if stat.S_ISREG(path.lstat().st_mode) and path.name != FILL_NAME:
            _overwrite(path)
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _refused(path, error) from error
    return True


def empty_folder(folder: Path, kept: Iterable[Path] = ()) -> int:
    """Erase all that is below a folder but `kept` and what is in it; folders of these stay. Return how many files.

    Raises:
        StorageError: Something can't be erased.
    """
    stay = frozenset(kept)
    erased = 0
    for path in _below(folder):
        if path in stay:
            continue
        if path.is_dir() and not path.is_symlink():
            erased += empty_folder(path, stay)
            if not any(path in one.parents for one in stay):
                _remove_folder(path)
        else:
            erased += erase_file(path)
    return erased


def fill_free_space(folder: Path) -> Filled:
    """Overwrite what is free on the file system of this folder with zeros, and free it again.

    Raises:
        StorageError: The folder can't be written.
    """
    began_s, path = time.monotonic(), folder / FILL_NAME
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with _no_reserve(folder):
            descriptor = os.open(path, flags, 0o600)
            try:
                size = _fill_all(descriptor)
                disk = os.fstatvfs(descriptor)
            finally:
                os.close(descriptor)
                path.unlink()
                sync_folder(folder)
    except OSError as error:
        raise _refused(path, error) from error
    return Filled(size, time.monotonic() - began_s, disk.f_bfree * disk.f_frsize)


def one_folder_a_disk(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Return of these folders one for each file system that they lie on; those that are not there are left out."""
    disks = {folder.stat().st_dev: folder for folder in folders if folder.is_dir()}
    return tuple(disks.values())


def sync_folder(folder: Path) -> None:
    """Make the names of a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _overwrite(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        seen = os.fstat(descriptor)
        if seen.st_nlink > 1:
            return  # another name leads to the same bytes: they may be somebody else's
        left = seen.st_size
        while left > 0:
            left -= os.write(descriptor, bytes(min(left, CHUNKS_BYTES[0])))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fill_all(descriptor: int) -> int:
    """Write until nothing more goes in: what was freed a moment ago can be used when the journal has it, not before."""
    size = 0
    os.sync()
    for _ in range(MOST_ROUNDS):
        written = sum(_fill(descriptor, bytes(chunk)) for chunk in CHUNKS_BYTES)
        size += written
        if not written:
            break
    return size


def _fill(descriptor: int, zeros: bytes) -> int:
    """Write until the disk is full; each stretch is brought to the disk before the next."""
    written = 0
    try:
        while True:
            written += os.write(descriptor, zeros)
            if written % SYNC_EACH_BYTES == 0:
                os.fdatasync(descriptor)
    except OSError as error:
        if error.errno not in FULL:
            raise
    os.fsync(descriptor)
    return written


@contextmanager
def _no_reserve(folder: Path) -> Iterator[None]:
    """Have ext4 give its own reserve too, where we may ask for it; `left_bytes` tells where we may not."""
    device = folder.stat().st_dev
    name = Path(RESERVED.format(major=os.major(device), minor=os.minor(device))).resolve().name
    setting = SETTINGS / name / "reserved_clusters"
    try:
        before = setting.read_text()
        setting.write_text("0")
    except OSError:
        yield
        return
    try:
        yield
    finally:
        setting.write_text(before)


def _below(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _refused(folder, error) from error


def _remove_folder(path: Path) -> None:
    try:
        path.rmdir()
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} can't be erased ({error.strerror}): run it as root, on a disk that can be written")
