"""How sure a figure is; one rule: ratios by drawing whole scenes again, counts by the hour by Poisson's law.

Frames and events of one scene share its room and its voices, so that scenes are what is independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Counts = dict[str, NDArray[np.float64]]
"""By name, shape (scenes,)."""

DRAWS: Final = 1000
SEED: Final = 20
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, and how many cases it rests on."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure that is a weighted sum of counts over another; `cases` names the count that it rests on."""

    over: Mapping[str, float]
    under: Mapping[str, float]
    cases: str

    def of(self, counts: Counts) -> Estimate:
        """The figure over all scenes; NaN where there is nothing to divide by."""
        tops, bottoms = _sum(counts, self.over), _sum(counts, self.under)
        return ratio(tops, bottoms, int(counts[self.cases].sum()))


def plain(value: float, n: int) -> Estimate:
    """A figure without an interval."""
    return Estimate(float(value), math.nan, math.nan, n)


def ratio(tops: NDArray[np.float64], bottoms: NDArray[np.float64], n: int) -> Estimate:
    """Sum over sum, both of shape (scenes,), with its bootstrap interval."""
    if bottoms.sum() <= 0:
        return Estimate(math.nan, math.nan, math.nan, n)
    drawn = redraws(len(tops))
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (drawn @ tops) / (drawn @ bottoms)
    low, high = np.nanpercentile(spread, [100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2])
    return Estimate(float(tops.sum() / bottoms.sum()), float(low), float(high), n)


@cache
def redraws(scenes: int) -> NDArray[np.float64]:
    """How often each scene is in each redraw, shape (draws, scenes)."""
    drawn = np.random.default_rng(SEED).multinomial(scenes, np.full(scenes, 1 / scenes), size=DRAWS)
    return drawn.astype(np.float64)


def rate(count: int, hours: float) -> Estimate:
    """Events an hour, with the exact interval of a Poisson count (Garwood 1936)."""
    low, high = poisson_interval(count)
    return Estimate(count / hours, low / hours, high / hours, count)


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact two-sided interval of the mean of a Poisson count."""
    tail = (1 - LEVEL) / 2
    low = 0.0 if count == 0 else _solve(lambda mean: 1 - _at_most(count - 1, mean), tail, count + 1.0)
    return low, _solve(lambda mean: -_at_most(count, mean), -tail, count + 1.0)


def poisson_upper(count: int) -> float:
    """The exact one-sided upper 95 % bound of the mean of a Poisson count: 3.0 for none."""
    return _solve(lambda mean: -_at_most(count, mean), LEVEL - 1, count + 1.0)


def _at_most(count: int, mean: float) -> float:
    """P(at most `count`) of a Poisson count with this mean."""
    if mean <= 0:
        return 1.0
    terms = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count + 1)]
    return min(1.0, math.fsum(math.exp(term) for term in terms))


def _solve(rising: Callable[[float], float], level: float, start: float) -> float:
    """Where a rising function of a mean reaches a level, by halving."""
    low, high = 0.0, start
    while rising(high) < level:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < level else (low, middle)
    return (low + high) / 2


def _sum(counts: Counts, weights: Mapping[str, float]) -> NDArray[np.float64]:
    total = np.zeros(len(next(iter(counts.values()))))
    for name, weight in weights.items():
        total += weight * counts[name]
    return total
