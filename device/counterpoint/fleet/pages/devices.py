"""Devices for IT: silent ones first, health in words, and what to do.

One rule: pure; each trouble names its remedy, and nothing here says how people speak or whether they are there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.store.rows import DeviceState
    from counterpoint.messages.schemas import HealthReport

ON_A_PAGE: Final = 60
PERIOD_S: Final = 900
"""Between two reports of a device that has not said."""
MISSED: Final = 4
"""Reports: after an hour a device is silent, since Wi-Fi fails for minutes at many places every day."""
CERTIFICATE_DAYS: Final = 30
DISK_MB: Final = 500
WAITING: Final = 50
"""Messages: more than a morning's, so the way to the broker has been closed for long."""
FEWEST_PEOPLE: Final = 3
MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86_400
GROUPS: Final = ("silent", "trouble", "fine")
QUIET: Final = ("never", "silent", "stopped")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, by its name in the texts, with a number where it has one."""

    name: str
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A device of the list; `group` is silent, trouble or fine."""

    id: str
    label: str
    site: str
    version: str
    seen: str
    group: str
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A device in the list's order: its group's number, its site's name, its own, its state and its troubles."""

    group: int
    site: str
    name: str
    state: DeviceState
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list: how many devices are in each group, those shown, and which pages there are."""

    silent: int
    trouble: int
    fine: int
    shown: tuple[Device, ...]
    page: int
    pages: int


def rank(states: Sequence[DeviceState], names: Mapping[str, str], now_s: int) -> list[Ranked]:
    """Return the devices, silent ones first, then those with another trouble, each by place and label.

    `names` are the sites' names by code.
    """
    found = []
    for state in states:
        troubles = tuple(_troubles(state, now_s))
        found.append(
            Ranked(_group(troubles), names.get(state.site, state.site), state.label or state.id, state, troubles)
        )
    return sorted(found, key=lambda one: (one.group, one.site, one.name))


def listed(language: Language, ranked: Sequence[Ranked], now_s: int, page: str) -> Listed:
    """Return a page of the list; a page too high is the last one."""
    pages = max(1, -(-len(ranked) // ON_A_PAGE))
    number = min(max(int(page) if page.isdecimal() and len(page) < 6 else 1, 1), pages)  # noqa: PLR2004 - no list has 100,000 pages
    silent, trouble, fine = (sum(one.group == group for one in ranked) for group in range(len(GROUPS)))
    shown = ranked[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]
    return Listed(silent, trouble, fine, tuple(_device(language, one, now_s) for one in shown), number, pages)


def _group(troubles: Sequence[Trouble]) -> int:
    if any(trouble.name in QUIET for trouble in troubles):
        return 0
    return 1 if troubles else 2


def _device(language: Language, one: Ranked, now_s: int) -> Device:
    state = one.state
    version = state.birth.version if state.birth else ""
    seen = ago(language, state.last_seen_s, now_s)
    return Device(state.id, state.label, one.site, version, seen, GROUPS[one.group], one.troubles)


def _troubles(state: DeviceState, now_s: int) -> Iterator[Trouble]:
    yield from _silence(state, now_s)
    if state.quarantined:
        yield Trouble("quarantined")
    if state.birth and state.birth.fewest_people < FEWEST_PEOPLE:
        yield Trouble("alone")
    if state.health:
        yield from _of_health(state.health)
    if state.apart_count:
        yield Trouble("apart")
    if state.late_count:
        yield Trouble("late")  # not how many of either: windows come as customers do


def _silence(state: DeviceState, now_s: int) -> Iterator[Trouble]:
    period_s = state.birth.health_period_s if state.birth else PERIOD_S
    if not state.last_seen_s:
        yield Trouble("never")
    elif state.state == "stopped":
        yield Trouble("stopped")
    elif now_s - state.last_seen_s > MISSED * period_s:
        yield Trouble("silent")
    elif state.state == "lost":
        yield Trouble("line")  # heard of a moment ago: mostly it is back before anybody has looked


def _of_health(health: HealthReport) -> Iterator[Trouble]:
    if not health.clock_set:
        yield Trouble("clock")
    if health.certificate_left_days is not None and health.certificate_left_days <= CERTIFICATE_DAYS:
        yield Trouble(
            "certificate" if health.certificate_left_days > 0 else "expired", str(health.certificate_left_days)
        )
    if health.waiting_file_count >= WAITING:
        yield Trouble("waiting", str(health.waiting_file_count))
    if health.sensor is None:
        yield Trouble("sensor")
        return
    if health.sensor.microphone == "fault":
        yield Trouble("microphone")
    if health.sensor.words == "missing":
        yield Trouble("words")
    if health.sensor.light == "none":
        yield Trouble("light")
    if health.sensor.disk_free_mb < DISK_MB:
        yield Trouble("disk", str(health.sensor.disk_free_mb))


def ago(language: Language, at_s: int, now_s: int) -> str:
    """Return how long ago something was, in one unit; "" for never."""
    if not at_s:
        return ""
    past_s = max(0, now_s - at_s)
    for name, unit_s in (("ago.days", DAY_S), ("ago.hours", HOUR_S), ("ago.minutes", MINUTE_S)):
        if past_s >= unit_s:
            return language.count(name, past_s // unit_s)
    return language.say("ago.now")
