"""Which prediction belongs to which true event; one rule: one to one, and never better than time order allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Window = tuple[float, float]
"""Start and end in seconds, both within."""


def claim(windows: Sequence[Window], times: Sequence[float]) -> list[int | None]:
    """Give every window, in their order, the earliest time in it that no window before it has.

    As TurnBench does (2026). Where windows are in order of both ends, no other way gives more windows a time.

    Args:
        windows: In order of start.
        times: Ascending.

    Returns:
        For every window the index of its time, or None.
    """
    taken = [False] * len(times)
    found: list[int | None] = []
    for start_s, end_s in windows:
        mine = next((i for i, at_s in enumerate(times) if start_s <= at_s <= end_s and not taken[i]), None)
        if mine is not None:
            taken[mine] = True
        found.append(mine)
    return found


def pair(true: Sequence[float], said: Sequence[float], collar_s: float) -> list[tuple[int, int]]:
    """As many pairs (index of true, index of said) as can be of onsets at most `collar_s` apart; both ascending."""
    found = claim([(at_s - collar_s, at_s + collar_s) for at_s in true], said)
    return [(number, mine) for number, mine in enumerate(found) if mine is not None]
