"""The fleet's enrolment service as a device asks it: HTTPS, the site's authority pinned, through a proxy if one is set.

One rule: a token goes to nobody but a server that the pinned authority has signed, and each way to fail ends in one of
two errors: EnrolmentUnreachable, where asking again may help, and EnrolmentRefused, where a person must mend something.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from counterpoint.edge.enrolment_proof import EXPIRED, NOT_YET_VALID, blame_clock
from counterpoint.edge.proxy import open_line
from counterpoint.errors import BrokerError, EnrolmentRefused, EnrolmentUnreachable, ProxyRefused

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoint.settings import NetworkSettings

PATIENCE_S: Final = 30.0
"""A thousand devices that ask at once are all answered within twenty."""
HTTPS_PORT: Final = 443
LARGEST_ANSWER: Final = 65_536
LONGEST_REASON: Final = 200
"""Characters of the service's own words in a message of ours."""


class Signed(msgspec.Struct, frozen=True):
    """What the service gives.

    Attributes:
        certificate: PEM; with its chain, where the authority has one.
        ca: The site's authority, PEM; several while one follows another.
        site: For which site the broker's rule of this device is.
    """

    certificate: str
    ca: str
    site: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


class EnrolmentService:
    """Asks the service; each question is a connection of its own.

    `certificate` and `key` are shown to the service where given: it then knows which device asks.

    Raises:
        EnrolmentUnreachable: Nothing answers, or nothing useful yet.
        EnrolmentRefused: The service, or we, refuse the other.
        ClockNotSet: Its certificate's dates were judged by a clock that nobody has set.
    """

    def __init__(
        self, url: str, network: NetworkSettings, authority: Path, identity: tuple[Path, Path] | None = None
    ) -> None:
        self._door = _Door(url, network, _trust(authority, identity))

    def enrol(self, token: str, request: str) -> Signed | None:
        """Ask for a first certificate; None while nobody has approved it."""
        return self._ask("/enrol", {"token": token, "csr": request})

    def renew(self, request: str) -> Signed | None:
        """Ask for the next certificate; None while nobody has approved it."""
        return self._ask("/renew", {"csr": request})

    def _ask(self, path: str, question: dict[str, str]) -> Signed | None:
        status, content = self._door.ask("POST", path, msgspec.json.encode(question))
        if status == HTTPStatus.ACCEPTED:
            return None
        if status == HTTPStatus.OK:
            try:
                return msgspec.json.decode(content, type=Signed)
            except msgspec.DecodeError as error:
                raise EnrolmentUnreachable(f"{self._door.where} answers with something else: {_CHECK}") from error
        reason = _reason(content)
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise EnrolmentRefused(f"{self._door.where} refuses this device: {reason or status}")
        raise EnrolmentUnreachable(f"{self._door.where} can't answer now ({reason or status}): it is asked again")


_CHECK: Final = "check enrolment.url"


def fetch_authority(url: str, digest: str, network: NetworkSettings) -> str:
    """Return the site's authority (PEM) from the service, trusted by its fingerprint alone; nothing secret is sent.

    Raises:
        EnrolmentUnreachable: Nothing answers.
        EnrolmentRefused: What it gives has another fingerprint.
    """
    unjudged = ssl.create_default_context()
    unjudged.check_hostname = False
    unjudged.verify_mode = ssl.CERT_NONE  # what comes is judged by its fingerprint, and nothing secret goes
    door = _Door(url, network, unjudged)
    status, content = door.ask("GET", "/ca", None)
    try:
        certificate = ssl.PEM_cert_to_DER_cert(content.decode("ascii").strip())
    except ValueError as error:
        raise EnrolmentUnreachable(f"{door.where} gives no authority ({status}): {_CHECK}") from error
    seen = sha256(certificate).hexdigest()
    if seen != digest:
        raise EnrolmentRefused(
            f"{door.where} gives an authority with another fingerprint ({seen[:16]}...): somebody stands between, or"
            " enrolment.ca_sha256 is of another site"
        )
    # Only what was judged: base64 ends at its padding, and behind it the file could hold a second authority.
    return ssl.DER_cert_to_PEM_cert(certificate)


class _Door:
    """One HTTPS address; a question is a connection."""

    def __init__(self, url: str, network: NetworkSettings, context: ssl.SSLContext) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or HTTPS_PORT
        self._network = network
        self._context = context
        self.where = f"the enrolment service {parts.netloc}"

    def ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Return status and content of the answer."""
        try:
            return self._ask(method, path, body)
        except BrokerError as error:
            what, _, remedy = str(error).rpartition(": ")
            remedy = remedy if isinstance(error, ProxyRefused) else _CHECK
            raise EnrolmentUnreachable(f"{what}: {remedy}") from error
        except ssl.SSLCertVerificationError as error:
            blame_clock(error)
            raise EnrolmentRefused(self._distrust(error)) from error
        except ssl.SSLError as error:
            reason = (error.reason or str(error)).replace("_", " ").lower()
            raise EnrolmentRefused(
                f"{self.where} ended the TLS handshake ({reason}): see `doctor`, {_CHECK}"
            ) from error
        except socket.gaierror as error:
            raise EnrolmentUnreachable(f"{self.where} is no known name: {_CHECK}, and the network's DNS") from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise EnrolmentUnreachable(
                f"{self.where} does not answer ({reason}): {_CHECK}, and the firewall"
            ) from error

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        line = open_line(self._host, self._port, self._network, PATIENCE_S)
        connection = http.client.HTTPConnection(self._host, self._port)
        try:
            connection.sock = self._context.wrap_socket(line, server_hostname=self._host)
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read(LARGEST_ANSWER)
        finally:
            connection.close()
            line.close()

    def _distrust(self, error: ssl.SSLCertVerificationError) -> str:
        if error.verify_code == NOT_YET_VALID:
            return (
                f"{self.where} shows a certificate that is not valid yet: this device's clock is wrong, see timedatectl"
            )
        if error.verify_code == EXPIRED:
            return f"{self.where} shows a certificate that has ended: renew it, or set this device's clock"
        return (
            f"{self.where} shows a certificate that the site's authority has not signed ({error.verify_message}):"
            " check enrolment.ca_sha256 and the host in enrolment.url, and that no proxy opens TLS between"
        )


def _trust(authority: Path, identity: tuple[Path, Path] | None) -> ssl.SSLContext:
    """Trust the site's authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=authority)
        if identity is not None:
            context.load_cert_chain(*identity)
    except (OSError, ValueError) as error:
        raise EnrolmentRefused(
            f"{authority}, or the certificate, can't be used ({error}): put them there again"
        ) from error
    return context


def _reason(content: bytes) -> str:
    """The service's own words, as one line that a terminal can show."""
    try:
        words = msgspec.json.decode(content, type=_Refusal).error
    except msgspec.DecodeError:
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in words)[:LONGEST_REASON]
