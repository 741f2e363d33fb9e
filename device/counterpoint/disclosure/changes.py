"""What changed at a place, against its own earlier weeks, and how long it takes to know.

One rule: "changed" is said only where chance alone would say it once in a hundred quiet comparisons, over all numbers
together; else nothing changed that the numbers could show.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.figures import FIGURE_NAMES, NORMAL_95, half_width

if TYPE_CHECKING:
    from counterpoint.disclosure.figures import FigureName
    from counterpoint.messages.summaries import Figure, FiveNumbers

FAMILY_ERROR: Final = 0.01
"""Chance of a false "changed" among the five numbers of one comparison: at one a week, one in two years."""
POWER: Final = 0.8
SHARE_TO_SEE: Final = 0.1
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One number, before and after.

    Attributes:
        name: The property of `FiveNumbers`.
        before: The earlier figure.
        after: The later figure.
        difference: Later minus earlier, in the figure's own unit.
        low: Lower end of the 95 % interval of the difference, of this number by itself.
        high: Its upper end.
        changed: It differs by more than chance would, all five numbers taken together.
    """

    name: FigureName
    before: Figure
    after: Figure
    difference: float
    low: float
    high: float
    changed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """Two stretches of the same place compared.

    Attributes:
        figures: Those that both stretches tell, in the order of `FIGURE_NAMES`.
        foremost: The changed figure that is surest; None: nothing changed that the numbers could show.
    """

    figures: tuple[FigureChange, ...]

    @property
    def foremost(self) -> FigureChange | None:
        """The surest of the changed figures."""
        changed = [figure for figure in self.figures if figure.changed]
        return max(changed, key=_surety, default=None)


def compare(before: FiveNumbers, after: FiveNumbers) -> Change:
    """Compare two stretches that do not overlap, of one place.

    Holm's method (1979) keeps the chance of any false "changed" at `FAMILY_ERROR`.
    """
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in FIGURE_NAMES]
    plain = [_difference(name, old, new) for name, old, new in pairs if old is not None and new is not None]
    surest = sorted(plain, key=_surety, reverse=True)
    changed: set[FigureName] = set()
    for rank, figure in enumerate(surest):
        if 2 * (1 - _NORMAL.cdf(_surety(figure))) > FAMILY_ERROR / (len(surest) - rank):
            break
        changed.add(figure.name)
    return Change(tuple(_mark(figure, figure.name in changed) for figure in plain))


def weeks_to_see(figure: Figure, weeks: int, share: float = SHARE_TO_SEE) -> int | None:
    """Return how many weeks, before and again after, a change by this share of the figure needs (power 0.8).

    `weeks` is the length of the stretch that the figure is of. None where the figure is 0.
    """
    if figure.value <= 0 or weeks < 1:
        return None
    week_error = half_width(figure) / NORMAL_95 * weeks**0.5
    needed: float = 2 * ((NORMAL_95 + _NORMAL.inv_cdf(POWER)) * week_error / (share * figure.value)) ** 2
    return max(1, ceil(needed))


def move_to_see(figure: Figure, stands: float) -> float | None:
    """Return by which share of it a figure that stands has to move until that is told; None where the figure is 0.

    `stands` is the rule in force (`RunRules.stands`); `figure` is as it was told.
    """
    return stands * half_width(figure) / figure.value if figure.value > 0 else None


def _difference(name: FigureName, before: Figure, after: Figure) -> FigureChange:
    difference = after.value - before.value
    half = hypot(half_width(before), half_width(after))
    return FigureChange(name, before, after, difference, difference - half, difference + half, changed=False)


def _mark(figure: FigureChange, changed: bool) -> FigureChange:
    return FigureChange(
        figure.name, figure.before, figure.after, figure.difference, figure.low, figure.high, changed=changed
    )


def _surety(figure: FigureChange) -> float:
    """How many standard errors the difference is away from 0."""
    error = (figure.high - figure.low) / (2 * NORMAL_95)
    return abs(figure.difference) / error if error else 0.0
