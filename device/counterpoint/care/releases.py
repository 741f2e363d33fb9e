"""Which release may follow which, and whether what came is what was signed for.

One rule: a path of a release stays inside it, and a release has the files that it names, no more and no fewer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from counterpoint.errors import MessageError
from counterpoint.messages.commands import (  # noqa: TC001 - msgspec reads them as it runs
    Architecture,
    ReleaseVersion,
    Sha256,
)

if TYPE_CHECKING:
    from counterpoint.messages.commands import ReleaseOffer

NAME: Final = re.compile(r"\d{1,5}(\.\d{1,5}){0,3}")
"""The name of a release's folder: its version."""
NUMBERS: Final = re.compile(r"\d+(\.\d+)*")
PART: Final = re.compile(r"[A-Za-z0-9_@+~,=][A-Za-z0-9_@+~,=.\-]*|\.[A-Za-z0-9_][A-Za-z0-9_.\-]*")
"""A level of a path: no slash, no "..", nothing that a shell or a terminal would take for something else."""
DEEPEST: Final = 16
MOST_FILES: Final = 20_000
SPARE_BYTES: Final = 100_000_000
"""Left free beside a release, so that the outbox never meets a full disk because of an update."""
COPIES: Final = 2
"""The file as it came, and the folder that it becomes."""


class ReleaseManifest(Struct, frozen=True, forbid_unknown_fields=True):
    """`release.json`, the first file of a release: the SHA-256 of every other."""

    version: ReleaseVersion
    arch: Architecture
    files: Annotated[dict[str, Sha256], Meta(min_length=1, max_length=MOST_FILES)]


def decode_manifest(content: bytes) -> ReleaseManifest:
    """Return what `release.json` says; MessageError where it is none, or names a path that leads out."""
    try:
        manifest = msgspec.json.decode(content, type=ReleaseManifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"release.json is none ({error}): build the release again") from error
    for path in manifest.files:
        if not is_inside(path):
            raise MessageError(f"release.json names {path!r}, which is no place in a release: build it again")
    return manifest


def is_inside(path: str) -> bool:
    """Tell whether a path names a file below its folder and nothing else."""
    parts = path.split("/")
    return len(parts) <= DEEPEST and all(PART.fullmatch(part) and ".." not in part for part in parts)


def is_offered(manifest: ReleaseManifest, offer: ReleaseOffer) -> bool:
    """Tell whether a release is the one that was signed for."""
    return (manifest.version, manifest.arch) == (offer.version, offer.arch)


def newer(version: str, than: str) -> bool:
    """Tell whether a version comes after another: by its numbers, so that 0.10 is newer than 0.9, and 1.0 is 1."""
    return _numbers(version) > _numbers(than)


def bytes_needed(offer: ReleaseOffer) -> int:
    """Return how much must be free before a release is fetched, in bytes."""
    return COPIES * offer.size_bytes + SPARE_BYTES


def _numbers(version: str) -> tuple[int, ...]:
    found = NUMBERS.match(version)
    numbers = [int(each) for each in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
