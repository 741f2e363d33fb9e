"""Every table of the store, whoever fills it.

One rule: what is not here is not kept. Times are whole seconds since 1970, UTC (`..._s`); messages are kept as the
JSON that their value makes. A change here needs a revision in `migrations/versions` (a test compares the two).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

metadata: Final = MetaData()
CODE: Final = 36
"""Longest code of a topic level."""


def _code(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, String(CODE), primary_key=key, nullable=False)


def _seconds(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)


def _zero(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _number() -> Column[int]:
    """A row's own number; SQLite counts only INTEGER up by itself."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


# Sites and devices.
site: Final = Table(
    "site",
    metadata,
    _code("code", key=True),
    Column("name", Text, nullable=False),
    Column("timezone", String(64), nullable=False),  # "" until a device says it
    Column("told_until", String(8)),  # the last ISO week that was told
    _zero("told_until_s"),  # its end: a window that ends before is late
    Column("closed_until", String(8)),  # the last week that was looked at: its windows may wait for more
)
device: Final = Table(
    "device",
    metadata,
    _code("id", key=True),
    Column("site", String(CODE), ForeignKey("site.code"), nullable=False, index=True),
    Column("label", Text, nullable=False, server_default=""),
    _seconds("first_seen_s"),
    _zero("last_seen_s"),
    Column("state", String(16), nullable=False, server_default="unknown"),
    _zero("state_s"),
    Column("birth", LargeBinary),
    Column("health", LargeBinary),
    _zero("health_s"),
    Column("reply", LargeBinary),
    Column("fewest_people", Integer, nullable=False, server_default=text("0")),  # as its birth says; 0 unknown
    Column("known_from_s", BigInteger),  # start of the first window
    Column("told_until_s", BigInteger),  # end of the last
    _zero("apart_count"),
    _zero("late_count"),
    Column("quarantined", Boolean, nullable=False, server_default=false()),
)
gap: Final = Table(
    "gap",
    metadata,
    Column("device", String(CODE), ForeignKey("device.id", ondelete="CASCADE"), primary_key=True, nullable=False),
    _seconds("from_s", key=True),
    _seconds("until_s"),
    Column("is_off", Boolean, nullable=False),
)

# Windows: never read by a reader.
window: Final = Table(
    "device_window",  # WINDOW is a word of SQL
    metadata,
    Column("id", String(CODE), primary_key=True, nullable=False),
    _seconds("start_s", key=True),  # in the key, because the months are parts
    _seconds("end_s"),
    _code("site"),
    _code("device"),
    Column("late", Boolean, nullable=False),  # its week was told before it came
    Column("message", LargeBinary, nullable=False),
    Index("device_window_device", "device", "start_s", unique=True),
    Index("device_window_site", "site", "start_s"),
    postgresql_partition_by="RANGE (start_s)",
)
pooled_week: Final = Table(
    "pooled_week",  # sums of every site's windows, until `all` is told past them; the newest says how far that came
    metadata,
    Column("week", String(8), primary_key=True),
    Column("message", LargeBinary, nullable=False),
)
apart: Final = Table(
    "apart",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of topic and payload: the same again is counted
    Column("site", String(CODE), nullable=False),
    Column("device", String(CODE), nullable=False, index=True),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    _seconds("first_s"),
    Column("last_s", BigInteger, nullable=False, index=True),
    Column("times", BigInteger, nullable=False),
)
tally: Final = Table(
    "tally",  # what was left out and why (merged, dropped, rejected), for the privacy page
    metadata,
    _code("site", key=True),
    Column("kind", String(16), primary_key=True, nullable=False),
    Column("amount", BigInteger, nullable=False),
)

# What readers see.
summary: Final = Table(
    "summary",
    metadata,
    Column("kind", String(8), primary_key=True),  # period, hours
    _code("site", key=True),
    Column("first_week", String(8), primary_key=True),
    Column("last_week", String(8), nullable=False),
    _seconds("told_s"),
    Column("message", LargeBinary, nullable=False),
    Index("summary_weeks", "kind", "first_week", "site"),
)
retained: Final = Table(
    "retained",  # topics that telling has left on the broker: cleared there when their summary goes
    metadata,
    Column("topic", String(128), primary_key=True),
)
annotation: Final = Table(
    "annotation",
    metadata,
    _number(),
    Column("site", String(CODE), nullable=False),
    Column("day", String(10), nullable=False),
    Column("week", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    _seconds("made_s"),
    Index("annotation_site", "site", "week"),
)
fact: Final = Table(
    "fact",
    metadata,
    _code("site", key=True),
    Column("week", String(8), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("value", Float, nullable=False),
)

# Who may look.
account: Final = Table(
    "account",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("roles", Text, nullable=False),  # words, a blank between
    Column("every_site", Boolean, nullable=False),
    Column("is_shut", Boolean, nullable=False),
    Column("language", String(8), nullable=False),
    _seconds("made_s"),
)


def _of_account() -> ForeignKey:
    return ForeignKey("account.name", ondelete="CASCADE")


account_site: Final = Table(
    "account_site",
    metadata,
    Column("account", String(64), _of_account(), primary_key=True),
    _code("site", key=True),
)
session: Final = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(64), _of_account(), nullable=False, index=True),
    _seconds("made_s"),
    _seconds("seen_s"),
    Column("ends_s", BigInteger, nullable=False, index=True),
)
invitation: Final = Table(
    "invitation",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(64), _of_account(), nullable=False, index=True),
    _seconds("ends_s"),
)
api_token: Final = Table(
    "api_token",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(64), _of_account(), nullable=False, index=True),
    Column("name", String(64), nullable=False),  # what its maker calls it
    Column("scopes", Text, nullable=False),  # words, a blank between
    _seconds("made_s"),
    Column("used_day", String(10), nullable=False),  # "" for never; no finer than a day
    _seconds("ends_s"),
)
audit: Final = Table(
    "audit",
    metadata,
    _number(),
    Column("at_s", BigInteger, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),
)

# What the service knows of itself.
reached: Final = Table(
    "reached",  # one row: how far time has come, as far as it was believed
    metadata,
    Column("name", String(16), primary_key=True),
    _seconds("at_s"),
)
trouble: Final = Table(
    "trouble",  # what the service can't do now, for IT; a row goes when it can again
    metadata,
    Column("kind", String(16), primary_key=True, nullable=False),
    _code("site", key=True),  # "" where it is nobody's
    _seconds("since_s"),
    _seconds("last_s"),
    Column("times", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
)
