"""The words of `counterpoint enrol` and `counterpoint fleet enrolment` on the command line.

One rule: it says what may be typed and hands it on; each command imports its own parts when it runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.app.care_arguments import add_sign
from counterpoint.app.fleet_arguments import add_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.app.fleet import Keeping

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no public name
    Run = Callable[[argparse.Namespace], int]

BOOT_FILE: Final = Path("/boot/firmware/counterpoint.toml")
INSTALLED: Final = Path("/etc/counterpoint/counterpoint.toml")
KEPT: Final = Path("/var/lib/counterpoint-enrolment")
ENROLMENT_PORT: Final = 8443
MQTT_PORT: Final = 8883
LAST_PORT: Final = 65535
TOKEN_DAYS: Final = 14.0
CERTIFICATE_DAYS: Final = 365.0

ENROL_EXAMPLES: Final = """\
examples:
  counterpoint enrol                                   take the boot file, wait until the fleet has approved
  counterpoint enrol --if-needed                       as the service at boot and the daily timer do
  counterpoint enrol --renew                           renew now if two thirds of the certificate's life are over
  counterpoint enrol --csr /mnt/request.pem            a request on a stick, for your company's own authority
  counterpoint enrol --certificate /mnt/device.pem --ca /mnt/ca.pem
"""
FLEET_EXAMPLES: Final = """\
examples, in this order:
  counterpoint fleet enrolment init --host enrol.example.org
  counterpoint fleet enrolment broker --out /etc/mosquitto/counterpoint --host mqtt.example.org
  counterpoint fleet enrolment serve
  counterpoint fleet enrolment tokens assets.csv --by anna --template counterpoint.toml --out boot-files
  counterpoint fleet enrolment pending
  counterpoint fleet enrolment approve --all --by ben
  counterpoint fleet enrolment list
  counterpoint fleet enrolment revoke PC-1042 --by ben
  counterpoint fleet enrolment forget PC-1042 --by ben --operator /etc/mosquitto/counterpoint/roles/operator
