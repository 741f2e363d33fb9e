"""The five numbers of a site from the windows of a run: bounded, blurred, each with its interval.

One rule: no stretch at one counter moves a number by more than its bound, however unusual it is, and the blur is as
large as what one person could move then. So a site's number says little of any one person who works there.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, get_args

from counterpoint.disclosure.blur import Blur
from counterpoint.disclosure.figures import NORMAL_95, STEP_VARIANCE, ratio_of, student_95
from counterpoint.disclosure.sums import room
from counterpoint.disclosure.visit import PAUSE_EDGES_S, to_step
from counterpoint.messages.schemas import PauseBin, PublishedAct
from counterpoint.messages.summaries import Figure, FiveNumbers

if TYPE_CHECKING:
    from counterpoint.disclosure.sums import Sums


@dataclass(frozen=True, slots=True)
class Softness:
    """How much the numbers of a run are blurred.

    Attributes:
        blur: Standard deviation of the blur, as a share of the number (of its distance to 100 % where that is less).
        count_blur: The same for counts of visits.
    """

    blur: float
    count_blur: float


@dataclass(frozen=True, slots=True)
class NumbersOf:
    """The numbers of some windows, all made with one blur."""

    sums: Sums
    softness: Softness

    @property
    def _blur(self) -> Blur:
        return Blur(self.sums.ids)

    def five(self) -> FiveNumbers:
        """Return the five numbers; a figure is None where no window or too few days could say it."""
        visits = self.visit_count()
        minutes = self._about(self.sums.customer_talk_s) // 60
        return FiveNumbers(
            visit_count=visits,
            left_out_count=self.left_out_count(),
            openings_let_finish_percent=self._percent("openings", visits),
            talk_overs_per_100_min=self._rate("talk-overs", minutes),
            cut_offs_per_100_min=self._rate("cut-offs", minutes),
            customer_talk_percent=self._percent("customer", minutes),
            pauses=self._pauses(),
            quick_answers_percent=self._percent("quick answers", visits),
        )

    def visit_count(self) -> int:
        """Return about how many visits there were."""
        return self._about(self.sums.visit_count)

    def left_out_count(self) -> int:
        """Return about how many visits were left out."""
        return self._about(self.sums.left_out_count)

    def acts(self) -> dict[PublishedAct, int] | None:
        """Return the share of visits with each act (percent); None where words were unknown."""
        made = {act: self._ratio(act, is_share=True) for act in get_args(PublishedAct)}
        return {act: to_step(found[0], 1) for act, found in made.items() if found is not None} or None

    def _about(self, count: int) -> int:
        return to_step(max(0.0, count * (1 + self.softness.count_blur * self._blur.draw("counts"))))

    def _rate(self, label: str, base: int) -> Figure | None:
        return _figure(self._ratio(label, is_share=False), base, inf)

    def _percent(self, label: str, base: int) -> Figure | None:
        return _figure(self._ratio(label, is_share=True), base, 100.0)

    def _pauses(self) -> tuple[PauseBin, ...] | None:
        edges = (*PAUSE_EDGES_S, None)
        made = [self._ratio(f"pauses below {edge}", is_share=True) for edge in edges]
        shares = [found[0] for found in made if found is not None]
        if len(shares) < len(edges) or sum(shares) <= 0:
            return None
        return tuple(
            PauseBin(below_s=edge, share_percent=to_step(100 * share / sum(shares), 1))
            for edge, share in zip(edges, shares, strict=True)
        )

    def _ratio(self, label: str, *, is_share: bool) -> tuple[float, float] | None:
        """Return the number and half of its interval; both in percent for a share."""
        sums = self.sums.days.get(label)
        found = sums and ratio_of(sums.days, 0.0 if is_share else STEP_VARIANCE * sums.windows)
        if not found:
            return None
        value, error, days = found
        blur = self.softness.blur * (room(value) if is_share else value)
        half = sqrt((student_95(days - 1) * error) ** 2 + (NORMAL_95 * blur) ** 2)
        blurred = max(0.0, value + blur * self._blur.draw(label))
        return (100 * min(blurred, 1.0), 100 * half) if is_share else (blurred, half)


def _figure(found: tuple[float, float] | None, base: int, most: float) -> Figure | None:
    if found is None:
        return None
    value, half = found
    low, high = max(0.0, value - half), min(most, value + half)
    return Figure(value=round(value, 1), low=round(low, 1), high=round(high, 1), base=base)
