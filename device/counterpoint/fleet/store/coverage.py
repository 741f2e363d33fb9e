"""Which times of a device its windows tell: windows tile time, so an overlap is a mistake and a hole is a gap.

One rule: pure, and independent of the order in which windows arrive.
"""

from __future__ import annotations

from dataclasses import dataclass

Span = tuple[int, int]
"""From and until, seconds since 1970, UTC."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is told of a device: all of `known_from_s` to `told_until_s` but the gaps, oldest first."""

    known_from_s: int
    told_until_s: int
    gaps: tuple[Span, ...] = ()


def cover(before: Coverage | None, start_s: int, end_s: int) -> Coverage | None:
    """Return the coverage with one more window; None when the window overlaps what was told."""
    if before is None:
        return Coverage(start_s, end_s)
    if start_s >= before.told_until_s:
        gaps = (*before.gaps, *_left(before.told_until_s, start_s))
        return Coverage(before.known_from_s, end_s, gaps)
    if end_s <= before.known_from_s:
        gaps = (*_left(end_s, before.known_from_s), *before.gaps)
        return Coverage(start_s, before.told_until_s, gaps)
    for number, (from_s, until_s) in enumerate(before.gaps):
        if from_s <= start_s and end_s <= until_s:
            split = (*_left(from_s, start_s), *_left(end_s, until_s))
            gaps = (*before.gaps[:number], *split, *before.gaps[number + 1 :])
            return Coverage(before.known_from_s, before.told_until_s, gaps)
    return None


def _left(from_s: int, until_s: int) -> tuple[Span, ...]:
    return ((from_s, until_s),) if from_s < until_s else ()