"""


def add_enrol(commands: Commands) -> None:
    """Add `enrol`."""
    parser = _parser(
        commands, "enrol", "the device's own key, signed by the fleet or by your authority", ENROL_EXAMPLES
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--if-needed", action="store_true", help="do what is needed, for at most 75 s; else nothing")
    kind.add_argument("--renew", action="store_true", help="renew if it is due, ask once")
    kind.add_argument("--once", action="store_true", help="ask once, and don't wait for an approval")
    kind.add_argument("--csr", type=Path, metavar="FILE", help="write a certificate request, and end")
    kind.add_argument("--certificate", type=Path, metavar="FILE", help="install what your authority signed; needs --ca")
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="your authority's certificate (PEM), with --certificate"
    )
    parser.add_argument(
        "--boot-file", type=Path, default=BOOT_FILE, metavar="FILE", help="settings and token (default: %(default)s)"
    )
    parser.add_argument(
        "--settings", type=Path, default=INSTALLED, metavar="FILE", help="installed settings (default: %(default)s)"
    )
    parser.set_defaults(command=_enrol)


def add_fleet(commands: Commands) -> None:
    """Add `fleet` and its groups."""
    fleet = _parser(commands, "fleet", "what IT runs on a server of its own", FLEET_EXAMPLES)
    groups = fleet.add_subparsers(title="groups", metavar="GROUP", required=True)
    enrolment = _parser(groups, "enrolment", "devices' certificates: tokens, approval, revocation", FLEET_EXAMPLES)
    verbs = enrolment.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (
        _add_init,
        _add_serve,
        _add_tokens,
        _add_pending,
        _add_approve,
        _add_revoke,
        _add_forget,
        _add_list,
        _add_broker,
    ):
        add(verbs)
    add_sign(groups)
    add_server(groups)


def _parser(commands: Commands, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _verb(verbs: Commands, name: str, summary: str, run: Run, example: str) -> argparse.ArgumentParser:
    parser = _parser(verbs, name, summary, f"example:\n  counterpoint fleet enrolment {name}{example}")
    parser.add_argument("--store", type=Path, default=KEPT, metavar="DIR", help="what is kept (default: %(default)s)")
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="opens the authority's key (default: it is not encrypted)"
    )
    parser.set_defaults(command=run)
    return parser


def _by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", required=True, metavar="NAME", help="your name: it is kept with what you do")


def _add_init(verbs: Commands) -> None:
    parser = _verb(verbs, "init", "make the site's authority, once", _init, " --host enrol.example.org")
    parser.add_argument(
        "--host", action="append", required=True, metavar="NAME", help="name or address of the service; may be repeated"
    )
    parser.add_argument(
        "--name", default="Counterpoint site authority", help="the authority's name (default: %(default)s)"
    )


def _add_serve(verbs: Commands) -> None:
    parser = _verb(verbs, "serve", "answer devices, until Ctrl-C", _serve, " --port 8443")
    parser.add_argument("--listen", default="0.0.0.0", metavar="ADDRESS", help="default: %(default)s")  # noqa: S104 - devices come from other networks
    parser.add_argument("--port", type=_port, default=ENROLMENT_PORT, help="default: %(default)s")
    parser.add_argument(
        "--days", type=_days, default=CERTIFICATE_DAYS, help="life of a device's certificate (default: %(default)g)"
    )


def _add_tokens(verbs: Commands) -> None:
    example = " assets.csv --by anna --out tokens.csv\n  (assets.csv has the columns asset_tag,site)"
    parser = _verb(verbs, "tokens", "make one-time tokens from a list of machines", _tokens, example)
    parser.add_argument("machines", type=Path, metavar="CSV", help="columns asset_tag and site")
    _by(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="PATH", help="a CSV; with --template, a folder")
    parser.add_argument(
        "--template", type=Path, metavar="FILE", help="write it once a machine, @TOKEN@ and @SITE@ filled in"
    )
    parser.add_argument("--days", type=_days, default=TOKEN_DAYS, help="until first use (default: %(default)g)")


def _add_pending(verbs: Commands) -> None:
    _verb(verbs, "pending", "show the devices that wait for an approval", _pending, "")


def _add_approve(verbs: Commands) -> None:
    parser = _verb(verbs, "approve", "let devices have their certificates", _approve, " PC-1042 PC-1043 --by ben")
    parser.add_argument("names", nargs="*", metavar="DEVICE", help="asset tag or id")
    parser.add_argument("--all", action="store_true", help="all that wait, but those whose tokens you made")
    _by(parser)


def _add_revoke(verbs: Commands) -> None:
    parser = _verb(verbs, "revoke", "shut a device out, for good", _revoke, " PC-1042 --by ben")
    parser.add_argument("name", metavar="DEVICE", help="asset tag or id")
    _by(parser)


def _add_forget(verbs: Commands) -> None:
    example = " PC-1042 --by ben --operator roles/operator"
    parser = _verb(verbs, "forget", "revoke a device and delete what is known of it", _forget, example)
    parser.add_argument("name", metavar="DEVICE", help="asset tag or id")
    _by(parser)
    parser.add_argument(
        "--operator", type=Path, metavar="DIR", help="the operator's certificate: clears its retained messages too"
    )
    parser.add_argument("--port", type=_port, default=MQTT_PORT, help="of the broker (default: %(default)s)")


def _add_list(verbs: Commands) -> None:
    parser = _verb(verbs, "list", "show every device with its asset tag, and the alarms", _list, " --csv")
    parser.add_argument("--csv", action="store_true", help="the devices alone, for a spreadsheet")


def _add_broker(verbs: Commands) -> None:
    example = " --out /etc/mosquitto/counterpoint --host mqtt.example.org"
    parser = _verb(verbs, "broker", "write Mosquitto's configuration, rules and certificates", _broker, example)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder on the broker's machine")
    parser.add_argument("--host", required=True, metavar="NAME", help="name under which devices reach the broker")
    parser.add_argument("--port", type=_port, default=MQTT_PORT, help="default: %(default)s")
    parser.add_argument("--websockets-port", type=_port, metavar="PORT", help="MQTT over WebSocket too, same TLS")
    parser.add_argument(
        "--persistence", type=Path, default=Path("/var/lib/mosquitto"), metavar="DIR", help="default: %(default)s"
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LAST_PORT):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {LAST_PORT}")
    return int(text)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from error
    if not 0 < days <= CERTIFICATE_DAYS * 10:
        raise argparse.ArgumentTypeError("must be above 0 and at most ten years")
    return days


def _enrol(parsed: argparse.Namespace) -> int:
    from counterpoint.app import enrol
    from counterpoint.errors import UsageError

    patience_s = enrol.AT_BOOT_S if parsed.if_needed else 0.0 if parsed.renew or parsed.once else None
    order = enrol.EnrolOrder(parsed.settings, parsed.boot_file, patience_s, parsed.if_needed, parsed.renew)
    if (parsed.certificate is None) != (parsed.ca is None):
        raise UsageError("--certificate and --ca belong together: give both files")
    if parsed.certificate is not None:
        return enrol.install_certificate(order, parsed.certificate, parsed.ca)
    return enrol.enrol(order) if parsed.csr is None else enrol.write_request(order, parsed.csr)


def _keeping(parsed: argparse.Namespace) -> Keeping:
    from counterpoint.app.fleet import Keeping

    return Keeping(parsed.store, parsed.passphrase_file)


def _init(parsed: argparse.Namespace) -> int:
    from counterpoint.app import fleet

    return fleet.init(_keeping(parsed), parsed.name, parsed.host)


def _serve(parsed: argparse.Namespace) -> int:
    from counterpoint.app import fleet

    return fleet.serve(_keeping(parsed), (parsed.listen, parsed.port), parsed.days)


def _tokens(parsed: argparse.Namespace) -> int:
    from counterpoint.app import fleet

    return fleet.tokens(_keeping(parsed), parsed.machines, parsed.by, parsed.days, (parsed.out, parsed.template))


def _pending(parsed: argparse.Namespace) -> int:
    from counterpoint.app import fleet

    return fleet.pending(_keeping(parsed))


def _approve(parsed: argparse.Namespace) -> int:
    from counterpoint.app import fleet

    return fleet.approve(_keeping(parsed), parsed.names, parsed.by, everything=parsed.all)


def _revoke(parsed: argparse.Namespace) -> int:
    from counterpoint.app import fleet

    return fleet.revoke(_keeping(parsed), parsed.name, parsed.by)


def _forget(parsed: argparse.Namespace) -> int:
    from counterpoint.app import fleet

    operator = (parsed.operator, parsed.port) if parsed.operator is not None else None
    return fleet.forget(_keeping(parsed), parsed.name, parsed.by, operator)


def _list(parsed: argparse.Namespace) -> int:
    from counterpoint.app import fleet

    return fleet.show(_keeping(parsed), as_csv=parsed.csv)


def _broker(parsed: argparse.Namespace) -> int:
    from counterpoint.app import fleet
    from counterpoint.fleet.enrolment.broker_files import BrokerPlan

    folder, kept = parsed.out.absolute(), parsed.persistence.absolute()
    return fleet.broker(_keeping(parsed), BrokerPlan(folder, parsed.host, parsed.port, parsed.websockets_port, kept))
