"""What operators do: make tokens, approve, revoke, look.

One rule: who made a device's token does not approve it, under whatever name; two people stand behind each device.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.errors import UsageError
from counterpoint.fleet.enrolment.broker_files import renew_roles, renew_server
from counterpoint.fleet.enrolment.desk import BROKER, refresh_broker
from counterpoint.fleet.enrolment.judgement import Device, Operator, Token, judge_approval
from counterpoint.fleet.enrolment.store import Store, utc_now
from counterpoint.fleet.enrolment.tokens import Machine, Ticket, make_ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from counterpoint.fleet.enrolment.authority import Authority
    from counterpoint.fleet.enrolment.broker_files import BrokerPlan

LONGEST_NAME: Final = 64
BROKER_HOST: Final = "broker host"


@dataclass(frozen=True, slots=True)
class Listed:
    """A device with the end of its last certificate, None where it has none."""

    device: Device
    ends: datetime | None


class Office:
    """The operators' side of the store; `by` is always the operator who acts.

    Raises:
        UsageError: What was asked can't be done; the message says why.
        StorageError: The store can't be used.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime] = utc_now) -> None:
        self._folder = folder
        self._now = now

    def make_tokens(self, machines: Sequence[Machine], by: Operator, days: float) -> list[Ticket]:
        """Make a token for each machine; they can be shown this once."""
        _check_name(by)
        tickets = [make_ticket(machine) for machine in machines]
        expires = self._now() + timedelta(days=days)
        with Store.work(self._folder) as store:
            for ticket in tickets:
                machine = ticket.machine
                store.add_token(Token(ticket.digest, machine.asset_tag, machine.site, by.written(), expires))
        return tickets

    def waiting(self) -> list[Device]:
        """Return the devices that wait for an approval."""
        return [listed.device for listed in self.devices() if listed.device.state in {"waits", "late"}]

    def approve(self, names: Sequence[str], by: Operator, *, everything: bool = False) -> list[Device]:
        """Approve devices by asset tag or id, or all that this operator may; return them. All of them, or none."""
        _check_name(by)
        with Store.work(self._folder) as store:
            if everything:
                waiting = [device for device in store.devices() if device.state in {"waits", "late"}]
                chosen = [device for device in waiting if not judge_approval(device, by)]
            else:
                chosen = [_named(store, name, {"waits", "late"}) for name in names]
            for device in chosen:
                if why_not := judge_approval(device, by):
                    raise UsageError(f"{why_not}; nothing was approved")
                store.set_state(device.id, "late, approved" if device.state == "late" else "approved", by.written())
        return chosen

    def revoke(self, name: str, by: Operator, authority: Authority) -> Device:
        """Revoke a device by asset tag or id: no renewal, no rule, and each of its certificates on the list."""
        _check_name(by)
        with Store.work(self._folder) as store:
            device = _named(store, name, {"waits", "approved", "enrolled", "late", "late, approved"})
            if device.state == "revoked":
                raise UsageError(f"{device.asset_tag} ({device.id}) is revoked already: there is nothing to do")
            store.set_state(device.id, "revoked", by.written())
            refresh_broker(store, authority, self._now())
        return device

    def forget(self, name: str, by: Operator, authority: Authority) -> Device:
        """Revoke a device and delete it: of it stay the serial numbers on the revocation list, till they would end."""
        _check_name(by)
        with Store.work(self._folder) as store:
            device = _named(store, name, {"revoked"})
            store.set_state(device.id, "revoked", by.written())
            store.forget(device, self._now())
            refresh_broker(store, authority, self._now())
        return device

    def broker_host(self) -> str:
        """Return under which name devices reach the broker, "" where none was set up here."""
        with Store.work(self._folder) as store:
            return store.fact(BROKER_HOST)

    def devices(self) -> list[Listed]:
        """Return every device, by site and asset tag."""
        with Store.work(self._folder) as store:
            found = []
            for device in store.devices():
                last = store.last_certificate(device.id)
                found.append(Listed(device, last.ends if last is not None else None))
        return found

    def alarms(self) -> Sequence[tuple[str, datetime, int]]:
        """Return what, when last and how often."""
        with Store.work(self._folder) as store:
            return store.alarms()

    def set_broker(self, plan: BrokerPlan, authority: Authority) -> None:
        """Remember where the broker's files are, and write its rules there now and with every change."""
        with Store.work(self._folder) as store:
            store.set_fact(BROKER, str(plan.folder))
            store.set_fact(BROKER_HOST, plan.host)
            refresh_broker(store, authority, self._now())

    def renew_broker(self, authority: Authority) -> list[str]:
        """Renew what is due of the broker's certificate and its roles'; return whose were.

        Its rules are written then too, so that it is reloaded. A role's new certificate is an alarm, since a person has
        to carry it to where the role runs.
        """
        with Store.work(self._folder) as store:
            folder, host, now = store.fact(BROKER), store.fact(BROKER_HOST), self._now()
            if not folder:
                return []
            renewed = ["broker"] if renew_server(Path(folder), host, authority, now) else []
            for role in renew_roles(Path(folder), authority, now):
                renewed.append(role)
                store.raise_alarm(f"the {role} needs a new certificate, carry it to where it runs: {folder}/roles", now)
            if renewed:
                refresh_broker(store, authority, now)
        return renewed


def _named(store: Store, name: str, meant: set[str]) -> Device:
    """Return the device of this id or asset tag; of several with one tag, the one whose state is meant."""
    found = [device for device in store.devices() if name in {device.id, device.asset_tag}]
    fitting = [device for device in found if device.state in meant] or found
    if not fitting:
        raise UsageError(f"no device {name!r} here: see counterpoint fleet enrolment list")
    if len(fitting) > 1:
        ids = ", ".join(device.id for device in fitting)
        raise UsageError(f"{name!r} is the asset tag of several devices ({ids}): give the id")
    return fitting[0]


def _check_name(by: Operator) -> None:
    name = by.name
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable() or set(name) & set("[]"):
        raise UsageError("--by takes an operator's name, without brackets: it is kept with what was done")
