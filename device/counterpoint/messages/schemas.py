"""Every message and every small file between the two processes, as a strict value.

One rule: a property that is not written here can't be sent, and none has room for a name, a word or an address.
Counts of people and what they did come rounded by `disclosure`; times are UTC, with the zone's name beside them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from counterpoint.errors import MessageError

LARGEST_BYTES: Final = 8192
"""No message needs more: a window is under 2 KB."""

Coarse = Annotated[int, Meta(ge=0, multiple_of=5)]
"""A count rounded to 5, or seconds rounded to 5."""
Percent = Annotated[int, Meta(ge=0, le=100)]
Chance = Annotated[float, Meta(ge=0, le=1)]
Uuid4 = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
Utc = Annotated[datetime, Meta(tz=True)]
Zone = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$")]
Event = Literal["turn", "talk_over", "interruption", "attempt", "transition", "backchannel"]
PublishedAct = Literal[
    "open_question",
    "closed_question",
    "follow_up",
    "clarification",
    "paraphrase",
    "summary",
    "acknowledgement",
    "empathy",
    "promise",
    "call_back",
    "ease",
]
"""The acts that may be published; `rush` and `judgement` stay in practice."""


class Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every value here: frozen, and a property that is not known is an error."""


class PauseBin(Strict, frozen=True):
    """Share of the pauses before the agent's answers that were shorter than `below_s` and in no bin before it.

    `below_s` is None in the last bin. Pauses below 0 s are answers that began early.
    """

    below_s: float | None
    share_percent: Percent


class Sureness(Strict, frozen=True):
    """How sure the detector is, as measured; `source` says on what ("simulation" until real counters are measured)."""

    source: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9 -]{0,31}$")]
    talk_share_error_points: Annotated[float, Meta(ge=0, le=100)]
    overlap_error_ratio: Annotated[float, Meta(ge=0)]
    pause_error_s: Annotated[float, Meta(ge=0)]
    event_recall_ratio: dict[Event, Chance]
    event_precision_ratio: dict[Event, Chance]


class Statistics(Strict, frozen=True):
    """The sums of at least k visits; None where fewer than k visits could say it.

    Counts are rounded to 5, durations to 5 s, shares to whole percent.
    """

    visit_count: Coarse
    left_out_count: Coarse
    visit_s: Coarse
    agent_talk_s: Coarse
    customer_talk_s: Coarse
    overlap_s: Coarse
    silence_s: Coarse
    turn_count: Coarse
    talk_over_count: Coarse
    cut_off_count: Coarse
    agent_backchannel_count: Coarse
    customer_backchannel_count: Coarse
    customer_talk_over_count: Coarse
    cue_count: Coarse
    agent_longest_turn_mean_s: Coarse
    customer_longest_turn_mean_s: Coarse
    opening_let_finish_percent: Percent | None
    opening_taken_after_mean_s: Coarse | None
    pauses: tuple[PauseBin, ...] | None
    act_visits_percent: dict[PublishedAct, Percent] | None
    uncertainty: Sureness


class Window(Strict, frozen=True, tag_field="schema", tag="window.v1"):
    """A run of whole local hours of one device; `statistics` is None when fewer than `fewest_visits` came in it."""

    id: Uuid4
    start_utc: Utc
    end_utc: Utc
    timezone: Zone
    fewest_visits: Annotated[int, Meta(ge=5)]
    fewest_people: Annotated[int, Meta(ge=3, le=5)]
    statistics: Statistics | None


class State(Strict, frozen=True, tag_field="schema", tag="state.v1"):
    """Whether the publisher is there; `lost` is the Last Will."""

    state: Literal["online", "stopped", "lost"]


