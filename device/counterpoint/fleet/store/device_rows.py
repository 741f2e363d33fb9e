"""Devices as rows: what they last said, and which times their windows tell.

One rule: of each kind of message the last one is kept, no history; so nothing here grows with time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, case, select, update

from counterpoint.fleet.store.rows import DeviceState, Gap, Heard, KeptApart
from counterpoint.fleet.store.tables import apart, device, gap, site
from counterpoint.fleet.store.upsert import add_new
from counterpoint.messages.commands import Reply, decode_reply, encode_reply
from counterpoint.messages.schemas import Birth, HealthReport, State, decode_birth, decode_health, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Update

BY_ID: Final = update(device).where(device.c.id == bindparam("of"))


def device_states(line: Connection, sites: Sequence[str] | None) -> list[DeviceState]:
    """Return the devices of these sites (None: of all), those longest silent first."""
    asked = select(device).order_by(device.c.last_seen_s, device.c.id)
    holes = select(gap).order_by(gap.c.device, gap.c.from_s)
    if sites is not None:
        asked = asked.where(device.c.site.in_(sites))
        holes = holes.join(device).where(device.c.site.in_(sites))
    gaps: dict[str, list[Gap]] = {}
    for row in line.execute(holes):
        gaps.setdefault(row.device, []).append(Gap(row.from_s, row.until_s, row.is_off))
    return [_state(row, tuple(gaps.get(row.id, ()))) for row in line.execute(asked)]


def note_heard(line: Connection, heard: Sequence[Heard]) -> None:
    """Keep what devices said of themselves, oldest first; their rows are there already."""
    for kind, change in _CHANGES.items():
        last = {one.device: _values(one) for one in heard if type(one.message) is kind}
        if last:
            line.execute(change, [last[name] for name in sorted(last)])
    seen = {one.device: one.received_s for one in heard if _was_there(one)}
    _see(line, seen)


def accept_device(line: Connection, name: str, code: str, now_s: int) -> bool:
    """Make the row of a device, and of its site, before it was heard of; False where there was one."""
    add_new(line, site, [{"code": code, "name": code, "timezone": ""}])
    if line.scalar(select(device.c.id).where(device.c.id == name)) is not None:
        return False
    add_new(line, device, [{"id": name, "site": code, "first_seen_s": now_s}])
    return True


def has_birth(line: Connection, name: str) -> bool:
    """Tell whether a device has said what it is."""
    return line.scalar(select(device.c.birth).where(device.c.id == name)) is not None


def first_came(line: Connection) -> list[KeptApart]:
    """Return all messages that are kept apart, oldest first; `received_s` is when each came for the first time."""
    rows = line.execute(select(apart).order_by(apart.c.first_s, apart.c.digest))
    return [KeptApart(row.site, row.device, row.topic, row.payload, row.reason, row.first_s) for row in rows]


def _see(line: Connection, seen: dict[str, int]) -> None:
    """Note when devices last said something of themselves; an earlier time changes nothing.

    A window is not among it: when it comes says that customers did.
    """
    if seen:
        newer = case((device.c.last_seen_s < bindparam("at"), bindparam("at")), else_=device.c.last_seen_s)
        line.execute(BY_ID.values(last_seen_s=newer), [{"of": name, "at": seen[name]} for name in sorted(seen)])


def _was_there(one: Heard) -> bool:
    """A retained message is old, and the Last Will is the broker's word."""
    return not one.retained and not (isinstance(one.message, State) and one.message.state == "lost")


def _values(one: Heard) -> dict[str, object]:
    message = one.message
    values: dict[str, object] = {"of": one.device, "at": one.received_s}
    if isinstance(message, State):
        return {**values, "word": message.state}
    if isinstance(message, Birth):
        return {**values, "told": encode(message), "people": message.fewest_people}
    if isinstance(message, HealthReport):
        return {**values, "told": encode(message)}
    return {**values, "told": encode_reply(message)}


_told: Any = bindparam("told", type_=device.c.birth.type)
_word: Any = bindparam("word", type_=device.c.state.type)
_CHANGES: Final[dict[type, Update]] = {
    State: BY_ID.values(state=_word, state_s=case((device.c.state == _word, device.c.state_s), else_=bindparam("at"))),
    Birth: BY_ID.values(birth=_told, fewest_people=bindparam("people")),
    HealthReport: BY_ID.values(health=_told, health_s=bindparam("at")),
    Reply: BY_ID.values(reply=_told),
}


def _state(row: Row[tuple[object, ...]], gaps: tuple[Gap, ...]) -> DeviceState:
    return DeviceState(
        id=row.id,
        site=row.site,
        label=row.label,
        first_seen_s=row.first_seen_s,
        last_seen_s=row.last_seen_s,
        state=row.state,
        state_s=row.state_s,
        birth=None if row.birth is None else decode_birth(row.birth),
        health=None if row.health is None else decode_health(row.health),
        health_s=row.health_s,
        gaps=gaps,
        told_until_s=row.told_until_s,
        apart_count=row.apart_count,
        late_count=row.late_count,
        quarantined=row.quarantined,
        reply=None if row.reply is None else decode_reply(row.reply),
    )
