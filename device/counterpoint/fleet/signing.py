"""Signed commands before they are sent: people's keys, what each planned, and what was handed out when.

One rule: a signature is of the body that a device will read, and who adds the second one is shown that body and nothing
else that was noted beside it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime  # noqa: TC003 - msgspec reads it as it runs
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from counterpoint.care.commands import KEYS_NEEDED
from counterpoint.edge.enrolment_files import CLOSED, SHOWN, write_file
from counterpoint.edge.signatures import key_id
from counterpoint.errors import StorageError, UsageError
from counterpoint.messages.commands import Command, Order, Signature, decode_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEY_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command in the store.

    Attributes:
        site: Where its device stands: part of the topic.
        fleet: How many devices the fleet had when it was planned.
        command: What is sent.
        handed_out: When it was given out to be sent; None before.
    """

    site: str
    fleet: int
    command: Command
    handed_out: datetime | None = None

    @property
    def order(self) -> Order:
        """What the device will read."""
        return decode_order(self.command.sealed())

    @property
    def signed_by(self) -> frozenset[str]:
        """The ids of the keys that signed it."""
        return frozenset(each.key for each in self.command.signatures)

    @property
    def is_signed(self) -> bool:
        """Enough people signed it."""
        return len(self.signed_by) >= KEYS_NEEDED[self.order.do]


def make_pair(name: str, folder: Path, passphrase: bytes) -> tuple[Path, Path]:
    """Write NAME.pem, encrypted, and NAME.pub; return both. UsageError where there is such a key already."""
    if not KEY_NAME.fullmatch(name):
        raise UsageError(f"{name!r} can't name a key: use a-z, 0-9 and '-'")
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    if private.exists() or public.exists():
        raise UsageError(f"there is a key {name} in {folder} already: choose another name")
    key = Ed25519PrivateKey.generate()
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    write_file(private, sealed, mode=CLOSED)
    write_file(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), mode=SHOWN)
    return private, public


def open_key(path: Path, passphrase: bytes) -> Ed25519PrivateKey:
    """Return a person's key; UsageError where it is none, or the passphrase is another."""
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase)
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror}): check --key") from error
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path} can't be opened: check --key and the passphrase") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path} is no Ed25519 key: make one with `counterpoint fleet sign key`")
    return key


def sign_order(order: Order, key: Ed25519PrivateKey) -> Command:
    """Return an order, sealed, with a first signature."""
    sealed = msgspec.json.encode(order)
    return Command(body=b64encode(sealed).decode(), signatures=(_signature(sealed, key),))


def sign_too(command: Command, key: Ed25519PrivateKey) -> Command:
    """Return a command with one more signature."""
    return msgspec.structs.replace(command, signatures=(*command.signatures, _signature(command.sealed(), key)))


class SignedStore:
    """What was planned and handed out: a file a command, in a folder of the people who sign."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> Sequence[Planned]:
        """Return every command, by its turn."""
        try:
            found = [msgspec.json.decode(path.read_bytes(), type=Planned) for path in self._folder.glob("*.json")]
        except (OSError, msgspec.DecodeError) as error:
            raise StorageError(f"{self._folder} holds a file that can't be read ({error}): move it away") from error
        return sorted(found, key=lambda each: (each.order.not_before or each.order.not_after, each.order.device))

    def keep(self, planned: Planned) -> None:
        """Write a command down; the same number of the same device replaces it."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self._folder} can't be made ({error.strerror}): give another --store") from error
        order = planned.order
        write_file(self._folder / f"{order.device}-{order.counter}.json", msgspec.json.encode(planned), mode=CLOSED)


def next_number(device: str, planned: Sequence[Planned], now: datetime) -> int:
    """Return a number higher than any before: the seconds since 1970 where the store is lost or new."""
    return max([int(now.timestamp()), *(each.order.counter + 1 for each in planned if each.order.device == device)])


def _signature(sealed: bytes, key: Ed25519PrivateKey) -> Signature:
    return Signature(key=key_id(key.public_key()), signature=b64encode(key.sign(sealed)).decode())
