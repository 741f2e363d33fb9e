"""The files of a device's identity, and what is remembered about how it came: /etc/counterpoint.

One rule: each file is there whole or not at all, also after a power cut, and has its rights before it has its name.
"""

from __future__ import annotations

import grp
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHER: Final = "counterpoint-publisher"
"""The group that reads the key; where it does not exist, only the file's owner does."""
OWN: Final = 0o640
SHOWN: Final = 0o644
CLOSED: Final = 0o600
LARGEST_BYTES: Final = 65_536
"""A certificate with its chain is a few thousand bytes."""


class Memory(msgspec.Struct, frozen=True):
    """What is remembered between starts; no token, only what its digest is.

    Attributes:
        purpose: What the waiting key was last made for, see `care.enrolment`.
        spent: What the last token was for that brought a certificate.
        boot_file: Digest of the boot file that was last installed.
    """

    purpose: str = ""
    spent: str = ""
    boot_file: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files of an identity are.

    Attributes:
        authority: The site's authority: trust in broker and enrolment service.
        certificate: The device's certificate, with its chain where there is one.
        key: The key in use.
    """

    authority: Path
    certificate: Path
    key: Path

    @property
    def next_key(self) -> Path:
        """The key that waits for its certificate."""
        return self.key.with_name(self.key.name + ".next")

    @property
    def pinned(self) -> Path:
        """The authority that the enrolment service has to be signed by, before there is a certificate."""
        return self.authority.with_name(self.authority.name + ".pinned")

    @property
    def tried_authority(self) -> Path:
        """The authority that came with `tried`."""
        return self.authority.with_name(self.authority.name + ".tried")

    @property
    def tried(self) -> Path:
        """A certificate that has come and is not proven yet."""
        return self.certificate.with_name(self.certificate.name + ".tried")

    @property
    def memory(self) -> Path:
        """What is remembered."""
        return self.certificate.with_name("enrolment.json")


def read_memory(path: Path) -> Memory:
    """Return what is remembered; nothing where there is nothing, or nothing that can be read."""
    try:
        return msgspec.json.decode(read_small(path) or b"{}", type=Memory)
    except msgspec.DecodeError:
        return Memory()


def write_memory(path: Path, memory: Memory) -> None:
    """Remember; StorageError when it can't be written."""
    write_file(path, msgspec.json.encode(memory), CLOSED)


def read_small(path: Path) -> bytes | None:
    """Return the bytes of a small file, None for none; StorageError where it can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{path} can't be read ({error.strerror}): run this as root, check its owner") from error


def write_file(path: Path, content: bytes, mode: int, group: str = PUBLISHER) -> None:
    """Write a file whole, with its rights; a mode that lets a group read gives it to `group`, where there is one.

    Raises:
        StorageError: The folder can't be written; what was there before is there still.
    """
    part = path.with_name(f".{path.name}.part")
    with suppress(OSError):
        part.unlink()
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, CLOSED)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, _give_to_group(descriptor, mode, group))
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        part.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        remedy = "run this as root, free some space, check the folder's owner"
        raise StorageError(f"{path} can't be written ({error.strerror}): {remedy}") from error


def take_up(waiting: Path, path: Path) -> None:
    """Give a file that lies ready its name, in one step; StorageError when it can't be."""
    try:
        waiting.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}): check the folder's owner") from error


def sync_folder(folder: Path) -> None:
    """Bring a rename down to the medium."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_to_group(descriptor: int, mode: int, group: str) -> int:
    """Return the rights that the file may have: without the group, what only it could read is the owner's alone."""
    if mode != OWN:
        return mode
    try:
        wanted = grp.getgrnam(group).gr_gid
        if os.fstat(descriptor).st_gid != wanted:
            os.fchown(descriptor, -1, wanted)
    except (KeyError, PermissionError):
        return CLOSED
    return mode
