"""Wiring of `counterpoint fleet sign`: what a person plans or signs in, what can be sent out.

One rule: a person sees what a signature is for before it is made, and nothing is sent from here.
"""

from __future__ import annotations

import csv
import getpass
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.care.commands import KEYS_NEEDED
from counterpoint.edge.enrolment_files import SHOWN, write_file
from counterpoint.edge.signatures import key_id
from counterpoint.errors import UsageError
from counterpoint.fleet.release_file import pack_release
from counterpoint.fleet.roll_out import HOUR, PACED, most_an_hour, room_now, turns
from counterpoint.fleet.signing import Planned, SignedStore, make_pair, next_number, open_key, sign_order, sign_too
from counterpoint.messages.commands import Order, ReleaseOffer
from counterpoint.messages.topics import topic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from counterpoint.messages.commands import Asked

COLUMNS: Final = ("id", "site")
GONE: Final = "revoked"
SEND: Final = "send.sh"
YES: Final = ("y", "yes")
SCRIPT: Final = """\
#!/bin/sh
# Sends the commands beside it. Use: sh send.sh -h BROKER -p 8883 --cafile ca.pem --cert operator.pem --key operator.key
# One rule: it stops at the first that the broker does not take; it may be run again, a device takes each number once.
set -eu
here=$(dirname "$0")
"""


@dataclass(frozen=True, slots=True)
class Signer:
    """A person's key file, and how it is opened."""

    key: Path
    passphrase_file: Path | None

    def open(self) -> Ed25519PrivateKey:
        """Return the key; UsageError where it can't be opened."""
        return open_key(self.key, _passphrase(self.passphrase_file, f"passphrase of {self.key}: "))


@dataclass(frozen=True, slots=True)
class PlanOrder:
    """What a person asked to plan.

    Attributes:
        do: What the devices are to do.
        devices: A CSV of the whole fleet.
        only: Ids of those that are meant; empty for all.
        release: With update: what `sign release` wrote.
        url: With update: where devices fetch it.
        days: How long a command is valid from its turn on.
    """

    do: Asked
    devices: Path
    only: tuple[str, ...]
    release: Path | None
    url: str
    days: float


def make_key(name: str, folder: Path, passphrase_file: Path | None) -> int:
    """Make a person's pair of keys; return 0."""
    private, public = make_pair(name, folder, _passphrase(passphrase_file, "a passphrase for the new key: "))
    print(f"{private}: keep it where only you can read it, and never on the broker's machine")
    print(f"{public}: goes to every device, into /etc/counterpoint/command-keys")
    return 0


def make_release(tree: Path, version: str, arch: str, out: Path) -> int:
    """Pack a release; return 0."""
    if not out.is_dir():
        raise UsageError(f"{out} is no folder: make it, or give another --out")
    facts = pack_release(tree, version, arch, out)
    print(f"{facts.with_suffix('.tar')}: put it where devices can fetch it over https")
    print(f"{facts}: give it to `counterpoint fleet sign plan update --release`")
    return 0


def plan(order: PlanOrder, signer: Signer, folder: Path) -> int:
    """Make the commands of a roll-out, sign them once, write them down; return 0."""
    now, store = datetime.now(UTC).replace(microsecond=0), SignedStore(folder)
    planned, fleet = store.all(), _fleet(order.devices)
    meant = {name: site for name, site in fleet.items() if not order.only or name in order.only}
    if unknown := set(order.only) - set(fleet):
        raise UsageError(f"{min(unknown)} is not in {order.devices}: check --only")
    release = _release(order)
    taken = [each.order.not_before or now for each in planned if each.order.do in PACED]
    paced = order.do in PACED
    when = turns(len(meant), len(fleet), taken, now) if paced else (now,) * len(meant)
    key = signer.open()
    for (device, site), turn in zip(sorted(meant.items()), when, strict=True):
        asked = Order(
            device=device,
            counter=next_number(device, planned, now),
            do=order.do,
            not_after=turn + timedelta(days=order.days),
            not_before=turn if paced else None,
            release=release,
        )
        store.keep(Planned(site, len(fleet), sign_order(asked, key)))
    print(_told(order.do, len(meant), when, f"{most_an_hour(len(fleet))} an hour" if paced else "all at once"))
    if KEYS_NEEDED[order.do] > 1:
        print("a second person signs it: counterpoint fleet sign add")
    return 0


def add(signer: Signer, folder: Path, *, yes: bool) -> int:
    """Show what waits for a second signature, and sign it; return 0."""
    store, key = SignedStore(folder), signer.open()
    mine = key_id(key.public_key())
    waiting = [each for each in store.all() if not each.is_signed and mine not in each.signed_by]
    if not waiting:
        print("nothing waits for your signature")
        return 0
    for line in sorted({_meaning(each.order) for each in waiting}):
        print(line)
    print(f"{len(waiting)} commands, for {', '.join(sorted({each.order.device for each in waiting}))}")
    print(_pace([each.order for each in waiting], datetime.now(UTC)))
    if not yes and not _agreed():
        raise UsageError("nothing was signed: answer yes, or give --yes")
    for each in waiting:
        store.keep(msgspec.structs.replace(each, command=sign_too(each.command, key)))
    print(f"{len(waiting)} commands were signed")
    return 0


