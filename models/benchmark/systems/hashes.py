"""What a result depends on, as a short hash; one rule: what can change a result is in its key, what can't is not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

BENCHMARK: Final = Path(__file__).parents[1]
MODELS: Final = BENCHMARK.parent
DEVICE: Final = MODELS.parent / "device" / "counterpoint"
LENGTH: Final = 12


def key_of(*places: Path) -> str:
    """Hash of files, and of the Python files below folders."""
    sources = [file for place in places for file in _files(place)]
    return of_bytes(file.read_bytes() for file in sources)


def of_bytes(parts: Iterable[bytes]) -> str:
    """Hash of byte strings, in their order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:LENGTH]


def _files(place: Path) -> list[Path]:
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


def checked(path: Path, sha256: str, package: str) -> bytes:
    """The bytes of a peer's model.

    Raises:
        ValueError: The file is missing, or not the one that the benchmark was made with; the message says where it is.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} can't be read ({error.strerror}): take it from the package {package}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{path} is not the file of {package} (SHA-256 {sha256}): take it from there")
    return content
