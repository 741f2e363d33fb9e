"""What a device is answered: the judgement's facts out of the store, its verdict into it, and the certificate signed.

One rule: a certificate goes out only after it is written down, and the broker knows its device first.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from counterpoint.errors import StorageError
from counterpoint.fleet.enrolment.authority import DEVICE_DAYS, Authority, Request, read_request
from counterpoint.fleet.enrolment.broker_files import write_rules
from counterpoint.fleet.enrolment.judgement import (
    Answer,
    Certificate,
    Device,
    Verdict,
    judge_enrolment,
    judge_late,
    judge_renewal,
)
from counterpoint.fleet.enrolment.store import Store, utc_now
from counterpoint.fleet.enrolment.tokens import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from counterpoint.fleet.enrolment.judgement import Token

ID_BYTES: Final = 8
"""64 random bits: no serial number, no MAC, nothing that says where it is; and short enough to read out."""
BROKER: Final = "broker folder"
ACTIVE: Final = ("enrolled", "late", "late, approved")
log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a device is told: a certificate with its site, or to wait, or why not."""

    certificate: str = ""
    site: str = ""
    refused: str = ""


class Desk:
    """Answers devices; safe from several threads, and beside operators' commands.

    Raises:
        MessageError: The request can't be read.
        StorageError: Nothing can be written down, so nothing is given.
    """

    def __init__(
        self, folder: Path, authority: Authority, *, days: float = DEVICE_DAYS, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._folder = folder
        self._authority = authority
        self._days = days
        self._now = now
        self._one_at_a_time = Lock()  # waiting in line is quicker than asking SQLite again and again

    def enrol(self, token: str, pem: str) -> Reply:
        """Answer a request that came with a token."""
        request = read_request(pem)
        digest = digest_of(token)
        with self._one_at_a_time, Store.work(self._folder) as store:
            ticket, holder, known = store.token(digest), store.holder(digest), store.owner(request.fingerprint)
            verdict = judge_enrolment(ticket, holder, known, request.fingerprint, self._now())
            if verdict.answer is Answer.ADMIT and ticket is not None:
                holder = self._admit(store, ticket, request)
            return self._reply(store, verdict, holder, request)

    def renew(self, shown_serial: str | None, pem: str) -> Reply:
        """Answer a request that came with a valid certificate, or (None) signed by a known key alone."""
        request = read_request(pem)
        with self._one_at_a_time, Store.work(self._folder) as store:
            known = store.owner(request.fingerprint)
            if shown_serial is None:
                last = store.last_certificate(known.id) if known is not None else None
                verdict = judge_late(known, last, request.fingerprint, self._now())
                if verdict.answer is Answer.WAIT and known is not None and known.state == "enrolled":
                    store.set_state(known.id, "late")
                return self._reply(store, verdict, known, request)
            shown = store.certificate(shown_serial)
            device = store.device(shown.device) if shown is not None else None
            successor = store.certificate(shown.successor) if shown is not None and shown.successor else None
            verdict = judge_renewal(device, shown, successor, known, request.fingerprint)
            return self._reply(store, verdict, device, request)

    def _admit(self, store: Store, ticket: Token, request: Request) -> Device:
        device = Device(
            id=secrets.token_hex(ID_BYTES),
            asset_tag=ticket.asset_tag,
            site=ticket.site,
            made_by=ticket.made_by,
            key=request.fingerprint,
            state="waits",
            asked=self._now(),
        )
        store.add_device(device, ticket.digest)
        log.info("%s (%s) waits for approval", device.asset_tag, device.id)
        return device

    def _reply(self, store: Store, verdict: Verdict, device: Device | None, request: Request) -> Reply:
        if verdict.alarm:
            store.raise_alarm(verdict.alarm, self._now())
            log.warning("alarm: %s", verdict.alarm)
        if verdict.answer is Answer.REFUSE or device is None:
            log.info("refused: %s", verdict.reason)
            return Reply(refused=verdict.reason)
        if verdict.answer is Answer.SIGN:
            return Reply(self._sign(store, device, request), device.site)
        last = store.last_certificate(device.id) if verdict.answer is Answer.REPEAT else None
        return Reply(last.pem, device.site) if last is not None else Reply()

    def _sign(self, store: Store, device: Device, request: Request) -> str:
        issued = self._authority.sign_device(request.key, device.id, self._now(), self._days)
        store.add_certificate(Certificate(issued.serial, device.id, request.fingerprint, issued.pem, issued.ends, ""))
        store.set_state(device.id, "enrolled")
        log.info("%s (%s) has a certificate until %s", device.asset_tag, device.id, issued.ends.date())
        if device.state == "approved":
            refresh_broker(store, self._authority, self._now())
        return issued.pem


def refresh_broker(store: Store, authority: Authority, now: datetime) -> None:
    """Write the broker's rules and revocation list anew, where there is a broker; trouble is an alarm, no error."""
    folder = store.fact(BROKER)
    if not folder:
        return
    devices = [device for device in store.devices() if device.state in ACTIVE]
    revoked = authority.revocation_list(store.revoked(), now)
    try:
        write_rules(Path(folder), devices, revoked)
    except StorageError as error:
        store.raise_alarm(f"the broker's rules are old: {error}", now)
        log.warning("the broker's rules are old: %s", error)
