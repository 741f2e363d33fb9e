"""What `doctor` makes of the way to the broker: the certificate's days, what may be published, what must be refused.

One rule: as in checks.py, a judge takes values and returns a Check, and whatever is not fine has a remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from counterpoint.care.checks import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

SOON_DAYS: Final = 14  # renewal begins at two thirds of a certificate's life: so few days left say that it fails
REFUSED_FROM: Final = 0x80  # MQTT 5: reason codes from here on are refusals
CLOSED: Final = 0x100  # no reason code of MQTT's: the broker closed the line over it
Whose = Literal["own", "foreign"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One topic that was asked for: whose it is, what it is called, and the broker's reason code (CLOSED: none)."""

    whose: Whose
    name: str
    code: int

    @property
    def is_refused(self) -> bool:
        """The broker did not take it."""
        return self.code >= REFUSED_FROM


def judge_certificate(days: int, name: str) -> Check:
    """How long the device's certificate is good for."""
    if days < 0:
        remedy = "counterpoint enrol renews it, if the clock is right; else enrol the device anew"
        return Check("certificate", "fail", f"of {name}, ended {-days} days ago", remedy)
    if days <= SOON_DAYS:
        remedy = "it should have been renewed by now: see journalctl -u counterpoint-enrol.service"
        return Check("certificate", "warn", f"of {name}, {days} days left", remedy)
    return Check("certificate", "ok", f"of {name}, {days} days left")


def judge_trust(what: str, remedy: str, authority: str) -> Check:
    """The broker's certificate is not of the authority of the settings; `authority` is that one's name, "" unknown."""
    ours = f"broker.ca_file is of {authority!r}" if authority else "broker.ca_file has no name to compare it with"
    return Check("broker", "fail", f"{what}; {ours}", remedy)


def judge_rights(asked: Sequence[Asked], overheard: int) -> list[Check]:
    """Whether the broker lets the device publish where it must, and nowhere else; `overheard`: others' topics read."""
    shut = [one for one in asked if one.whose == "own" and one.is_refused]
    own = [one.name for one in asked if one.whose == "own"]
    if shut:
        named = ", ".join(f"{one.name} ({_code(one)})" for one in shut)
        remedy = "check site.code, and that the broker has this device's rules: counterpoint fleet enrolment broker"
        topics = Check("topics", "fail", f"the broker refuses {named}", remedy)
    else:
        topics = Check("topics", "ok", f"may publish {', '.join(own)}")
    leaks = [one.name for one in asked if one.whose == "foreign" and not one.is_refused]
    if overheard:
        leaks.append(f"reading {overheard} other devices")
    if leaks:
        remedy = "give each device its own rule: counterpoint fleet enrolment broker writes them"
        return [topics, Check("fences", "fail", f"the broker allows {', '.join(leaks)}", remedy)]
    return [topics, Check("fences", "ok", "refused as any other device, site, command or summary")]


def _code(one: Asked) -> str:
    return "line closed" if one.code == CLOSED else f"0x{one.code:02x}"
