"""How fast a command goes through a fleet.

One rule: of what changes or ends a device's service, at most a twentieth of the fleet gets it within any hour, and one
device at least; so a mistake is seen before it is everywhere. Pure: the clock comes in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

PACED: Final = ("update", "forget")
SHARE: Final = 20
"""A fleet's twentieth: 5 %."""
HOUR: Final = timedelta(hours=1)


def most_an_hour(fleet: int) -> int:
    """Return how many of so many devices may get it within any hour."""
    return max(1, fleet // SHARE)


def turns(count: int, fleet: int, taken: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    """Return the turns of `count` devices, the earliest that the pace allows, after those that are taken already."""
    most = most_an_hour(fleet)
    times = sorted(taken)
    for _ in range(count):
        earliest = [now, *times[-1:]]
        if len(times) >= most:
            earliest.append(times[-most] + HOUR)
        times.append(max(earliest))
    return tuple(times[len(taken) :])


def room_now(fleet: int, handed_out: Sequence[datetime], now: datetime) -> int:
    """Return how many more may be handed out now, whatever their turns were: after a pause nobody catches up."""
    return max(0, most_an_hour(fleet) - sum(now - at < HOUR for at in handed_out))