class Birth(Strict, frozen=True, tag_field="schema", tag="birth.v1"):
    """What this device is and which privacy floors it keeps."""

    version: Annotated[str, Meta(pattern=r"^[0-9A-Za-z.+-]{1,32}$")]
    timezone: Zone
    fewest_visits: Annotated[int, Meta(ge=5)]
    fewest_people: Annotated[int, Meta(ge=0, le=5)]
    """5 for five people and more; below 3 no window is published."""
    health_period_s: Annotated[int, Meta(ge=1)]


class SensorHealth(Strict, frozen=True, tag_field="schema", tag="sensor-health.v1"):
    """The sensor's part of the health, coarse; a file that it replaces in the outbox folder."""

    microphone: Literal["fine", "fault"]
    words: Literal["on", "off", "missing"]
    light: Literal["pins", "terminal", "none"]
    frames_lost_count: Annotated[int, Meta(ge=0, multiple_of=100)]
    disk_free_mb: Annotated[int, Meta(ge=0, multiple_of=100)]


class HealthReport(Strict, frozen=True, tag_field="schema", tag="health.v1"):
    """The state of the device; nothing in it varies with speech or presence, and mute and pause are not in it."""

    sensor: SensorHealth | None
    """None when the sensor has not reported for three periods."""
    waiting_file_count: Annotated[int, Meta(ge=0, multiple_of=10)]
    clock_set: bool
    certificate_left_days: int | None


class ClockStatement(Strict, frozen=True, tag_field="schema", tag="clock.v1"):
    """`inbox/clock.json`: the publisher knows whether the wall clock is set, in this boot of the machine."""

    clock_set: bool
    boot: Annotated[str, Meta(max_length=64)]


class PublisherStatement(Strict, frozen=True, tag_field="schema", tag="publisher.v1"):
    """`inbox/publisher.json`: how the publisher fares, for `doctor`; `trouble` is empty when all is well."""

    connected: bool
    trouble: Annotated[str, Meta(max_length=300)]


Message = Window | State | Birth | HealthReport
_Message = TypeVar("_Message")
Note = SensorHealth | ClockStatement | PublisherStatement

_encoder = msgspec.json.Encoder()
_window = msgspec.json.Decoder(Window)
_state = msgspec.json.Decoder(State)
_birth = msgspec.json.Decoder(Birth)
_health = msgspec.json.Decoder(HealthReport)
_note: msgspec.json.Decoder[Note] = msgspec.json.Decoder(Note)


def encode(value: Message | Note) -> bytes:
    """Return the JSON of a message or of a small file."""
    return _encoder.encode(value)


def decode_window(payload: bytes) -> Window:
    """Return the window that these bytes are; MessageError for anything else, unknown properties included."""
    return _decoded(_window, payload, "a window.v1")


def decode_state(payload: bytes) -> State:
    """Return the state that these bytes are; MessageError for anything else, unknown properties included."""
    return _decoded(_state, payload, "a state.v1")


def decode_birth(payload: bytes) -> Birth:
    """Return the birth that these bytes are; MessageError for anything else, unknown properties included."""
    return _decoded(_birth, payload, "a birth.v1")


def decode_health(payload: bytes) -> HealthReport:
    """Return the health that these bytes are; MessageError for anything else, unknown properties included."""
    return _decoded(_health, payload, "a health.v1")


def decode_note(payload: bytes) -> Note:
    """Return the small file's content; MessageError for anything else, unknown properties included."""
    _check_size(payload)
    try:
        return _note.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"not a statement that we know ({error}): it is ignored") from error


def _decoded(decoder: msgspec.json.Decoder[_Message], payload: bytes, what: str) -> _Message:
    _check_size(payload)
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"not {what} message ({error}): it is left where it is") from error


def _check_size(payload: bytes) -> None:
    if len(payload) > LARGEST_BYTES:
        raise MessageError(f"{len(payload)} bytes are more than the {LARGEST_BYTES} that a message may have")


def schema_name(message: Strict | type[Strict]) -> str:
    """Return the name of the schema of a message or of a kind of message, for example `window.v1`."""
    return str(message.__struct_config__.tag)
