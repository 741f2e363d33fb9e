"""An array by its name, or from a geometry file on disk; one rule: the file is read here, understood in geometry."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from counterpoint.errors import ArrayUnknown
from counterpoint.hearing.geometry import BUILT_IN, ArrayGeometry, parse_geometry

LARGEST_FILE: Final = 64 * 1024
"""Bytes; a geometry is a few lines."""


def load_array(name: str) -> ArrayGeometry:
    """The built-in array of this name, or the geometry in the TOML file at this path.

    Raises:
        ArrayUnknown: It is neither, or the file can't be used; the message lists the built-in names.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    known = ", ".join(sorted(BUILT_IN))
    try:
        path = Path(name)
        if not path.is_file():
            raise ArrayUnknown(f"there is no array {name!r}: use {known}, or the path of a geometry file (TOML)")
        if path.stat().st_size > LARGEST_FILE:
            raise ArrayUnknown(f"{name} is too large for a geometry file: use {known}, or a TOML file")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, ArrayUnknown):
            raise
        raise ArrayUnknown(
            f"{name!r} can't be read as a geometry file ({error}): use {known}, or a TOML file"
        ) from error
    return parse_geometry(text, name)
