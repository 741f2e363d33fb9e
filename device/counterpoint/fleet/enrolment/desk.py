"""What a device is answered: the judgement's facts out of the store, its verdict into it, and the certificate signed.

One rule: a certificate goes out only after it is written down, and the broker knows its device first. Those that ask
while the disk is busy are answered together: it is synced once for all of them.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Final

from counterpoint.errors import CounterpointError, StorageError
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


class _Asked:
    """A question that waits for its turn, and then its answer or what went wrong."""

    def __init__(self, question: Callable[[Store], Reply]) -> None:
        self.question = question
        self.reply: Reply | None = None
        self.error: CounterpointError | None = None

    @property
    def is_answered(self) -> bool:
        return self.reply is not None or self.error is not None


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
        self._one_at_a_time = Lock()
        self._waiting: SimpleQueue[_Asked] = SimpleQueue()
        self._is_new = False  # a device that the broker does not know yet

    def enrol(self, token: str, pem: str) -> Reply:
        """Answer a request that came with a token."""
        request = read_request(pem)
        digest = digest_of(token)

        def question(store: Store) -> Reply:
            ticket, holder, known = store.token(digest), store.holder(digest), store.owner(request.fingerprint)
            verdict = judge_enrolment(ticket, holder, known, request.fingerprint, self._now())
            if verdict.answer is Answer.ADMIT and ticket is not None:
                holder = self._admit(store, ticket, request)
            return self._reply(store, verdict, holder, request)

        return self._answer(question)

    def renew(self, shown_serial: str | None, pem: str) -> Reply:
        """Answer a request that came with a valid certificate, or (None) signed by a known key alone."""
        request = read_request(pem)
        return self._answer(lambda store: self._renew(store, shown_serial, request))

    def _renew(self, store: Store, shown_serial: str | None, request: Request) -> Reply:
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

    def _answer(self, question: Callable[[Store], Reply]) -> Reply:
        """Answer in turn: who comes first answers all that wait by then, in one piece of work."""
        asked = _Asked(question)
        self._waiting.put(asked)
        with self._one_at_a_time:
            if not asked.is_answered:
                self._answer_all()
        if asked.error is not None:
            raise asked.error
        assert asked.reply is not None  # noqa: S101 - narrows the type: it is answered when it has no error
        return asked.reply

    def _answer_all(self) -> None:
        together: list[_Asked] = []
        with suppress(Empty):
            while True:
                together.append(self._waiting.get_nowait())
        try:
            with Store.work(self._folder) as store:
                self._is_new = False
                replies = [each.question(store) for each in together]
                if self._is_new:
                    refresh_broker(store, self._authority, self._now())
            for each, reply in zip(together, replies, strict=True):
                each.reply = reply
        except CounterpointError as error:
            for each in together:
                each.error = error
        finally:  # our own failure in one of them: nothing was kept, and the others ask again
            for each in together:
                if not each.is_answered:
                    each.error = StorageError("nothing could be written down: ask again")

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
        self._is_new = self._is_new or device.state == "approved"
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
