"""The device's own keys: made here, kept here, and shown to nobody but as requests that they sign.

One rule: a private key is written once, whole, for root and the publisher's group alone, and no function returns it.
Written against cryptography 38, which is Debian 12's.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from counterpoint.edge.enrolment_files import OWN, read_small, write_file
from counterpoint.errors import EnrolmentRefused

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

CURVE: Final = ec.SECP256R1
"""P-256: every broker and authority takes it, and a handshake costs a Raspberry Pi about a millisecond."""


def make_key(path: Path) -> str:
    """Make a new key in a file, in the place of any other; return its fingerprint. StorageError when it can't be."""
    key = ec.generate_private_key(CURVE())
    plain = serialization.NoEncryption()  # nobody is there to type a password when a counter's Pi starts
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    write_file(path, pem, OWN)
    return fingerprint(key.public_key())


def key_fingerprint(path: Path) -> str | None:
    """Return the fingerprint of a key file; None for no file, or one that holds no key any more."""
    key = _load(path)
    return fingerprint(key.public_key()) if key is not None else None


def make_request(path: Path, name: str) -> str:
    """Return a certificate request (PKCS #10, PEM) signed by a key file; the authority is free to give another name."""
    key = _load(path)
    if key is None:
        raise EnrolmentRefused(f"the key {path} can't be used: delete it, and run `counterpoint enrol` again")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode("ascii")


def fingerprint(key: PublicKeyTypes) -> str:
    """SHA-256 of a public key as it stands in a certificate (SubjectPublicKeyInfo), in hex."""
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return sha256(spki).hexdigest()


def _load(path: Path) -> ec.EllipticCurvePrivateKey | None:
    content = read_small(path)
    if content is None:
        return None
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None
