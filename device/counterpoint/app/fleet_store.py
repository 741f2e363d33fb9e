"""Wiring of `counterpoint fleet store`: an operator's command in, what was done as plain lines out.

One rule: a command never makes a store where none is: a mistyped path is told, not filled.
"""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select

from counterpoint.errors import UsageError
from counterpoint.fleet.collector.again import take_again
from counterpoint.fleet.store import copies
from counterpoint.fleet.store.keeping import forget_device, forget_site, tidy
from counterpoint.fleet.store.opening import connect, open_store
from counterpoint.fleet.store.revisions import check_revision, migrate, revision_of
from counterpoint.fleet.store.tables import metadata
from counterpoint.messages.topics import CODE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from counterpoint.fleet.settings import FleetSettings
    from counterpoint.fleet.store.opening import Store

    Verb = Callable[[argparse.Namespace, FleetSettings], int]

LONGEST_LABEL: Final = 64
SHOWN: Final = 50
"""Messages kept apart that are shown; the newest."""


def run(verb: str, parsed: argparse.Namespace, settings: FleetSettings) -> int:
    """Do one of the commands; return its exit code.

    Raises:
        UsageError: There is no such store, device, site or file.
        StorageError: The store can't be used.
    """
    return VERBS[verb](parsed, settings)


def _open(settings: FleetSettings) -> Store:
    _must_be_there(settings)
    return open_store(settings.store.where)


def _must_be_there(settings: FleetSettings) -> None:
    where = settings.store.where
    if "://" not in where and not Path(where).is_file():
        raise UsageError(f"there is no store {where}: name it with --store; fleet serve makes a new one")


def _check(_: argparse.Namespace, settings: FleetSettings) -> int:
    _must_be_there(settings)
    store = connect(settings.store.where)
    with closing(store):
        found = list(copies.problems(Path(store.where))) if store.is_sqlite else []
        for problem in found:
            print(f"damaged: {problem}")
        if found:
            print("stop the service and restore a copy: counterpoint fleet store restore")
            return 1
        with store.unchecked() as line:
            print(f"{store.where}: revision {revision_of(line) or 'none'}")
            check_revision(line, store.where)
            for table in metadata.sorted_tables:
                print(f"{line.scalar(select(func.count()).select_from(table)):>10}  {table.name}")
    return 0


def _migrate(_: argparse.Namespace, settings: FleetSettings) -> int:
    _must_be_there(settings)
    store = connect(settings.store.where)
    with closing(store), store.in_words():
        before, after = migrate(store.engine, store.where)
    print(f"{store.where}: revision {after} already" if before == after else f"{store.where}: {before} to {after}")
    return 0


def _retire(_: argparse.Namespace, settings: FleetSettings) -> int:
    with closing(_open(settings)) as store:
        gone = tidy(store, settings.keeping, int(time.time()))
    print(
        f"deleted: {gone.windows} windows, {gone.summaries} summaries, {gone.apart} messages kept apart,"
        f" {gone.audit} lines of the log"
    )
    return 0


def _backup(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    with closing(_open(settings)) as store:
        copies.back_up(store, parsed.copy)
    print(f"{parsed.copy} is a whole copy; it holds what the store holds: keep it as safe")
    return 0


def _restore(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    where = settings.store.where
    if "://" in where:
        raise UsageError(copies.POSTGRESQL)
    copies.restore(parsed.copy, Path(where))
    print(f"{where} is restored; if it is older than the program: counterpoint fleet store migrate")
    return 0


def _forget(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    with closing(_open(settings)) as store:
        if parsed.device is not None:
            found, what = forget_device(store, parsed.device), f"device {parsed.device}"
        else:
            found, what = forget_site(store, parsed.site), f"site {parsed.site}"
    if not found:
        raise UsageError(f"there is no {what}: nothing was deleted")
    print(f"{what} is deleted, older copies of the store aside; if it still sends, revoke its certificate")
    return 0


def _apart(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    with closing(_open(settings)) as store:
        if parsed.again:
            taken, left = take_again(store)
            print(f"{taken} taken, {left} stay apart")
            return 0
        with store.writing() as writing:
            kept = writing.kept_apart(SHOWN)
    for one in kept:
        print(f"{datetime.fromtimestamp(one.received_s, UTC):%Y-%m-%d %H:%M} UTC  {one.topic}  {one.reason}")
    print(f"{len(kept)} shown" + (": the newest" if len(kept) == SHOWN else ""))
    return 0


def _quarantine(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    with closing(_open(settings)) as store, store.writing() as writing:
        found = writing.quarantine(parsed.device, on=not parsed.lift)
    _must_be_known(parsed.device, found=found)
    print(f"{parsed.device}: " + ("out of quarantine" if parsed.lift else "in quarantine: its windows are kept apart"))
    return 0


def _label(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    if len(parsed.label) > LONGEST_LABEL or not parsed.label.isprintable():
        raise UsageError(f"a device's name is one line of at most {LONGEST_LABEL} characters")
    with closing(_open(settings)) as store, store.writing() as writing:
        found = writing.label_device(parsed.device, parsed.label)
    _must_be_known(parsed.device, found=found)
    print(f"{parsed.device} is called {parsed.label or 'by its id'}")
    return 0


def _move(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    if not CODE.fullmatch(parsed.site) or parsed.site == "all":
        raise UsageError(f"{parsed.site!r} can't be a site: use a-z, 0-9 and '-', 36 characters at most, not 'all'")
    with closing(_open(settings)) as store, store.writing() as writing:
        found = writing.move_device(parsed.device, parsed.site)
    _must_be_known(parsed.device, found=found)
    print(f"{parsed.device} stands at {parsed.site} from now on; what it sent there before: apart --again")
    return 0


def _name(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    if parsed.timezone:
        try:
            ZoneInfo(parsed.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(f"{parsed.timezone!r} is no time zone: give an IANA name, as Europe/Vienna") from error
    if not CODE.fullmatch(parsed.site) or parsed.site == "all":
        raise UsageError(f"{parsed.site!r} can't be a site: use a-z, 0-9 and '-', 36 characters at most, not 'all'")
    with closing(_open(settings)) as store, store.writing() as writing:
        told, _ = writing.hold_site(parsed.site)
        if told and parsed.timezone and parsed.timezone != writing.zone(parsed.site):
            raise UsageError(f"{parsed.site} has told weeks in {writing.zone(parsed.site)}: its zone stays")
        writing.name_site(parsed.site, parsed.name, parsed.timezone)
    print(f"{parsed.site} is called {parsed.name}")
    return 0


def _must_be_known(device: str, *, found: bool) -> None:
    if not found:
        raise UsageError(f"no device {device} was heard of: its id is on the devices page")


VERBS: Final[dict[str, Verb]] = {
    "check": _check,
    "migrate": _migrate,
    "retire": _retire,
    "backup": _backup,
    "restore": _restore,
    "forget": _forget,
    "apart": _apart,
    "quarantine": _quarantine,
    "label": _label,
    "move": _move,
    "name": _name,
}
