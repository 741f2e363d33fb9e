"""What the practice page and its server say to each other: every type of it, and nothing else.

One rule: a message that is not exactly one of these is refused with a line of `Trouble`, and the connection closes.

Over HTTP (same origin only, with the cookie that the printed address sets):

    GET /                       page/index.html
    GET /static/NAME            page/NAME (scripts, styles, pictures; folders may be nested)
    GET /roles                  `Offer` as JSON
    GET /audio/ROLE/LINE.ogg    a customer's line, mono
    GET /course, /trainer       the course plan and the trainer's sheet: HTML inside page/document.html

`page/document.html` holds `{{title}}` and `{{body}}` once each.

Over the WebSocket /talk: JSON text frames as below, and the sound as binary frames. A binary frame is a whole number
(1 to 50) of blocks of 20 ms, each 320 frames of int16 little-endian stereo at 16 kHz (1280 bytes): the left channel is
the microphone, the right one the customer's line exactly as it is played, zeros while none is. Sound flows from `Begin`
to `Card`; before and after it is ignored. Its samples are the only clock. With `Offer.at_counter` the page sends none.

    page                                  server
    Begin ──────────────────────────────▶
    ◀────────────────────────────── Say            the customer speaks first
    sound, LineEnded, LineStopped ──────▶
    ◀───────── Voices (5 a second), Light, Stop, Say ...
    End ────────────────────────────────▶          or the role has come to its end
    ◀───────────────────────────── Card
    LastTry ────────────────────────────▶          a card that the person saved and opens; as often as they like
    ◀───────────────────────── Compared
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from counterpoint.values import BLOCK_SAMPLES, CueKind, Side

BLOCK_BYTES: Final = BLOCK_SAMPLES * 2 * 2
"""20 ms of two channels of int16."""
MOST_BLOCKS: Final = 50
"""Blocks in one binary frame: a page that was asleep sends what waited in several."""
TEXT_LIMIT: Final = 256 * 1024
"""Bytes of a text frame: a card of the longest practice has less than half of it."""
TWO_PEOPLE: Final = "two-people"
"""The only role of `Offer.at_counter`: somebody plays the customer."""

Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Text = Annotated[str, Meta(max_length=600)]
Seconds = Annotated[float, Meta(ge=0, le=3600)]
MomentKind = Literal[
    "talked_over",
    "gave_way",
    "heard_out",
    "kept_waiting",
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
    "rush",
    "judgement",
]
"""What a card marks: the first four by who spoke when, the others by what was said."""


class Message(Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """Base of all messages; `do` names which."""


class Begin(Message, frozen=True, tag="begin"):
    """Start a role-play with one skill in mind."""

    role: Id
    skill: Id


class End(Message, frozen=True, tag="end"):
    """The person has had enough: give the card."""


class LineEnded(Message, frozen=True, tag="line_ended"):
    """The line was played to its end."""

    line: Id


class LineStopped(Message, frozen=True, tag="line_stopped"):
    """The line fell silent after `Stop`, `at_s` seconds into its audio."""

    line: Id
    at_s: Seconds


class Say(Message, frozen=True, tag="say"):
    """Play this line from `from_s` seconds into its audio; `text` is what is said, for a caption."""

    line: Id
    audio: str
    text: str
    from_s: float


class Stop(Message, frozen=True, tag="stop"):
    """The customer was talked over: fade the line out within 0.1 s and answer with `LineStopped`."""


class Light(Message, frozen=True, tag="light"):
    """The light at the counter, as it would be."""

    cue: CueKind


class Voices(Message, frozen=True, tag="voices"):
    """Who is heard now; five a second."""

    agent: bool
    customer: bool


class Trouble(Message, frozen=True, tag="trouble"):
    """One line for the person: what is wrong and what to do."""

    text: str


class SpokenSpan(Struct, frozen=True, forbid_unknown_fields=True):
    """Speech of one side on the card's timeline, in seconds since the practice began."""

    by: Side
    from_s: Seconds
    to_s: Seconds


class MarkedMoment(Struct, frozen=True, forbid_unknown_fields=True):
    """Something on the timeline that is worth a look."""

    at_s: Seconds
    kind: MomentKind
    text: Text


class Number(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the skill's three numbers.

    Attributes:
        id: Which number; the same over all tries.
        label: What is counted.
        value: The number, or None where it is not known.
        unit: "", "s" or "%".
        shown: The value in words, as "0.6 s" or "not known".
        aim: What a good one is, in words.
        better: Which way is better; "near" means near the aim.
    """

    id: Id
    label: Text
    value: Annotated[float, Meta(ge=-3600, le=3600)] | None
    unit: Literal["", "s", "%"]
    shown: Text
    aim: Text
    better: Literal["more", "fewer", "near"]


class CardOfOne(Struct, frozen=True, forbid_unknown_fields=True):
    """The private card of one try: what the page shows, and what the person may save as a file.

    Attributes:
        made_by: Always "counterpoint practice 1": how a saved file is known.
        role: Which role, and `role_title` for people.
        skill: Which skill, and `skill_title` for people.
        length_s: Seconds from begin to end.
        words_known: A speech model listened; without it, and after speech that was not understood, acts are unknown.
        spans: Who spoke when, by onset.
        moments: What is marked, by time.
        numbers: The skill's three.
        went_well: One thing that went well.
        try_next: One thing to try.
    """

    made_by: Literal["counterpoint practice 1"]
    role: Id
    role_title: Text
    skill: Id
    skill_title: Text
    length_s: Seconds
    words_known: bool
    spans: Annotated[tuple[SpokenSpan, ...], Meta(max_length=1500)]
    moments: Annotated[tuple[MarkedMoment, ...], Meta(max_length=500)]
    numbers: Annotated[tuple[Number, ...], Meta(min_length=3, max_length=3)]
    went_well: Text
    try_next: Text


class Card(Message, frozen=True, tag="card"):
    """The practice is over."""

    card: CardOfOne


class LastTry(Message, frozen=True, tag="last_try"):
    """A card from a file that the person opened, beside the card just given."""

    card: CardOfOne


class Change(Struct, frozen=True):
    """One number then and now."""

    label: str
    then: str
    now: str
    change: Literal["better", "same", "worse", "unknown"]
    text: str


class Compared(Message, frozen=True, tag="compared"):
    """The last try beside this one: a line a number, and one sentence on all."""

    changes: tuple[Change, ...]
    text: str


class SkillOffered(Struct, frozen=True):
    """A skill to choose: `how` is one sentence to keep in mind, `needs_words` that its numbers need a speech model."""

    id: str
    title: str
    how: str
    needs_words: bool


class RoleOffered(Struct, frozen=True):
    """A role to choose: what the agent may know before the customer speaks."""

    id: str
    title: str
    situation: str


class Offer(Struct, frozen=True):
    """What can be practised here: roles, skills, whether a speech model listens, and whose microphones."""

    roles: tuple[RoleOffered, ...]
    skills: tuple[SkillOffered, ...]
    words: bool
    at_counter: bool


FromPage = Begin | End | LineEnded | LineStopped | LastTry
ToPage = Say | Stop | Light | Voices | Card | Compared | Trouble

_from_page: Final[msgspec.json.Decoder[FromPage]] = msgspec.json.Decoder(FromPage)
_to_page: Final = msgspec.json.Encoder()


def read_message(text: str | bytes) -> FromPage:
    """The message that the page sent.

    Raises:
        msgspec.MsgspecError: It is none of them.
    """
    return _from_page.decode(text)


def write_message(message: ToPage | Offer) -> str:
    """The message as the JSON text that the page reads."""
    return _to_page.encode(message).decode()
