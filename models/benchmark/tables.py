"""Figures to tables, for a terminal and for the card; one rule: a table is rows of words, made once, shown twice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.benchmark.conditions import DAYS, MAIN
from models.benchmark.judged import AT
from models.benchmark.results import ALL, OURS
from models.benchmark.scores import frames, settled, talk_overs, visits
from models.benchmark.targets import MODEL_BYTES, REAL_ERROR, STEP_US, TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.benchmark.intervals import Estimate
    from models.benchmark.results import OfSimulator, Results
    from models.benchmark.scores.shortcuts import Shortcut
    from models.benchmark.targets import Target

NOTHING: Final = "-"
FRAMES: Final = tuple(frames.RATIOS)
ALARMS: Final = tuple(f"false on {name}" for name in talk_overs.FALSE_RATES)
ALONG: Final = tuple(f"recall {at} of {name}" for at in AT.values() for name in talk_overs.NEGATIVE_SETS)
AREA: Final = "area under the curve"
ON_NEGATIVES: Final = (*ALARMS, *ALONG, AREA)
"""Their cases are negatives: spans on which a prediction is false."""
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
    AREA,
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


FEW: Final = 1000
"""A rate of 0.01 on fewer negatives rests on fewer than ten alarms."""
MARK: Final = "\N{DAGGER}"
NOTE: Final = f"{MARK} n: so many negatives, fewer than {FEW:,}."
BOTH: Final = "both"
RULE_SETS: Final = talk_overs.NEGATIVE_SETS[:2]
"""The negatives that a shortcut is tried on."""


@dataclass(frozen=True, slots=True)
class Table:
    """Words in rows; the first row is the head. What the mark means stands below where a cell has it."""

    name: str
    title: str
    rows: list[list[str]]

    def text(self) -> str:
        """Aligned, for a terminal."""
        widths = [max(len(row[column]) for row in self.rows) for column in range(len(self.rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in self.rows]
        return "\n".join([self.title, "=" * len(self.title), *(line.rstrip() for line in lines), *self._notes])

    def markdown(self) -> str:
        """For the card."""
        head, *body = ["| " + " | ".join(row) + " |" for row in self.rows]
        below = [line for note in self._notes for line in ("", note)]
        return "\n".join([head, "|" + "---|" * len(self.rows[0]), *body, *below])

    @property
    def _notes(self) -> list[str]:
        return [NOTE] if any(MARK in cell for row in self.rows for cell in row) else []


def all_tables(results: Results) -> list[Table]:
    """Every table of a run, in the order in which they are read."""
    simulators = results.simulators
    made = [
        targets_table(results),
        main_table(simulators),
        peers_table(simulators),
        _by_row("stress", "One thing made hard at a time", {n: s.stress for n, s in simulators.items()}, STRESS_ROWS),
        _by_row("arrays", "By array", {n: s.arrays for n, s in simulators.items()}, ARRAY_ROWS),
        _by_condition("days", "By the hour", _days(results), DAY_ROWS),
        _by_condition("voices", "High and low voices", {n: _only_all(s) for n, s in simulators.items()}, VOICE_ROWS),
        shortcuts_table(simulators),
    ]
    return [table for table in made if len(table.rows) > 1]


def targets_table(results: Results) -> Table:
    """What was asked, and what each simulator found; by the hour also both together."""
    names = list(results.simulators)
    together = [BOTH] if len(names) > 1 and results.both_days else []
    rows = [["target", "asked", *names, *together, "met"]]
    for target in TARGETS:
        found = [_figures(results.simulators[name], target).get(target.figure) for name in names]
        if together:
            found.append(results.both_days.get(target.figure) if target.hourly else None)
        judged = [
            target.met(math.nan if one is None else one.value, second=name == "halls")
            for name, one in zip([*names, *together], found, strict=True)
            if name != BOTH or target.hourly
        ]
        cells = [_target_cell(target, one) for one in found]
        words = NOTHING if all(cell == NOTHING for cell in cells) else "yes" if all(judged) else "no"
        rows.append([target.name, target.asked, *cells, words])
    once = [(f"real array clip {clip}", REAL_ERROR, error) for clip, error in results.real_array.items()]
    once += [("model size, bytes", MODEL_BYTES, results.model_bytes or math.nan)]
    once += [("cost of a 20 ms step, microseconds", STEP_US, results.step_us)]
    for name, bound, value in once:
        met_words = NOTHING if math.isnan(value) else "yes" if value <= bound else "no"
        rows.append([name, f"at most {bound}", *[_number(value)] * len(names), *[NOTHING] * len(together), met_words])
    return Table("targets", "Targets", rows)


def main_table(simulators: Mapping[str, OfSimulator]) -> Table:
    """Our own line's figures in the four conditions."""
    return _by_condition("main", "Four conditions", {name: one.main for name, one in simulators.items()}, MAIN_ROWS)


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
    """What rules reach that do not listen, and what we do; void where a rule comes near us against either negatives."""
    tried = [(f"recall {at} of {name}", limit, name) for name in RULE_SETS for limit, at in AT.items()]
    rows = [["rule", "simulator", AREA, *(figure for figure, _, _ in tried), "void"]]
    for name, one in simulators.items():
        if ALL not in one.main:
            continue
        ours = one.main[ALL]
        reached = dict(zip(RULE_SETS, (one.shortcuts, one.overlapping_shortcuts), strict=True))
        for rule, found in one.shortcuts.items():
            ruled = [(reached[negatives][rule], limit, ours[figure].value) for figure, limit, negatives in tried]
            near = any(by.backchannels and by.recall_at[limit] >= NEAR * mine for by, limit, mine in ruled)
            cells = [_rule_cell(by, limit) for by, limit, _ in ruled]
            rows.append([rule, name, _number(found.area), *cells, "yes" if near else "no"])
        mine = [_few(_number(ours[figure].value), ours[figure].n) for figure in (AREA, *(row[0] for row in tried))]
        rows.append([OURS, name, *mine, NOTHING])
    return Table("shortcuts", "What can be had without listening", rows)


