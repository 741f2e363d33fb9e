"""The words of `counterpoint fleet serve`, `fleet store` and `fleet account` on the command line.

One rule: it says what may be typed and hands it on; each command imports its own parts when it runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.app.fleet_simulate import add_simulate
from counterpoint.errors import PartMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.fleet.settings import FleetSettings

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no public name
    Run = Callable[[argparse.Namespace], int]

SETTINGS_FILE: Final = Path("/etc/counterpoint/fleet.toml")
SERVE_EXAMPLES: Final = """\
examples:
  counterpoint fleet serve --store year.db                    pages on this computer alone, no broker, no settings
  counterpoint fleet serve --settings /etc/counterpoint/fleet.toml
  counterpoint fleet serve --store postgresql://fleet@db/fleet --listen 127.0.0.1:8090 --no-collect
  counterpoint fleet serve --settings second.toml --no-pages  one more collector, of the same group
"""
STORE_EXAMPLES: Final = """\
examples:
  counterpoint fleet store check                              revision, damage, and how much there is
  counterpoint fleet store backup fleet-2026-11-23.db         while the service runs
  counterpoint fleet store restore fleet-2026-11-23.db --store new.db
  counterpoint fleet store migrate                            after an update, with the service stopped
  counterpoint fleet store retire                             delete what is old; serve does it daily
  counterpoint fleet store forget --device 0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11
  counterpoint fleet store forget --site hall-3
  counterpoint fleet store apart                              messages kept apart, and why
  counterpoint fleet store apart --again                      judge them once more, after what was wrong is mended
  counterpoint fleet store quarantine 0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11
  counterpoint fleet store label 0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11 PC-1042
  counterpoint fleet store move 0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11 --site hall-4
  counterpoint fleet store name hall-3 "Hall 3" --timezone Europe/Vienna
  counterpoint fleet store accept 0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11 --site hall-3
  counterpoint fleet store accept --list enrolled.csv         as `fleet enrolment show --csv` wrote it
  counterpoint fleet store clock                              whether what is known speaks against our clock
  counterpoint fleet store clock --is-right                   it does not: somebody has looked
"""
ACCOUNT_EXAMPLES: Final = """\
examples:
  counterpoint fleet account add anna@example.org --role manager --site hall-3 --link
  counterpoint fleet account add ida --role it --role manager          asks for the password
  counterpoint fleet account list
  counterpoint fleet account roles anna@example.org --role manager --site hall-3 --site hall-4
  counterpoint fleet account link anna@example.org                     a link for a new password
  counterpoint fleet account password ida < password.txt
  counterpoint fleet account remove anna@example.org
