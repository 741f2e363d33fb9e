"""What readers get to see: the numbers of a site over whole weeks, made once and never revised.

One rule: the same strict value is kept in the store, retained on the broker, drawn by the pages and written by the
exports; a reader's property that is not here can't be shown. A summary rests on published windows alone.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from counterpoint.errors import MessageError
from counterpoint.messages.schemas import Coarse, PauseBin, Percent, PublishedAct, Strict, Sureness, Zone

LARGEST_SUMMARY_BYTES: Final = 65_536
"""Hours of a site are at most 28 cells of half a kilobyte."""

SiteCode = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,35}$")]
Week = Annotated[str, Meta(pattern=r"^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$")]
"""An ISO 8601 week of the site's own calendar."""
Weekday = Annotated[int, Meta(ge=1, le=7)]
"""1 is Monday, as in ISO 8601."""
PartOfDay = Literal["morning", "midday", "afternoon", "evening"]
"""By the local hour: before 11, 11 to 14, 14 to 17, from 17 on."""


class Figure(Strict, frozen=True):
    """A number with its interval of 95 %, and how much lies behind it (visits, or minutes of customers' speech)."""

    value: float
    low: float
    high: float
    base: Annotated[int, Meta(ge=0)]


class FiveNumbers(Strict, frozen=True):
    """The five numbers; a figure is None where too few visits could say it."""

    visit_count: Coarse
    left_out_count: Coarse
    openings_let_finish_percent: Figure | None
    talk_overs_per_100_min: Figure | None
    cut_offs_per_100_min: Figure | None
    customer_talk_percent: Figure | None
    pauses: tuple[PauseBin, ...] | None
    quick_answers_percent: Figure | None = None
    """Share of the pauses shorter than 0.25 s: answers that began early, or at once."""


class PeriodSummary(Strict, frozen=True, tag_field="schema", tag="summary.v1"):
    """A site over a run of whole weeks; runs never overlap. `numbers` is None where too little can be told."""

    site: SiteCode
    first_week: Week
    weeks: Annotated[int, Meta(ge=1, le=53)]
    timezone: Zone
    counter_count: Annotated[int, Meta(ge=0)]
    fewest_visits: Annotated[int, Meta(ge=5)]
    fewest_people: Annotated[int, Meta(ge=3)]
    numbers: FiveNumbers | None
    act_visits_percent: dict[PublishedAct, Percent] | None
    uncertainty: Sureness | None
    held_since: Week | None = None
    """The numbers are those of the run that began then, and have not moved by more than one person could move them
    since; the counts of visits are this run's own. None: told anew."""


class HoursCell(Strict, frozen=True):
    """Some weekdays by some parts of the day; merged cells name several. None where too little can be told."""

    weekdays: tuple[Weekday, ...]
    parts: tuple[PartOfDay, ...]
    numbers: FiveNumbers | None


class HoursSummary(Strict, frozen=True, tag_field="schema", tag="hours-summary.v1"):
    """When it is hard: cells that tile the week, pooled over at least four weeks."""

    site: SiteCode
    first_week: Week
    weeks: Annotated[int, Meta(ge=4, le=53)]
    timezone: Zone
    fewest_visits: Annotated[int, Meta(ge=5)]
    fewest_people: Annotated[int, Meta(ge=3)]
    cells: tuple[HoursCell, ...]


Summary = PeriodSummary | HoursSummary
_encoder = msgspec.json.Encoder()
_summary: msgspec.json.Decoder[Summary] = msgspec.json.Decoder(Summary)


def encode_summary(summary: Summary) -> bytes:
    """Return the JSON of a summary."""
    return _encoder.encode(summary)


def decode_summary(payload: bytes) -> Summary:
    """Return the summary that these bytes are; MessageError for anything else, unknown properties included."""
    if len(payload) > LARGEST_SUMMARY_BYTES:
        raise MessageError(f"{len(payload)} bytes are more than the {LARGEST_SUMMARY_BYTES} of a summary")
    try:
        return _summary.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"not a summary that we know ({error}): it is refused") from error
