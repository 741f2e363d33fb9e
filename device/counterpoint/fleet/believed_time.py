"""What time telling and deleting go by: our clock, as long as it does not run ahead of everything else that we know.

One rule: no later than the time that the store last knew plus what has passed since, or than the end of a window that
came an hour or two ago. So a clock that is days ahead (a dead battery, a wrong time server) tells no week early and
deletes nothing; one that is behind is only late. What is missing is caught up with the next windows: a device that is
on sends one a week at least, whether anybody came or not.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.store.service_rows import how_far, note_reached

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.writing import Writing

SETTLE_S: Final = 3600
"""After a time away the first device's windows must not close the week while the others' are still on their way."""
DOUBTED_S: Final = 86_400
"""A difference that is told: less is a night's switch-off, and gone with the first windows of the day."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What time it is, in seconds since 1970, UTC, and how far our clock runs ahead of it, in seconds."""

    now_s: int
    ahead_s: int

    @property
    def doubted_days(self) -> int:
        """Whole days that our clock runs ahead; 0 for less than one."""
        return self.ahead_s // DOUBTED_S


def passed_s() -> float:
    """Return the seconds since the machine started, the time that it slept among them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def believed_now(line: Connection, clock_s: int) -> Belief:
    """Return what time it is for a command, which knows of nothing that passed; it keeps nothing."""
    known_s = max(how_far(line).at_s or clock_s, how_far(line).newest_s or 0)
    now_s = min(clock_s, known_s)
    return Belief(now_s, clock_s - now_s)


class BelievedTime:
    """Asks the clock, and holds it against the store.

    Args:
        store: Where windows and the time that was reached are kept.
        wall: Our clock, in seconds since 1970.
        passed: Seconds that passed, from any beginning; never set.
    """

    def __init__(
        self, store: Store, wall: Callable[[], float] = time.time, passed: Callable[[], float] = passed_s
    ) -> None:
        self._store = store
        self._wall = wall
        self._passed = passed
        self._last: tuple[float, int] | None = None
        self._said: tuple[float, int] | None = None

    def look(self) -> Belief | None:
        """Return what time it is, and keep it; None where the first windows came just now: others are on their way.

        Raises:
            StorageError: The store can't be used.
        """
        with self._store.writing() as writing:
            return self._look(writing)

    def _look(self, writing: Writing) -> Belief | None:
        known = how_far(writing.line)
        clock_s, passed = int(self._wall()), self._passed()
        if known.at_s is None:
            return Belief(clock_s, 0)  # nothing came yet: there is nothing to tell
        devices_s = self._of_devices(known.newest_s, passed)
        kept_s = known.kept_s or devices_s
        if not kept_s:
            return None
        here_s = kept_s if self._last is None else self._last[1] + int(passed - self._last[0])
        now_s = min(clock_s, max(kept_s, here_s, devices_s))
        self._last = passed, now_s
        note_reached(writing.line, now_s)
        return Belief(now_s, clock_s - now_s)

    def _of_devices(self, newest_s: int | None, passed: float) -> int:
        """Return the newest window's end, and what passed since, once it has been here for an hour; 0 before."""
        if newest_s is None:
            return 0
        since, end_s = self._said or (passed, newest_s)
        is_settled = passed - since >= SETTLE_S
        self._said = (passed, newest_s) if is_settled else (since, end_s)
        return end_s + int(passed - since) if is_settled else 0
