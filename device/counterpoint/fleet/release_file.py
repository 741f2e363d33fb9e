"""Packs a program's tree into the file of a release.

One rule: the same tree gives the same bytes, `release.json` comes first, and nothing is packed that a device refuses.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Final

from counterpoint.care.releases import NAME, is_inside
from counterpoint.edge.outbox import write_whole
from counterpoint.edge.releases import MANIFEST
from counterpoint.errors import ReleaseRefused, UsageError
from counterpoint.messages.commands import LARGEST_RELEASE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LEFT_OUT: Final = "__pycache__"
"""Devices make their own."""
PLAIN: Final = 0o644


def pack_release(tree: Path, version: str, arch: str, out: Path) -> Path:
    """Write `counterpoint-VERSION-ARCH.tar`, and beside it the `.json` that `sign plan` takes; return the latter.

    Raises:
        UsageError: The version is none, or the tree is not there.
        ReleaseRefused: Something in the tree can't be part of a release.
        StorageError: `out` can't be written.
    """
    if not NAME.fullmatch(version):
        raise UsageError(f"{version!r} is no version of a release: one to four numbers with dots, as in 0.2.0")
    files = _files(tree)
    manifest = {"version": version, "arch": arch, "files": {name: _sha256(content) for name, content in files.items()}}
    packed = _tar({MANIFEST: json.dumps(manifest, indent=1).encode(), **files})
    if len(packed) > LARGEST_RELEASE_BYTES:
        raise ReleaseRefused(f"{len(packed)} bytes are more than the {LARGEST_RELEASE_BYTES} that devices take")
    name = f"counterpoint-{version}-{arch}"
    write_whole(out / f"{name}.tar", packed)
    facts = {"version": version, "arch": arch, "size_bytes": len(packed), "sha256": _sha256(packed)}
    write_whole(out / f"{name}.json", json.dumps(facts, indent=1).encode())
    return out / f"{name}.json"


def _files(tree: Path) -> Mapping[str, bytes]:
    if not tree.is_dir():
        raise UsageError(f"{tree} is no folder: give the program's tree, /usr/lib/counterpoint of the new package")
    files = {}
    for path in sorted(tree.rglob("*")):
        name = path.relative_to(tree).as_posix()
        if LEFT_OUT in path.parts or name == MANIFEST or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file() or not is_inside(name):
            raise ReleaseRefused(f"{path} is no plain file with a plain name: leave it out of the tree")
        files[name] = path.read_bytes()
    if not files:
        raise UsageError(f"{tree} is empty: give the program's tree, /usr/lib/counterpoint of the new package")
    return files


def _tar(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), PLAIN
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
