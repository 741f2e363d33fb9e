"""The card's pictures: F1 of each act, what is found in place of what; one rule: it draws figures, it makes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib import pyplot as plt
from models.acts.texts import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

DOTS: Final = 110  # an inch
DARK: Final = 0.5  # share of a row from which on a cell is too dark for black


def draw_f1(figures: Mapping[str, Sequence[float]], names: Sequence[str], file: Path) -> None:
    """F1 of each act of `names`, a bar for each way of `figures`."""
    figure, axes = plt.subplots(figsize=(9, 4.2), layout="constrained")
    width = 0.8 / len(figures)
    for number, (way, f1) in enumerate(figures.items()):
        axes.bar([place + width * number for place in range(len(names))], f1, width=0.95 * width, label=way)
    axes.set_xticks([place + 0.4 - width / 2 for place in range(len(names))], names, rotation=40, ha="right")
    axes.set(ylabel="F1", ylim=(0, 1), title="Listening acts, unseen part")
    axes.legend(loc="lower right", fontsize=8)
    _keep(figure, file)


def draw_confusion(tables: Mapping[str, Mapping[str, Mapping[str, int]]], file: Path) -> None:
    """A square for each way: rows what is there, columns what was found, shaded by the share of its row."""
    names = (*KINDS, "none")
    figure, squares = plt.subplots(
        1, len(tables), figsize=(6.4 * len(tables), 6.4), layout="constrained", squeeze=False, sharey=True
    )
    for axes, (way, table) in zip(squares[0], tables.items(), strict=True):
        counts = np.array([[table[there][found] for found in names] for there in names], dtype=float)
        shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row, column in zip(*np.nonzero(counts), strict=True):
            shade = "white" if shares[row, column] > DARK else "black"
            axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", fontsize=7, color=shade)
        axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=8)
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.set(title=way, xlabel="found")
    squares[0][0].set_ylabel("there")
    _keep(figure, file)


def draw_curve(points: Mapping[str, Sequence[tuple[float, float]]], across: str, file: Path) -> None:
    """Macro F1 over what was varied, a line for each way."""
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for way, places in points.items():
        axes.plot(*zip(*places, strict=True), marker="o", label=way)
    axes.set(xlabel=across, ylabel="macro F1")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    _keep(figure, file)


def _keep(figure: plt.Figure, file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    figure.savefig(file, dpi=DOTS)
    plt.close(figure)
