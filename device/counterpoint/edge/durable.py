"""The disk as the caretaker uses it: few operations, each durable only where it says so.

One rule: what must survive a power cut goes through these operations and no others, so that a test can put a disk in
their place whose power fails after any of them.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Final, Protocol

from counterpoint.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOR_ALL: Final = 0o644
FOR_THE_OWNER: Final = 0o600
FOLDER_FOR_ALL: Final = 0o755
WHOLE: Final = -1
ASIDE_BYTES: Final = 4
"""Of a random name for what was put aside: a known one could be taken."""
NO_PLAIN_FILE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENXIO)
"""Nothing there, a link, a folder, a socket."""


class Disk(Protocol):
    """A file system. Nothing is durable before its sync; StorageError for what the disk refuses."""

    def open(self, path: Path) -> IO[bytes] | None:
        """Open a plain file for reading; None where there is none, or a link or pipe in its place."""

    def read(self, path: Path, most: int = WHOLE) -> bytes | None:
        """Return a plain file's bytes, `most` of them at most; None as for `open`."""

    def names(self, folder: Path) -> tuple[str, ...]:
        """Return what a folder holds, in order; empty where there is none."""

    def target(self, link: Path) -> str | None:
        """Return where a symbolic link leads, None for no link."""

    def is_folder(self, path: Path) -> bool:
        """Tell whether a real folder is there, no link to one."""

    def free_bytes(self, folder: Path) -> int:
        """Return how much may still be written beside this folder."""

    def write(self, path: Path, content: bytes, mode: int = FOR_ALL) -> None:
        """Write a new file, or another content into one."""

    def sync(self, path: Path) -> None:
        """Make a file's content durable; its name is durable with `sync_folder`."""

    def make_folder(self, path: Path) -> None:
        """Make a folder whose parent is there; nothing where it is there already."""

    def sync_folder(self, folder: Path) -> None:
        """Make the names of a folder durable: those made, renamed and removed."""

    def link(self, link: Path, target: str) -> None:
        """Make a symbolic link."""

    def rename(self, old: Path, new: Path) -> None:
        """Rename within a folder; a file or link of the new name is replaced in the same moment."""

    def remove(self, path: Path) -> None:
        """Remove a file or link; nothing where there is none. A folder in its place is only put aside."""

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""


class RealDisk:
    """The machine's own."""

    def open(self, path: Path) -> IO[bytes] | None:
        """See Disk."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in NO_PLAIN_FILE:
                return None
            raise StorageError(f"{path} can't be read ({error.strerror}): check its owner") from error
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
        return None

    def read(self, path: Path, most: int = WHOLE) -> bytes | None:
        """See Disk."""
        file = self.open(path)
        if file is None:
            return None
        with file, _named(path):
            return file.read(most)

    def names(self, folder: Path) -> tuple[str, ...]:
        """See Disk."""
        try:
            return tuple(sorted(entry.name for entry in folder.iterdir()))
        except (FileNotFoundError, NotADirectoryError):
            return ()

    def target(self, link: Path) -> str | None:
        """See Disk."""
        try:
            return str(link.readlink())
        except OSError:
            return None

    def is_folder(self, path: Path) -> bool:
        """See Disk."""
        return path.is_dir() and not path.is_symlink()

    def free_bytes(self, folder: Path) -> int:
        """See Disk."""
        with _named(folder):
            return shutil.disk_usage(folder).free

    def write(self, path: Path, content: bytes, mode: int = FOR_ALL) -> None:
        """See Disk."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with _named(path):
            descriptor = os.open(path, flags, FOR_THE_OWNER)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, mode)  # whatever the umask of the unit
                file.write(content)

    def sync(self, path: Path) -> None:
        """See Disk."""
        _sync(path)

    def make_folder(self, path: Path) -> None:
        """See Disk."""
        with _named(path), suppress(FileExistsError):
            path.mkdir()
            path.chmod(FOLDER_FOR_ALL)

    def sync_folder(self, folder: Path) -> None:
        """See Disk."""
        _sync(folder)

    def link(self, link: Path, target: str) -> None:
        """See Disk."""
        with _named(link):
            link.symlink_to(target)

    def rename(self, old: Path, new: Path) -> None:
        """See Disk."""
        with _named(new):
            old.rename(new)

    def remove(self, path: Path) -> None:
        """See Disk."""
        with _named(path):
            try:
                path.unlink(missing_ok=True)
            except IsADirectoryError:  # a stranger's; to empty it would be a race with its owner
                path.rename(path.with_name(f".{path.name}.{token_hex(ASIDE_BYTES)}"))

    def remove_folder(self, path: Path) -> None:
        """See Disk."""
        with _named(path):
            path.rmdir()


def replace_file(disk: Disk, path: Path, content: bytes, mode: int = FOR_ALL) -> None:
    """Write a file that is there whole, as it was or as it is now, also after a power cut."""
    part = path.with_name(f".{path.name}.part")
    disk.write(part, content, mode)
    disk.sync(part)
    disk.rename(part, path)
    disk.sync_folder(path.parent)


def remove_durably(disk: Disk, path: Path) -> None:
    """Remove a file or link, and make that durable; nothing where there is none."""
    if path.name in disk.names(path.parent):
        disk.remove(path)
        disk.sync_folder(path.parent)


def remove_tree(disk: Disk, path: Path) -> None:
    """Remove a folder with all that is in it; links are removed, not followed. Durable with the parent's sync."""
    if not disk.is_folder(path):
        disk.remove(path)
        return
    for name in disk.names(path):
        remove_tree(disk, path / name)
    disk.remove_folder(path)


def _sync(path: Path) -> None:
    with _named(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What the disk refuses, as one line of ours."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}; free space, or check the folder's owner") from error
