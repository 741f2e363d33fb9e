"""Who this device is to the broker: its certificate and key, or on loopback a plain name.

One rule: the device's id is the common name of its certificate, because the broker's rules go by that; and without TLS
nothing leaves the machine.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.errors import SettingsError
from counterpoint.messages.topics import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.settings import BrokerSettings

COMMON_NAME: Final = bytes.fromhex("0603550403")
"""The object identifier 2.5.4.3 in DER (X.520)."""
VERSION: Final = 0xA0
UTC_TIME: Final = 0x17
BEGIN: Final = "-----BEGIN CERTIFICATE-----"
END: Final = "-----END CERTIFICATE-----"
BEFORE_1950: Final = 50
"""Two digits of a year below this are of this century (RFC 5280, 4.1.2.5.1)."""
LONG_FORM: Final = 0x80


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are and how the line is secured.

    Attributes:
        device: The random device id: third level of every topic.
        context: TLS with our certificate; None on loopback without TLS.
        valid_until: When the certificate ends; None without one.
    """

    device: str
    context: ssl.SSLContext | None
    valid_until: datetime | None


def load_identity(broker: BrokerSettings) -> Identity:
    """Read certificate, key and authority; SettingsError names the file and what to do."""
    if not broker.tls:
        return _plain(broker)
    for name in ("certificate_file", "key_file"):
        if not getattr(broker, name):
            raise SettingsError(f"broker.{name} is empty: a broker with TLS needs the device's certificate and key")
    device, valid_until = read_certificate(Path(broker.certificate_file))
    if broker.device_id not in {"", device}:
        raise SettingsError(
            f"broker.device_id is {broker.device_id!r} but the certificate says {device!r}: leave device_id empty"
        )
    return Identity(_code(device, "the common name of the certificate"), _context(broker), valid_until)


def read_certificate(path: Path) -> tuple[str, datetime]:
    """Return the common name and the end of the first certificate of a PEM file; SettingsError when it is none."""
    try:
        text = path.read_text(encoding="ascii")
        first = text[text.index(BEGIN) : text.index(END) + len(END)]
        return _subject_and_end(ssl.PEM_cert_to_DER_cert(first))
    except OSError as error:
        raise SettingsError(
            f"the certificate {path} can't be read ({error.strerror}): check broker.certificate_file"
        ) from error
    except (ValueError, IndexError) as error:
        raise SettingsError(f"{path} is no certificate in PEM form: check broker.certificate_file") from error


def issuer_of(certificate: bytes) -> str:
    """Who signed a certificate in DER, by common name; ValueError or IndexError when it can't be read."""
    return _common_name(_named_fields(certificate)[2][1])


def _plain(broker: BrokerSettings) -> Identity:
    if not _is_loopback(broker.host):
        raise SettingsError(f"broker.tls = false is for loopback only, not for {broker.host!r}: set broker.tls = true")
    if not broker.device_id:
        raise SettingsError("broker.device_id is empty: without a certificate it must be given")
    return Identity(_code(broker.device_id, "broker.device_id"), None, None)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _code(device: str, what: str) -> str:
    if not CODE.fullmatch(device):
        raise SettingsError(f"{what} is {device!r}: it must be a code of a-z, 0-9 and '-', 36 characters at most")
    return device


def _context(broker: BrokerSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=broker.ca_file or None)
    except OSError as error:
        raise SettingsError(f"broker.ca_file {broker.ca_file} can't be used ({_reason(error)}): check it") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(broker.certificate_file, broker.key_file, password=_no_password)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"broker.key_file {broker.key_file} can't be used ({_reason(error)}): it must be the certificate's own key,"
            " unencrypted and readable by the publisher"
        ) from error
    return context


def _no_password() -> str:
    """Refuse an encrypted key in words; OpenSSL would ask the terminal and wait."""
    raise ValueError("it is encrypted")


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return str(error.reason or "no such thing in it").replace("_", " ").lower()
    return error.strerror or "unreadable" if isinstance(error, OSError) else str(error)


def _subject_and_end(certificate: bytes) -> tuple[str, datetime]:
    """Walk the DER of RFC 5280, 4.1: Certificate > TBSCertificate > validity, subject."""
    fields = _named_fields(certificate)
    validity, subject = fields[3][1], fields[4][1]
    (_, _), (kind, end) = _elements(validity)
    return _common_name(subject), _time(kind, end)


def _named_fields(certificate: bytes) -> list[tuple[int, bytes]]:
    """The fields of a TBSCertificate from the serial number on: serial, algorithm, issuer, validity, subject, key."""
    fields = list(_elements(_first(_first(certificate))))
    return fields[1:] if fields[0][0] == VERSION else fields


def _common_name(subject: bytes) -> str:
    for _, names in _elements(subject):
        for _, name in _elements(names):
            if name.startswith(COMMON_NAME):
                return _first(name[len(COMMON_NAME) :]).decode("utf-8")
    raise ValueError("no common name")


def _time(kind: int, text: bytes) -> datetime:
    digits = text.decode("ascii")
    if kind == UTC_TIME:
        digits = ("20" if int(digits[:2]) < BEFORE_1950 else "19") + digits
    return datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _first(der: bytes) -> bytes:
    for _, content in _elements(der):
        return content
    raise ValueError("empty")


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element; ValueError for what is cut off."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & LONG_FORM:
            size = length & ~LONG_FORM
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        if at + length > len(der):
            raise ValueError("cut off")
        yield tag, der[at : at + length]
        at += length
