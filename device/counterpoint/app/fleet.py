"""Wiring of `counterpoint fleet enrolment`: an operator's command in, what was done as plain lines out.

One rule: a token is printed or written once, here, and never logged.
"""

from __future__ import annotations

import csv
import logging
import os
import pwd
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.care.enrolment import Seen, renewal_due
from counterpoint.edge.enrolment_files import CLOSED, SHOWN, write_file
from counterpoint.edge.enrolment_proof import look_at_certificate
from counterpoint.errors import AuthorityError, PartMissing, StorageError, UsageError
from counterpoint.fleet.enrolment.authority import CERTIFICATE, Authority, make_authority
from counterpoint.fleet.enrolment.broker_files import BrokerPlan, write_broker
from counterpoint.fleet.enrolment.desk import Desk
from counterpoint.fleet.enrolment.judgement import Operator, judge_approval
from counterpoint.fleet.enrolment.office import Office
from counterpoint.fleet.enrolment.retained import OperatorLine, clear_retained, operator_certificate
from counterpoint.fleet.enrolment.store import Store
from counterpoint.fleet.enrolment.tokens import read_machines, write_boot_files, write_list
from counterpoint.messages.topics import topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    import uvicorn

    from counterpoint.fleet.enrolment.judgement import Device
    from counterpoint.fleet.enrolment.office import Listed

STORE: Final = Path("/var/lib/counterpoint-enrolment")
SERVICE: Final = "service"
HOSTS: Final = "hosts"
A_DAY_S: Final = 86_400.0
SHORT: Final = 16
"""Characters of a fingerprint that a person compares."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where the fleet keeps its enrolment, and how its authority is opened."""

    folder: Path
    passphrase_file: Path | None = None

    def office(self) -> Office:
        """Open the operators' side; AuthorityError where nothing was made there yet."""
        if not (self.folder / CERTIFICATE).exists():
            raise AuthorityError(f"there is no authority in {self.folder}: counterpoint fleet enrolment init")
        return Office(self.folder)

    def authority(self) -> Authority:
        """Open the site's authority."""
        return Authority(self.folder, self.passphrase())

    def passphrase(self) -> bytes | None:
        """Read the passphrase, None for none."""
        if self.passphrase_file is None:
            return None
        try:
            read = self.passphrase_file.read_bytes().strip(b"\r\n")
        except OSError as error:
            raise UsageError(f"{self.passphrase_file} can't be read ({error.strerror}): check the path") from error
        if not read:
            raise UsageError(f"{self.passphrase_file} is empty: write the passphrase into it, on one line")
        return read


def init(keeping: Keeping, name: str, hosts: Sequence[str]) -> int:
    """Make the site's authority and the service's certificate; return 0."""
    try:
        keeping.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keeping.folder.chmod(0o700)
    except OSError as error:
        raise StorageError(f"{keeping.folder} can't be made ({error.strerror}): run this as root") from error
    authority = make_authority(keeping.folder, name, keeping.passphrase())
    with Store.work(keeping.folder) as store:
        store.set_fact(HOSTS, "\n".join(hosts))
    _write_service(keeping.folder, authority, hosts)
    print(f"The authority is {keeping.folder / CERTIFICATE}. Its fingerprint, for boot files:")
    print(f'ca_sha256 = "{authority.digest}"')
    if keeping.passphrase_file is None:
        print(f"Its key is not encrypted: only the owner of {keeping.folder} may read it. Keep a copy of both offline.")
    return 0


