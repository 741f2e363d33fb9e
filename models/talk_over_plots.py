"""Pictures of the talk-over model's figures for its card; one rule: every number drawn is in talk_over.json too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path

SHOWN: Final = ("agent_f1", "customer_f1", "overlap_f1", "overlap_precision", "talk_over_recall", "talk_over_precision")

Figures = dict[str, float | int]


def draw(
    figures: dict[str, Figures], arrays: dict[str, dict[str, Figures]], latencies: dict[str, list[float]], folder: Path
) -> None:
    """Three small pictures: by condition, by array, and how fast."""
    folder.mkdir(exist_ok=True)
    _bars(figures, SHOWN, folder / "conditions.png", "Held-out scenes, by condition")
    shown = {name: _mean(by) for name, by in arrays.items() if by}
    _bars(shown, SHOWN[:4], folder / "arrays.png", "Held-out scenes, by array (mean over conditions)")
    _curves(latencies, folder / "latency.png")


def _mean(by_condition: dict[str, Figures]) -> Figures:
    return {name: float(np.mean([one[name] for one in by_condition.values()])) for name in SHOWN}


def _bars(groups: dict[str, Figures], names: tuple[str, ...], path: Path, title: str) -> None:
    figure, axes = plt.subplots(figsize=(7, 3), dpi=80)
    width = 0.8 / len(groups)
    for number, (label, values) in enumerate(groups.items()):
        axes.bar(np.arange(len(names)) + number * width, [values[name] for name in names], width, label=label)
    axes.set_xticks(np.arange(len(names)) + 0.4 - width / 2, [name.replace("_", "\n") for name in names], fontsize=8)
    axes.set_ylim(0, 1)
    axes.grid(axis="y", alpha=0.3)
    axes.set_title(title, fontsize=9)
    axes.legend(fontsize=7, loc="lower left", ncols=len(groups))
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _curves(latencies: dict[str, list[float]], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(5, 3), dpi=80)
    for label, values in latencies.items():
        axes.step(np.sort(values), np.linspace(0, 1, len(values)), where="post", label=label)
    axes.set_xlabel("s from onset to the committed prediction")
    axes.set_ylabel("share of predictions")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
