"""Whether a device gets a certificate, and what is an alarm; it decides and touches nothing.

One rule: a token brings one certificate to one key; what a second key does with it, or what a second device does with a
key or a certificate, is refused and raises an alarm, since one of the two is a copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

State = Literal["waits", "approved", "enrolled", "late", "late, approved", "revoked"]


WRITTEN: Final = re.compile(r"(?P<name>.*) \[(?P<account>[^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts: the name that a person gives, and the account that the system knows, "" as older stores have it.

    The name is what people read; whether two are one person goes by either.
    """

    name: str
    account: str

    @classmethod
    def read(cls, written: str) -> Operator:
        """Return who was written down."""
        found = WRITTEN.fullmatch(written)
        return cls(found["name"], found["account"]) if found else cls(written, "")

    def written(self) -> str:
        """Return it as it is kept."""
        return f"{self.name} [{self.account}]" if self.account else self.name

    def is_same(self, other: Operator) -> bool:
        """Tell whether both may be one person."""
        return self.name == other.name or bool(self.account and self.account == other.account)


class Answer(Enum):
    """What a device is told."""

    ADMIT = "waits for approval from now on"
    WAIT = "still waits for approval"
    SIGN = "gets a new certificate"
    REPEAT = "gets the last certificate again: the answer was lost"
    REFUSE = "is refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, the reason of a refusal as the device's log will say it, and the alarm, "" for none."""

    answer: Answer
    reason: str = ""
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A one-time token as it is stored.

    Attributes:
        digest: SHA-256 of it, in hex; the token itself is nowhere.
        asset_tag: Which machine it is for.
        site: At which site that machine stands.
        made_by: The operator who made it, as `Operator.written`.
        expires: Until when a device may come with it for the first time.
    """

    digest: str
    asset_tag: str
    site: str
    made_by: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """A device as it is stored.

    Attributes:
        id: Its random id, the common name of its certificates.
        asset_tag: Which machine it is; known here and nowhere else.
        site: Its site's code, second level of its topics.
        made_by: The operator who made its token, and may not approve it.
        key: Fingerprint of the key that it enrolled with.
        state: Where it stands.
        asked: When it first came.
    """

    id: str
    asset_tag: str
    site: str
    made_by: str
    key: str
    state: State
    asked: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that was given out.

    Attributes:
        serial: Serial number, in hex.
        device: Whose it is.
        key: Fingerprint of its key.
        pem: The certificate itself.
        ends: End of its life.
        successor: Serial number of the one that renewed it, "" while it is the last one.
    """

    serial: str
    device: str
    key: str
    pem: str
    ends: datetime
    successor: str


def judge_enrolment(
    token: Token | None, holder: Device | None, known: Device | None, key: str, now: datetime
) -> Verdict:
    """Judge a request with a token; `holder` is the device that came with it first, `known` one that has this key."""
    if token is None:
        return _refuse("this token is unknown: copy it whole, or make a new one")
    if holder is None:
        return _judge_first_use(token, known, now)
    if holder.key != key:
        return _refuse(
            "this token was used by another device: look at the fleet's alarms, and make a new one",
            f"one token, two devices: the token of {token.asset_tag} came again with another key",
        )
    if holder.state == "revoked":
        return _refuse("this device is revoked: enrol it anew with a new token")
    if holder.state == "waits":
        return Verdict(Answer.WAIT)
    return Verdict(Answer.SIGN if holder.state == "approved" else Answer.REPEAT)


def _judge_first_use(token: Token, known: Device | None, now: datetime) -> Verdict:
    if now >= token.expires:
        return _refuse(f"this token ended on {token.expires:%Y-%m-%d}: make a new one")
    if known is not None:
        return _refuse(
            "this key has enrolled before: a device makes a key of its own, an image must hold none",
            f"one key, two devices: {token.asset_tag} came with the key of {known.asset_tag} ({known.id})",
        )
    return Verdict(Answer.ADMIT)


def judge_renewal(
    device: Device | None, shown: Certificate | None, successor: Certificate | None, known: Device | None, key: str
) -> Verdict:
    """Judge a request that came with a valid certificate; `successor` has renewed it, `known` has the new key."""
    if device is None or shown is None:
        return _refuse("this certificate is not one of this fleet's devices")
    if device.state == "revoked":
        return _refuse("this device is revoked: enrol it anew with a new token")
    if successor is not None:
        if successor.key == key:
            return Verdict(Answer.REPEAT)
        return _refuse(
            "this certificate was renewed before, by another key: look at the fleet's alarms",
            f"one certificate, two devices: {device.asset_tag} ({device.id}) renewed {shown.serial} a second time",
        )
    if known is not None:
        return _refuse(
            "this key is known: each renewal brings a new one",
            f"one key, two devices: {device.asset_tag} ({device.id}) came with a key of {known.asset_tag}",
        )
    return Verdict(Answer.SIGN)


def judge_late(device: Device | None, last: Certificate | None, key: str, now: datetime) -> Verdict:
    """Judge a request that only a known key has signed; `last` is the device's last certificate."""
    if device is None or last is None:
        return _refuse("this key is unknown here: enrol the device with a token")
    if device.state == "revoked":
        return _refuse("this device is revoked: enrol it anew with a new token")
    if last.key != key:
        return _refuse(
            "this key was replaced by a renewal: look at the fleet's alarms",
            f"an old key: {device.asset_tag} ({device.id}) came with a key that a renewal had replaced",
        )
    if now < last.ends:
        return Verdict(Answer.REPEAT)
    return Verdict(Answer.SIGN if device.state == "late, approved" else Answer.WAIT)


def judge_approval(device: Device, by: Operator) -> str:
    """Return why this operator can't approve this device, "" when all is well."""
    if device.state not in {"waits", "late"}:
        return f"{device.asset_tag} ({device.id}) does not wait for an approval: it is {device.state}"
    maker = Operator.read(device.made_by)
    if not maker.is_same(by):
        return ""
    made = f"{device.asset_tag} ({device.id}): {maker.name} made its token"
    if maker.name == by.name:
        return f"{made}, and another person has to approve it"
    return f"{made} from the same account, {by.account}: another person has to approve it, from an account of their own"


def _refuse(reason: str, alarm: str = "") -> Verdict:
    return Verdict(Answer.REFUSE, reason, alarm)