def serve(keeping: Keeping, listen: tuple[str, int], days: float) -> int:
    """Answer devices until SIGTERM or Ctrl-C; return 0.

    Raises:
        PartMissing: The extra `fleet` is not installed.
        AuthorityError: There is no authority, or it can't be opened.
    """
    try:
        from counterpoint.fleet.enrolment import service  # noqa: PLC0415 - its packages are an extra
    except ImportError as error:
        raise PartMissing(
            f"{error.name} is not installed: run device/set-up fleet, or pip install 'counterpoint[fleet]'"
        ) from error
    authority = keeping.authority()
    _renew_service(keeping.folder, authority)
    _renew_broker(keeping.office(), authority)
    logging.basicConfig(level=logging.INFO, format="enrolment: %(message)s", stream=sys.stderr)
    pair = keeping.folder / f"{SERVICE}.pem", keeping.folder / f"{SERVICE}.key"
    app = service.build_app(Desk(keeping.folder, authority, days=days), authority.pem)
    server = service.build_server(app, pair, keeping.folder / CERTIFICATE)
    ended = threading.Event()
    with service.open_port(*listen) as port:
        print(f"enrolment: serving on {listen[0]} port {listen[1]}", file=sys.stderr, flush=True)
        threading.Thread(target=_keep_renewed, args=(keeping, authority, server, ended), daemon=True).start()
        server.run([port])
    ended.set()
    return 0


def tokens(keeping: Keeping, machines: Path, by: str, days: float, out: tuple[Path, Path | None]) -> int:
    """Make a token for each machine of a CSV; write a list, or a boot file for each; return 0."""
    where, template = out
    tickets = keeping.office().make_tokens(read_machines(machines), _operator(by), days)
    if template is None:
        write_list(tickets, where)
    else:
        write_boot_files(tickets, template, where)
    print(
        f"{len(tickets)} tokens for {days:g} days are in {where}; another person than {by} has to approve the devices"
    )
    return 0


def pending(keeping: Keeping) -> int:
    """Print the devices that wait for an approval; return 0."""
    waiting = keeping.office().waiting()
    for device in waiting:
        late = "  certificate ended" if device.state == "late" else ""
        print(
            f"{device.id}  {device.asset_tag}  site {device.site}  key {device.key[:SHORT]}"
            f"  since {device.asked:%Y-%m-%d %H:%M} UTC  token by {Operator.read(device.made_by).name}{late}"
        )
    print(f"{len(waiting)} wait for an approval")
    return 0


def approve(keeping: Keeping, names: Sequence[str], by: str, *, everything: bool) -> int:
    """Approve devices; return 0."""
    if bool(names) == everything:
        raise UsageError("name the devices by asset tag or id, or give --all: one of the two")
    approved = keeping.office().approve(names, _operator(by), everything=everything)
    for device in approved:
        print(f"{device.id}  {device.asset_tag}  approved by {by}")
    for tag in _doubled(keeping.office(), approved):
        print(f"note: {tag} has an older device too: if it is gone, revoke it by its id")
    if not approved:
        for device in keeping.office().waiting():
            print(f"not approved: {judge_approval(device, _operator(by))}")
    print(f"{len(approved)} approved: each has its certificate when it asks next, within five minutes")
    return 0


def revoke(keeping: Keeping, name: str, by: str) -> int:
    """Revoke a device; return 0."""
    device = keeping.office().revoke(name, _operator(by), keeping.authority())
    print(
        f"{device.id}  {device.asset_tag}  revoked by {by}: after Mosquitto's reload it opens no line, writes nothing"
    )
    return 0


def forget(keeping: Keeping, name: str, by: str, operator: tuple[Path, int] | None) -> int:
    """Delete a device here, and at the broker where the operator's folder is given; return 0.

    Raises:
        UsageError: There is no such device, or the operator's certificate can't be used.
        BrokerUnreachable: It is deleted here, and the broker keeps what it retains.
    """
    office = keeping.office()
    line = None
    if operator is not None:
        line = OperatorLine(office.broker_host() or "localhost", operator[1], operator_certificate(operator[0]))
    device = office.forget(name, _operator(by), keeping.authority())
    print(f"{device.id}  {device.asset_tag}  forgotten: its serial numbers stay on the revocation list till they end")
    if line is None:
        where = topic(device.site, device.id, "state"), topic(device.site, device.id, "birth")
        print(f"the broker still keeps {' and '.join(where)}: delete them as the operator, or give --operator")
        return 0
    clear_retained(device, line)
    print("the broker has taken back its state and birth")
    return 0


