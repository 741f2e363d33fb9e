"""All figures of a run; one rule: every table, plot and file is made of these, and of nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.conditions import MAIN
from models.benchmark.day import day_figures, voices_gap
from models.benchmark.intervals import Estimate, rate
from models.benchmark.judged import LIMITS, Figures, Judged, curve_of, figures_of
from models.benchmark.scores.shortcuts import Shortcut, cases, shortcuts
from models.benchmark.scores.talk_overs import FALSE_RATES, HEARD_S, PRECISION, RECALLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

OURS: Final = "counterpoint"
ALL: Final = "all"
NEGATIVES: Final = FALSE_RATES["backchannels"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What only the plots need: false-alarm rate, recall, precision along the curve; latencies of hits in seconds."""

    false_rates: list[float]
    recalls: list[float]
    precisions: list[float]
    latencies_s: list[float]


@dataclass
class OfSimulator:
    """The figures of one simulator; conditions and `all` by name."""

    main: dict[str, Figures] = field(default_factory=dict)
    stress: dict[str, Figures] = field(default_factory=dict)
    arrays: dict[str, Figures] = field(default_factory=dict)
    peers: dict[str, dict[str, Figures]] = field(default_factory=dict)
    """By condition and system, all on the same scenes."""
    days: dict[str, Figures] = field(default_factory=dict)
    shortcuts: dict[str, Shortcut] = field(default_factory=dict)
    overlapping_shortcuts: dict[str, Shortcut] = field(default_factory=dict)
    """Against those backchannels alone whose overlap lasts 0.3 s or more."""
    drawn: dict[str, Drawn] = field(default_factory=dict)
    """By condition; ours. `all NAME` is a system's, on the peers' scenes."""


@dataclass
class Results:
    """The figures of a run.

    Attributes:
        seed: Of every scene.
        model: Start of the SHA-256 of the model.
        simulators: By name.
        both_days: Of the days of all simulators together: what is counted by the hour needs many.
        real_array: Side error of each real clip.
        model_bytes: Size of the model's file.
        step_us: What 20 ms of four microphones cost this processor, in microseconds; NaN where it was not measured.
    """

    seed: int
    model: str
    simulators: dict[str, OfSimulator] = field(default_factory=dict)
    both_days: Figures = field(default_factory=dict)
    real_array: dict[str, float] = field(default_factory=dict)
    model_bytes: int = 0
    step_us: float = math.nan


def add_main(found: OfSimulator, heard: Sequence[Judged]) -> None:
    """The dense scenes of the main conditions, as we heard them."""
    groups = {one.name: [scene for scene in heard if scene.truth.condition == one.name] for one in MAIN}
    groups = {name: scenes for name, scenes in groups.items() if scenes} | {ALL: list(heard)}
    for name, scenes in groups.items():
        found.main[name] = figures_of(scenes)
        found.drawn[name] = draw(scenes)
    found.main[ALL] |= voices_gap(heard)
    for array in sorted({one.truth.array for one in heard}):
        found.arrays[array] = figures_of([one for one in heard if one.truth.array == array])
    met = [
        case for number, one in enumerate(heard) for case in cases(number, one.truth.second_voices, one.truth.sounded)
    ]
    found.shortcuts = shortcuts(met, LIMITS)
    found.overlapping_shortcuts = shortcuts([one for one in met if one.takes or one.both_s >= HEARD_S], LIMITS)


def add_stress(found: OfSimulator, heard: Sequence[Judged]) -> None:
    """The dense scenes with one thing made hard; the array that is never trained on is one of the arrays too."""
    for name in dict.fromkeys(one.truth.condition for one in heard):
        scenes = [one for one in heard if one.truth.condition == name]
        found.stress[name] = figures_of(scenes)
        hours = found.stress[name]["minutes"].value / 60
        found.stress[name] |= {"false cues an hour": _false_cues(scenes, hours)}
        if name == "array never trained":
            found.arrays[f"{scenes[0].truth.array} (never trained on)"] = found.stress[name]


def add_days(found: OfSimulator, dense: Sequence[Judged], heard: Sequence[Judged]) -> None:
    """The days; each condition's false cues against the recall of its own dense scenes."""
    for name in dict.fromkeys(one.truth.condition for one in heard):
        mine = [one for one in heard if one.truth.condition == name]
        alike = [one for one in dense if f"{one.truth.condition} day" == name]
        found.days[name] = day_figures(alike or dense, mine)
    found.days[ALL] = day_figures(dense, heard)


def add_peers(found: OfSimulator, heard: dict[str, list[Judged]]) -> None:
    """The scenes that every system heard."""
    for name in (*(one.name for one in MAIN), ALL):
        groups = {system: [one for one in all_ if name in (ALL, one.truth.condition)] for system, all_ in heard.items()}
        found.peers[name] = {system: figures_of(scenes) for system, scenes in groups.items() if scenes}
    found.drawn |= {f"{ALL} {system}": draw(scenes) for system, scenes in heard.items() if _has_curve(scenes)}


def draw(scenes: Sequence[Judged]) -> Drawn:
    """The curve of a group of scenes, and its latencies at the shipped point."""
    curve = curve_of(scenes)
    late = [late_s for one in scenes for late_s in one.shipped.latencies_s]
    rates, recalls, precisions = (curve.along(one) for one in (NEGATIVES, RECALLS["recall"], PRECISION))
    return Drawn(_rounded(rates), _rounded(recalls), _rounded(precisions), _rounded(np.array(late)))


def _false_cues(scenes: Sequence[Judged], hours: float) -> Estimate:
    return rate(int(sum(one.counts["false cues"] for one in scenes)), hours)


def _has_curve(scenes: Sequence[Judged]) -> bool:
    return any(one.belief.overlaps for one in scenes)


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 4) for value in values]
