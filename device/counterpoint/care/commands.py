"""Whether a command that came from afar is to be carried out.

One rule: nothing of its body is looked at before the signatures hold, and what is not on the list is refused with the
reason that the fleet is told. Pure: the keys answer through `verify`, the clock comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.care.releases import newer
from counterpoint.errors import MessageError
from counterpoint.messages.commands import decode_command, decode_order

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from counterpoint.care.counters import Counters
    from counterpoint.messages.commands import Asked, Command, Order, Refusal, ReleaseOffer

KEYS_NEEDED: Final[dict[Asked, int]] = {"restart": 1, "roll_back": 1, "update": 2, "forget": 2}
"""What changes the program, or ends the device's service, is asked by two people: one stolen key does neither."""
NEED_A_CLOCK: Final[tuple[Asked, ...]] = ("update", "roll_back", "forget")
"""Without a clock nothing tells an old command that was held back from a new one: `restart` alone does no harm late."""


@dataclass(frozen=True, slots=True)
class Here:
    """What the device knows of itself as it judges a command.

    Attributes:
        device: Its id.
        counters: How far each key has counted.
        version: The release or package that runs.
        arch: Debian's name of its architecture.
        now: The wall clock, None while it is not known to be set.
        in_trial: A release is on trial, or on its way back.
        released: A staged release runs, so that there is something to go back to.
    """

    device: str
    counters: Counters
    version: str
    arch: str
    now: datetime | None
    in_trial: bool = False
    released: bool = False


@dataclass(frozen=True, slots=True)
class Do:
    """Carry it out, once the counters are written down as they are after it."""

    order: Order
    counters: Counters


@dataclass(frozen=True, slots=True)
class Refuse:
    """Leave it, and tell why; `do` is told only of a command that was believed."""

    reason: Refusal
    do: Asked | None = None


def decide(payload: bytes, verify: Callable[[str, str, bytes], bool] | None, here: Here) -> Do | Refuse:
    """Judge the bytes of a command.

    `verify(key, signature, body)` tells whether a key that this device trusts made this signature of these bytes; None
    where the device has no such keys.
    """
    try:
        command = decode_command(payload)
        sealed = command.sealed()
    except MessageError:
        return Refuse("unreadable")
    if verify is None:
        return Refuse("no_keys")
    signed_by = _signers(command, sealed, verify)
    if not signed_by:
        return Refuse("signed_by_others")
    try:
        order = decode_order(sealed)
    except MessageError:
        return Refuse("unreadable")
    fresh = here.counters.fresh(signed_by, order.counter, sealed)
    reason = _objection(order, len(signed_by), len(fresh), here)
    return Refuse(reason, order.do) if reason else Do(order, here.counters.after(signed_by, order.counter, sealed))


def _signers(command: Command, sealed: bytes, verify: Callable[[str, str, bytes], bool]) -> set[str]:
    """The trusted keys behind it; each counts once, however often it signed."""
    return {each.key for each in command.signatures if verify(each.key, each.signature, sealed)}


def _objection(order: Order, signers: int, fresh: int, here: Here) -> Refusal | None:
    """`fresh` of the signers have not counted so far yet: as many as the command needs must be."""
    needed = KEYS_NEEDED[order.do]
    wrong: tuple[tuple[bool, Refusal], ...] = (
        (order.device != here.device, "another_device"),
        (signers < needed, "too_few_keys"),
        (fresh < needed, "replayed"),
        (here.now is None and order.do in NEED_A_CLOCK, "clock"),
        (here.now is not None and here.now > order.not_after, "expired"),
        (here.now is not None and order.not_before is not None and here.now < order.not_before, "too_early"),
        (order.do == "roll_back" and not here.released, "nothing_to_roll_back"),
    )
    reason = next((reason for is_so, reason in wrong if is_so), None)
    return _objection_to_release(order.release, here) if reason is None and order.do == "update" else reason


def _objection_to_release(release: ReleaseOffer | None, here: Here) -> Refusal | None:
    if release is None:
        return "no_release"
    if release.arch != here.arch:
        return "another_architecture"
    if not newer(release.version, here.version):
        return "not_newer"
    return "busy" if here.in_trial else None
