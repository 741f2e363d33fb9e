"""What may be asked of the API, and what it is made of; one rule: one line of ASKED is one address and its answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException

from counterpoint.fleet.access.people import ALL_SITES
from counterpoint.fleet.exports.answers import (
    AnnotationAnswer,
    Annotations,
    DeviceAnswer,
    Devices,
    FactAnswer,
    Facts,
    Hours,
    Periods,
    SiteAnswer,
    Sites,
)
from counterpoint.fleet.exports.wanted import weeks_wanted
from counterpoint.fleet.store.weeks import start_s, week_at, weeks_later

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

    from counterpoint.fleet.access.keys import Scope
    from counterpoint.fleet.access.people import Person
    from counterpoint.fleet.store.reading import Reading
    from counterpoint.fleet.store.rows import DeviceState
    from counterpoint.messages.schemas import Strict
    from counterpoint.messages.summaries import HoursSummary, PeriodSummary

DIGITS: Final = 19
"""Of the largest number of a note: keys compare as text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An address of the API.

    Attributes:
        path: After /api/v1; `{site}` is a code.
        scope: Which scope a key needs.
        summary: In a few words, for the document.
        answer: The type of the answer.
        items: What there is to answer with, for this person.
        key: What an item is ordered by, and paged after.
        is_for_any: Whether a key of any scope will do.
        has_weeks: Whether `since` and `until` narrow it.
    """

    path: str
    scope: Scope
    summary: str
    answer: type[Strict]
    items: Callable[[Reading, Person, Request], Sequence[Any]]
    key: Callable[[Any], str]
    is_for_any: bool = False
    has_weeks: bool = True


def _there(reading: Reading, request: Request, somebody: Person) -> str:
    """The site of the address; HTTPException 404 for one that is not theirs, or not there."""
    code = str(request.path_params["site"])
    real = code == ALL_SITES or code in {site.code for site in reading.sites()}
    if not real or not somebody.sees_figures_of(code):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return code


def _sites(reading: Reading, somebody: Person, _: Request) -> list[SiteAnswer]:
    return [
        SiteAnswer(
            code=site.code,
            name=site.name,
            timezone=site.timezone,
            counter_count=site.counter_count,
            told_until=site.told_until if somebody.sees_figures_of(site.code) else None,
        )
        for site in reading.sites()
        if somebody.sees_site(site.code)
    ]


def _periods(reading: Reading, somebody: Person, request: Request) -> list[PeriodSummary]:
    code, weeks = _there(reading, request, somebody), weeks_wanted(request.query_params)
    return reading.periods([code], weeks.since, weeks.until)


def _hours(reading: Reading, somebody: Person, request: Request) -> list[HoursSummary]:
    code, weeks = _there(reading, request, somebody), weeks_wanted(request.query_params)
    return reading.hours([code], weeks.since, weeks.until)


def _annotations(reading: Reading, somebody: Person, request: Request) -> list[AnnotationAnswer]:
    code, weeks = _there(reading, request, somebody), weeks_wanted(request.query_params)
    return [
        AnnotationAnswer(id=note.id, site=note.site, day=note.day, text=note.text, by=note.by)
        for note in reading.annotations([code], weeks.since, weeks.until)
    ]


def _facts(reading: Reading, somebody: Person, request: Request) -> list[FactAnswer]:
    code, weeks = _there(reading, request, somebody), weeks_wanted(request.query_params)
    return [
        FactAnswer(site=fact.site, week=fact.week, kind=fact.kind, value=fact.value)
        for fact in reading.facts([code], weeks.since, weeks.until)
    ]


def _devices(reading: Reading, _: Person, __: Request) -> list[DeviceAnswer]:
    known_s = start_s(weeks_later(week_at(time.time(), ZoneInfo("UTC")), -1), ZoneInfo("UTC"))
    return [_device(device, known_s) for device in reading.devices(None)]


def _device(device: DeviceState, known_s: int) -> DeviceAnswer:
    """A device; `known_s` is the last week's beginning: what came since tells of no gap, nor of when it came."""
    return DeviceAnswer(
        id=device.id,
        site=device.site,
        label=device.label,
        state=device.state,
        first_seen_utc=_utc(device.first_seen_s),
        last_seen_utc=_utc(device.last_seen_s) if device.last_seen_s else None,
        version=None if device.birth is None else device.birth.version,
        clock_set=None if device.health is None else device.health.clock_set,
        certificate_left_days=None if device.health is None else device.health.certificate_left_days,
        gap_count=sum(gap.until_s <= known_s for gap in device.gaps),
        quarantined=device.quarantined,
    )


def _utc(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def _code(item: SiteAnswer) -> str:
    return item.code


def _first_week(item: PeriodSummary | HoursSummary) -> str:
    return item.first_week


def _number(item: AnnotationAnswer) -> str:
    return f"{item.id:0{DIGITS}}"


def _week_and_kind(item: FactAnswer) -> str:
    return f"{item.week} {item.kind}"


def _id(item: DeviceAnswer) -> str:
    return item.id


ASKED: Final = (
    Asked(
        "/sites", "figures", "The sites that the key may read", Sites, _sites, _code, has_weeks=False, is_for_any=True
    ),
    Asked("/sites/{site}/periods", "figures", "A site's numbers over runs of weeks", Periods, _periods, _first_week),
    Asked("/sites/{site}/hours", "figures", "When it is hard at a site", Hours, _hours, _first_week),
    Asked("/sites/{site}/annotations", "figures", "What changed at a site", Annotations, _annotations, _number),
    Asked("/sites/{site}/facts", "figures", "A site's own figures", Facts, _facts, _week_and_kind),
    Asked("/devices", "devices", "Every device, as IT sees it", Devices, _devices, _id, has_weeks=False),
)