"""


def add_server(groups: Commands) -> None:
    """Add `serve`, `store` and what belongs to them."""
    _add_serve(groups)
    _add_account(groups)
    add_simulate(groups)
    store = _parser(groups, "store", "the store: check, back up, restore, migrate, delete", STORE_EXAMPLES)
    verbs = store.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _verb(verbs, "check", "tell its revision, what is damaged, and how much there is")
    _verb(verbs, "migrate", "bring an older store to this program's revision")
    _verb(verbs, "retire", "delete what is older than the settings keep")
    backup = _verb(verbs, "backup", "write a copy of a store of SQLite, while it is in use")
    backup.add_argument("copy", type=Path, metavar="FILE", help="a new file")
    restore = _verb(verbs, "restore", "make a store of a copy, where none is")
    restore.add_argument("copy", type=Path, metavar="FILE", help="what backup wrote")
    forget = _verb(verbs, "forget", "delete a device, or a whole site, for good")
    whose = forget.add_mutually_exclusive_group(required=True)
    whose.add_argument("--device", metavar="ID", help="its windows and all it said; what its site told stays")
    whose.add_argument("--site", metavar="CODE", help="its devices, windows, summaries, notes")
    _add_judging(verbs)


def _add_judging(verbs: Commands) -> None:
    apart = _verb(verbs, "apart", "show the messages kept apart, newest first")
    apart.add_argument("--again", action="store_true", help="judge them once more; what is good now is taken")
    quarantine = _verb(verbs, "quarantine", "keep the windows of a device apart from now on")
    quarantine.add_argument("device", metavar="ID")
    quarantine.add_argument("--lift", action="store_true", help="take them again; then: apart --again")
    label = _verb(verbs, "label", "give a device your own name, such as its asset tag")
    label.add_argument("device", metavar="ID")
    label.add_argument("label", metavar="NAME")
    move = _verb(verbs, "move", "say that a device stands at another site now")
    move.add_argument("device", metavar="ID")
    move.add_argument("--site", required=True, metavar="CODE")
    name = _verb(verbs, "name", "name a site, and say its time zone")
    name.add_argument("site", metavar="CODE")
    name.add_argument("name", metavar="NAME")
    name.add_argument("--timezone", default="", metavar="ZONE", help="as Europe/Vienna (default: as its devices say)")
    accept = _verb(verbs, "accept", "take a device that was not heard of, where only known ones are taken")
    accept.add_argument("device", metavar="ID", nargs="?")
    accept.add_argument("--site", metavar="CODE")
    accept.add_argument("--list", type=Path, metavar="FILE", help="many, with the columns id, asset_tag and site")
    clock = _verb(verbs, "clock", "tell whether our clock is believed")
    clock.add_argument("--is-right", action="store_true", help="believe it: somebody has looked")


def _add_account(groups: Commands) -> None:
    account = _parser(groups, "account", "who may see the pages: accounts, roles, links", ACCOUNT_EXAMPLES)
    verbs = account.add_subparsers(title="commands", metavar="COMMAND", required=True)
    summaries = {
        "add": "add an account, with a password or a link to choose one",
        "list": "show every account with its roles and sites",
        "roles": "give an account other roles and sites",
        "link": "make a one-time link for a new password",
        "password": "set a password, from a prompt or standard input",
        "remove": "delete an account with its sessions and keys",
    }
    for verb, summary in summaries.items():
        lines = [line for line in ACCOUNT_EXAMPLES.splitlines(keepends=True) if f"account {verb}" in line]
        parser = _parser(verbs, verb, summary, "examples:\n" + "".join(lines))
        if verb != "list":
            parser.add_argument("name", metavar="NAME", help="small letters, digits and . _ @ + -")
        if verb in ("add", "roles"):
            roles = ("manager", "it", "auditor")
            parser.add_argument("--role", action="append", required=True, choices=roles, help="may be repeated")
            parser.add_argument("--site", action="append", metavar="CODE", help="may be repeated (default: every site)")
        if verb == "add":
            parser.add_argument("--link", action="store_true", help="print a link instead of asking for a password")
        _with_store(parser)
        parser.set_defaults(command=_on_accounts, verb=verb)


def _add_serve(groups: Commands) -> None:
    serve = _parser(groups, "serve", "collector, store and dashboard, until Ctrl-C", SERVE_EXAMPLES)
    _with_store(serve)
    serve.add_argument("--listen", metavar="ADDRESS:PORT", help="where the pages are (default: 127.0.0.1:8080)")
    serve.add_argument("--no-collect", action="store_true", help="take nothing from the broker")
    serve.add_argument("--no-pages", action="store_true", help="collect and close weeks only")
    serve.set_defaults(command=_serve)


def _parser(commands: Commands, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _verb(verbs: Commands, name: str, summary: str) -> argparse.ArgumentParser:
    lines = [line for line in STORE_EXAMPLES.splitlines(keepends=True) if f"store {name}" in line]
    parser = _parser(verbs, name, summary, "examples:\n" + "".join(lines))
    _with_store(parser)
    parser.set_defaults(command=_on_store, verb=name)
    return parser


def _with_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store", metavar="WHERE", help="a path (SQLite) or postgresql://... (default: from the settings)"
    )
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help=f"settings file (default: {SETTINGS_FILE} if it is there)"
    )


def _settings(parsed: argparse.Namespace) -> FleetSettings:
    """The settings with what the command line says in their place."""
    from msgspec.structs import replace

    from counterpoint.edge.settings_file import is_there, load_other
    from counterpoint.fleet.settings import FleetSettings, PageSettings, StoreSettings

    path = parsed.settings or (SETTINGS_FILE if is_there(SETTINGS_FILE) else None)
    settings = FleetSettings() if path is None else load_other(path, FleetSettings)
    if parsed.store is not None:
        settings = replace(settings, store=StoreSettings(where=parsed.store))
    if getattr(parsed, "listen", None) is not None:
        settings = replace(settings, page=PageSettings(listen=parsed.listen, public=settings.page.public))
    return settings


def _serve(parsed: argparse.Namespace) -> int:
    try:
        from counterpoint.app.fleet_serve import ServeOrder, serve
    except ImportError as error:
        raise _missing(error) from error
    return serve(ServeOrder(collect=not parsed.no_collect, pages=not parsed.no_pages), _settings(parsed))


def _on_store(parsed: argparse.Namespace) -> int:
    try:
        from counterpoint.app import fleet_store
    except ImportError as error:
        raise _missing(error) from error
    return fleet_store.run(parsed.verb, parsed, _settings(parsed))


def _on_accounts(parsed: argparse.Namespace) -> int:
    try:
        from counterpoint.app import fleet_accounts
    except ImportError as error:
        raise _missing(error) from error
    return fleet_accounts.run(parsed.verb, parsed, _settings(parsed))


def _missing(error: ImportError) -> PartMissing:
    return PartMissing(f"{error.name} is not installed: run device/set-up fleet, or pip install 'counterpoint[fleet]'")
