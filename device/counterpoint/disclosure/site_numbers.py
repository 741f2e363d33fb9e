"""The five numbers of a site from the windows of a run: bounded, blurred, each with its interval.

One rule: no stretch at one counter moves a number by more than its bound, however unusual it is, and the blur is as
large as what one person could move then. So a site's number says little of any one person who works there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, Final, get_args

from counterpoint.disclosure.blur import Blur
from counterpoint.disclosure.figures import NORMAL_95, STEP_VARIANCE, ratio, student_95
from counterpoint.disclosure.visit import PAUSE_EDGES_S, to_step
from counterpoint.messages.schemas import PauseBin, PublishedAct, Statistics
from counterpoint.messages.summaries import Figure, FiveNumbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


STRETCH_VISITS: Final = 20
"""A stretch: windows of one counter, one after another, until this many visits: about a shift. In a shorter one chance
moves the numbers more than people do; a longer one lets an unusual person colour the shifts beside theirs."""
STRETCH_EVENTS: Final = 20
"""Where events are counted, a stretch holds as many of them: fewer, rounded to 5 a window, have no middle."""
QUICK_S: Final = 0.25
HUNDRED_MIN_S: Final = 6000.0
_Measure = Callable[[Statistics], tuple[float, float] | None]
"""Numerator and denominator; None where the window does not say."""


@dataclass(frozen=True, slots=True)
class Told:
    """A window with statistics, as a site's number needs it.

    Attributes:
        id: Its random id.
        device: Whose it is.
        start_s: When it began (seconds since 1970, UTC).
        end_s: When it ended.
        day: The local day on which it ended, as an ordinal.
        statistics: What it says.
    """

    id: str
    device: str
    start_s: int
    end_s: int
    day: int
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class Softness:
    """How much the numbers of a run are bounded and blurred.

    Attributes:
        bound: A stretch counts as at most this share (0.5: half) above or below the middle one.
        blur: Standard deviation of the blur, as a share of the number (of its distance to 100 % where that is less).
        count_blur: The same for counts of visits.
    """

    bound: float
    blur: float
    count_blur: float


@dataclass(frozen=True, slots=True)
class NumbersOf:
    """The numbers of some windows, all made with one blur."""

    windows: Sequence[Told]
    softness: Softness

    @property
    def _blur(self) -> Blur:
        return Blur(told.id for told in self.windows)

    def five(self) -> FiveNumbers:
        """Return the five numbers; a figure is None where no window or too few days could say it."""
        visits = self._about(sum(told.statistics.visit_count for told in self.windows))
        minutes = self._about(sum(told.statistics.customer_talk_s for told in self.windows)) // 60
        return FiveNumbers(
            visit_count=visits,
            left_out_count=self._about(sum(told.statistics.left_out_count for told in self.windows)),
            openings_let_finish_percent=self._percent("openings", _openings, visits),
            talk_overs_per_100_min=self._rate("talk-overs", _talk_overs, minutes),
            cut_offs_per_100_min=self._rate("cut-offs", _cut_offs, minutes),
            customer_talk_percent=self._percent("customer", _customer_share, minutes),
            pauses=self._pauses(),
            quick_answers_percent=self._percent("quick answers", _quick, visits),
        )

    def acts(self) -> dict[PublishedAct, int] | None:
        """Return the share of visits with each act (percent); None where words were unknown."""
        made = {act: self._ratio(act, _act(act), is_share=True) for act in get_args(PublishedAct)}
        return {act: to_step(found[0], 1) for act, found in made.items() if found is not None} or None

    def _about(self, count: int) -> int:
        return to_step(max(0.0, count * (1 + self.softness.count_blur * self._blur.draw("counts"))))

    def _rate(self, label: str, of: _Measure, base: int) -> Figure | None:
        return _figure(self._ratio(label, of, is_share=False), base, inf)

    def _percent(self, label: str, of: _Measure, base: int) -> Figure | None:
        return _figure(self._ratio(label, of, is_share=True), base, 100.0)

    def _pauses(self) -> tuple[PauseBin, ...] | None:
        edges = (*PAUSE_EDGES_S, None)
        made = [self._ratio(f"pauses below {edge}", _pause(at), is_share=True) for at, edge in enumerate(edges)]
        shares = [found[0] for found in made if found is not None]
        if len(shares) < len(edges) or sum(shares) <= 0:
            return None
        return tuple(
            PauseBin(below_s=edge, share_percent=to_step(100 * share / sum(shares), 1))
            for edge, share in zip(edges, shares, strict=True)
        )

    def _ratio(self, label: str, of: _Measure, *, is_share: bool) -> tuple[float, float] | None:
        """Return the number and half of its interval; both in percent for a share."""
        found = ratio(self._rows(of, is_share=is_share), 0.0 if is_share else STEP_VARIANCE)
        if found is None:
            return None
        value, error, days = found
        blur = self.softness.blur * (_room(value) if is_share else value)
        half = sqrt((student_95(days - 1) * error) ** 2 + (NORMAL_95 * blur) ** 2)
        blurred = max(0.0, value + blur * self._blur.draw(label))
        return (100 * min(blurred, 1.0), 100 * half) if is_share else (blurred, half)

    def _rows(self, of: _Measure, *, is_share: bool) -> Iterator[tuple[int, float, float]]:
        """Give (day, numerator, denominator) of each window, the numerators bounded by stretches."""
        known = [(told, *pair) for told in self.windows if (pair := of(told.statistics)) is not None]
        whole = sum(x for _, _, x in known)
        fewest_x = 0.0 if is_share else STRETCH_EVENTS * whole / max(sum(y for _, y, _ in known), 1.0)
        stretches = _stretches(known, fewest_x)
        sums = [(sum(y for _, y, _ in rows), sum(x for _, _, x in rows)) for rows in stretches]
        middle = _middle(sums)
        reach = self.softness.bound * (_room(middle) if is_share else middle)
        for rows, (y_sum, x_sum) in zip(stretches, sums, strict=True):
            moved = min(max(y_sum, (middle - reach) * x_sum), (middle + reach) * x_sum) - y_sum
            yield from ((day, y + (moved * x / x_sum if x_sum else 0.0), x) for day, y, x in rows)


def _stretches(known: Sequence[tuple[Told, float, float]], fewest_x: float) -> list[list[tuple[int, float, float]]]:
    """Cut each counter's windows into stretches of (day, numerator, denominator), each long enough.

    A stretch has `STRETCH_VISITS` visits and a denominator of `fewest_x`, or is the last of its counter.
    """
    made: list[list[tuple[int, float, float]]] = []
    device, visits, reached = "", 0, 0.0
    for told, y, x in sorted(known, key=lambda row: (row[0].device, row[0].start_s)):
        if told.device != device or (visits >= STRETCH_VISITS and reached >= fewest_x):
            made.append([])
            device, visits, reached = told.device, 0, 0.0
        made[-1].append((told.day, y, x))
        visits += told.statistics.visit_count
        reached += x
    return made


def _middle(sums: Sequence[tuple[float, float]]) -> float:
    """Return the median of y / x, each weighing as much as its x."""
    ratios = sorted((y / x, x) for y, x in sums if x > 0)
    left = sum(x for _, x in ratios) / 2
    for value, x in ratios:
        left -= x
        if left <= 0:
            return value
    return 0.0


def _room(share: float) -> float:
    return min(share, 1 - share)


def _figure(found: tuple[float, float] | None, base: int, most: float) -> Figure | None:
    if found is None:
        return None
    value, half = found
    low, high = max(0.0, value - half), min(most, value + half)
    return Figure(value=round(value, 1), low=round(low, 1), high=round(high, 1), base=base)


def _openings(told: Statistics) -> tuple[float, float] | None:
    percent = told.opening_let_finish_percent
    return None if percent is None else (percent / 100 * told.visit_count, told.visit_count)


def _talk_overs(told: Statistics) -> tuple[float, float]:
    return told.talk_over_count, told.customer_talk_s / HUNDRED_MIN_S


def _cut_offs(told: Statistics) -> tuple[float, float]:
    return told.cut_off_count, told.customer_talk_s / HUNDRED_MIN_S


def _customer_share(told: Statistics) -> tuple[float, float]:
    return told.customer_talk_s, told.customer_talk_s + told.agent_talk_s


def _quick(told: Statistics) -> tuple[float, float] | None:
    if told.pauses is None:
        return None
    quick = sum(part.share_percent for part in told.pauses if part.below_s is not None and part.below_s <= QUICK_S)
    return quick / 100 * told.turn_count, told.turn_count


def _pause(at: int) -> _Measure:
    def of(told: Statistics) -> tuple[float, float] | None:
        share = None if told.pauses is None else told.pauses[at].share_percent
        return None if share is None else (share / 100 * told.turn_count, told.turn_count)

    return of


def _act(kind: PublishedAct) -> _Measure:
    def of(told: Statistics) -> tuple[float, float] | None:
        acts = told.act_visits_percent
        return None if acts is None else (acts.get(kind, 0) / 100 * told.visit_count, told.visit_count)

    return of
