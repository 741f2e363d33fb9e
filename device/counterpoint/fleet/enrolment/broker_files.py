"""What Mosquitto reads: its configuration, one rule a device, the revocation list, and the certificates it needs.

One rule: who a client is comes from its certificate alone, and what is not written here is refused. Rules and list are
written anew with each certificate and each revocation; Mosquitto takes them up with SIGHUP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.care.enrolment import renewal_due
from counterpoint.edge.enrolment_files import CLOSED, OWN, SHOWN, read_small, write_file
from counterpoint.edge.enrolment_proof import look_at_certificate
from counterpoint.errors import StorageError
from counterpoint.messages.telling import SUMMARY_ROOT
from counterpoint.messages.topics import ROOT, topic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from counterpoint.fleet.enrolment.authority import Authority, Issued
    from counterpoint.fleet.enrolment.judgement import Device
    from counterpoint.messages.topics import Leaf

MOSQUITTO: Final = "mosquitto"
"""The group that the broker runs as; it reads its key and the rules after it has given root up."""
WRITES: Final[tuple[Leaf, ...]] = ("state", "birth", "health", "window", "reply")
COLLECTORS: Final = ("collector", "collector-2")
"""Two may share the windows: the broker takes a client's id from its certificate, so each has its own."""
TELLING: Final = "telling"
"""The one that writes summaries, so that no other certificate of ours could put words into readers' mouths."""
DASHBOARD: Final = "dashboard"
OPERATOR: Final = "operator"
WATCHER: Final = "watcher"
"""Beside the operator: the broker takes a client's id from its certificate, so a certificate is one line at a time."""
ROLES: Final = {
    **{name: [f"topic read {ROOT}/+/+/{leaf}" for leaf in WRITES] for name in COLLECTORS},
    TELLING: [f"topic write {SUMMARY_ROOT}/+/+"],
    DASHBOARD: [f"topic read {SUMMARY_ROOT}/+/+"],
    # Sends signed commands, reads the answers, and clears what a device that has gone left retained.
    OPERATOR: [
        *(f"topic readwrite {ROOT}/+/+/{leaf}" for leaf in ("state", "birth")),
        f"topic read {ROOT}/+/+/reply",
        f"topic write {ROOT}/+/+/cmd",
    ],
    WATCHER: [f"topic read {ROOT}/+/+/{leaf}" for leaf in ("state", "birth", "reply")],
}
ROLE_FOLDERS: Final = "roles"
RULES: Final = "acl"
REVOKED: Final = "crl.pem"
LARGEST_PACKET: Final = 65_536
"""A window is 2 kB, a command at most 16 kB."""
QUEUED: Final = 100_000
"""Messages kept for a collector that is away: three hundred devices fill them in about two days of health messages."""


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    """What the broker is to be.

    Attributes:
        folder: Where its files are; the configuration names them by this path.
        host: The name under which devices reach it.
        port: TCP port with TLS.
        websockets_port: Port for MQTT over WebSocket, with the same TLS; None for none.
        persistence: Folder in which it keeps what waits for the collector.
    """

    folder: Path
    host: str
    port: int
    websockets_port: int | None
    persistence: Path


def rules(devices: Iterable[Device]) -> str:
    """Return the ACL: each device writes its own five topics and reads its own commands, each role what it needs."""
    lines = ["# Written by counterpoint fleet enrolment: changes by hand are lost with the next device."]
    for role, allowed in ROLES.items():
        lines += ["", f"user {role}", *allowed]
    for device in devices:
        lines += ["", f"user {device.id}"]
        lines += [f"topic write {topic(device.site, device.id, leaf)}" for leaf in WRITES]
        lines.append(f"topic read {topic(device.site, device.id, 'cmd')}")
    return "\n".join([*lines, ""])


