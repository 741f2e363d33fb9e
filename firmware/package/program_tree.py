"""The program as it lies on a device: Counterpoint, its models and the unpacked wheels. The release tar is just this.

One rule: what `/usr/lib/counterpoint` holds and what a release holds is the same tree, byte for byte, listed with its
hashes in release.json.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tomllib
from typing import TYPE_CHECKING, Any, Final

from pinned_wheels import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SITE: Final = "site"  # the folder that the launcher puts first on Python's path
RELEASE_NOTE: Final = "release.json"
_VERSION: Final = re.compile(
    r"[0-9]{1,5}(\.[0-9]{1,5}){0,3}"
)  # what names a release on a device; Debian orders it alike


def program_version(root: Path, asked: str = "") -> str:
    """The version asked for, or else the one that pyproject.toml names.

    Raises:
        BuildError: It is no version that a device orders.
    """
    version = asked or str(_project(root)["project"]["version"])
    if not _VERSION.fullmatch(version):
        raise BuildError(f"{version!r} is no version: one to four numbers with dots, as in 0.1.1")
    return version


def program_tree(
    root: Path, site: Mapping[str, bytes], version: str, architecture: str, native: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Path to content of the whole program, release.json included; `native` lies beside the site folder."""
    tree = {f"{SITE}/{path}": content for path, content in (*site.items(), *_own_code(root, version).items())}
    tree.update(native)
    note = {"version": version, "arch": architecture, "files": {path: _sha256(tree[path]) for path in sorted(tree)}}
    tree[RELEASE_NOTE] = (json.dumps(note, indent=1) + "\n").encode()
    return tree


def release_tar(tree: Mapping[str, bytes], epoch: int) -> bytes:
    """The tree as a plain tar, the same bytes each time: release.json first, so that a reader knows what is to come.

    Args:
        tree: As `program_tree` makes it.
        epoch: Time of all files, in seconds since 1970.
    """
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(tree, key=lambda path: (path != RELEASE_NOTE, path)):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mtime, entry.mode = len(tree[path]), epoch, 0o644
            entry.uname = entry.gname = "root"
            tar.addfile(entry, io.BytesIO(tree[path]))
    return out.getvalue()


def release_facts(version: str, architecture: str, tar: bytes) -> str:
    """What `counterpoint fleet sign plan` wants to know of the tar, as JSON."""
    facts = {"version": version, "arch": architecture, "size_bytes": len(tar), "sha256": _sha256(tar)}
    return json.dumps(facts, indent=1) + "\n"


def _own_code(root: Path, version: str) -> dict[str, bytes]:
    """Our package, with the models and pages that pyproject.toml includes in it."""
    package = root / "device" / "counterpoint"
    paths = (path.relative_to(package) for path in sorted(package.rglob("*")) if path.is_file())
    # What tools leave behind is none of ours: caches, and whatever starts with a dot.
    clean = (path for path in paths if not any(part.startswith((".", "__pycache__")) for part in path.parts))
    own = {f"counterpoint/{path.as_posix()}": (package / path).read_bytes() for path in clean}
    included: dict[str, str] = _project(root)["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    own.update({place: (root / source).read_bytes() for source, place in included.items()})
    first = own["counterpoint/__init__.py"].decode()
    # An overridden version must be the one that the program tells.
    own["counterpoint/__init__.py"] = re.sub(r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', first).encode()
    return own


def _project(root: Path) -> dict[str, Any]:
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
