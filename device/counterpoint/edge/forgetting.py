"""Erases files so that their bytes are gone from the disk, as far as a file system can see to that.

One rule: a file is overwritten before it is deleted, and then all free space is: older copies of files that were
replaced lie there. What flash memory keeps behind its own back no program reaches; device/docs/updates.md says so.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import contextmanager, suppress
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
        _erase_entry(str(path), None)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _refused(path, error) from error
    return True


def empty_folder(folder: Path, kept: Iterable[Path] = ()) -> int:
    """Erase all that is below a folder but `kept` and what is in it; folders of these stay. Return how many files.

    Folders may lie in each other as deep as their maker liked, deeper than a path can say.

    Raises:
        StorageError: Something can't be erased.
    """
    stay = frozenset(kept)
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError as error:
        raise _refused(folder, error) from error
    descent = _Descent(descriptor)
    try:
        return _erase_below(descent, folder, stay)
    except OSError as error:
        raise _refused(folder, error) from error
    finally:
        descent.close()


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


class _Descent:
    """A place below a folder, held by one descriptor however deep it is: down by a name, and up by "..".

    Where ".." is no longer the folder that it came from, somebody moves folders about, and it ends.
    """

    def __init__(self, descriptor: int) -> None:
        self.here = descriptor
        self._above: list[tuple[int, int]] = []

    def names(self) -> list[str]:
        return os.listdir(self.here)  # noqa: PTH208 - pathlib knows no descriptors

    def is_folder(self, name: str) -> bool:
        with suppress(FileNotFoundError):
            return stat.S_ISDIR(os.stat(name, dir_fd=self.here, follow_symlinks=False).st_mode)
        return False

    def down(self, name: str) -> None:
        above = os.fstat(self.here)
        self._move(name, os.O_NOFOLLOW)
        self._above.append((above.st_dev, above.st_ino))

    def up(self) -> None:
        self._move("..", 0)
        found = os.fstat(self.here)
        if (found.st_dev, found.st_ino) != self._above.pop():
            raise OSError(errno.EBUSY, "somebody moves its folders meanwhile")

    def close(self) -> None:
        os.close(self.here)

    def _move(self, name: str, flags: int) -> None:
        there = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | flags, dir_fd=self.here)
        os.close(self.here)
        self.here = there


@dataclass(slots=True)
class _Level:
    """A folder on the way down: its name, what is still to be erased in it, and its path while `kept` may be below."""

    name: str
    left: list[str]
    path: Path | None


def _erase_below(descent: _Descent, folder: Path, stay: frozenset[Path]) -> int:
    """Erase level by level, the deepest first, with a list in the place of recursion."""
    around = {parent for path in stay for parent in path.parents}
    levels = [_Level("", descent.names(), folder)]
    erased = 0
    while levels:
        level = levels[-1]
        if not level.left:
            _leave(descent, levels, around)
            continue
        name = level.left.pop()
        path = level.path / name if level.path is not None else None
        if path in stay:
            continue
        if descent.is_folder(name):
            descent.down(name)
            levels.append(_Level(name, descent.names(), path if path in around else None))
        else:
            with suppress(FileNotFoundError):  # its owner was quicker
                _erase_entry(name, descent.here)
                erased += 1
    return erased


def _leave(descent: _Descent, levels: list[_Level], around: set[Path]) -> None:
    """Go up from an emptied folder and remove it, unless something below it stays, or it is the one that was named."""
    done = levels.pop()
    if levels:
        descent.up()
        if done.path not in around:
            os.rmdir(done.name, dir_fd=descent.here)


def _erase_entry(name: str, folder: int | None) -> None:
    """Overwrite and delete a file, by its path or (with a descriptor) in this folder."""
    plain = stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    if plain and Path(name).name != FILL_NAME:
        _overwrite(name, folder)
    os.unlink(name, dir_fd=folder)


def _overwrite(name: str, folder: int | None) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        seen = os.fstat(descriptor)
        if seen.st_nlink > 1:
            return  # another name leads to the same bytes: they may be somebody else's
        for begin, end in _stretches(descriptor, seen.st_size):
            os.lseek(descriptor, begin, os.SEEK_SET)
            left = end - begin
            while left > 0:
                left -= os.write(descriptor, bytes(min(left, CHUNKS_BYTES[0])))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stretches(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Where bytes of a file lie on the disk: a file of holes says a size that no disk has, and would stop it all."""
    end = 0
    while end < size:
        try:
            begin = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # holes up to its end
                return
            raise
        end = os.lseek(descriptor, begin, os.SEEK_HOLE)
        yield begin, end


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


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} can't be erased ({error.strerror}): run it as root, on a disk that can be written")
