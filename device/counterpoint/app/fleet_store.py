"""Wiring of `counterpoint fleet store`: an operator's command in, what was done as plain lines out.

One rule: a command never makes a store where none is: a mistyped path is told, not filled. What it changes stands in
the log, in the transaction that changes it wherever there is one.
"""

from __future__ import annotations

import csv
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, inspect, select

from counterpoint.errors import UsageError
from counterpoint.fleet.access.accounts import SERVER
from counterpoint.fleet.believed_time import believed_now
from counterpoint.fleet.collector.again import take_again
from counterpoint.fleet.store import copies
from counterpoint.fleet.store.access_rows import AccessWriting
from counterpoint.fleet.store.device_rows import accept_device
from counterpoint.fleet.store.keeping import forget_device, forget_site, tidy
from counterpoint.fleet.store.opening import connect, open_store
from counterpoint.fleet.store.revisions import check_revision, migrate, revision_of
from counterpoint.fleet.store.rows import AuditLine
from counterpoint.fleet.store.service_rows import note_reached
from counterpoint.fleet.store.tables import audit, metadata
from counterpoint.messages.topics import CODE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from counterpoint.fleet.settings import FleetSettings
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.writing import Writing

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


def _line(what: str, about: str) -> AuditLine:
    return AuditLine(int(time.time()), SERVER, what, about)


def _note(store: Store, what: str, about: str = "") -> None:
    """Note what was done in transactions of its own."""
    with store.writing() as writing:
        writing.access.note(_line(what, about))


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
        if before != after:
            _note(store, "store.migrated", f"{before or 'none'} to {after}")
    print(f"{store.where}: revision {after} already" if before == after else f"{store.where}: {before} to {after}")
    return 0


def _retire(_: argparse.Namespace, settings: FleetSettings) -> int:
    with closing(_open(settings)) as store:
        with store.unchecked() as line:
            belief = believed_now(line, int(time.time()))
        gone = tidy(store, settings.keeping, belief.now_s)
        _note(store, "store.retired")
    if belief.doubted_days:
        print(_ahead(belief.doubted_days))
    print(
        f"deleted: {gone.windows} windows, {gone.summaries} summaries, {gone.apart} messages kept apart,"
        f" {gone.audit} lines of the log"
    )
    return 0


