"""The typed values that the store takes and gives.

One rule: frozen, with units, and never a row of the database. Times are seconds since 1970, UTC, in `..._s`; days and
weeks are ISO 8601 text ("2026-11-23", "2026-W48") of the site's own calendar.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.messages.commands import Reply
    from counterpoint.messages.schemas import Birth, HealthReport, State, Window

StateWord = Literal["online", "stopped", "lost", "unknown"]


@dataclass(frozen=True, slots=True)
class SiteName:
    """What a list of thousands of sites needs of each: its code, name and last told ISO week, as in `Site`."""

    code: str
    name: str
    told_until: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """A service point.

    Attributes:
        code: As in topics; `all` is no site of this list.
        name: As people call it; the code until somebody names it.
        timezone: IANA name.
        counter_count: Devices of the site that were heard of.
        people: How many people take turns at its counters, at least: the smallest that its devices say; 5 is "5 or
            more", 0 unknown.
        told_until: The last ISO week that was told, None before the first.
        closed_until: The last ISO week that was looked at: its windows may wait for those of the next weeks.
    """

    code: str
    name: str
    timezone: str
    counter_count: int
    people: int
    told_until: str | None = None
    closed_until: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of a device that no window tells; `is_off` when it is whole weeks, in which the device was off."""

    from_s: int
    until_s: int
    is_off: bool


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device as IT sees it: nothing here varies with speech or presence.

    Attributes:
        id: The common name of its certificate.
        site: Code of its site.
        label: IT's own name for it, such as an asset tag; "" while it has none.
        first_seen_s: When the first message came.
        last_seen_s: When the last message came that it sends whatever happens at its counter: no window (that would
            tell when customers came), and no Last Will, which is the broker's.
        state: The last state message.
        state_s: When it came, 0 before the first.
        birth: The last birth message.
        health: The last health message, and when it came (0: never).
        gaps: Times that no window tells, oldest first.
        told_until_s: End of the last window, None before the first.
        apart_count: Messages of it that are kept apart.
        late_count: Windows that came after their week was told.
        quarantined: Its windows are kept apart.
        reply: Its last reply to a command.
    """

    id: str
    site: str
    label: str
    first_seen_s: int
    last_seen_s: int
    state: StateWord
    state_s: int
    birth: Birth | None
    health: HealthReport | None
    health_s: int
    gaps: tuple[Gap, ...]
    told_until_s: int | None
    apart_count: int
    late_count: int
    quarantined: bool
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A window that may go into the store: who sent it and when it came."""

    site: str
    device: str
    window: Window
    received_s: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Another message of a device: what it says of itself."""

    site: str
    device: str
    message: State | Birth | HealthReport | Reply
    received_s: int
    retained: bool = False
    """The broker kept it for us: it says nothing of when the device was last seen."""


@dataclass(frozen=True, slots=True)
class KeptApart:
    """A message that is kept and not used, with the reason; site and device are "" where the topic names none."""

    site: str
    device: str
    topic: str
    payload: bytes
    reason: str
    received_s: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a batch of windows.

    Attributes:
        new: Taken for the first time.
        again: Had been taken before: counted once.
        late: Of the new ones, those whose week was told already: they stay out of every figure.
        apart: Kept apart, because they overlap an earlier window of the device or use its id.
    """

    new: int = 0
    again: int = 0
    late: int = 0
    apart: int = 0


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What a message of a device is judged against."""

    site: str
    quarantined: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What a batch of messages is judged against: devices by id, and sites' zones by code ("" not known yet)."""

    devices: Mapping[str, KnownDevice]
    zones: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something that changed at a site on a day; `id` is 0 before it is kept. Site `all` is every site."""

    site: str
    day: str
    text: str
    by: str
    made_s: int
    id: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the site's own figures for a week: `kind` is a word such as visitors, waiting_s, satisfaction."""

    site: str
    week: str
    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class Told:
    """What the privacy page says of the filter, over all sites.

    Attributes:
        last_week: The last week that every site has told; None before that.
        merged: Hours cells that were told together with others.
        dropped: Windows that were left out because too little could be told.
        late: Windows that came after their week was told.
        rejected: Messages kept apart.
    """

    last_week: str | None
    merged: int
    dropped: int
    late: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in; `sites` None means every site. The hash is Argon2id's own text, "" for none yet."""

    name: str
    password_hash: str
    roles: frozenset[str]
    sites: frozenset[str] | None
    is_shut: bool = False
    language: str = ""
    made_s: int = 0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session: `digest` is the SHA-256 (hex) of the cookie's token, which is kept nowhere."""

    digest: str
    account: str
    made_s: int
    seen_s: int
    ends_s: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link to set a password: `digest` as with a session."""

    digest: str
    account: str
    ends_s: int


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program's key to the read-only API, for an account: `digest` as with a session; `used_day` "" is never."""

    digest: str
    account: str
    name: str
    scopes: frozenset[str]
    made_s: int
    ends_s: int
    used_day: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what, when; `about` is what it was done to."""

    at_s: int
    who: str
    what: str
    about: str = ""
    id: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ServiceTrouble:
    """Something that the service can't do now, for IT.

    Attributes:
        kind: closing (a site's weeks are not told), tidying (what is old is not deleted), clock (ours runs ahead).
        site: The site's code, "" where it is nobody's.
        since_s: When it began, by our clock.
        last_s: When it was last tried.
        times: How often it was tried.
        detail: Why, in a few words; for `clock` the whole days that it runs ahead.
    """

    kind: str
    site: str
    since_s: int
    last_s: int
    times: int
    detail: str
