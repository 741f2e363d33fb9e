"""From values to places on an axis, with ticks at round numbers.

One rule: an axis shows the place's own range; there is no other place's range and no norm to hold against it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

STEPS: Final = (1.0, 2.0, 5.0, 10.0)
MOST_TICKS: Final = 4
LEAST_SPAN: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`, with its ticks (values, lowest first) and the decimals that they need."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int

    def share(self, value: float) -> float:
        """Return how far along the axis this value is: 0 at its low end, 1 at its high one; kept inside."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def fitting(
    values: Iterable[float], floor: float = -math.inf, ceiling: float = math.inf, most_ticks: int = MOST_TICKS
) -> Scale:
    """Return a scale that holds these values (at least one) and begins and ends at a tick.

    It leaves some air above and below, but goes below `floor` and above `ceiling` only where a value does.
    """
    known = list(values)
    low, high = min(known), max(known)
    air = max((high - low) * 0.15, abs(high) * 0.05, LEAST_SPAN)
    wide_low = min(low, max(floor, low - air))
    wide_high = max(high, min(ceiling, high + air))
    step = _step(max(wide_high - wide_low, LEAST_SPAN), most_ticks)
    first, last = math.floor(wide_low / step + LEAST_SPAN), math.ceil(wide_high / step - LEAST_SPAN)
    last = max(last, first + 1)
    ticks = tuple(round(number * step, 9) for number in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks, max(0, -math.floor(math.log10(step) + LEAST_SPAN)))


def _step(span: float, most: int) -> float:
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * step for step in STEPS if span / (power * step) <= most)