def _backup(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    with closing(_open(settings)) as store:
        copies.back_up(store, parsed.copy)
        _note(store, "store.backed_up", parsed.copy.name)
    print(f"{parsed.copy} is a whole copy; it holds what the store holds: keep it as safe")
    return 0


def _restore(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    where = settings.store.where
    if "://" in where:
        raise UsageError(copies.POSTGRESQL)
    copies.restore(parsed.copy, Path(where))
    with closing(connect(where)) as store, store.in_words(), store.engine.begin() as line:
        if inspect(line).has_table(audit.name):  # a copy of any revision
            AccessWriting(line).note(_line("store.restored", parsed.copy.name))
    print(f"{where} is restored; if it is older than the program: counterpoint fleet store migrate")
    return 0


def _forget(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    with closing(_open(settings)) as store:
        if parsed.device is not None:
            found, what = forget_device(store, parsed.device), f"device {parsed.device}"
        else:
            found, what = forget_site(store, parsed.site), f"site {parsed.site}"
        if found:
            _note(store, "store.forgot", what)
    if not found:
        raise UsageError(f"there is no {what}: nothing was deleted")
    print(f"{what} is deleted, older copies of the store aside; if it still sends, revoke its certificate")
    return 0


def _apart(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    with closing(_open(settings)) as store:
        if parsed.again:
            taken, left = take_again(store, only_known=settings.collector.accept == "known")
            _note(store, "apart.again")
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
        _must_be_known(parsed.device, found=writing.quarantine(parsed.device, on=not parsed.lift))
        writing.access.note(_line("device.released" if parsed.lift else "device.quarantined", parsed.device))
    print(f"{parsed.device}: " + ("out of quarantine" if parsed.lift else "in quarantine: its windows are kept apart"))
    return 0


def _label(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    if len(parsed.label) > LONGEST_LABEL or not parsed.label.isprintable():
        raise UsageError(f"a device's name is one line of at most {LONGEST_LABEL} characters")
    with closing(_open(settings)) as store, store.writing() as writing:
        _must_be_known(parsed.device, found=writing.label_device(parsed.device, parsed.label))
        writing.access.note(_line("device.labelled", f"{parsed.device} {parsed.label}"))
    print(f"{parsed.device} is called {parsed.label or 'by its id'}")
    return 0


def _move(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    _must_be_site(parsed.site)
    with closing(_open(settings)) as store, store.writing() as writing:
        _must_be_known(parsed.device, found=writing.move_device(parsed.device, parsed.site))
        writing.access.note(_line("device.moved", f"{parsed.device} {parsed.site}"))
    print(f"{parsed.device} stands at {parsed.site} from now on; what it sent there before: apart --again")
    return 0


def _name(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    if parsed.timezone:
        try:
            ZoneInfo(parsed.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(f"{parsed.timezone!r} is no time zone: give an IANA name, as Europe/Vienna") from error
    _must_be_site(parsed.site)
    with closing(_open(settings)) as store, store.writing() as writing:
        told, _ = writing.hold_site(parsed.site)
        if told and parsed.timezone and parsed.timezone != writing.zone(parsed.site):
            raise UsageError(f"{parsed.site} has told weeks in {writing.zone(parsed.site)}: its zone stays")
        writing.name_site(parsed.site, parsed.name, parsed.timezone)
        writing.access.note(_line("site.named", f"{parsed.site} {parsed.name} {parsed.timezone}".strip()))
    print(f"{parsed.site} is called {parsed.name}")
    return 0


def _accept(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    if (parsed.device is None) != (parsed.site is None) or (parsed.device is None) == (parsed.list is None):
        raise UsageError("name a device and its site, or give a --list: one of the two")
    wanted = _listed(parsed.list) if parsed.list is not None else [(parsed.device, parsed.site, "")]
    for device, site, _ in wanted:
        _must_be_site(site)
        if not CODE.fullmatch(device):
            raise UsageError(f"{device!r} can't be a device: its id is what fleet enrolment show prints")
    new = 0
    with closing(_open(settings)) as store, store.writing() as writing:
        for device, site, label in wanted:
            new += _let_in(writing, device, site, label)
    print(f"{new} of {len(wanted)} are new; what they sent before: apart --again")
    return 0


def _let_in(writing: Writing, device: str, site: str, label: str) -> bool:
    if not accept_device(writing.line, device, site, int(time.time())):
        return False
    if label:
        writing.label_device(device, label)
    writing.access.note(_line("device.accepted", f"{device} {site}"))
    return True


def _listed(path: Path) -> list[tuple[str, str, str]]:
    """Device, site and label of each line of what `fleet enrolment show --csv` wrote."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = [(row["id"], row["site"], row["asset_tag"]) for row in csv.DictReader(lines)]
    except (KeyError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"{path} has not the columns id, asset_tag and site: counterpoint fleet enrolment show --csv writes them"
        ) from error
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror}): check the path") from error
    return [(device or "", site or "", (label or "")[:LONGEST_LABEL]) for device, site, label in rows]


def _clock(parsed: argparse.Namespace, settings: FleetSettings) -> int:
    clock_s = int(time.time())
    with closing(_open(settings)) as store, store.writing() as writing:
        if parsed.is_right:
            note_reached(writing.line, clock_s)
            writing.access.note(_line("clock.confirmed", f"{datetime.fromtimestamp(clock_s, UTC):%Y-%m-%d %H:%M} UTC"))
        belief = believed_now(writing.line, clock_s)
    print(f"our clock says {datetime.fromtimestamp(clock_s, UTC):%Y-%m-%d %H:%M} UTC")
    print(_ahead(belief.doubted_days) if belief.doubted_days else "nothing speaks against it")
    return 0


def _ahead(days: int) -> str:
    return (
        f"that is {days} days or more after all that counters sent, and after the last that was known here: weeks are"
        " told and old things deleted by the earlier time; if it is right: counterpoint fleet store clock --is-right"
    )


def _must_be_site(code: str) -> None:
    if not CODE.fullmatch(code) or code == "all":
        raise UsageError(f"{code!r} can't be a site: use a-z, 0-9 and '-', 36 characters at most, not 'all'")


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
    "accept": _accept,
    "clock": _clock,
}
