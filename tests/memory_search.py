"""Looks for words and sound in the memory of a running process, through /proc.

One rule: only pages that changed since a snapshot are searched; a single word is found where there are more of it than
before, since a model's own list of words holds each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE: Final = 4096
MAPPING: Final = re.compile(rb"([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ (\d+)")
WRITTEN: Final = ("ascii", "utf-16-le", "utf-16-be", "utf-32-le")


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process held at one moment, by address: what it can write, and what is nobody's file."""

    pieces: Mapping[int, bytes]

    def count(self, wanted: bytes) -> int:
        """How often these bytes are there."""
        return sum(piece.count(wanted) for piece in self.pieces.values())

    def within(self, places: Memory) -> Memory:
        """What was there where `places` are."""
        found: dict[int, bytes] = {}
        for first, piece in self.pieces.items():
            for at, other in places.pieces.items():
                if first < at + len(other) and at < first + len(piece):
                    found[max(first, at)] = piece[max(0, at - first) : at + len(other) - first]
        return Memory(found)

    def changed_since(self, before: Memory) -> Memory:
        """The runs of pages that are not what they were."""
        changed: dict[int, bytes] = {}
        for address, piece in self.pieces.items():
            changed.update(_changed(address, piece, before.pieces.get(address, b"")))
        return Memory(changed)


def read_memory(pid: int) -> Memory:
    """Copy it; pages that vanish meanwhile are left out."""
    pieces: dict[int, bytes] = {}
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for first, last in _mappings(pid):
            try:
                memory.seek(first)
                pieces[first] = memory.read(last - first)
            except OSError:  # the kernel's own pages
                continue
    return Memory(pieces)


def in_writing(text: str) -> list[bytes]:
    """A text as programs hold it: ASCII, UTF-16 and UTF-32."""
    return [text.encode(form) for form in WRITTEN]


def _mappings(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_bytes().splitlines():
        found = MAPPING.match(line)
        if found and (b"w" in found[3] or found[4] == b"0"):
            yield int(found[1], 16), int(found[2], 16)


def _changed(address: int, piece: bytes, before: bytes) -> Iterator[tuple[int, bytes]]:
    pages = len(piece) // PAGE
    same = min(pages, len(before) // PAGE)
    now, then = _pages(piece, pages), _pages(before, same)
    differs = np.ones(pages, dtype=np.bool_)
    differs[:same] = (now[:same] != then).any(axis=1)
    differs &= now.any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], differs.astype(np.int8), [0]))))
    for first, last in edges.reshape(-1, 2):
        yield address + int(first) * PAGE, piece[first * PAGE : last * PAGE]


def _pages(piece: bytes, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    return np.frombuffer(piece, dtype=np.uint64, count=count * PAGE // 8).reshape(count, PAGE // 8)
