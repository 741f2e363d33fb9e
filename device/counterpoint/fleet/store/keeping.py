"""What goes and what stays: retention, and the deletion of a device or of a site.

One rule: what is deleted is gone from the file too (SQLite overwrites it); what was told of many sites together stays.
What is pooled of many sites and not told yet goes with the deleted one; closing makes it again, from the windows left.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, or_, select, text, update

from counterpoint.disclosure.sites import first_week_needed
from counterpoint.disclosure.weeks import BLOCK_WEEKS
from counterpoint.fleet.store.reading import ALL
from counterpoint.fleet.store.tables import (
    account_site,
    annotation,
    apart,
    audit,
    device,
    fact,
    gap,
    pooled_week,
    site,
    summary,
    tally,
    window,
)
from counterpoint.fleet.store.taking import month_of, part_name
from counterpoint.fleet.store.weeks import start_s, week_at, weeks_later

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from counterpoint.fleet.settings import KeepingSettings
    from counterpoint.fleet.store.opening import Store

DAY_S: Final = 86_400
OLDEST_WEEKS: Final = 2 * BLOCK_WEEKS
"""A site that is not told (nobody knows its zone, no telling succeeds) does not keep its windows for ever."""
NO_MORE_S: Final = 60 * DAY_S
"""A window that is older than this is refused (see the collector's intake)."""
PARTS_BACK: Final = 36
"""Months whose parts are looked for: a year's simulation leaves some."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many rows retention deleted."""

    windows: int = 0
    summaries: int = 0
    apart: int = 0
    audit: int = 0


def tidy(store: Store, keeping: KeepingSettings, now_s: int) -> Tidied:
    """Delete what is older than the settings keep; run it daily.

    Raises:
        StorageError: The store can't be used.
    """
    with store.writing() as writing:
        line = writing.line
        _overwrite(line)
        windows = _tidy_windows(line, keeping.window_weeks, now_s)
        this_week = week_at(now_s, ZoneInfo("UTC"))
        _tidy_pooled_weeks(line, writing.last_week(ALL) or "", weeks_later(this_week, -OLDEST_WEEKS))
        oldest = weeks_later(this_week, -keeping.summary_weeks)
        summaries = line.execute(delete(summary).where(summary.c.last_week < oldest)).rowcount
        line.execute(delete(fact).where(fact.c.week < oldest))
        line.execute(delete(annotation).where(annotation.c.week < oldest))
        kept_apart = line.execute(delete(apart).where(apart.c.last_s < now_s - keeping.apart_days * DAY_S)).rowcount
        lines = line.execute(delete(audit).where(audit.c.at_s < now_s - keeping.audit_days * DAY_S)).rowcount
        writing.access.end_old(now_s)
    _empty_log(store)
    return Tidied(windows, summaries, kept_apart, lines)


def forget_device(store: Store, name: str) -> bool:
    """Delete a device with its windows and all that it said; False when there is none. What its site told stays."""
    with store.writing() as writing:
        _overwrite(writing.line)
        _forget_devices(writing.line, [name])
        found = writing.line.execute(delete(device).where(device.c.id == name)).rowcount > 0
    _empty_log(store)
    return found


def forget_site(store: Store, code: str) -> bool:
    """Delete a site with its devices, windows, summaries and notes; False when there is none."""
    with store.writing() as writing:
        line = writing.line
        _overwrite(line)
        _forget_devices(line, list(line.scalars(select(device.c.id).where(device.c.site == code))))
        for table in (window, apart, summary, annotation, fact, tally, account_site, device):
            line.execute(delete(table).where(table.c.site == code))
        found = line.execute(delete(site).where(site.c.code == code)).rowcount > 0
    _empty_log(store)
    return found


def _forget_devices(line: Connection, names: list[str]) -> None:
    line.execute(delete(pooled_week))
    for table in (window, apart, gap):
        line.execute(delete(table).where(table.c.device.in_(names)))


def _tidy_windows(line: Connection, weeks: int, now_s: int) -> int:
    gone = 0
    for row in line.execute(select(site)).all():
        zone = ZoneInfo(row.timezone or "UTC")
        this_week = week_at(now_s, zone)
        oldest = weeks_later(this_week, -OLDEST_WEEKS)
        if row.told_until is not None:
            needed = first_week_needed(row.told_until, row.told_until)
            oldest = max(oldest, min(needed, weeks_later(this_week, -weeks)))
        before_s = start_s(oldest, zone)
        gone += line.execute(delete(window).where(window.c.site == row.code, window.c.end_s <= before_s)).rowcount
        _forget_gaps(line, row.code, before_s)
    _drop_empty_parts(line, now_s)
    return gone


def _tidy_pooled_weeks(line: Connection, told_until: str, oldest: str) -> None:
    """The weeks of all sites go when they are told; the newest says how far they came, and stays till the next."""
    newest = line.scalar(select(func.max(pooled_week.c.week))) or ""
    over = or_(pooled_week.c.week <= told_until, pooled_week.c.week < oldest)
    line.execute(delete(pooled_week).where(pooled_week.c.week < newest, over))


def _forget_gaps(line: Connection, code: str, before_s: int) -> None:
    """What is told of a device begins where its windows begin now; gaps before that are nobody's business any more."""
    of_site = select(device.c.id).where(device.c.site == code)
    line.execute(delete(gap).where(gap.c.device.in_(of_site), gap.c.until_s <= before_s))
    line.execute(update(gap).where(gap.c.device.in_(of_site), gap.c.from_s < before_s).values(from_s=before_s))
    old = device.c.known_from_s < before_s
    line.execute(update(device).where(device.c.site == code, old).values(known_from_s=before_s))
    line.execute(
        update(device).where(device.c.site == code, device.c.told_until_s < before_s).values(told_until_s=before_s)
    )


def _drop_empty_parts(line: Connection, now_s: int) -> None:
    """PostgreSQL: months of which no window can come any more, and none is left, need no part."""
    if line.dialect.name == "sqlite":
        return
    newest = month_of(now_s - NO_MORE_S) - 1
    for month in range(newest - PARTS_BACK, newest + 1):
        name = part_name(month)
        there = line.scalar(text("SELECT to_regclass(:name)"), {"name": name})
        if there is not None and line.scalar(text(f'SELECT 1 FROM "{name}" LIMIT 1')) is None:  # noqa: S608 - a name of ours
            line.execute(text(f'DROP TABLE "{name}"'))


def _overwrite(line: Connection) -> None:
    if line.dialect.name == "sqlite":
        line.exec_driver_sql("PRAGMA secure_delete=ON")


def _empty_log(store: Store) -> None:
    """SQLite: what was deleted stands in the write-ahead log until it is emptied."""
    if store.is_sqlite:
        with closing(store.engine.raw_connection()) as line:
            line.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
