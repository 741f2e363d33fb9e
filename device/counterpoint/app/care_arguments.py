"""The words of `counterpoint caretake`, `counterpoint forget` and `counterpoint fleet sign` on the command line.

One rule: it says what may be typed and hands it on; each command imports its own parts when it runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.settings import Settings

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no public name
    Run = Callable[[argparse.Namespace], int]

INSTALLED: Final = Path("/etc/counterpoint/counterpoint.toml")
CERTIFICATE: Final = "/etc/counterpoint/device.pem"
STORE: Final = Path("/var/lib/counterpoint-roll-out")
DAYS: Final = 3.0
MOST_DAYS: Final = 30.0
SIGN_EXAMPLES: Final = """\
examples, in this order; the two keys belong to two people:
  counterpoint fleet sign key anna
  counterpoint fleet sign release program --version 0.2.0 --arch arm64 --out releases
  counterpoint fleet sign plan update --devices devices.csv --release releases/counterpoint-0.2.0-arm64.json \\
      --url https://updates.example.org/counterpoint-0.2.0-arm64.tar --key anna.pem
  counterpoint fleet sign add --key ben.pem
  counterpoint fleet sign due --out due
"""


def add_caretake(commands: Commands) -> None:
    """Add `caretake`."""
    parser = _parser(
        commands, "caretake", "carry out signed commands that came; systemd starts it as root", "counterpoint caretake"
    )
    _with_settings(parser)
    parser.set_defaults(command=_caretake)


def add_forget(commands: Commands) -> None:
    """Add `forget`."""
    parser = _parser(
        commands, "forget", "erase all that this device keeps: keys, visits, settings", "sudo counterpoint forget"
    )
    parser.add_argument("--yes", action="store_true", help="don't ask")
    _with_settings(parser)
    parser.set_defaults(command=_forget)


def add_sign(groups: Commands) -> None:
    """Add `sign` to the groups of `fleet`."""
    sign = groups.add_parser(
        "sign",
        help="signed commands: keys, releases, roll-outs at a measured pace",
        epilog=SIGN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = sign.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_key, _add_release, _add_plan, _add_add, _add_due):
        add(verbs)


def _parser(commands: Commands, name: str, summary: str, example: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _with_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--settings", type=Path, default=INSTALLED, metavar="FILE", help="settings file (default: %(default)s)"
    )


def _verb(verbs: Commands, name: str, summary: str, run: Run, example: str) -> argparse.ArgumentParser:
    parser = _parser(verbs, name, summary, f"counterpoint fleet sign {name} {example}")
    parser.set_defaults(command=run)
    return parser


def _with_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store", type=Path, default=STORE, metavar="DIR", help="what was signed and sent (default: %(default)s)"
    )


def _with_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="your private key (NAME.pem)")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="opens the key (default: it is asked for)")


def _add_key(verbs: Commands) -> None:
    parser = _verb(verbs, "key", "make your pair of keys: NAME.pem stays yours, NAME.pub goes to devices", _key, "anna")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="default: here")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="default: it is asked for")


def _add_release(verbs: Commands) -> None:
    example = "program --version 0.2.0 --arch arm64 --out releases"
    parser = _verb(verbs, "release", "pack a program's tree into the file of a release", _release, example)
    parser.add_argument("tree", type=Path, metavar="TREE", help="/usr/lib/counterpoint of the new package")
    parser.add_argument("--version", required=True, metavar="N.N.N")
    parser.add_argument("--arch", required=True, choices=("amd64", "arm64"))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")


def _add_plan(verbs: Commands) -> None:
    example = "restart --devices devices.csv --key anna.pem"
    parser = _verb(verbs, "plan", "make and sign the commands of a roll-out, each with its turn", _plan, example)
    parser.add_argument("do", choices=("restart", "update", "roll_back", "forget"))
    parser.add_argument("--devices", type=Path, required=True, metavar="CSV", help="the fleet: columns id and site")
    parser.add_argument("--only", action="append", metavar="DEVICE", help="these of them (default: all); repeatable")
    parser.add_argument("--release", type=Path, metavar="JSON", help="with update: what `sign release` wrote")
    parser.add_argument("--url", default="", help="with update: where devices fetch it (https)")
    parser.add_argument(
        "--days", type=_days, default=DAYS, help="valid for, from a device's turn (default %(default)g)"
    )
    _with_key(parser)
    _with_store(parser)


def _add_add(verbs: Commands) -> None:
    parser = _verb(verbs, "add", "sign what another person planned, after reading it", _add, "--key ben.pem")
    parser.add_argument("--yes", action="store_true", help="don't ask")
    _with_key(parser)
    _with_store(parser)


def _add_due(verbs: Commands) -> None:
    parser = _verb(verbs, "due", "hand out the commands whose turn has come", _due, "--out due")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="one file a command, and send.sh")
    _with_store(parser)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from error
    if not 0 < days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most {MOST_DAYS:g}")
    return days


def _caretake(parsed: argparse.Namespace) -> int:
    from counterpoint.app.caretaker import caretake

    return caretake(settings_or_defaults(parsed.settings), parsed.settings)


def _forget(parsed: argparse.Namespace) -> int:
    from counterpoint.app.forget import forget

    return forget(settings_or_defaults(parsed.settings), parsed.settings, yes=parsed.yes)


def settings_or_defaults(path: Path) -> Settings:
    """The settings, or the package's own where they can't be read: a newer release may know more of them than this."""
    import sys

    from counterpoint.edge.settings_file import load_settings
    from counterpoint.errors import SettingsError
    from counterpoint.settings import BrokerSettings, Settings

    try:
        return load_settings(path)
    except SettingsError as error:
        if path.exists():
            print(f"counterpoint: {error}; going on with the folders of the package", file=sys.stderr)
        return Settings(broker=BrokerSettings(certificate_file=CERTIFICATE))


def _key(parsed: argparse.Namespace) -> int:
    from counterpoint.app import signing

    return signing.make_key(parsed.name, parsed.out, parsed.passphrase_file)


def _release(parsed: argparse.Namespace) -> int:
    from counterpoint.app import signing

    return signing.make_release(parsed.tree, parsed.version, parsed.arch, parsed.out)


def _plan(parsed: argparse.Namespace) -> int:
    from counterpoint.app import signing

    order = signing.PlanOrder(
        parsed.do, parsed.devices, tuple(parsed.only or ()), parsed.release, parsed.url, parsed.days
    )
    return signing.plan(order, signing.Signer(parsed.key, parsed.passphrase_file), parsed.store)


def _add(parsed: argparse.Namespace) -> int:
    from counterpoint.app import signing

    return signing.add(signing.Signer(parsed.key, parsed.passphrase_file), parsed.store, yes=parsed.yes)


def _due(parsed: argparse.Namespace) -> int:
    from counterpoint.app import signing

    return signing.due(parsed.store, parsed.out)
