"""What the API answers with; one rule: each answer is one of these types, and the OpenAPI document is made of them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from counterpoint.messages.schemas import Strict
from counterpoint.messages.summaries import HoursSummary, PeriodSummary, SiteCode, Week

Next = Annotated[str | None, Meta(description="Where the next page is, on this server; null on the last one.")]
Utc = Annotated[datetime, Meta(tz=True)]


class SiteAnswer(Strict, frozen=True):
    """A service point.

    `told_until` is the last week whose numbers are there: null before the first, and for a key that reads no figures.
    """

    code: SiteCode
    name: str
    timezone: str
    counter_count: Annotated[int, Meta(ge=0)]
    told_until: Week | None


class AnnotationAnswer(Strict, frozen=True):
    """What changed at a site (`all`: at every site) on a day, and which role wrote it."""

    id: Annotated[int, Meta(ge=1)]
    site: SiteCode
    day: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    text: str
    by: str


class FactAnswer(Strict, frozen=True):
    """One of the site's own figures for a week: visitors, waiting_min, satisfaction."""

    site: SiteCode
    week: Week
    kind: str
    value: float


class DeviceAnswer(Strict, frozen=True):
    """A device as IT sees it; nothing here varies with speech or presence.

    `gap_count` is of the times that no window tells and that ended before last week began: it moves with weeks, and not
    with windows as they come.
    """

    id: str
    site: SiteCode
    label: str
    state: Literal["online", "stopped", "lost", "unknown"]
    first_seen_utc: Utc
    last_seen_utc: Utc | None
    version: str | None
    clock_set: bool | None
    certificate_left_days: int | None
    gap_count: Annotated[int, Meta(ge=0)]
    quarantined: bool


class Sites(Strict, frozen=True):
    """A page of sites, by code."""

    items: tuple[SiteAnswer, ...]
    next: Next


class Periods(Strict, frozen=True):
    """A page of a site's runs of whole weeks, oldest first; told once, never revised."""

    items: tuple[PeriodSummary, ...]
    next: Next


class Hours(Strict, frozen=True):
    """A page of a site's hours, oldest first; told once, never revised."""

    items: tuple[HoursSummary, ...]
    next: Next


class Annotations(Strict, frozen=True):
    """A page of notes, in the order in which they were written."""

    items: tuple[AnnotationAnswer, ...]
    next: Next


class Facts(Strict, frozen=True):
    """A page of a site's own figures, by week."""

    items: tuple[FactAnswer, ...]
    next: Next


class Devices(Strict, frozen=True):
    """A page of devices, by id."""

    items: tuple[DeviceAnswer, ...]
    next: Next


class Refusal(Strict, frozen=True):
    """What went wrong, in words."""

    error: str
