"""One device's enrolment: look at the disk, let `care` decide, do that one step.

One rule: a working identity is replaced only by one that has been proven, certificate first and key last; whatever
ends in between, the next look finds it and goes on.
"""

from __future__ import annotations

import secrets
import ssl
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.care.enrolment import (
    ON_A_STICK,
    Found,
    Step,
    next_step,
    purpose_of_renewal,
    purpose_of_token,
    spent_after,
    token_is_spent,
)
from counterpoint.edge.boot_partition import wipe_token
from counterpoint.edge.clock import BUILT_S
from counterpoint.edge.device_key import key_fingerprint, make_key, make_request
from counterpoint.edge.enrolment_files import SHOWN, Places, read_memory, read_small, take_up, write_file, write_memory
from counterpoint.edge.enrolment_proof import clock_trouble, look_at_certificate, prove
from counterpoint.edge.enrolment_service import EnrolmentService, Signed, fetch_authority
from counterpoint.edge.keys import read_certificate
from counterpoint.errors import ClockNotSet, EnrolmentRefused, SettingsError
from counterpoint.messages.topics import CODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.settings import Settings

FOLDER: Final = Path("/etc/counterpoint")
NAMELESS: Final = "counterpoint"
"""The name in a request to the fleet's service, which gives a random one of its own."""


def places(settings: Settings) -> Places:
    """Return where the identity of these settings is; where they name no file, the usual one."""
    broker = settings.broker
    return Places(
        authority=Path(broker.ca_file) if broker.ca_file else FOLDER / "ca.pem",
        certificate=Path(broker.certificate_file) if broker.certificate_file else FOLDER / "device.pem",
        key=Path(broker.key_file) if broker.key_file else FOLDER / "device.key",
    )


