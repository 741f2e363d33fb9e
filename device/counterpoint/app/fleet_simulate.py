"""Wiring of `counterpoint fleet simulate`: a year drawn, brought to where it is asked for, and progress shown.

One rule: what it makes is invented, and goes only into a store or a file that is new or says so.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.errors import PartMissing, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from counterpoint.fleet.simulation.into_broker import IntoBroker
    from counterpoint.fleet.simulation.year import SiteStory, Year, YearPlan
    from counterpoint.fleet.store.opening import Store

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no public name
    Taker = Callable[[int, Sequence[SiteStory]], None]

EXAMPLES: Final = """\
examples:
  counterpoint fleet simulate --store year.db                 200 counters, the last 52 weeks, told as in life
  counterpoint fleet simulate --store year.db --counters 20 --weeks 13
  counterpoint fleet simulate --store postgresql:///year --counters 10000 --jobs 4
  counterpoint fleet simulate --broker 127.0.0.1:1883 --weeks 4     as devices that empty their outboxes
  counterpoint fleet simulate --windows year.jsonl --facts facts --roster roster.csv
"""
YEAR_WEEKS: Final = 52
MOST_WEEKS: Final = 260
MOST_COUNTERS: Final = 100_000
LAST_PORT: Final = 65_535
TOLD_AFTER: Final = timedelta(days=4)
"""After the end of a week: then it is told in every zone."""


def add_simulate(commands: Commands) -> None:
    """Add `simulate`."""
    parser = commands.add_parser(
        "simulate",
        help="a realistic year of an invented fleet",
        description="A realistic year of an invented fleet: the same seed and weeks give the same year.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--store", metavar="WHERE", help="a new store: a path (SQLite) or postgresql://...")
    parser.add_argument(
        "--broker",
        type=_broker,
        metavar="HOST:PORT",
        help="a broker on this machine, without TLS; 6 weeks at most, of which windows of the last 30 days are sent",
    )
    parser.add_argument("--windows", type=Path, metavar="FILE", help="every window as a line of JSON, as it arrives")
    parser.add_argument("--facts", type=Path, metavar="DIR", help="what some sites count themselves: a CSV a site")
    parser.add_argument("--roster", type=Path, metavar="FILE", help="who served where, as CSV: for the attack alone")
    parser.add_argument("--counters", type=_whole(MOST_COUNTERS), default=200, help="default: %(default)s")
    parser.add_argument("--weeks", type=_whole(MOST_WEEKS), default=YEAR_WEEKS, help="default: %(default)s")
    parser.add_argument(
        "--until", type=_week, metavar="WEEK", help="last week, as 2026-W14 (default: the last one told)"
    )
    parser.add_argument("--seed", type=_whole(2**31), default=1, help="default: %(default)s")
    parser.add_argument("--jobs", type=_whole(256), metavar="N", help="processes that draw (default: one a core)")
    parser.set_defaults(command=_simulate)


def _simulate(parsed: argparse.Namespace) -> int:
    from counterpoint.fleet.simulation.seasons import Week, last_whole_week  # noqa: PLC0415 - --help stays quick
    from counterpoint.fleet.simulation.year import YearPlan  # noqa: PLC0415 - as above

    last = Week(parsed.until) if parsed.until else last_whole_week(datetime.now(UTC).date() - TOLD_AFTER)
    plan = YearPlan(parsed.counters, parsed.weeks, last, parsed.seed)
    return simulate(plan, Wanted(parsed.store, parsed.broker, parsed.windows, parsed.facts, parsed.roster), parsed.jobs)


def _week(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-1")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO week: write it as 2026-W14") from error


def _broker(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) <= LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is no host and port: write it as 127.0.0.1:1883")
    return host, int(port)


def _whole(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 0 < int(text) <= most):
            raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {most}")
        return int(text)

    return read


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a year goes; None for nowhere.

    Attributes:
        store: Path or URL of the fleet's store.
        broker: Host and port of a broker on this machine, without TLS.
        windows: File of JSON lines.
        facts: Folder of CSVs of what the sites count themselves.
        roster: CSV of who served where, for the attack.
    """

    store: str | None
    broker: tuple[str, int] | None
    windows: Path | None
    facts: Path | None
    roster: Path | None


def simulate(plan: YearPlan, wanted: Wanted, jobs: int | None) -> int:
    """Draw the year and bring it to where it is wanted; return 0.

    Raises:
        UsageError: It is wanted nowhere, or the store has sites already.
        PartMissing: The extra `fleet` is not installed.
    """
    if not any((wanted.store, wanted.broker, wanted.windows, wanted.facts, wanted.roster)):
        raise UsageError("say where the year goes: --store year.db, or --windows FILE, --facts DIR, --roster FILE")
    try:
        from counterpoint.fleet.simulation.year import Year  # noqa: PLC0415 - its packages are an extra
    except ImportError as error:
        raise PartMissing(
            f"{error.name} is not installed: run device/set-up fleet, or pip install 'counterpoint[fleet]'"
        ) from error
    year, began_s = Year(plan), time.monotonic()
    visits, windows = _draw_large(year, wanted, jobs) if year.is_large else _draw(year, wanted, jobs)
    took_s = time.monotonic() - began_s
    print(
        f"{plan.counters} counters at {len(year.places)} sites, {plan.weeks} weeks until {plan.last.name}:"
        f" {visits} visits, {windows} windows, in {took_s:.0f} s"
    )
    return 0