def configuration(plan: BrokerPlan) -> str:
    """Return mosquitto.conf: a whole one, for the place of the distribution's own."""
    lines = [
        "# Written by counterpoint fleet enrolment broker. A whole configuration: it replaces mosquitto.conf.",
        "persistence true",
        f"persistence_location {plan.persistence}/",
        "autosave_interval 1",
        "autosave_on_changes true",
        f"max_packet_size {LARGEST_PACKET}",
        f"max_queued_messages {QUEUED}",
        "log_dest stderr",
        "allow_anonymous false",
        f"acl_file {plan.folder / RULES}",
        "",
        *_listener(plan.folder, plan.port),
    ]
    if plan.websockets_port is not None:
        lines += ["", *_listener(plan.folder, plan.websockets_port), "protocol websockets"]
    return "\n".join([*lines, ""])


def write_broker(plan: BrokerPlan, authority: Authority, now: datetime) -> list[Path]:
    """Write configuration and certificates; return the folders with a role's certificate and key, to be taken away.

    Certificates that are not due for renewal stay as they are, also those that were taken away: this may be run again.

    Raises:
        StorageError: The folder can't be written.
    """
    folders = [plan.folder / ROLE_FOLDERS / role for role in ROLES]
    for folder in folders:
        _make_folder(folder)
    write_file(plan.folder / "mosquitto.conf", configuration(plan).encode(), SHOWN)
    write_file(plan.folder / "ca.pem", authority.pem.encode(), SHOWN)
    renew_server(plan.folder, plan.host, authority, now)
    renew_roles(plan.folder, authority, now)
    return folders


def renew_roles(folder: Path, authority: Authority, now: datetime) -> list[str]:
    """Renew the roles' certificates that are due; return those that had one before, and have to be carried anew.

    A copy of each certificate stays here when its folder is taken away: by it the two thirds of its life are known.
    """
    carried = []
    for role in ROLES:
        place, copy = folder / ROLE_FOLDERS / role, folder / ROLE_FOLDERS / f"{role}.issued.pem"
        known = copy if copy.exists() else place / f"{role}.pem"
        if not _is_due(known, now):
            continue
        if known.exists():
            carried.append(role)
        _make_folder(place)
        write_file(place / "ca.pem", authority.pem.encode(), SHOWN)
        issued = _write_pair(place / role, authority.make_client(role, now), CLOSED)
        write_file(copy, issued.pem.encode(), SHOWN)
    return carried


def renew_server(folder: Path, host: str, authority: Authority, now: datetime) -> bool:
    """Renew the broker's own certificate when it is due, or for another host; tell whether it was."""
    mark = folder / "server.host"
    if not _is_due(folder / "server.pem", now) and read_small(mark) == host.encode():
        return False
    _write_pair(folder / "server", authority.make_server([host], now), OWN)
    write_file(mark, host.encode(), SHOWN)
    return True


def write_rules(folder: Path, devices: Iterable[Device], revocation_list: bytes) -> None:
    """Write the ACL and the revocation list; StorageError where the folder can't be written."""
    write_file(folder / REVOKED, revocation_list, SHOWN)
    write_file(folder / RULES, rules(devices).encode(), OWN, MOSQUITTO)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} can't be made ({error.strerror}): run this as root") from error


def _is_due(certificate: Path, now: datetime) -> bool:
    seen = look_at_certificate(certificate)
    return seen is None or now >= renewal_due(seen)


def _listener(folder: Path, port: int) -> list[str]:
    return [
        f"listener {port}",
        f"cafile {folder / 'ca.pem'}",
        f"certfile {folder / 'server.pem'}",
        f"keyfile {folder / 'server.key'}",
        f"crlfile {folder / REVOKED}",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
    ]


def _write_pair(name: Path, made: tuple[Issued, bytes], mode: int) -> Issued:
    issued, key = made
    write_file(name.with_suffix(".key"), key, mode, MOSQUITTO)
    write_file(name.with_suffix(".pem"), issued.pem.encode(), SHOWN)
    return issued