class Enrolment:
    """The enrolment of this device.

    `token` and `authority` (PEM) are what the boot file says, "" for nothing; `boot_file` is where it is. `tell` is
    given what a person should know although nothing failed.

    Raises:
        EnrolmentUnreachable: The service does not answer now.
        EnrolmentRefused: The service refuses, or gives what can't be used; nothing has been replaced.
        ClockNotSet: No certificate can be judged yet.
        StorageError: A file can't be read or written.
    """

    def __init__(
        self, settings: Settings, *, token: str = "", authority: str = "", boot_file: Path, tell: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._places = places(settings)
        self._token = token
        self._authority = authority
        self._boot_file = boot_file
        self._tell = tell

    def look(self) -> Found:
        """Return what is on the disk."""
        memory = read_memory(self._places.memory)
        return Found(
            certificate=look_at_certificate(self._places.certificate),
            key=key_fingerprint(self._places.key),
            next_key=key_fingerprint(self._places.next_key),
            purpose=memory.purpose,
            spent=memory.spent,
            token=purpose_of_token(sha256(self._token.encode()).hexdigest()) if self._token else None,
        )

    def next_step(self) -> Step:
        """Return what would be done next."""
        now = datetime.now(UTC)
        return next_step(self.look(), now if _is_possible(now) else None)

    def take(self, step: Step) -> bool:
        """Do one step; False while somebody has to approve it."""
        if step is Step.FINISH:
            take_up(self._places.next_key, self._places.key)
        if step is Step.ENROL:
            return self._enrol()
        if step is Step.RENEW:
            return self._renew()
        if step is Step.RENEW_LATE:
            return self._renew_late()
        return True

    def wipe_spent_token(self) -> bool:
        """Wipe the token from the boot partition if it has brought a certificate; False where there is none such."""
        return token_is_spent(self.look()) and wipe_token(self._boot_file)

    def write_request(self, path: Path) -> None:
        """Write a certificate request for the company's own authority; a device that has a name keeps it."""
        found = self.look()
        name = secrets.token_hex(8)
        if found.certificate is not None and found.certificate.key == found.key:
            name, _ = read_certificate(self._places.certificate)
        self._key_for(ON_A_STICK)
        write_file(path, make_request(self._places.next_key, name).encode("ascii"), SHOWN)

    def install(self, certificate: bytes, authority: bytes) -> None:
        """Prove a certificate that was signed for one of our keys, then put it in force."""
        write_file(self._places.tried, certificate, SHOWN)
        write_file(self._places.tried_authority, authority, SHOWN)
        key = self._key_of(self._places.tried)
        prove(self._places.tried, key, self._places.tried_authority)
        _check_name(self._places.tried)
        take_up(self._places.tried_authority, self._places.authority)
        take_up(self._places.tried, self._places.certificate)
        if key == self._places.next_key:
            take_up(key, self._places.key)
        self._places.pinned.unlink(missing_ok=True)

    def _enrol(self) -> bool:
        if not _is_possible(datetime.now(UTC)):
            raise ClockNotSet(clock_trouble())
        service = self._service(self._pinned())
        self._key_for(purpose_of_token(sha256(self._token.encode()).hexdigest()))
        return self._take_up(service.enrol(self._token, make_request(self._places.next_key, NAMELESS)))

    def _renew(self) -> bool:
        certificate = look_at_certificate(self._places.certificate)
        assert certificate is not None  # noqa: S101 - narrows the type: the step was decided for this certificate
        self._key_for(purpose_of_renewal(certificate.serial))
        service = self._service(self._places.authority, (self._places.certificate, self._places.key))
        return self._take_up(service.renew(make_request(self._places.next_key, NAMELESS)))

    def _renew_late(self) -> bool:
        """An ended certificate opens no door: the request is signed by its key, and a person approves it."""
        service = self._service(self._places.authority)
        return self._take_up(service.renew(make_request(self._places.key, NAMELESS)))

    def _take_up(self, signed: Signed | None) -> bool:
        if signed is None:
            return False
        self.install(signed.certificate.encode(), signed.ca.encode())
        if signed.site and signed.site != self._settings.site.code:
            self._tell(
                f"the fleet has this device at site {signed.site!r}, the settings say {self._settings.site.code!r}:"
                " the broker will refuse it; correct site.code, or enrol it anew"
            )
        return True

    def _service(self, authority: Path, identity: tuple[Path, Path] | None = None) -> EnrolmentService:
        url = self._settings.enrolment.url
        if not url:
            raise SettingsError('enrolment.url is empty: set it, as in "https://enrol.example.org:8443", or use --csr')
        return EnrolmentService(url, self._settings.network, authority, identity)

    def _pinned(self) -> Path:
        """The authority to trust before there is a certificate: from the boot file, by its fingerprint, or ours."""
        pinned, digest = self._places.pinned, self._settings.enrolment.ca_sha256
        if self._authority:
            write_file(pinned, self._authority.encode(), SHOWN)
        elif digest and _digest(pinned) != digest:
            pem = fetch_authority(self._settings.enrolment.url, digest, self._settings.network)
            write_file(pinned, pem.encode("ascii"), SHOWN)
        elif not digest:
            pinned = self._places.authority
        if not pinned.exists():
            raise SettingsError("no authority to trust: give ca or ca_sha256 in [enrolment] of the boot file")
        return pinned

    def _key_for(self, purpose: str) -> None:
        """Have a waiting key for this purpose: the one of the last try, or a new one; the memory is written last."""
        found = self.look()
        if found.purpose == purpose and found.next_key is not None:
            return
        memory = read_memory(self._places.memory)
        make_key(self._places.next_key)
        write_memory(self._places.memory, msgspec.structs.replace(memory, purpose=purpose, spent=spent_after(found)))

    def _key_of(self, certificate: Path) -> Path:
        """The key file that a certificate is for."""
        seen = look_at_certificate(certificate)
        for key in (self._places.next_key, self._places.key):
            if seen is not None and key_fingerprint(key) == seen.key:
                return key
        raise EnrolmentRefused(
            "the certificate is not for a key of this device: have the request signed that it wrote itself"
            if seen is not None
            else "that is no certificate in PEM form: get it again"
        )


def _check_name(certificate: Path) -> None:
    name, _ = read_certificate(certificate)
    if not CODE.fullmatch(name):
        raise EnrolmentRefused(
            f"the certificate's common name is {name!r}: have it signed for a random code of a-z, 0-9, '-', at most 36"
        )


def _is_possible(now: datetime) -> bool:
    """Tell whether the clock may be right; a Pi without a battery begins in 1970, or where it was switched off.

    Enrolment does not wait for a time server, which not every network has: TLS judges the dates.
    """
    return now.timestamp() >= BUILT_S


def _digest(path: Path) -> str:
    content = read_small(path)
    return sha256(ssl.PEM_cert_to_DER_cert(content.decode("ascii"))).hexdigest() if content else ""