def _draw(year: Year, wanted: Wanted, jobs: int | None) -> tuple[int, int]:
    """Draw week by week, as life goes; return the visits and the windows."""
    from counterpoint.fleet.simulation.drawing import stories  # noqa: PLC0415 - its packages are an extra

    visits = windows = 0
    began_s = time.monotonic()
    with ExitStack() as open_files:
        takers, ends = _takers(year, wanted, open_files)
        for week, told in stories(year.plan, jobs):
            visits += sum(story.visits for story in told)
            windows += sum(len(story.arrived) for story in told)
            for take in takers:
                take(week, told)
            _show("week", week + 1, year.plan.weeks, windows, began_s)
        for end in ends:
            end()
    return visits, windows


def _draw_large(year: Year, wanted: Wanted, jobs: int | None) -> tuple[int, int]:
    """Draw site by site into a store; return the visits and the windows."""
    from counterpoint.fleet.simulation.into_store import bring_large  # noqa: PLC0415 - its packages are an extra
    from counterpoint.fleet.simulation.large import site_years  # noqa: PLC0415 - as above

    if wanted.store is None or wanted.broker or wanted.windows or wanted.facts or wanted.roster:
        raise UsageError("so large a fleet goes into a store alone, without files: give --store only")
    visits = windows = 0
    began_s = time.monotonic()
    with ExitStack() as open_files:
        store, close = _new_store(wanted.store, open_files)
        brought = bring_large(year, store, site_years(year.plan, jobs), close, int(time.time()))
        for done, one in enumerate(brought, 1):
            visits, windows = visits + one.visits, windows + one.windows
            _show("site", done, len(year.places), windows, began_s)
    return visits, windows


def _takers(year: Year, wanted: Wanted, open_files: ExitStack) -> tuple[list[Taker], list[Callable[[], None]]]:
    """Return who takes each week, and what is to be done after the last."""
    from counterpoint.fleet.simulation import written  # noqa: PLC0415 - needs NumPy

    takers: list[Taker] = []
    ends: list[Callable[[], None]] = []
    if wanted.windows is not None:
        lines = open_files.enter_context(_new_file(wanted.windows))
        takers.append(lambda _week, told: written.write_windows(lines, year.places, told))
    if wanted.facts is not None:
        folder = _new_folder(wanted.facts)
        takers.append(lambda week, told: written.write_facts(folder, year, week, told))
    if wanted.roster is not None:
        roster = open_files.enter_context(_new_file(wanted.roster))
        takers.append(lambda week, told: written.write_roster(roster, year, week, told))
    if wanted.broker is not None:
        from counterpoint.fleet.simulation.into_broker import IntoBroker  # noqa: PLC0415 - as above

        sending = IntoBroker(year, *wanted.broker, time.time())
        takers.append(sending.take)
        ends += [sending.end, lambda: print(_sent(sending))]
    if wanted.store is not None:
        take, end = _store_taker(year, wanted.store, open_files)
        takers.append(take)
        ends.append(end)
    return takers, ends


def _sent(sending: IntoBroker) -> str:
    gone = f"; {sending.dropped} are older than an outbox keeps one, and were not sent" if sending.dropped else ""
    return f"{sending.taken} windows were taken for somebody by the broker{gone}"


def _store_taker(year: Year, where: str, open_files: ExitStack) -> tuple[Taker, Callable[[], None]]:
    from counterpoint.fleet.simulation.into_store import IntoStore  # noqa: PLC0415 - needs the extra

    into = IntoStore(year, *_new_store(where, open_files))
    into.begin()
    return into.take, lambda: into.end(int(time.time()))


def _new_store(where: str, open_files: ExitStack) -> tuple[Store, Callable[[int], None]]:
    """Open a store that has nothing in it yet; return it, and what tells and deletes there as in life."""
    from counterpoint.fleet.closing import close_due  # noqa: PLC0415 - needs the extra
    from counterpoint.fleet.settings import FleetSettings  # noqa: PLC0415 - as above
    from counterpoint.fleet.store.keeping import tidy  # noqa: PLC0415 - as above
    from counterpoint.fleet.store.opening import open_store  # noqa: PLC0415 - as above

    settings, store = FleetSettings(), open_store(where)
    open_files.callback(store.close)
    _only_new(store, where)
    open_files.callback(_note_today, store)

    def close(now_s: int) -> None:
        close_due(store, now_s, settings.closing.wait_hours, settings.rules)
        tidy(store, settings.keeping, now_s)

    return store, close


def _note_today(store: Store) -> None:
    """A year that was drawn is as old as it says: its end speaks against no clock."""
    from counterpoint.fleet.store.service_rows import note_reached  # noqa: PLC0415 - needs the extra

    with store.writing() as writing:
        note_reached(writing.line, int(time.time()))


def _only_new(store: Store, where: str) -> None:
    """Invented figures must never mix with real ones."""
    with store.reading() as reading:
        if reading.sites():
            raise UsageError(f"{where} has sites already: name a new store for a simulated year")


def _new_folder(path: Path) -> Path:
    try:
        path.mkdir()
    except FileExistsError as error:
        raise UsageError(f"{path} is there already: name a new folder") from error
    except OSError as error:
        raise StorageError(f"{path} can't be made ({error.strerror}): check where it is to be") from error
    return path


def _new_file(path: Path) -> TextIO:
    try:
        return path.open("x", encoding="utf-8")
    except FileExistsError as error:
        raise UsageError(f"{path} is there already: name a new file") from error
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}): check the folder") from error


def _show(what: str, done: int, whole: int, windows: int, began_s: float) -> None:
    """One line that is written over where it is a terminal; else one every tenth part."""
    took_s = time.monotonic() - began_s
    line = f"{what} {done} of {whole}, {windows} windows, {took_s:.0f} s"
    if sys.stderr.isatty():
        print(f"\r{line}", end="\n" if done == whole else "", file=sys.stderr, flush=True)
    elif done % -(-whole // 10) == 0 or done == whole:
        print(line, file=sys.stderr, flush=True)
