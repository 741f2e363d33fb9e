"""Windows into the store: each id once, none over another, and the gaps between them known.

One rule: the devices' rows are locked first, in the order of their ids, so that two collectors that take windows of one
device judge them one after the other.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, insert, select, text, update

from counterpoint.fleet.store.coverage import Coverage, Span, cover
from counterpoint.fleet.store.tables import device, gap, site, window
from counterpoint.fleet.store.upsert import add_new
from counterpoint.messages.schemas import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from counterpoint.fleet.store.rows import Taken

MONTHS_A_YEAR: Final = 12
PARTS_LOCK: Final = 0x636F756E  # any number that is ours: who makes a month's part holds it


class Months:
    """Which months of the window table are there; PostgreSQL keeps each in a part of its own."""

    def __init__(self) -> None:
        self._there: set[int] = set()

    def prepare(self, line: Connection, starts_s: Iterable[int]) -> None:
        """Make the parts that windows of these times need."""
        if line.dialect.name == "sqlite":
            return
        for month in sorted({month_of(start_s) for start_s in starts_s} - self._there):
            name = part_name(month)
            if line.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is not None:
                self._there.add(month)  # not when it is made: that can be rolled back
                continue
            line.execute(text(f"SELECT pg_advisory_xact_lock({PARTS_LOCK})"))
            line.execute(
                text(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {window.name}"
                    f" FOR VALUES FROM ({month_start_s(month)}) TO ({month_start_s(month + 1)})"
                )
            )


def month_of(at_s: int) -> int:
    """Return the number of a month, UTC."""
    at = datetime.fromtimestamp(at_s, UTC)
    return at.year * MONTHS_A_YEAR + at.month - 1


def month_start_s(month: int) -> int:
    """Return the first second of a month, UTC."""
    return int(datetime(month // MONTHS_A_YEAR, month % MONTHS_A_YEAR + 1, 1, tzinfo=UTC).timestamp())


def part_name(month: int) -> str:
    """Return the name of a month's part of the window table."""
    return f"{window.name}_{month // MONTHS_A_YEAR:04d}_{month % MONTHS_A_YEAR + 1:02d}"


class Placing:
    """One batch of windows, judged and kept; its parts in the order in which `Writing.take_windows` calls them."""

    def __init__(self, line: Connection, batch: Sequence[Taken]) -> None:
        self._line = line
        self._devices = sorted({one.device for one in batch})
        self._before = self._coverage()
        self._now = dict(self._before)
        self.overlapping: list[Taken] = []
        self.again = 0

    def judge(self, batch: Sequence[Taken]) -> list[Taken]:
        """Return the windows that are new, oldest first; the others are counted or stand in `overlapping`."""
        there = self._ids(batch)
        new = []
        for one in sorted(batch, key=lambda taken: taken.window.start_utc):
            place = (one.device, start_s(one))
            if there.get(one.window.id) == place:
                self.again += 1
                continue
            covered = cover(self._now.get(one.device), start_s(one), end_s(one))
            if covered is None or one.window.id in there:
                self.overlapping.append(one)
                continue
            self._now[one.device] = covered
            there[one.window.id] = place
            new.append(one)
        return new

    def keep(self, new: Sequence[Taken]) -> int:
        """Insert the new windows and what they change; return how many of them are late."""
        if not new:
            return 0
        late = self._late(new)
        self._line.execute(insert(window), [{**_row(one), "late": one.window.id in late} for one in new])
        self._keep_coverage({one.device: ZoneInfo(one.window.timezone) for one in new})
        self._count(new, late)
        return len(late)

    def _coverage(self) -> dict[str, Coverage]:
        columns = (device.c.id, device.c.known_from_s, device.c.told_until_s)
        gaps: dict[str, list[Span]] = {}
        rows = self._line.execute(
            select(*columns).where(device.c.id.in_(self._devices)).order_by(device.c.id).with_for_update()
        ).all()
        for row in self._line.execute(
            select(gap).where(gap.c.device.in_(self._devices)).order_by(gap.c.device, gap.c.from_s)
        ):
            gaps.setdefault(row.device, []).append((row.from_s, row.until_s))
        return {
            name: Coverage(from_s, until_s, tuple(gaps.get(name, ())))
            for name, from_s, until_s in rows
            if from_s is not None
        }

    def _ids(self, batch: Sequence[Taken]) -> dict[str, tuple[str, int]]:
        ids = [one.window.id for one in batch]
        rows = self._line.execute(select(window.c.id, window.c.device, window.c.start_s).where(window.c.id.in_(ids)))
        return {row.id: (row.device, row.start_s) for row in rows}

    def _keep_coverage(self, zones: Mapping[str, ZoneInfo]) -> None:
        changed = {name: self._now[name] for name in sorted(zones)}
        ends = [{"of": name, "a": now.known_from_s, "b": now.told_until_s} for name, now in changed.items()]
        row = update(device).where(device.c.id == bindparam("of"))
        self._line.execute(row.values(known_from_s=bindparam("a"), told_until_s=bindparam("b")), ends)
        moved = {name: now for name, now in changed.items() if now.gaps != _gaps(self._before.get(name))}
        if not moved:
            return
        self._line.execute(delete(gap).where(gap.c.device.in_(moved)))
        rows = [_gap_row(name, span, zones[name]) for name, now in moved.items() for span in now.gaps]
        add_new(self._line, gap, rows)

    def _late(self, new: Sequence[Taken]) -> set[str]:
        """Return the ids of those whose weeks are told; until this commit nobody tells more."""
        codes = sorted({one.site for one in new})
        asked = select(site.c.code, site.c.told_until_s).where(site.c.code.in_(codes)).order_by(site.c.code)
        told = {row.code: row.told_until_s for row in self._line.execute(asked.with_for_update(read=True))}
        return {one.window.id for one in new if end_s(one) <= told[one.site]}

    def _count(self, new: Sequence[Taken], late: set[str]) -> None:
        counts = Counter(one.device for one in new if one.window.id in late)
        if counts:
            row = update(device).where(device.c.id == bindparam("of"))
            more = row.values(late_count=device.c.late_count + bindparam("more"))
            self._line.execute(more, [{"of": name, "more": counts[name]} for name in sorted(counts)])


def start_s(one: Taken) -> int:
    """First second of the window, since 1970, UTC."""
    return int(one.window.start_utc.timestamp())


def end_s(one: Taken) -> int:
    """End of the window, in seconds since 1970, UTC."""
    return int(one.window.end_utc.timestamp())


def _row(one: Taken) -> dict[str, object]:
    return {
        "id": one.window.id,
        "start_s": start_s(one),
        "end_s": end_s(one),
        "site": one.site,
        "device": one.device,
        "message": encode(one.window),
    }


def _gap_row(name: str, span: Span, zone: ZoneInfo) -> dict[str, object]:
    is_off = all(_is_monday(at_s, zone) for at_s in span)
    return {"device": name, "from_s": span[0], "until_s": span[1], "is_off": is_off}


def _is_monday(at_s: int, zone: ZoneInfo) -> bool:
    local = datetime.fromtimestamp(at_s, zone)
    return (local.weekday(), local.hour, local.minute) == (0, 0, 0)


def _gaps(coverage: Coverage | None) -> tuple[Span, ...]:
    return () if coverage is None else coverage.gaps
