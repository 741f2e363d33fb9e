"""What the service knows of itself, as rows: how far time has come, and what it can't do.

One rule: time that was reached never goes back, and a trouble stands here for as long as it lasts and no longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select, update

from counterpoint.fleet.store.rows import ServiceTrouble
from counterpoint.fleet.store.tables import device, reached, trouble
from counterpoint.fleet.store.upsert import add_new

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

TIME: Final = "time"


@dataclass(frozen=True, slots=True)
class Reached:
    """What the store knows of time, in seconds since 1970, UTC; None for nothing yet.

    Attributes:
        kept_s: How far it had come when that was last noted.
        newest_s: End of the newest window of any device.
    """

    kept_s: int | None
    newest_s: int | None

    @property
    def at_s(self) -> int | None:
        """What was noted; where nothing was yet, what devices say."""
        return self.newest_s if self.kept_s is None else self.kept_s


def how_far(line: Connection) -> Reached:
    """Return what the store knows of time."""
    kept_s = line.scalar(select(reached.c.at_s).where(reached.c.name == TIME))
    return Reached(kept_s, line.scalar(select(func.max(device.c.told_until_s))))


def note_reached(line: Connection, at_s: int) -> None:
    """Note how far time has come; an earlier one than is noted changes nothing."""
    add_new(line, reached, [{"name": TIME, "at_s": at_s}])
    line.execute(update(reached).where(reached.c.name == TIME, reached.c.at_s < at_s).values(at_s=at_s))


def note_troubles(line: Connection, kind: str, found: Mapping[str, str], now_s: int) -> None:
    """Note what can't be done now: details by site, all there are of this kind; those that were and are no more go."""
    gone = delete(trouble).where(trouble.c.kind == kind, trouble.c.site.not_in(list(found)))
    line.execute(gone)
    for site, detail in sorted(found.items()):
        again = {"last_s": now_s, "times": trouble.c.times + 1, "detail": detail}
        if not line.execute(
            update(trouble).where(trouble.c.kind == kind, trouble.c.site == site).values(**again)
        ).rowcount:
            row = {"kind": kind, "site": site, "since_s": now_s, "last_s": now_s, "times": 1, "detail": detail}
            add_new(line, trouble, [row])


def troubles(line: Connection) -> list[ServiceTrouble]:
    """Return what can't be done now, the oldest first."""
    rows = line.execute(select(trouble).order_by(trouble.c.since_s, trouble.c.kind, trouble.c.site))
    return [ServiceTrouble(row.kind, row.site, row.since_s, row.last_s, row.times, row.detail) for row in rows]
