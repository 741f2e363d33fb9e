"""Pictures of a run for the card; one rule: every number drawn is in benchmark.json too, and reads on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

from matplotlib import pyplot as plt
from models.benchmark.conditions import MAIN
from models.benchmark.results import ALL, OURS
from models.benchmark.scores.talk_overs import HELD_S
from models.benchmark.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from models.benchmark.intervals import Estimate
    from models.benchmark.results import OfSimulator, Results

WIDTH_IN: Final = 4.2
DPI: Final = 160
"""With type of 8 points and more: 670 pixels, that a phone shows at its own width."""
COLOURS: Final = ("#1b6ca8", "#d1495b", "#2e933c", "#8d6a9f", "#edae49", "#4d4d4d")
STYLES: Final = {"rooms": "-", "halls": "--"}
HATCHES: Final = {"rooms": "", "halls": "///"}
LIMITS: Final = (0.1, 0.01)
LEAST_RATE: Final = 2e-3


def draw(results: Results, folder: Path) -> None:
    """Write every picture that the figures allow, as PNG."""
    plt.rcParams.update({"font.size": 8, "axes.titlesize": 9, "axes.grid": True, "grid.alpha": 0.25})
    folder.mkdir(parents=True, exist_ok=True)
    simulators = results.simulators
    _curves(simulators, folder / "recall.png")
    _precision(simulators, folder / "precision.png")
    _peer_curves(simulators, folder / "peers-recall.png")
    _latency(simulators, folder / "latency.png")
    _bars(
        {n: {c.name: s.main[c.name] for c in MAIN if c.name in s.main} for n, s in simulators.items()},
        "overlap f1",
        folder / "conditions.png",
        targets={one.of: one.bound for one in TARGETS if one.figure == "overlap f1"},
    )
    _bars({n: s.arrays for n, s in simulators.items()}, "overlap f1", folder / "arrays.png")
    _bars({n: s.stress for n, s in simulators.items()}, "overlap f1", folder / "stress.png")
    _bars({n: s.peers.get(ALL, {}) for n, s in simulators.items()}, "overlap f1", folder / "peers.png")


def _curves(simulators: Mapping[str, OfSimulator], path: Path) -> None:
    """Recall over false alarms, a line a condition, solid and dashed for the two simulators."""
    figure, axes = plt.subplots(figsize=(WIDTH_IN, 3.6))
    for number, condition in enumerate((*(one.name for one in MAIN), ALL)):
        for name, one in simulators.items():
            if condition in one.drawn:
                drawn = one.drawn[condition]
                _one_curve(axes, drawn.false_rates, drawn.recalls, number, name, f"{condition}, {name}")
    _finish_curves(figure, axes, path, "counterpoint: talk-overs found, at commit time")


def _precision(simulators: Mapping[str, OfSimulator], path: Path) -> None:
    """Precision over recall of the predictions in the dense scenes."""
    figure, axes = plt.subplots(figsize=(WIDTH_IN, 3.2))
    for number, condition in enumerate((*(one.name for one in MAIN), ALL)):
        for name, one in simulators.items():
            if condition in one.drawn:
                drawn = one.drawn[condition]
                look = {"color": COLOURS[number], "ls": STYLES.get(name, ":"), "lw": 1.4}
                axes.plot(drawn.recalls, drawn.precisions, label=f"{condition}, {name}", **look)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("recall of talk-overs")
    axes.set_ylabel("precision of predictions")
    axes.set_title("Where talk-overs are frequent")
    _save(figure, axes, path)


def _peer_curves(simulators: Mapping[str, OfSimulator], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(WIDTH_IN, 3.6))
    systems = list(dict.fromkeys(k for one in simulators.values() for k in one.drawn if k.startswith(f"{ALL} ")))
    for number, system in enumerate(systems):
        for name, one in simulators.items():
            if system in one.drawn:
                drawn = one.drawn[system]
                label = f"{system.removeprefix(ALL + ' ')}, {name}"
                _one_curve(axes, drawn.false_rates, drawn.recalls, number, name, label)
    _finish_curves(figure, axes, path, "All systems on the same scenes")


def _one_curve(
    axes: plt.Axes, rates: Sequence[float], recalls: Sequence[float], number: int, simulator: str, label: str
) -> None:
    at = np.maximum(np.array(rates), LEAST_RATE)
    axes.plot(at, recalls, STYLES.get(simulator, ":"), color=COLOURS[number % len(COLOURS)], lw=1.4, label=label)


def _finish_curves(figure: plt.Figure, axes: plt.Axes, path: Path, title: str) -> None:
    axes.set_xscale("log")
    axes.set_xlim(LEAST_RATE, 1)
    axes.set_ylim(0, 1)
    for limit in LIMITS:
        axes.axvline(limit, color="black", lw=0.8, ls=":")
    axes.set_xlabel("share of backchannels with a false alarm")
    axes.set_ylabel("recall")
    axes.set_title(title)
    _save(figure, axes, path)


def _latency(simulators: Mapping[str, OfSimulator], path: Path) -> None:
    """How soon a prediction is committed, of all that are right."""
    figure, axes = plt.subplots(figsize=(WIDTH_IN, 3.0))
    for number, condition in enumerate(one.name for one in MAIN):
        for name, one in simulators.items():
            late = np.sort(one.drawn[condition].latencies_s) if condition in one.drawn else np.zeros(0)
            if late.size:
                share = np.arange(1, late.size + 1) / late.size
                look = {"color": COLOURS[number], "ls": STYLES.get(name, ":"), "lw": 1.4}
                axes.step(late, share, label=f"{condition}, {name}", **look)
    axes.axvline(HELD_S, color="black", lw=0.8, ls=":")
    axes.set_xlim(0, 2)
    axes.set_ylim(0, 1)
    axes.set_xlabel("s from onset to commit (dotted: the light's 0.7 s)")
    axes.set_ylabel("share of the hits")
    axes.set_title("How soon, as shipped")
    _save(figure, axes, path)


def _bars(
    simulators: Mapping[str, Mapping[str, dict[str, Estimate]]],
    name: str,
    path: Path,
    targets: Mapping[str, float] | None = None,
) -> None:
    """A figure of every group, with its interval, a bar a simulator."""
    groups = list(dict.fromkeys(one for by in simulators.values() for one in by if name in by[one]))
    if not groups:
        return
    figure, axes = plt.subplots(figsize=(WIDTH_IN, 0.8 + 0.34 * len(groups)))
    width = 0.8 / len(simulators)
    for place, (simulator, by) in enumerate(simulators.items()):
        for row, group in enumerate(groups):
            if group in by and name in by[group]:
                found = by[group][name]
                span = np.array([[max(found.value - found.low, 0)], [max(found.high - found.value, 0)]])
                label = simulator if row == 0 else None
                where = row + (place + 0.5) * width - 0.4
                look = {"color": COLOURS[0 if group != OURS else 1], "alpha": 0.85, "hatch": HATCHES.get(simulator, "")}
                axes.barh(where, found.value, width * 0.92, xerr=span, label=label, error_kw={"lw": 0.8}, **look)
    for row, group in enumerate(groups):
        if targets and group in targets:
            axes.plot([targets[group]] * 2, [row - 0.45, row + 0.45], color="black", lw=1.2)
    axes.set_yticks(range(len(groups)), groups)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_title(name.replace("f1", "F1") + (" (black: target)" if targets else ""))
    _save(figure, axes, path)


def _save(figure: plt.Figure, axes: plt.Axes, path: Path) -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=6.5, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, frameon=False)
    figure.savefig(path, dpi=DPI, bbox_inches="tight")
    plt.close(figure)
