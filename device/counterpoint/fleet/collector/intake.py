"""Bytes from the broker to a window, to what a device says of itself, or to a message that is kept apart.

One rule: pure, and total: whatever the bytes are, the answer is a value, and what can't be used has its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from counterpoint.disclosure.hours import hour_of, week_end
from counterpoint.errors import MessageError
from counterpoint.fleet.collector.plausible import implausible
from counterpoint.fleet.store.rows import Heard, KeptApart, KnownDevice, Taken
from counterpoint.messages.commands import decode_reply
from counterpoint.messages.schemas import Birth, Window, decode_birth, decode_health, decode_state, decode_window
from counterpoint.messages.topics import CODE, ROOT, Leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from counterpoint.fleet.store.rows import Known
    from counterpoint.messages.commands import Reply
    from counterpoint.messages.schemas import HealthReport, State

LEVELS: Final = 5  # counterpoint / v1 / site / device / leaf
AHEAD_S: Final = 300
"""A device's clock may run this far before ours."""
OLDEST_S: Final = 45 * 86_400
"""An outbox keeps a window of a week for 30 days; older ones were replayed, or come from a clock that is wrong."""
RESERVED: Final = "all"
"""The code of all sites together."""
LONGEST_REASON: Final = 300
READERS: Final[dict[Leaf, Callable[[bytes], Window | State | Birth | HealthReport | Reply]]] = {
    "window": decode_window,
    "state": decode_state,
    "birth": decode_birth,
    "health": decode_health,
    "reply": decode_reply,
}
CLEARED: Final[tuple[Leaf, ...]] = ("state", "birth")
"""Retained: an empty payload is how they are cleared."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came: `received_s` is our clock (seconds since 1970, UTC), `retained` as the broker marks it."""

    topic: str
    payload: bytes
    received_s: int
    retained: bool = False


@dataclass(frozen=True, slots=True)
class SortedOut:
    """What becomes of a batch: three heaps, each in the order of arrival."""

    windows: tuple[Taken, ...]
    heard: tuple[Heard, ...]
    apart: tuple[KeptApart, ...]


def read(arrival: Arrival) -> Taken | Heard | KeptApart | None:
    """Judge a message by itself; None for one that only clears what was retained."""
    site, device, leaf = _levels(arrival.topic)
    if leaf is None:
        return _apart(arrival, "", "", "the topic is none of ours")
    if leaf in CLEARED and not arrival.payload:
        return None
    try:
        message = READERS[leaf](arrival.payload)
    except MessageError as error:
        return _apart(arrival, site, device, str(error))
    trouble = next(_troubles(site, message, arrival.received_s), "")
    if trouble:
        return _apart(arrival, site, device, trouble)
    if isinstance(message, Window):
        return Taken(site, device, message, arrival.received_s)
    return Heard(site, device, message, arrival.received_s, arrival.retained)


def sort_out(arrivals: Sequence[Arrival], known: Known, *, only_known: bool = False) -> SortedOut:
    """Judge a batch against what is known of its devices and sites, and each message against those before it.

    With `only_known`, messages of a device that is not in the store are kept apart.
    """
    devices, zones = dict(known.devices), dict(known.zones)
    windows: list[Taken] = []
    heard: list[Heard] = []
    apart: list[KeptApart] = []
    for arrival in arrivals:
        message = read(arrival)
        if isinstance(message, Taken | Heard):
            is_new = message.device not in devices
            trouble = _stranger(message, devices.get(message.device), zones.get(message.site, ""))
            if is_new and only_known:
                how = f"counterpoint fleet store accept {message.device} --site {message.site}"
                trouble = f"nobody has accepted the device: {how}"
            if trouble:
                message = _apart(arrival, message.site, message.device, trouble)
        if isinstance(message, KeptApart):
            apart.append(message)
        elif isinstance(message, Heard):
            heard.append(message)
        elif isinstance(message, Taken):
            windows.append(message)
        if isinstance(message, Taken | Heard):
            devices.setdefault(message.device, KnownDevice(message.site, quarantined=False))
            if not zones.get(message.site):
                zones[message.site] = _said_zone(message)
    return SortedOut(tuple(windows), tuple(heard), tuple(apart))


def named(arrivals: Sequence[Arrival]) -> tuple[set[str], set[str]]:
    """Return the devices and the sites that the topics of a batch name."""
    levels = [_levels(arrival.topic) for arrival in arrivals]
    return {device for _, device, leaf in levels if leaf}, {site for site, _, leaf in levels if leaf}


def _levels(topic: str) -> tuple[str, str, Leaf | None]:
    levels = topic.split("/")
    if len(levels) != LEVELS or "/".join(levels[:2]) != ROOT:
        return "", "", None
    site, device, last = levels[2:]
    leaf = next((each for each in get_args(Leaf) if each == last and each in READERS), None)
    return (site, device, leaf) if CODE.fullmatch(site) and CODE.fullmatch(device) else ("", "", None)


def _stranger(message: Taken | Heard, known: KnownDevice | None, zone: str) -> str:
    if known is not None and known.site != message.site:
        return (
            f"the device belongs to site {known.site}, not to {message.site}: if it has moved,"
            f" counterpoint fleet store move {message.device} --site {message.site}"
        )
    if isinstance(message, Heard):
        return ""
    if known is not None and known.quarantined:
        return "the device is in quarantine"
    if zone not in {"", message.window.timezone}:
        return f"its hours are those of {message.window.timezone}, and the site's zone is {zone}: mend one of the two"
    return ""


def _said_zone(message: Taken | Heard) -> str:
    if isinstance(message, Taken):
        return message.window.timezone
    return message.message.timezone if isinstance(message.message, Birth) else ""


def _troubles(site: str, message: Window | State | Birth | HealthReport | Reply, received_s: int) -> Iterator[str]:
    if site == RESERVED:
        yield "the site's code is reserved for all sites together: give it another one"
    if isinstance(message, Window | Birth) and _zone(message.timezone) is None:
        yield f"{message.timezone} is no time zone that we know"
    if isinstance(message, Window):
        yield from _wrong_time(message, received_s)
        yield implausible(message)


def _wrong_time(window: Window, received_s: int) -> Iterator[str]:
    start, end = window.start_utc, window.end_utc
    if start.microsecond or end.microsecond or end <= start:
        yield "it does not last whole hours"
    if end.timestamp() > received_s + AHEAD_S:
        yield "it ends in the future: set the device's clock, or ours"
    if start.timestamp() < received_s - OLDEST_S:
        yield "it is too old: an outbox keeps a window for 30 days"
    zone = ZoneInfo(window.timezone)
    start_s, end_s = int(start.timestamp()), int(end.timestamp())
    if hour_of(start_s, zone) != start_s or hour_of(end_s, zone) != end_s:
        yield "it does not begin and end with a local hour"
    if end_s > week_end(start_s, zone):
        yield "it lasts beyond the end of its week"


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _apart(arrival: Arrival, site: str, device: str, reason: str) -> KeptApart:
    line = "".join(letter if letter.isprintable() else "?" for letter in reason)
    where = "".join(letter if letter.isprintable() else "?" for letter in arrival.topic)
    return KeptApart(site, device, where, arrival.payload, line[:LONGEST_REASON], arrival.received_s)
