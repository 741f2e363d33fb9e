"""Makes what a fleet would send: keys, signed commands, releases; right ones, from which a test makes wrong ones."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from counterpoint.edge.signatures import key_id

DEVICE = "0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = "2026-11-24T09:00:00Z"
FIRST, SECOND, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
FILES = {
    "counterpoint/__init__.py": b'__version__ = "0.2.0"\n',
    "counterpoint/app/cli.py": b"def main(): ...\n",
    "site/msgspec/core.so": bytes(range(256)) * 20,
}


def body(**changed: object) -> dict[str, object]:
    """Return the body of a command to restart; None leaves a part out."""
    order = {"device": DEVICE, "counter": 1, "do": "restart", "not_after": LATER, **changed}
    return {name: value for name, value in order.items() if value is not None}


def seal(order: object, *keys: Ed25519PrivateKey) -> bytes:
    """Return a command with the signatures of these keys."""
    sealed = json.dumps(order).encode()
    signatures = [{"key": key_id(key.public_key()), "signature": b64encode(key.sign(sealed)).decode()} for key in keys]
    return json.dumps(
        {"schema": "counterpoint.command.v1", "body": b64encode(sealed).decode(), "signatures": signatures}
    ).encode()


def command(*keys: Ed25519PrivateKey, **changed: object) -> bytes:
    """Return a signed command; both keys sign where none is named."""
    return seal(body(**changed), *(keys or (FIRST, SECOND)))


def trust(folder: Path, *keys: Ed25519PrivateKey) -> None:
    """Put public keys where a device looks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for number, key in enumerate(keys):
        path = folder / f"key-{number}.pub"
        path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        path.chmod(0o644)


def manifest(version: str = "0.2.0", arch: str = "amd64", files: dict[str, bytes] | None = None) -> bytes:
    """Return a release.json."""
    named = {path: hashlib.sha256(content).hexdigest() for path, content in (FILES if files is None else files).items()}
    return json.dumps({"version": version, "arch": arch, "files": named}).encode()


def tar(*members: tuple[str | tarfile.TarInfo, bytes]) -> bytes:
    """Return a plain tar of these members, in this order."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name) if isinstance(name, str) else name
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


def release(version: str = "0.2.0", arch: str = "amd64", files: dict[str, bytes] | None = None) -> bytes:
    """Return the file of a release."""
    chosen = FILES if files is None else files
    return tar(("release.json", manifest(version, arch, chosen)), *chosen.items())


def offer(archive: bytes, **changed: object) -> dict[str, object]:
    """Return what a command says of a release."""
    return {
        "version": "0.2.0",
        "arch": "amd64",
        "size_bytes": len(archive),
        "sha256": hashlib.sha256(archive).hexdigest(),
        "url": "https://updates.example.org/counterpoint-0.2.0-amd64.tar",
        **changed,
    }
