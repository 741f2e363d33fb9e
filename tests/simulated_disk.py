"""A simulated disk whose power fails after any operation: what was not synced is then kept or lost at random.

It stands for no real file system: it loses more than ext4 does. Names of one folder are lost independently of each
other (a rename counts as one operation), and a file whose content was not synced comes back as it was, empty, cut off,
zeroed or whole.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import IO

from counterpoint.errors import StorageError


class PowerCut(BaseException):
    """The power failed; no `except Exception` on the way catches it."""


@dataclass
class File:
    """A file's content as it is now, and as the disk has it for certain."""

    content: bytes = b""
    synced: bytes | None = None


@dataclass
class Folder:
    """Names as they are now, as the disk has them for certain, and the changes between the two, in order."""

    entries: dict[str, File | Folder | str] = field(default_factory=dict)
    synced: dict[str, File | Folder | str] = field(default_factory=dict)
    changes: list[dict[str, File | Folder | str | None]] = field(default_factory=list)

    def change(self, changed: dict[str, File | Folder | str | None]) -> None:
        _apply(self.entries, changed)
        self.changes.append(changed)


def _apply(entries: dict[str, File | Folder | str], changed: dict[str, File | Folder | str | None]) -> None:
    for name, entry in changed.items():
        if entry is None:
            entries.pop(name, None)
        else:
            entries[name] = entry


class SimulatedDisk:
    """See the module; `operations` counts what was done, and the power fails after `cut_after` of them."""

    def __init__(self, *folders: Path) -> None:
        self.root = Folder()
        self.operations = 0
        self.cut_after: int | None = None
        self.free = 10**9
        for path in folders:
            at = self.root
            for part in path.parts[1:]:
                if part not in at.entries:
                    at.entries[part] = at.synced[part] = Folder()
                at = _as_folder(at.entries[part])

    def lay(self, path: Path, content: bytes) -> None:
        """Put a file there for certain, as somebody else did long ago."""
        folder = self._folder(path.parent)
        folder.entries[path.name] = folder.synced[path.name] = File(content, content)

    def certain(self, path: Path) -> bytes | None:
        """Return what a file holds for certain, whatever happens next; None where its name is not certain."""
        at: File | Folder | str | None = self.root
        for part in path.parts[1:]:
            at = at.synced.get(part) if isinstance(at, Folder) else None
        return at.synced if isinstance(at, File) else None

    def lose_power(self, random: Random) -> None:
        """Come up again with what the disk has: the synced, and of the rest what chance keeps."""
        self._recover(self.root, random)
        self.cut_after = None

    def open(self, path: Path) -> IO[bytes] | None:
        entry = self._look(path)
        return io.BytesIO(entry.content) if isinstance(entry, File) else None

    def read(self, path: Path, most: int = -1) -> bytes | None:
        entry = self._look(path)
        if not isinstance(entry, File):
            return None
        return entry.content if most < 0 else entry.content[:most]

    def names(self, folder: Path) -> tuple[str, ...]:
        found = self._look(folder)
        return tuple(sorted(found.entries)) if isinstance(found, Folder) else ()

    def target(self, link: Path) -> str | None:
        entry = self._look(link)
        return entry if isinstance(entry, str) else None

    def is_folder(self, path: Path) -> bool:
        return isinstance(self._look(path), Folder)

    def free_bytes(self, folder: Path) -> int:
        assert self.is_folder(folder)
        return self.free

    def write(self, path: Path, content: bytes, mode: int = 0o644) -> None:
        assert mode
        entry = self._look(path)
        if isinstance(entry, File):
            entry.content = content
        else:
            self._folder(path.parent).change({path.name: File(content)})
        self._done()

    def sync(self, path: Path) -> None:
        entry = self._look(path)
        assert isinstance(entry, File), path
        entry.synced = entry.content
        self._done()

    def make_folder(self, path: Path) -> None:
        if not self.is_folder(path):
            self._folder(path.parent).change({path.name: Folder()})
            self._done()

    def sync_folder(self, folder: Path) -> None:
        found = self._folder(folder)
        found.synced, found.changes = dict(found.entries), []
        self._done()

    def link(self, link: Path, target: str) -> None:
        assert self._look(link) is None, link
        self._folder(link.parent).change({link.name: target})
        self._done()

    def rename(self, old: Path, new: Path) -> None:
        assert old.parent == new.parent
        folder = self._folder(old.parent)
        assert not isinstance(folder.entries.get(new.name), Folder), new
        folder.change({new.name: folder.entries[old.name], old.name: None})
        self._done()

    def remove(self, path: Path) -> None:
        if self._look(path) is not None:
            self._folder(path.parent).change({path.name: None})
            self._done()

    def remove_folder(self, path: Path) -> None:
        assert not self._folder(path).entries, path
        self._folder(path.parent).change({path.name: None})
        self._done()

    def _done(self) -> None:
        self.operations += 1
        if self.cut_after is not None and self.operations >= self.cut_after:
            raise PowerCut

    def _look(self, path: Path) -> File | Folder | str | None:
        at: File | Folder | str | None = self.root
        for part in path.parts[1:]:
            at = at.entries.get(part) if isinstance(at, Folder) else None
        return at

    def _folder(self, path: Path) -> Folder:
        found = self._look(path)
        if not isinstance(found, Folder):
            raise StorageError(f"{path}: no such folder")
        return found

    def _recover(self, folder: Folder, random: Random) -> None:
        entries, lost = dict(folder.synced), set[str]()
        for changed in folder.changes:
            # What builds on a change that was lost is lost with it.
            if random.random() < 0.5 or not lost.isdisjoint(changed):
                lost.update(changed)
            else:
                _apply(entries, changed)
        folder.entries, folder.synced, folder.changes = entries, dict(entries), []
        for entry in entries.values():
            if isinstance(entry, Folder):
                self._recover(entry, random)
            elif isinstance(entry, File):
                entry.content = entry.synced = _what_is_left(entry, random)


def _what_is_left(file: File, random: Random) -> bytes:
    if file.synced == file.content:
        return file.content
    cut = random.randrange(len(file.content) + 1)
    return random.choice([file.synced or b"", b"", file.content[:cut], bytes(len(file.content)), file.content])


def _as_folder(entry: File | Folder | str) -> Folder:
    assert isinstance(entry, Folder)
    return entry