NEAR: Final = 0.9
"""A shortcut that has this share of our recall is near."""


def _cell(figures: Mapping[str, Estimate], name: str) -> str:
    """Value, interval and the cases that it rests on; the number of frames says nothing that the minutes do not."""
    found = figures.get(name)
    if found is None or math.isnan(found.value):
        return NOTHING
    if math.isnan(found.low):
        return _few(_number(found.value), found.n) if name in ON_NEGATIVES else _number(found.value)
    span = f"{_number(found.value)} [{_number(found.low)}, {_number(found.high)}]"
    few = MARK if name in ON_NEGATIVES and found.n < FEW else ""
    return span if name in FRAMES else f"{span} n {found.n}{few}"


def _target_cell(target: Target, found: Estimate | None) -> str:
    if found is None or math.isnan(found.value):
        return NOTHING
    return _few(_number(found.value), found.n) if target.figure in ON_NEGATIVES else _number(found.value)


def _rule_cell(found: Shortcut, limit: float) -> str:
    return _few(_number(found.recall_at[limit]), found.backchannels) if found.backchannels else NOTHING


def _few(words: str, negatives: int) -> str:
    """A figure, and on how many negatives it rests where they are few."""
    return f"{words} n {negatives}{MARK}" if negatives < FEW and words != NOTHING else words


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
    return days | ({BOTH: {ALL: results.both_days}} if len(days) > 1 and results.both_days else {})


def _only_all(one: OfSimulator) -> dict[str, dict[str, Estimate]]:
    return {ALL: one.main[ALL]} if ALL in one.main else {}


def _figures(one: OfSimulator, target: Target) -> dict[str, Estimate]:
    return one.days.get(ALL, {}) if target.of == "days" else one.main.get(target.of, {})


def _number(value: float) -> str:
    if math.isnan(value):
        return NOTHING
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"  # noqa: PLR2004 - digits that mean something
