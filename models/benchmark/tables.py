"""Figures to tables, for a terminal and for the card; one rule: a table is rows of words, made once, shown twice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.benchmark.conditions import DAYS, MAIN
from models.benchmark.judged import AT
from models.benchmark.results import ALL, OURS
from models.benchmark.scores import frames, settled, talk_overs, visits
from models.benchmark.targets import TARGETS, values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.benchmark.intervals import Estimate
    from models.benchmark.results import OfSimulator, Results
    from models.benchmark.targets import Target

NOTHING: Final = "-"
FRAMES: Final = tuple(frames.RATIOS)
ALARMS: Final = tuple(f"false on {name}" for name in talk_overs.FALSE_RATES)
ALONG: Final = tuple(
    f"recall {at} of {name}" for at in AT.values() for name in ("backchannels", "backchannels and one voice")
)
LATE: Final = (
    *(f"latency p{p} {at}" for at in AT.values() for p in (50, 90)),
    *(f"latency p{p}" for p in (10, 50, 90)),
)
SETTLED: Final = tuple(settled.RATIOS)
MAIN_ROWS: Final = (
    "minutes",
    *FRAMES,
    *ALONG,
    "talk-over recall",
    "talk-over recall of 0.7 s",
    *ALARMS,
    "alarms elsewhere an hour",
    *LATE,
    "area under the curve",
    *SETTLED,
)
STRESS_ROWS: Final = (
    *("agent f1", "customer f1", "given to other side", "overlap f1"),
    *(f"recall {at} of backchannels" for at in AT.values()),
    "false on backchannels",
    "false cues an hour",
)
PEER_ROWS: Final = (*FRAMES, *ALONG, "talk-over recall", *ALARMS[:3], "latency p50", "latency p90")
ARRAY_ROWS: Final = (*STRESS_ROWS[:6], "talk-over recall", "false on backchannels", "latency p50", "latency p90")
VOICE_ROWS: Final = (
    "median pitch, Hz",
    *(f"{what}, {half} voices" for what in ("cue recall", "false cues an hour") for half in ("high", "low")),
    *("gap in cue recall", "gap in false cues an hour"),
)
DAY_ROWS: Final = (
    *("hours", "cueable an hour", "cue recall", "cue recall in the days, before", "cue recall in the days, after"),
    *("false cues an hour, before", "upper bound of false cues, before"),
    *("false cues an hour, after", "upper bound of false cues, after", "of these on shorter talk-overs, after"),
    *(f"cue precision at {true:g} an hour" for true in (0.5, 2.0, 6.0)),
    *("false predictions an hour", "visits found", "visits invented, share"),
    *(f"error of {name}" for name in visits.ERRORS),
    "overlap time, relative",
)


@dataclass(frozen=True, slots=True)
class Table:
    """Words in rows; the first row is the head."""

    name: str
    title: str
    rows: list[list[str]]

    def text(self) -> str:
        """Aligned, for a terminal."""
        widths = [max(len(row[column]) for row in self.rows) for column in range(len(self.rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in self.rows]
        return "\n".join([self.title, "=" * len(self.title), *(line.rstrip() for line in lines)])

    def markdown(self) -> str:
        """For the card."""
        head, *body = ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join([head, "|" + "---|" * len(self.rows[0]), *body])


def all_tables(results: Results) -> list[Table]:
    """Every table of a run, in the order in which they are read."""
    simulators = results.simulators
    made = [
        targets_table(results),
        _by_condition("main", "Four conditions", {n: s.main for n, s in simulators.items()}, MAIN_ROWS),
        peers_table(simulators),
        _by_row("stress", "One thing made hard at a time", {n: s.stress for n, s in simulators.items()}, STRESS_ROWS),
        _by_row("arrays", "By array", {n: s.arrays for n, s in simulators.items()}, ARRAY_ROWS),
        _by_condition("days", "By the hour", _days(results), DAY_ROWS),
        _by_condition("voices", "High and low voices", {n: _only_all(s) for n, s in simulators.items()}, VOICE_ROWS),
        shortcuts_table(simulators),
    ]
    return [table for table in made if len(table.rows) > 1]


def targets_table(results: Results) -> Table:
    """What was asked, and what each simulator found."""
    names = list(results.simulators)
    rows = [["target", "asked", *names, "met"]]
    for target in TARGETS:
        found = [values(target, _figures(results.simulators[name], target)) for name in names]
        met = [target.met(value, second=name == "halls") for name, value in zip(names, found, strict=True)]
        words = NOTHING if all(math.isnan(value) for value in found) else "yes" if all(met) else "no"
        rows.append([target.name, target.asked, *(_number(value) for value in found), words])
    for clip, error in results.real_array.items():
        met_words = "yes" if error <= REAL_ERROR else "no"
        rows.append([f"real array clip {clip}", "at most 0.05", *[_number(error)] * len(names), met_words])
    return Table("targets", "Targets", rows)


REAL_ERROR: Final = 0.05


def peers_table(simulators: Mapping[str, OfSimulator]) -> Table:
    """All systems on the same scenes."""
    systems = list(dict.fromkeys(s for one in simulators.values() for by in one.peers.values() for s in by))
    rows = [["figure", "simulator", "condition", *systems]]
    for figure in PEER_ROWS:
        for name, one in simulators.items():
            for condition, by in one.peers.items():
                if condition == ALL or figure in ("overlap f1", "agent f1", "customer f1"):
                    cells = [_cell(by[system], figure) if system in by else NOTHING for system in systems]
                    rows.append([figure, name, condition, *cells])
    return Table("peers", "The peers on the same sound", rows)


def shortcuts_table(simulators: Mapping[str, OfSimulator]) -> Table:
    """What rules reach that do not listen, and what we do."""
    rows = [["rule", "simulator", "area under the curve", *(f"recall {at}" for at in AT.values()), "void"]]
    for name, one in simulators.items():
        if ALL not in one.main:
            continue
        ours = one.main[ALL]
        recalls = {limit: ours[f"recall {at} of backchannels"].value for limit, at in AT.items()}
        for rule, found in one.shortcuts.items():
            near = any(found.recall_at[limit] >= NEAR * recalls[limit] for limit in AT)
            cells = [_number(found.recall_at[limit]) for limit in AT]
            rows.append([rule, name, _number(found.area), *cells, "yes" if near else "no"])
        area = _number(ours["area under the curve"].value)
        rows.append([OURS, name, area, *(_number(recalls[limit]) for limit in AT), NOTHING])
    return Table("shortcuts", "What can be had without listening", rows)


NEAR: Final = 0.9
"""A shortcut that has this share of our recall is near."""


def _cell(figures: Mapping[str, Estimate], name: str) -> str:
    """Value, interval and the cases that it rests on; the number of frames says nothing that the minutes do not."""
    found = figures.get(name)
    if found is None or math.isnan(found.value):
        return NOTHING
    if math.isnan(found.low):
        return _number(found.value)
    span = f"{_number(found.value)} [{_number(found.low)}, {_number(found.high)}]"
    return span if name in FRAMES else f"{span} n {found.n}"


def _by_condition(
    name: str, title: str, simulators: Mapping[str, Mapping[str, dict[str, Estimate]]], figures: Sequence[str]
) -> Table:
    """A row a figure and simulator, a column a condition."""
    order = [*(one.name for one in (*MAIN, *DAYS)), ALL]
    columns = [one for one in order if any(one in by for by in simulators.values())]
    rows = [["figure", "simulator", *columns]]
    for figure in figures:
        for simulator, by in simulators.items():
            cells = [_cell(by.get(column, {}), figure) for column in columns]
            if any(one != NOTHING for one in cells):
                rows.append([figure, simulator, *cells])
    return Table(name, title, rows)


def _by_row(
    name: str, title: str, simulators: Mapping[str, Mapping[str, dict[str, Estimate]]], figures: Sequence[str]
) -> Table:
    """A row a condition or array and simulator, a column a figure."""
    rows = [[name, "simulator", *figures]]
    for group in dict.fromkeys(one for by in simulators.values() for one in by):
        for simulator, by in simulators.items():
            if group in by:
                rows.append([group, simulator, *(_cell(by[group], figure) for figure in figures)])
    return Table(name, title, rows)


def _days(results: Results) -> dict[str, dict[str, dict[str, Estimate]]]:
    days = {name: one.days for name, one in results.simulators.items()}
    return days | ({"both": {ALL: results.both_days}} if len(days) > 1 and results.both_days else {})


def _only_all(one: OfSimulator) -> dict[str, dict[str, Estimate]]:
    return {ALL: one.main[ALL]} if ALL in one.main else {}


def _figures(one: OfSimulator, target: Target) -> dict[str, Estimate]:
    return one.days.get(ALL, {}) if target.of == "days" else one.main.get(target.of, {})


def _number(value: float) -> str:
    if math.isnan(value):
        return NOTHING
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"  # noqa: PLR2004 - digits that mean something
