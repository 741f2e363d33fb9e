"""The folder of staged releases: one folder each, and the link `current` to the one that runs.

One rule: a release gets its own name only when each of its files was checked and is durable, and what runs changes by
the rename of one link. So whatever the moment of a power cut, `current` leads to a whole release, or there is none and
the package runs.
"""

from __future__ import annotations

import hashlib
import io
import marshal
import tarfile
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from counterpoint.care.releases import NAME, decode_manifest, is_offered
from counterpoint.edge.durable import remove_durably, remove_tree
from counterpoint.errors import MessageError, ReleaseRefused

if TYPE_CHECKING:
    from counterpoint.care.releases import ReleaseManifest
    from counterpoint.edge.durable import Disk
    from counterpoint.messages.commands import ReleaseOffer

CURRENT: Final = "current"
PREVIOUS: Final = "previous"
STAGING: Final = ".staging"
MANIFEST: Final = "release.json"
CHUNK_BYTES: Final = 1 << 20
CHECKED_BY_HASH: Final = (0b11).to_bytes(4, "little")
PLAIN: Final = (tarfile.REGTYPE, tarfile.AREGTYPE)


class Releases:
    """The staged releases of a device, in one folder that only root writes."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        self._disk = disk
        self._folder = folder

    def current(self) -> str:
        """Return the version of the release that runs, "" where the package does."""
        return self._leads_to(CURRENT)

    def previous(self) -> str:
        """Return the version of the release that ran before, "" where it was the package."""
        return self._leads_to(PREVIOUS)

    def is_staged(self, version: str) -> bool:
        """Tell whether a release lies here under its own name."""
        return self._disk.is_folder(self._folder / version)

    def is_whole(self, version: str) -> bool:
        """Tell whether every file of a release is the one that it names; reads all of it."""
        folder = self._folder / version
        try:
            manifest = decode_manifest(self._disk.read(folder / MANIFEST) or b"")
        except MessageError:
            return False
        return manifest.version == version and all(
            _sha256(self._disk.read(folder / path)) == expected for path, expected in manifest.files.items()
        )

    def stage(self, archive: IO[bytes], offer: ReleaseOffer) -> None:
        """Unpack a release, checked file by file, and give it its name; nothing changes for what runs.

        Raises:
            ReleaseRefused: It is not the file that was signed for, or not what it says it is.
            StorageError: The disk refuses.
        """
        if self.is_staged(offer.version) and self.is_whole(offer.version):
            return
        _check_whole(archive, offer)  # before a byte of it is taken for an archive
        archive.seek(0)
        self._clear(STAGING)
        self._clear(offer.version)
        staging = self._folder / STAGING
        self._disk.make_folder(staging)
        hashed = _Hashed(archive)
        try:
            self._unpack(hashed, staging, offer)
            hashed.check(offer)  # whoever may write the file could have changed it since
        except (ReleaseRefused, tarfile.TarError, EOFError) as error:
            self._clear(STAGING)
            raise ReleaseRefused(
                f"the release {offer.version} is refused ({error}): build and sign it again"
            ) from error
        self._sync_tree(staging)
        self._disk.rename(staging, self._folder / offer.version)
        self._disk.sync_folder(self._folder)

    def run(self, version: str, *, before: str) -> None:
        """Let a staged release be what runs, and note which ran before; "" is the package."""
        self._point(PREVIOUS, before)
        self._point(CURRENT, version)

    def tidy(self, kept: frozenset[str]) -> None:
        """Delete all releases but these, and what is half unpacked."""
        for name in self._disk.names(self._folder):
            if name not in kept and name not in {CURRENT, PREVIOUS}:
                self._clear(name)

    def _leads_to(self, link: str) -> str:
        version = self._disk.target(self._folder / link) or ""
        return version if NAME.fullmatch(version) and self.is_staged(version) else ""

    def _point(self, link: str, version: str) -> None:
        if not version:
            remove_durably(self._disk, self._folder / link)
            return
        new = self._folder / f".{link}.new"
        self._disk.remove(new)
        self._disk.link(new, version)
        self._disk.rename(new, self._folder / link)
        self._disk.sync_folder(self._folder)

    def _clear(self, name: str) -> None:
        if name in self._disk.names(self._folder):
            remove_tree(self._disk, self._folder / name)
            self._disk.sync_folder(self._folder)

    def _unpack(self, archive: _Hashed, staging: Path, offer: ReleaseOffer) -> None:
        manifest: ReleaseManifest | None = None
        written: set[str] = set()
        with tarfile.open(fileobj=archive, mode="r|") as tar:
            for member in tar:
                if member.isdir():
                    continue  # made as the files need them
                content = _content(tar, member, offer)
                if manifest is None:
                    manifest = _manifest(member, content, offer)
                elif member.name in written or manifest.files.get(member.name) != _sha256(content):
                    raise ReleaseRefused(f"{member.name!r} is not the file that {MANIFEST} names")
                written.add(member.name)
                self._write(staging, member.name, content)
        missing = set(manifest.files if manifest else {MANIFEST}) - written
        if missing:
            raise ReleaseRefused(f"{len(missing)} of its files are missing")

    def _write(self, staging: Path, name: str, content: bytes) -> None:
        for folder in reversed(Path(name).parents[:-1]):
            self._disk.make_folder(staging / folder)
        self._disk.write(staging / name, content)
        self._disk.sync(staging / name)
        compiled = _compiled(name, content) if name.endswith(".py") else None
        if compiled is not None:
            self._write(staging, cache_from_source(name), compiled)

    def _sync_tree(self, folder: Path) -> None:
        for name in self._disk.names(folder):
            if self._disk.is_folder(folder / name):
                self._sync_tree(folder / name)
        self._disk.sync_folder(folder)


class _Hashed(io.BufferedIOBase):
    """An archive that is hashed as it is read."""

    def __init__(self, archive: IO[bytes]) -> None:
        super().__init__()
        self._archive = archive
        self._hash = hashlib.sha256()

    def read(self, size: int | None = CHUNK_BYTES, /) -> bytes:
        """Return the next bytes."""
        chunk = self._archive.read(-1 if size is None else size)
        self._hash.update(chunk)
        return chunk

    def check(self, offer: ReleaseOffer) -> None:
        """Read what is left; ReleaseRefused unless all of it was the file that was signed for."""
        while self.read():
            pass
        if self._hash.hexdigest() != offer.sha256:
            raise ReleaseRefused("its SHA-256 is not the one that was signed")


def _compiled(name: str, source: bytes) -> bytes | None:
    """Python's own cache of a module (PEP 552, checked by hash): the processes that run a release can't write one."""
    try:
        code = compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None  # for another Python, or an example of a mistake
    return MAGIC_NUMBER + CHECKED_BY_HASH + source_hash(source) + marshal.dumps(code)


def _check_whole(archive: IO[bytes], offer: ReleaseOffer) -> None:
    size = archive.seek(0, 2)
    archive.seek(0)
    if size != offer.size_bytes:
        raise ReleaseRefused(f"it has {size} bytes, signed for were {offer.size_bytes}")
    _Hashed(archive).check(offer)


def _manifest(member: tarfile.TarInfo, content: bytes, offer: ReleaseOffer) -> ReleaseManifest:
    if member.name != MANIFEST:
        raise ReleaseRefused(f"its first file is {member.name!r}, not {MANIFEST}")
    try:
        manifest = decode_manifest(content)
    except MessageError as error:
        raise ReleaseRefused(str(error)) from error
    if not is_offered(manifest, offer):
        raise ReleaseRefused(f"it is {manifest.version} for {manifest.arch}, signed for was another")
    return manifest


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, offer: ReleaseOffer) -> bytes:
    if member.type not in PLAIN or member.issparse() or member.size > offer.size_bytes:
        raise ReleaseRefused(f"{member.name!r} is no plain file of a release")
    file = tar.extractfile(member)
    content = b"" if file is None else file.read()
    if len(content) != member.size:
        raise ReleaseRefused(f"{member.name!r} is cut off")
    return content


def _sha256(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha256(content).hexdigest()
