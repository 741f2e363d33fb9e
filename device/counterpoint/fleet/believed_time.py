"""What time telling and deleting go by: our clock, as long as it does not run ahead of everything else that we know.

One rule: no later than the time that the store last knew plus what has passed since, or than the end of a window that
came an hour or two ago. So a clock that is days ahead (a dead battery, a wrong time server) tells no week early and deletes
nothing; one that is behind is only late. What is missing is caught up with the next windows: a device that is on sends
one a week at least, whether anybody came or not.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.store.service_rows import how_far, note_reached

if TYPE_CHECKING:
    from collections.abc import Callable

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

    def look(self) -> Belief:
        """Return what time it is, and keep it.

        Raises:
            StorageError: The store can't be used.
        """
        with self._store.writing() as writing:
            return self._look(writing)

    def _look(self, writing: Writing) -> Belief:
        known = how_far(writing.line)
        clock_s, passed = int(self._wall()), self._passed()
        if known.kept_s is None and known.newest_s is None:
            return Belief(clock_s, 0)  # nothing came yet: there is nothing to tell
        times = [known.kept_s if known.kept_s is not None else known.newest_s, self._of_devices(known.newest_s, passed)]
        if self._last is not None:
            times.append(self._last[1] + int(passed - self._last[0]))
        now_s = min(clock_s, max(each for each in times if each is not None))
        self._last = passed, now_s
        note_reached(writing.line, now_s)
        return Belief(now_s, clock_s - now_s)

    def _of_devices(self, newest_s: int | None, passed: float) -> int | None:
        """Return the newest window's end once it has been here for an hour; None before."""
        if self._said is None or newest_s is None:
            self._said = None if newest_s is None else (passed, newest_s)
            return None
        since, end_s = self._said
        if passed - since < SETTLE_S:
            return None
        self._said = passed, newest_s
        return end_s + int(passed - since)
