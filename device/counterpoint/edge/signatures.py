"""The keys whose commands this device obeys: Ed25519, one PEM file each, in a folder that only root can write.

One rule: a key file that another user could have written is no key.
"""

from __future__ import annotations

import hashlib
import os
import stat
from base64 import b64decode
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from counterpoint.edge.outbox import read_plain
from counterpoint.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ID_DIGITS: Final = 16
OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def key_id(key: Ed25519PublicKey) -> str:
    """Return the name that signatures call a key by: the first 16 hex digits of SHA-256 of its raw bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:ID_DIGITS]


def load_command_keys(folder: Path, say: Callable[[str], None]) -> Mapping[str, Ed25519PublicKey]:
    """Return the keys of a folder by their id; a file that is no key, or not only ours, is left out and told."""
    keys: dict[str, Ed25519PublicKey] = {}
    for path in sorted(folder.glob("*.pub")):
        try:
            key = _load(path)
        except MessageError as error:
            say(str(error))
        else:
            keys[key_id(key)] = key
    return keys


def verifier(keys: Mapping[str, Ed25519PublicKey]) -> Callable[[str, str, bytes], bool] | None:
    """Return what tells whether one of these keys made a signature (base64) of a body; None without a key."""
    if not keys:
        return None

    def verify(name: str, signature: str, body: bytes) -> bool:
        key = keys.get(name)
        if key is None:
            return False
        try:
            key.verify(b64decode(signature, validate=True), body)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify


def _load(path: Path) -> Ed25519PublicKey:
    _check_owner(path)
    content = read_plain(path)
    try:
        key = load_pem_public_key(content or b"")
    except ValueError as error:
        raise MessageError(f"{path} is no public key in PEM form: commands of that key are refused") from error
    if not isinstance(key, Ed25519PublicKey):
        raise MessageError(f"{path} is no Ed25519 key: make one with `counterpoint fleet sign key`")
    return key


def _check_owner(path: Path) -> None:
    for place in (path, path.parent):
        seen = place.lstat()
        if seen.st_uid not in {0, os.geteuid()} or seen.st_mode & OTHERS_MAY_WRITE:
            raise MessageError(
                f"{place} can be written by others than root: chown root, chmod go-w; not used till then"
            )
