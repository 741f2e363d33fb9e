"""What may be asked of a device from afar, and what it answers.

One rule: the list of what can be asked is closed, and no setting is in it. The body of a command stays sealed bytes
here: whoever opens it has checked its signatures first.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from counterpoint.errors import MessageError
from counterpoint.messages.schemas import Strict, Utc

LARGEST_COMMAND_BYTES: Final = 16_384
"""A command with two signatures is under 2 kB."""
LARGEST_RELEASE_BYTES: Final = 400_000_000
"""Twice what a release with its libraries takes today."""

LARGEST_COUNTER: Final = 2**53 - 1
"""What every reader of JSON holds exactly."""

Asked = Literal["restart", "update", "forget", "roll_back"]
Refusal = Literal[
    "unreadable",
    "no_keys",
    "signed_by_others",
    "too_few_keys",
    "another_device",
    "replayed",
    "clock",
    "too_early",
    "expired",
    "no_release",
    "another_architecture",
    "not_newer",
    "nothing_to_roll_back",
    "busy",
    "no_space",
    "release_wrong",
    "not_fetched",
    "not_healthy",
    "storage",
]
"""Why a command was not carried out; `clock`: the device does not know the time yet, so send the same command again;
`not_healthy`: an update was tried, and the release before it runs again."""
Outcome = Literal["accepted", "done", "refused", "rolled_back"]

Counter = Annotated[int, Meta(ge=1, le=LARGEST_COUNTER)]
KeyId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
ReleaseVersion = Annotated[str, Meta(pattern=r"^\d{1,5}(\.\d{1,5}){0,3}$")]
Architecture = Annotated[str, Meta(pattern=r"^[a-z0-9]{2,16}$")]


class Signature(Strict, frozen=True):
    """An Ed25519 signature of the raw bytes of a body; `key`: first 16 hex digits of SHA-256 of the raw public key."""

    key: KeyId
    signature: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{86}==$")]


class Command(Strict, frozen=True, tag_field="schema", tag="counterpoint.command.v1"):
    """A sealed command: `body` is the base64 of the JSON of an `Order`, and the signatures are of those bytes."""

    body: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9+/]+={0,2}$",
            max_length=LARGEST_COMMAND_BYTES,
            extra_json_schema={
                "contentEncoding": "base64",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": "#/$defs/Order"},
            },
        ),
    ]
    signatures: Annotated[tuple[Signature, ...], Meta(max_length=8)]

    def sealed(self) -> bytes:
        """Return the bytes that are signed; MessageError where the body is no base64."""
        try:
            return b64decode(self.body, validate=True)
        except NotBase64 as error:
            raise MessageError("the body of the command is no base64: it is refused") from error


class ReleaseOffer(Strict, frozen=True):
    """A release that a command speaks of: so its signatures cover the hash of the file."""

    version: ReleaseVersion
    arch: Architecture
    size_bytes: Annotated[int, Meta(ge=1, le=LARGEST_RELEASE_BYTES)]
    sha256: Sha256
    url: Annotated[str, Meta(pattern=r"^https://[\x21-\x7e]{1,500}$")]


class Order(Strict, frozen=True):
    """The body of a command. `counter` grows with every command to a device; `release` is for `update` alone."""

    device: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,35}$")]
    counter: Counter
    do: Asked
    not_after: Utc
    not_before: Utc | None = None
    """The device's turn in a roll-out; one that knows the time waits for it."""
    release: ReleaseOffer | None = None


class Reply(Strict, frozen=True, tag_field="schema", tag="reply.v1"):
    """What became of a command; a word of a closed list, so that nothing else can leave with it."""

    counter: Counter | None
    """The command's own number; None where what came was none."""
    do: Asked | None
    """None where the command was not believed."""
    outcome: Outcome
    reason: Refusal | None
    version: Annotated[str, Meta(pattern=r"^[0-9A-Za-z.+-]{1,32}$")]
    """What runs on the device now."""


_Message = TypeVar("_Message")
_command = msgspec.json.Decoder(Command)
_order = msgspec.json.Decoder(Order)
_reply = msgspec.json.Decoder(Reply)


def decode_command(payload: bytes) -> Command:
    """Return the sealed command that these bytes are; MessageError for anything else."""
    if len(payload) > LARGEST_COMMAND_BYTES:
        raise MessageError(f"{len(payload)} bytes are more than the {LARGEST_COMMAND_BYTES} of a command")
    return _decoded(_command, payload, "counterpoint.command.v1")


def decode_order(sealed: bytes) -> Order:
    """Return the body of a command; MessageError for anything else."""
    return _decoded(_order, sealed, "the body of a command")


def encode_reply(reply: Reply) -> bytes:
    """Return the JSON of a reply."""
    return msgspec.json.encode(reply)


def decode_reply(payload: bytes) -> Reply:
    """Return the reply that these bytes are; MessageError for anything else."""
    return _decoded(_reply, payload, "a reply.v1")


def _decoded(decoder: msgspec.json.Decoder[_Message], payload: bytes, what: str) -> _Message:
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"not {what} ({error}): it is refused") from error