def due(folder: Path, out: Path) -> int:
    """Write the commands whose turn has come, at the pace of the fleet, and a script that sends them; return 0."""
    now, store = datetime.now(UTC), SignedStore(folder)
    planned = store.all()
    gone = [each.handed_out for each in planned if each.handed_out is not None and each.order.do in PACED]
    out.mkdir(parents=True, exist_ok=True)
    lines = []
    for each in _ready(planned, now):
        if each.order.do in PACED:
            if not room_now(each.fleet, gone, now):
                continue
            gone.append(now)
        lines.append(_lay_out(each, out, now))
        store.keep(msgspec.structs.replace(each, handed_out=now))
    write_file(out / SEND, (SCRIPT + "".join(lines)).encode(), mode=SHOWN)
    late = sum(each.handed_out is None and now > each.order.not_after for each in planned)
    unsigned = sum(not each.is_signed for each in planned)
    print(f"{len(lines)} to send: sh {out / SEND}; {unsigned} wait for a signature, {late} expired: plan those again")
    return 0


def _ready(planned: Sequence[Planned], now: datetime) -> list[Planned]:
    return [
        each
        for each in planned
        if each.handed_out is None and each.is_signed and (each.order.not_before or now) <= now <= each.order.not_after
    ]


def _lay_out(planned: Planned, out: Path, now: datetime) -> str:
    order = planned.order
    name = f"{order.device}-{order.counter}.json"
    write_file(out / name, msgspec.json.encode(planned.command), mode=SHOWN)
    expiry_s = max(1, round((order.not_after - now).total_seconds()))
    where = topic(planned.site, order.device, "cmd")
    return f'mosquitto_pub -V 5 "$@" -q 1 -D publish message-expiry-interval {expiry_s} -t {where} -f "$here/{name}"\n'


def _fleet(path: Path) -> dict[str, str]:
    """The devices of a CSV with their sites, but those that were revoked."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} can't be read ({error}): counterpoint fleet enrolment list --csv writes it"
        ) from error
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise UsageError(f"{path} has no columns id and site: counterpoint fleet enrolment list --csv writes it")
    return {row["id"]: row["site"] for row in rows if row.get("state") != GONE and topic(row["site"], row["id"], "cmd")}


def _release(order: PlanOrder) -> ReleaseOffer | None:
    if order.do != "update":
        if order.release or order.url:
            raise UsageError(f"--release and --url belong to update, not to {order.do}: leave them out")
        return None
    if order.release is None or not order.url:
        raise UsageError("update needs --release and --url: counterpoint fleet sign release makes the one")
    try:
        facts = msgspec.json.decode(order.release.read_bytes(), type=dict[str, str | int])
        return msgspec.convert({**facts, "url": order.url}, ReleaseOffer)
    except OSError as error:
        raise UsageError(f"{order.release} can't be read ({error.strerror}): check --release") from error
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise UsageError(f"{order.release} and --url make no release ({error}): give the .json, and https") from error


def _meaning(order: Order) -> str:
    """What a device will read, for the person who is to sign it too."""
    if order.release is None:
        return f"{order.do}, until {order.not_after:%Y-%m-%d %H:%M} UTC"
    what = order.release
    return f"{order.do} to {what.version} for {what.arch}, SHA-256 {what.sha256}, from {what.url}"


def _pace(orders: Sequence[Order], now: datetime) -> str:
    """How fast it would go by what is signed, whatever the store says beside it."""
    when = sorted(order.not_before or now for order in orders)
    most = max(sum(first <= each < first + HOUR for each in when) for first in when)
    until = max(order.not_after for order in orders)
    return (
        f"the first at {when[0]:%Y-%m-%d %H:%M} UTC, the last at {when[-1]:%Y-%m-%d %H:%M}, at most {most} within an"
        f" hour; valid until {until:%Y-%m-%d %H:%M}"
    )


def _told(do: Asked, count: int, when: Sequence[datetime], pace: str) -> str:
    if not when:
        return "no device is meant: nothing was planned"
    hours = (when[-1] - when[0]) / HOUR
    return (
        f"{do} for {count} devices, {pace}: the first at {when[0]:%Y-%m-%d %H:%M} UTC, the last {hours:.1f} hours later"
    )


def _agreed() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and input("Sign this? [y/N] ").strip().lower() in YES


def _passphrase(path: Path | None, prompt: str) -> bytes:
    if path is not None:
        try:
            read = path.read_bytes().strip(b"\r\n")
        except OSError as error:
            raise UsageError(f"{path} can't be read ({error.strerror}): check --passphrase-file") from error
    elif sys.stdin is not None and sys.stdin.isatty():
        read = getpass.getpass(prompt).encode()
    else:
        raise UsageError("a key has a passphrase, and nobody is here to type it: give --passphrase-file")
    if not read:
        raise UsageError("the passphrase is empty: a key that can change a fleet has one")
    return read