def show(keeping: Keeping, *, as_csv: bool) -> int:
    """Print every device and every alarm; return 0."""
    office = keeping.office()
    listed, alarms = office.devices(), office.alarms()
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(("id", "asset_tag", "site", "state", "certificate_until"))
        writer.writerows(_row(one) for one in listed)
        return 0
    for one in listed:
        name, asset_tag, site, state, until = _row(one)
        print(f"{name}  {asset_tag}  site {site}  {state}{f'  until {until}' if until else ''}")
    for what, last, times in alarms:
        print(f"ALARM  {what}  ({times} times, last {last:%Y-%m-%d %H:%M} UTC)")
    print(f"{len(listed)} devices, {len(alarms)} alarms")
    return 0


def broker(keeping: Keeping, plan: BrokerPlan) -> int:
    """Write Mosquitto's configuration, rules and certificates; return 0."""
    authority = keeping.authority()
    folders = write_broker(plan, authority, datetime.now(UTC))
    keeping.office().set_broker(plan, authority)
    print(f"{plan.folder / 'mosquitto.conf'} is written; rules and revocation list follow each change of the fleet")
    for folder in folders:
        print(f"certificate and key for the {folder.name}: {folder}: move them to where it runs")
    return 0


def _operator(by: str) -> Operator:
    """Who acts: by the name that they give, and by the account that they came with, before sudo.

    Who is root without sudo, or may run anything by it, can say another one: then one person can be two.
    """
    try:
        account = os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        account = f"user {os.getuid()}"
    return Operator(by, "".join(letter for letter in account if letter not in "[]"))


def _doubled(office: Office, approved: Sequence[Device]) -> list[str]:
    """Asset tags of these devices that another device has as well."""
    alive = [one.device for one in office.devices() if one.device.state != "revoked"]
    ids = {device.id for device in approved}
    older = {device.asset_tag for device in alive if device.id not in ids}
    return [device.asset_tag for device in approved if device.asset_tag in older]


def _row(one: Listed) -> tuple[str, str, str, str, str]:
    device = one.device
    until = f"{one.ends:%Y-%m-%d}" if one.ends is not None else ""
    return device.id, device.asset_tag, device.site, device.state, until


def _keep_renewed(keeping: Keeping, authority: Authority, server: uvicorn.Server, ended: threading.Event) -> None:
    """Each day what is due, for as long as the service runs: it may run for years."""
    pair = keeping.folder / f"{SERVICE}.pem", keeping.folder / f"{SERVICE}.key"
    while not ended.wait(A_DAY_S):
        try:
            _renew_service(keeping.folder, authority)
            if server.config.ssl is not None:
                server.config.ssl.load_cert_chain(*pair)  # the next connection shows it
            _renew_broker(keeping.office(), authority)
        except (OSError, AuthorityError) as error:  # a disk that is full, a file that can't be read: a day later again
            print(f"enrolment: what is due is not renewed: {error}", file=sys.stderr, flush=True)


def _renew_service(folder: Path, authority: Authority) -> None:
    """Renew the service's own certificate at two thirds of its life: it has the authority at hand."""
    seen = look_at_certificate(folder / f"{SERVICE}.pem")
    if isinstance(seen, Seen) and datetime.now(UTC) < renewal_due(seen):
        return
    with Store.work(folder) as store:
        hosts = store.fact(HOSTS).split("\n")
    if not hosts[0]:
        raise AuthorityError(
            f"nobody said under which name {folder} is served: counterpoint fleet enrolment init --host"
        )
    _write_service(folder, authority, hosts)


def _renew_broker(office: Office, authority: Authority) -> None:
    """Renew the broker's certificates too; a folder that can't be written must not keep devices waiting."""
    try:
        for whose in office.renew_broker(authority):
            what = "have Mosquitto reload" if whose == "broker" else "carry it to where it runs"
            print(f"enrolment: the certificate of the {whose} is renewed: {what}", file=sys.stderr, flush=True)
    except StorageError as error:
        print(f"enrolment: the broker's certificates are not renewed: {error}", file=sys.stderr, flush=True)


def _write_service(folder: Path, authority: Authority, hosts: Sequence[str]) -> None:
    issued, key = authority.make_server(hosts, datetime.now(UTC))
    write_file(folder / f"{SERVICE}.key", key, CLOSED)
    write_file(folder / f"{SERVICE}.pem", issued.pem.encode(), SHOWN)
