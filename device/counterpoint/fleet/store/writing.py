"""What may be written into the store, one transaction at a time.

One rule: what was told stays: a summary is put once, and nothing here changes one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, update

from counterpoint.disclosure.all_sites import AllWeek
from counterpoint.disclosure.sites import SiteWindow
from counterpoint.disclosure.sums import Sums
from counterpoint.errors import MessageError
from counterpoint.fleet.store.access_rows import AccessWriting
from counterpoint.fleet.store.device_rows import note_heard
from counterpoint.fleet.store.reading import ALL, Reading
from counterpoint.fleet.store.rows import Counts, KeptApart, Known, KnownDevice
from counterpoint.fleet.store.tables import (
    annotation,
    apart,
    device,
    fact,
    pooled_week,
    retained,
    site,
    summary,
    tally,
    window,
)
from counterpoint.fleet.store.taking import Months, Placing
from counterpoint.fleet.store.upsert import add_new, add_one, add_up, put
from counterpoint.fleet.store.weeks import start_s, week_at, week_of, weeks_later
from counterpoint.messages.schemas import Birth, decode_window, encode
from counterpoint.messages.summaries import PeriodSummary, encode_summary
from counterpoint.messages.topics import topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from counterpoint.fleet.store.rows import Annotation, Fact, Heard, Taken
    from counterpoint.messages.summaries import Summary

DAY_S: Final = 86_400
"""Where it is earliest, it is less than a day earlier than in UTC."""
_encoder = msgspec.json.Encoder()
_sums: msgspec.json.Decoder[Sums | None] = msgspec.json.Decoder(Sums | None)
OVERLAPS: Final = "overlaps a window of this device, or uses the id of another window"


class Writing(Reading):
    """One transaction; it can also read, and sees what it wrote.

    Attributes:
        access: Accounts, sessions and the audit log, and changes to them.
        line: The database's own connection, for the store's own parts.
    """

    def __init__(self, line: Connection, months: Months) -> None:
        super().__init__(line)
        self.line = line
        self._months = months
        self.access: AccessWriting = AccessWriting(line)

    def known(self, devices: Iterable[str], sites: Iterable[str]) -> Known:
        """Return what a batch is judged against; the devices are ours until the end of the transaction."""
        columns = (device.c.id, device.c.site, device.c.quarantined)
        asked = select(*columns).where(device.c.id.in_(list(devices))).order_by(device.c.id).with_for_update()
        zones = select(site.c.code, site.c.timezone).where(site.c.code.in_(list(sites)))
        return Known(
            {row.id: KnownDevice(row.site, row.quarantined) for row in self._line.execute(asked)},
            {row.code: row.timezone for row in self._line.execute(zones)},
        )

    def take_windows(self, batch: Sequence[Taken]) -> Counts:
        """Take windows that were judged good; each id counts once, and what overlaps is kept apart."""
        if not batch:
            return Counts()
        self._months.prepare(self._line, (int(one.window.start_utc.timestamp()) for one in batch))
        self._meet({one.device: one for one in batch}, {one.site: one.window.timezone for one in batch})
        placing = Placing(self._line, batch)
        new = placing.judge(batch)
        late = placing.keep(new)
        self.keep_apart([_overlapping(one) for one in placing.overlapping])
        return Counts(len(new), placing.again, late, len(placing.overlapping))

    def note_devices(self, heard: Sequence[Heard]) -> None:
        """Keep what devices said of themselves, oldest first."""
        zones = dict.fromkeys((one.site for one in heard), "")
        zones |= {one.site: one.message.timezone for one in heard if isinstance(one.message, Birth)}
        self._meet({one.device: one for one in heard}, zones)
        note_heard(self._line, heard)

    def keep_apart(self, messages: Sequence[KeptApart]) -> None:
        """Keep messages that can't be used, with the reason; the same again is counted, not kept twice."""
        rows = {_digest(one): _apart_row(one) for one in messages}
        add_up(self._line, apart, [rows[digest] for digest in sorted(rows)], "times", stays="first_s")
        sites = Counter(one.site for one in messages)
        self.count("rejected", sites)
        devices = Counter(one.device for one in messages if one.device)
        if devices:
            more = device.c.apart_count + bindparam("more")
            row = update(device).where(device.c.id == bindparam("of")).values(apart_count=more)
            self._line.execute(row, [{"of": name, "more": devices[name]} for name in sorted(devices)])

    def kept_apart(self, most: int) -> list[KeptApart]:
        """Return messages that are kept apart, those that came last first; `received_s` is when each came last."""
        rows = self._line.execute(select(apart).order_by(apart.c.last_s.desc(), apart.c.digest).limit(most))
        return [KeptApart(row.site, row.device, row.topic, row.payload, row.reason, row.last_s) for row in rows]

    def drop_apart(self, one: KeptApart) -> None:
        """Keep a message apart no more: it was taken."""
        self._line.execute(delete(apart).where(apart.c.digest == _digest(one)))
        fewer = device.c.apart_count - 1
        self._line.execute(update(device).where(device.c.id == one.device, fewer >= 0).values(apart_count=fewer))

    def count(self, kind: str, by_site: Mapping[str, int]) -> None:
        """Add to what was left out: `kind` is merged, dropped or rejected."""
        rows = [{"site": code, "kind": kind, "amount": by_site[code]} for code in sorted(by_site) if by_site[code]]
        add_up(self._line, tally, rows, "amount")

    def quarantine(self, name: str, *, on: bool) -> bool:
        """Keep the windows of a device apart from now on, or take them again; False when there is no such device."""
        row = update(device).where(device.c.id == name).values(quarantined=on)
        return self._line.execute(row).rowcount > 0

    def move_device(self, name: str, code: str) -> bool:
        """Say that a device stands at another site from now on; False when there is no such device."""
        add_new(self._line, site, [{"code": code, "name": code, "timezone": ""}])
        return self._line.execute(update(device).where(device.c.id == name).values(site=code)).rowcount > 0

    def label_device(self, name: str, label: str) -> bool:
        """Give a device IT's own name; False when there is no such device."""
        return self._line.execute(update(device).where(device.c.id == name).values(label=label)).rowcount > 0

    def windows(self, code: str, first_week: str, weeks: int) -> list[SiteWindow]:
        """Return the site's windows of whole weeks of its own calendar that came in time, by device and time."""
        zone = ZoneInfo(self.zone(code))
        since_s, until_s = start_s(first_week, zone), start_s(weeks_later(first_week, weeks), zone)
        rows = self._line.execute(
            select(window.c.device, window.c.message)
            .where(window.c.site == code, window.c.start_s >= since_s, window.c.start_s < until_s, ~window.c.late)
            .order_by(window.c.device, window.c.start_s)
        )
        return [SiteWindow(row.device, decode_window(row.message)) for row in rows]

    def first_week(self, code: str) -> str | None:
        """Return the week of the site's first window that is still kept, None without any."""
        first_s = self._line.scalar(select(func.min(window.c.start_s)).where(window.c.site == code))
        return None if first_s is None else week_at(first_s, ZoneInfo(self.zone(code)))

    def hold_site(self, code: str) -> tuple[str | None, str | None]:
        """Let nobody else tell this site, or take windows of it, in this transaction.

        Returns:
            The last week that was told, and the last week that was looked at; None for neither yet, or no site.
        """
        held = select(site.c.told_until, site.c.closed_until).where(site.c.code == code).with_for_update()
        found = self._line.execute(held).first()
        return (None, None) if found is None else (found.told_until, found.closed_until)

    def next_pooled_week(self) -> str | None:
        """Return the week of all sites that comes after those pooled and told; the very first is that of a window.

        None while there is no window.
        """
        pooled: str | None = self._line.scalar(select(func.max(pooled_week.c.week)))
        last = max(pooled or "", self.last_week(ALL) or "")
        if last:
            return weeks_later(last, 1)
        first_s = self._line.scalar(select(func.min(window.c.start_s)))
        return None if first_s is None else week_at(first_s - DAY_S, ZoneInfo("UTC"))

    def closed_weeks(self) -> tuple[str | None, str | None]:
        """Return the last week that every site has closed, and the last that any has; None for none."""
        row = self._line.execute(
            select(func.min(func.coalesce(site.c.closed_until, "")), func.max(site.c.closed_until))
        ).one()
        return row[0] or None, row[1]

    def put_pooled_week(self, one: AllWeek) -> bool:
        """Keep a week of all sites; False where it is there already. Nobody else tells it in this transaction."""
        return add_one(self._line, pooled_week, {"week": one.week, "message": _encoder.encode(one.sums)})

    def pooled_weeks(self, since: str) -> list[AllWeek]:
        """Return the weeks of all sites that are kept, from this one on, by week.

        Raises:
            MessageError: Another version of the program pooled one.
        """
        rows = self._line.execute(select(pooled_week).where(pooled_week.c.week >= since).order_by(pooled_week.c.week))
        try:
            return [AllWeek(row.week, _sums.decode(row.message)) for row in rows]
        except msgspec.DecodeError as error:
            raise MessageError(f"not the sums that we know ({error}): they must be pooled again") from error

    def drop_pooled_weeks(self) -> None:
        """Keep no week of all sites: those that are not told are pooled again, from the windows."""
        self._line.execute(delete(pooled_week))

    def zone(self, code: str) -> str:
        """Return the zone of a site, UTC where none is known."""
        return self._line.scalar(select(site.c.timezone).where(site.c.code == code)) or "UTC"

    def put_summaries(self, summaries: Sequence[Summary], told_s: int) -> None:
        """Keep summaries; one that was told before stays as it is."""
        add_new(self._line, summary, [_summary_row(one, told_s) for one in summaries])

    def note_closed(self, code: str, week: str, told_until: str | None) -> None:
        """Note that a site was looked at until a week, and until which it is told: what comes for those is late."""
        row = update(site).where(site.c.code == code).values(closed_until=week)
        if told_until is not None:
            until_s = start_s(weeks_later(told_until, 1), ZoneInfo(self.zone(code)))
            row = row.values(told_until=told_until, told_until_s=until_s)
        self._line.execute(row)

    def name_site(self, code: str, name: str, timezone: str) -> None:
        """Name a site, one that is not there yet too; "" for the zone leaves it to the devices."""
        add_new(self._line, site, [{"code": code, "name": name, "timezone": timezone}])
        values = {"name": name, "timezone": timezone} if timezone else {"name": name}
        self._line.execute(update(site).where(site.c.code == code).values(**values))

    def annotate(self, note: Annotation) -> int:
        """Keep a note; return its number."""
        row = {"site": note.site, "day": note.day, "week": week_of(date.fromisoformat(note.day)), "text": note.text}
        kept = insert(annotation).values(**row, made_by=note.by, made_s=note.made_s).returning(annotation.c.id)
        return int(self._line.scalars(kept).one())

    def remove_annotation(self, number: int) -> bool:
        """Delete a note; False when there is none of that number."""
        return self._line.execute(delete(annotation).where(annotation.c.id == number)).rowcount > 0

    def note_retained(self, topics: Sequence[str]) -> None:
        """Note topics that telling is about to leave on the broker."""
        add_new(self._line, retained, [{"topic": each} for each in topics])

    def forget_retained(self, topics: Sequence[str]) -> None:
        """Forget topics that telling has cleared there."""
        self._line.execute(delete(retained).where(retained.c.topic.in_(topics)))

    def put_facts(self, facts: Sequence[Fact]) -> None:
        """Keep the site's own figures, in the place of those of the same week and kind."""
        put(
            self._line,
            fact,
            [{"site": one.site, "week": one.week, "kind": one.kind, "value": one.value} for one in facts],
        )

    def _meet(self, devices: Mapping[str, Taken | Heard], zones: Mapping[str, str]) -> None:
        """Make the rows of sites and devices that are heard of for the first time."""
        codes = sorted(zones)
        add_new(self._line, site, [{"code": code, "name": code, "timezone": zones[code]} for code in codes])
        unknown = update(site).where(site.c.code == bindparam("of"), site.c.timezone == "")
        said = [{"of": code, "zone": zones[code]} for code in codes if zones[code]]
        if said:
            self._line.execute(unknown.values(timezone=bindparam("zone")), said)
        rows = [
            {"id": name, "site": devices[name].site, "first_seen_s": devices[name].received_s}
            for name in sorted(devices)
        ]
        add_new(self._line, device, rows)


def _overlapping(one: Taken) -> KeptApart:
    where = topic(one.site, one.device, "window")
    return KeptApart(one.site, one.device, where, encode(one.window), OVERLAPS, one.received_s)


def _digest(one: KeptApart) -> str:
    return hashlib.sha256(one.topic.encode() + b"\0" + one.payload).hexdigest()


def _apart_row(one: KeptApart) -> dict[str, object]:
    return {
        "digest": _digest(one),
        "site": one.site,
        "device": one.device,
        "topic": one.topic,
        "payload": one.payload,
        "reason": one.reason,
        "first_s": one.received_s,
        "last_s": one.received_s,
        "times": 1,
    }


def _summary_row(one: Summary, told_s: int) -> dict[str, object]:
    return {
        "kind": "period" if isinstance(one, PeriodSummary) else "hours",
        "site": one.site,
        "first_week": one.first_week,
        "last_week": weeks_later(one.first_week, one.weeks - 1),
        "told_s": told_s,
        "message": encode_summary(one),
    }
