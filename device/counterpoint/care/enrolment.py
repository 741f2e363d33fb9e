"""What a device's enrolment needs next, from what was found on its disk; it decides and touches nothing.

One rule: there is exactly one next step whatever was found, also after a power cut between any two writes, and no step
throws a working identity away: a new key stays beside the old one until its certificate is here.

    token new        ┌────────┐ certificate   ┌────────┐  2/3 of life   ┌───────┐
    ───────────────▶ │ ENROL  │ ────────────▶ │ NOTHING│ ─────────────▶ │ RENEW │ ──▶ NOTHING
                     └────────┘               └────────┘  expired       ├───────┤
                                                         ─────────────▶ │ LATE  │ ──▶ NOTHING (after approval)
                                                                        └───────┘
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

LIFE_BEFORE_RENEWAL: Final = 2 / 3
"""A third of the life is left for a fleet that is away, and for people who are."""
FIRST_WAIT_S: Final = 5.0
LONGEST_WAIT_S: Final = 200.0
"""Spread, it is five minutes at most until an approval is taken up. Three hundred ask 1.5 times a second together."""
SPREAD: Final = 0.5
"""A wait is drawn from this share below to this share above: a hall that gets its power back does not ask at once."""


BY_BOOT_FILE: Final = "token "
ON_A_STICK: Final = "request on a stick"
"""The purpose of a key whose request goes to the company's own authority."""


class Step(Enum):
    """What to do next."""

    NOTHING = "nothing"
    NO_TOKEN = "no certificate and no token"  # noqa: S105 - words, not a secret
    ENROL = "enrol"
    FINISH = "take up the key that the certificate is for"
    RENEW = "renew"
    RENEW_LATE = "renew after the end"


@dataclass(frozen=True, slots=True)
class Seen:
    """A certificate on the disk.

    Attributes:
        key: Fingerprint of the key that it is for.
        serial: Serial number.
        begins: Start of its life.
        ends: End of its life.
    """

    key: str
    serial: int
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """All that decides, as found on the disk.

    Attributes:
        certificate: The certificate, None for none or one that can't be read.
        key: Fingerprint of the key in use, None for none.
        next_key: Fingerprint of the key that waits for its certificate, None for none.
        purpose: What the waiting key was last made for; "" for nothing yet.
        spent: What the last token was for that brought a certificate, "" for none.
        token: Name of the token on the boot partition (`purpose_of_token`), None for none.
    """

    certificate: Seen | None = None
    key: str | None = None
    next_key: str | None = None
    purpose: str = ""
    spent: str = ""
    token: str | None = None


def purpose_of_token(digest: str) -> str:
    """What a key made for a token is for; `digest` is the token's SHA-256, so that no file repeats the token."""
    return BY_BOOT_FILE + digest


def purpose_of_renewal(serial: int) -> str:
    """What a key made to renew one certificate is for."""
    return f"renewal {serial:x}"


def next_step(found: Found, now: datetime | None) -> Step:
    """Decide; `now` is None while the clock is not set, and then no end of a life is judged."""
    certificate = found.certificate
    if certificate is not None and certificate.key == found.next_key:
        return Step.FINISH
    if found.token is not None and not token_is_spent(found):
        return Step.ENROL
    if not is_enrolled(found) or certificate is None:
        return Step.NO_TOKEN
    if now is None or now < renewal_due(certificate):
        return Step.NOTHING
    return Step.RENEW if now < certificate.ends else Step.RENEW_LATE


def is_enrolled(found: Found) -> bool:
    """Tell whether the certificate belongs to the key in use, or to the one that is about to be."""
    return found.certificate is not None and found.certificate.key in {found.key, found.next_key}


def token_is_spent(found: Found) -> bool:
    """Tell whether the token on the boot partition has brought a certificate: it is worth nothing any more."""
    return found.token is not None and found.token in {found.spent, spent_after(found)}


def spent_after(found: Found) -> str:
    """What to remember as spent when the waiting key is made for something else."""
    brought = is_enrolled(found) and found.next_key is None and found.purpose.startswith(BY_BOOT_FILE)
    return found.purpose if brought else found.spent


def renewal_due(certificate: Seen) -> datetime:
    """Return when to begin with renewal."""
    return certificate.begins + (certificate.ends - certificate.begins) * LIFE_BEFORE_RENEWAL


def waits_s(shares: Iterator[float]) -> Iterator[float]:
    """Yield how long to wait before each next question, in seconds; `shares` are random numbers in [0, 1)."""
    wait_s = FIRST_WAIT_S
    for share in shares:
        yield wait_s * (1 - SPREAD + 2 * SPREAD * share)
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)
