"""Every setting of the fleet's server, with its unit, range, default and reason.

One rule: one TOML file, everything has a default, and what the filter tells is decided in `disclosure`, not here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from counterpoint.disclosure.sites import SiteRules
from counterpoint.settings import BrokerSettings, Code, NetworkSettings, Rules

Listen = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:\[\]-]{1,255}:\d{1,5}$")]


class StoreSettings(Rules, frozen=True):
    """Where the store is."""

    where: str = "/var/lib/counterpoint-fleet/fleet.db"
    """A path (SQLite), or postgresql://user@host/name; a password belongs into libpq's ~/.pgpass."""


class PageSettings(Rules, frozen=True):
    """Where people reach the pages."""

    listen: Listen = "127.0.0.1:8080"
    """Address and port; TLS is the proxy's before it."""
    public: Annotated[str, Meta(pattern=r"^(https?://[A-Za-z0-9.:\[\]-]{1,255})?$")] = ""
    """What people type, as in https://counters.example.org; empty: http and the address listened to."""


class CollectorSettings(Rules, frozen=True):
    """How messages come from the broker into the store."""

    group: Code = "fleet"
    """Collectors of one group share the windows among them: each window goes to one of them."""
    accept: Literal["all", "known"] = "all"
    """known: what comes from a device that is not in the store is kept apart until `fleet store accept` names it."""
    batch_messages: Annotated[int, Meta(ge=1, le=5000)] = 400
    """Messages in one commit at most; the broker sends no more before they are acknowledged."""
    batch_ms: Annotated[int, Meta(ge=0, le=1000)] = 25
    """How long a message waits for others that go into the same commit."""


class ClosingSettings(Rules, frozen=True):
    """When a week is told."""

    wait_hours: Annotated[int, Meta(ge=1, le=720)] = 72
    """After the week's end, in the site's own zone; what comes later is counted as late and stays out."""


class KeepingSettings(Rules, frozen=True):
    """How long things are kept."""

    window_weeks: Annotated[int, Meta(ge=1, le=520)] = 4
    """Windows of a block of twelve weeks that is told, after their own week; nobody reads them then."""
    summary_weeks: Annotated[int, Meta(ge=52, le=1040)] = 109
    """Thirteen months, and a year before to compare with. What stands must be known for a year, or it is told anew."""
    apart_days: Annotated[int, Meta(ge=1, le=3650)] = 60
    """Messages kept apart, after they last came."""
    audit_days: Annotated[int, Meta(ge=30, le=3650)] = 400
    """The log of who did what."""


class FleetSettings(Rules, frozen=True):
    """The whole tree."""

    store: StoreSettings = StoreSettings()
    page: PageSettings = PageSettings()
    broker: BrokerSettings = BrokerSettings()
    """host empty: nothing is collected."""
    telling: BrokerSettings = BrokerSettings()
    """Where summaries are told to, with a certificate of its own; host empty: nowhere."""
    network: NetworkSettings = NetworkSettings()
    collector: CollectorSettings = CollectorSettings()
    closing: ClosingSettings = ClosingSettings()
    rules: SiteRules = SiteRules()
    """When a site's numbers can be told; the floors are hard."""
    keeping: KeepingSettings = KeepingSettings()
