"""Whether a certificate would be taken by a broker: tried in memory, with OpenSSL's own handshake.

One rule: what a broker would refuse is refused here, before anything of the working identity is replaced: a key of
another pair, a chain that does not end at the authority, a life that is over or has not begun, a use that is not a
client's.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from counterpoint.care.enrolment import Seen
from counterpoint.edge.clock import clock_is_set
from counterpoint.edge.device_key import fingerprint
from counterpoint.edge.enrolment_files import read_small
from counterpoint.errors import ClockNotSet, EnrolmentRefused

if TYPE_CHECKING:
    from pathlib import Path

NOT_YET_VALID: Final = 9
EXPIRED: Final = 10
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""
ROUNDS: Final = 10
"""Flights of a handshake; TLS 1.3 needs three."""


def look_at_certificate(path: Path) -> Seen | None:
    """Return what decides about a certificate file; None for no file, or none that can be read as one."""
    content = read_small(path)
    if content is None:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(content)
        key = fingerprint(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return Seen(key, certificate.serial_number, _begins(certificate), _ends(certificate))


def prove(certificate: Path, key: Path, authority: Path) -> None:
    """Shake hands with ourselves, once as the device and once as a broker that trusts `authority` alone.

    Raises:
        EnrolmentRefused: A broker would refuse this certificate; the message says why.
        ClockNotSet: Its dates were judged by a clock that nobody has set.
    """
    broker, device = _context(ssl.PROTOCOL_TLS_SERVER), _context(ssl.PROTOCOL_TLS_CLIENT)
    device.check_hostname = False
    device.verify_mode = ssl.CERT_NONE  # of this handshake with itself, the broker's side is the one that judges
    broker.verify_mode = ssl.CERT_REQUIRED
    _load(broker, device, certificate, key, authority)
    try:
        _shake_hands(broker, device)
    except ssl.SSLCertVerificationError as error:
        blame_clock(error)
        remedy = "check the clock (timedatectl), and that certificate and authority are of one site"
        raise EnrolmentRefused(
            f"the certificate would be refused by a broker ({error.verify_message}): {remedy}"
        ) from error
    except ssl.SSLError as error:
        raise EnrolmentRefused(f"the certificate can't be used ({error.reason}): have it signed again") from error


def blame_clock(error: ssl.SSLCertVerificationError) -> None:
    """Raise ClockNotSet where a certificate's dates were judged by a clock that nobody has set."""
    if error.verify_code in {NOT_YET_VALID, EXPIRED} and not clock_is_set():
        raise ClockNotSet(clock_trouble()) from error


def clock_trouble() -> str:
    """What to say where the clock lets no certificate be judged."""
    return (
        f"the clock is not set, it says {datetime.now(UTC):%Y-%m-%d}: no certificate can be judged; allow NTP"
        " (timedatectl); the token is kept, and it is tried again"
    )


def _load(broker: ssl.SSLContext, device: ssl.SSLContext, certificate: Path, key: Path, authority: Path) -> None:
    try:
        broker.load_verify_locations(cafile=authority)
    except (OSError, ValueError) as error:
        raise EnrolmentRefused(f"the authority is no certificate in PEM form ({error}): get it again") from error
    try:
        for context in (broker, device):
            context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        reason = "it is for another key" if "MISMATCH" in str(error) else str(error)
        raise EnrolmentRefused(
            f"the certificate can't be used ({reason}): have this device's request signed"
        ) from error


def _shake_hands(broker_context: ssl.SSLContext, device_context: ssl.SSLContext) -> None:
    to_broker, to_device = ssl.MemoryBIO(), ssl.MemoryBIO()
    broker = broker_context.wrap_bio(to_broker, to_device, server_side=True)
    device = device_context.wrap_bio(to_device, to_broker, server_side=False)
    waiting = [device, broker]
    for _ in range(ROUNDS):
        waiting = [side for side in waiting if not _go_on(side)]
    if waiting:
        raise EnrolmentRefused("the certificate can't be tried: the handshake does not end; have it signed again")


def _go_on(side: ssl.SSLObject) -> bool:
    """Go on until the other side has its turn; True when this side is done."""
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _context(protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _no_password() -> str:
    raise ValueError("its key is encrypted")


def _begins(certificate: x509.Certificate) -> datetime:
    given = getattr(certificate, "not_valid_before_utc", None)  # cryptography 42; Debian 12 has 38
    return given if isinstance(given, datetime) else certificate.not_valid_before.replace(tzinfo=UTC)


def _ends(certificate: x509.Certificate) -> datetime:
    given = getattr(certificate, "not_valid_after_utc", None)
    return given if isinstance(given, datetime) else certificate.not_valid_after.replace(tzinfo=UTC)
