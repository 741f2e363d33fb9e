"""What `forget` erases, in which order.

One rule: the keys go first, since the rest is worth little without them; what the caretaker remembers goes last, so
that a power cut only delays it. Models are the same on every device and stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.settings import Settings

HOMES: Final = ("/etc/counterpoint", "/var/lib/counterpoint")
"""Ours alone: of these all goes, whoever wrote it."""
KEPT: Final = ("models",)
BOOT_FILE: Final = "/boot/firmware/counterpoint.toml"
"""What IT put on the card; left there, it would bring the settings back at the next start."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is erased, in this order.

    Attributes:
        files: Keys, certificate and settings.
        folders: Emptied, and left there for the next owner.
        kept: Paths in them that stay.
        last: The caretaker's own folder, emptied when all else is gone.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    kept: tuple[str, ...]
    last: str


def erasure(settings: Settings, settings_file: str, homes: Sequence[str] = HOMES) -> Erasure:
    """Say what is to be erased; homes that none of these settings speaks of are left alone."""
    broker, folders = settings.broker, settings.folders
    files = [path for path in (broker.key_file, broker.certificate_file, settings_file) if path]
    named = [
        folders.command_keys,
        folders.state,
        folders.outbox,
        folders.receipts,
        folders.inbox,
        folders.replies,
        folders.releases,
    ]
    ours = [home for home in homes if any(_is_in(path, home) for path in (*files, *named))]
    if HOMES[0] in ours:
        files.append(BOOT_FILE)
    return Erasure(
        files=tuple(files),
        folders=(*named, *ours),
        kept=(folders.care, *(str(PurePath(home) / name) for home in ours for name in KEPT)),
        last=folders.care,
    )


def _is_in(path: str, home: str) -> bool:
    return PurePath(home) in PurePath(path).parents
