"""The site's certificate authority: ECDSA on P-256, its key in a file, encrypted where a passphrase is given.

One rule: it signs what it is told and judges nobody. A device's certificate says its random id and nothing else: no
name, no asset tag, no site.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from counterpoint.edge.device_key import fingerprint
from counterpoint.edge.enrolment_files import CLOSED, SHOWN, read_small, write_file
from counterpoint.errors import AuthorityError, MessageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CERTIFICATE: Final = "ca.pem"
KEY: Final = "ca.key"
CURVE: Final = ec.SECP256R1
AUTHORITY_DAYS: Final = 7305
"""Twenty years: longer than a counter's hardware lives, since changing an authority means touching every device."""
DEVICE_DAYS: Final = 365
"""Renewal begins after two thirds, so a device may be away for four months before somebody has to approve it."""
SERVER_DAYS: Final = 730
ROLE_DAYS: Final = 730
"""A collector's key is carried by hand: after two thirds there is a new one to carry, and eight months to do it."""
BACKDATED: Final = timedelta(hours=1)
"""A device's clock may be a little behind."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate: PEM, serial number in hex, end of its life."""

    pem: str
    serial: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """A certificate request that its own key has signed."""

    key: ec.EllipticCurvePublicKey
    fingerprint: str


def read_request(pem: str) -> Request:
    """Read a certificate request (PKCS #10, PEM); its name is not looked at. MessageError where it can't be used."""
    try:
        request = x509.load_pem_x509_csr(pem.encode("ascii"))
        key = request.public_key()
        sound = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MessageError("this is no certificate request in PEM form") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, CURVE):
        raise MessageError("the request is not for an EC key on P-256")
    if not sound:
        raise MessageError("the request is not signed by its own key")
    return Request(key, fingerprint(key))


class Authority:
    """The authority of one site, or of one company.

    Raises:
        AuthorityError: There is none, or its files or the passphrase are not right.
    """

    def __init__(self, folder: Path, passphrase: bytes | None) -> None:
        pem, key = read_small(folder / CERTIFICATE), read_small(folder / KEY)
        if pem is None or key is None:
            raise AuthorityError(f"there is no authority in {folder}: counterpoint fleet enrolment init")
        self.pem = pem.decode("ascii")
        self._certificate = x509.load_pem_x509_certificate(pem)
        self._key = _open(key, passphrase, folder / KEY)
        if fingerprint(self._key.public_key()) != fingerprint(self._certificate.public_key()):
            raise AuthorityError(
                f"{folder / KEY} is not the key of {folder / CERTIFICATE}: restore both from one backup"
            )

    @property
    def digest(self) -> str:
        """SHA-256 of the certificate: what a boot file gives as ca_sha256."""
        return self._certificate.fingerprint(hashes.SHA256()).hex()

    def sign_device(self, key: ec.EllipticCurvePublicKey, device: str, now: datetime, days: float) -> Issued:
        """Sign a device's key: for TLS clients only."""
        return self._sign(key, device, (now, now + timedelta(days=days)), ExtendedKeyUsageOID.CLIENT_AUTH)

    def make_client(self, name: str, now: datetime) -> tuple[Issued, bytes]:
        """Make certificate and key of one of the broker's other clients."""
        key = ec.generate_private_key(CURVE())
        ends = now + timedelta(days=ROLE_DAYS)
        return self._sign(key.public_key(), name, (now, ends), ExtendedKeyUsageOID.CLIENT_AUTH), _pem(key, None)

    def make_server(self, hosts: Iterable[str], now: datetime) -> tuple[Issued, bytes]:
        """Make certificate and key of a server under these host names or addresses."""
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        key = ec.generate_private_key(CURVE())
        ends = now + timedelta(days=SERVER_DAYS)
        first = next(iter(hosts))
        issued = self._sign(key.public_key(), first[:64], (now, ends), ExtendedKeyUsageOID.SERVER_AUTH, names)
        return issued, _pem(key, None)

    def revocation_list(self, serials: Iterable[str], now: datetime) -> bytes:
        """Return the list (PEM). It lasts as long as an authority: a broker with one that ended refuses everybody."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(now - BACKDATED)
            .next_update(now + timedelta(days=AUTHORITY_DAYS))
            .add_extension(_authority_key(self._certificate), critical=False)
        )
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(now - BACKDATED)
            builder = builder.add_revoked_certificate(revoked.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _sign(
        self,
        key: ec.EllipticCurvePublicKey,
        name: str,
        life: tuple[datetime, datetime],
        use: x509.ObjectIdentifier,
        names: x509.SubjectAlternativeName | None = None,
    ) -> Issued:
        begins, ends = life
        builder = (
            _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), self._certificate.subject, key)
            .not_valid_before(begins - BACKDATED)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(_authority_key(self._certificate), critical=False)
        )
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
        return Issued(pem, f"{certificate.serial_number:x}", ends.replace(microsecond=0))


def make_authority(folder: Path, name: str, passphrase: bytes | None) -> Authority:
    """Make a new authority; AuthorityError where there is one already."""
    if (folder / KEY).exists() or (folder / CERTIFICATE).exists():
        raise AuthorityError(f"there is an authority in {folder} already: every device trusts it, so it is kept")
    key = ec.generate_private_key(CURVE())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        _builder(subject, subject, key.public_key())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_file(folder / KEY, _pem(key, passphrase), CLOSED)
    write_file(folder / CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM), SHOWN)
    return Authority(folder, passphrase)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError as error:
        raise UsageError(f"{host!r} is no host name: use letters, digits, dashes and dots") from error


def _pem(key: ec.EllipticCurvePrivateKey, passphrase: bytes | None) -> bytes:
    closed = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed)


def _open(pem: bytes, passphrase: bytes | None, path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, passphrase if b"ENCRYPTED" in pem else None)
    except TypeError as error:
        raise AuthorityError(f"{path} is encrypted: give its passphrase with --passphrase-file") from error
    except ValueError as error:
        raise AuthorityError(
            f"{path} can't be opened: the passphrase is another one, or the file is damaged"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError(f"{path} holds no EC key: restore it from a backup")
    return key
