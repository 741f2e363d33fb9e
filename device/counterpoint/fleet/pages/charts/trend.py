"""A number over time, with the band of its interval, and what happened meanwhile.

One rule: a run of weeks is drawn at its middle; where nothing could be told the line breaks, it is not bridged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from counterpoint.fleet.pages.charts.draw import percent, picture, stretched, tag
from counterpoint.fleet.pages.charts.scale import MOST_TICKS, fitting
from counterpoint.fleet.pages.charts.sparkline import line_through

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from counterpoint.fleet.pages.charts.scale import Scale

MOST_DOTS: Final = 20
"""More dots than this make a string of beads of the line."""


@dataclass(frozen=True, slots=True)
class Point:
    """A run of weeks on the chart: where it begins and ends (shares of the time shown) and its figure.

    `low` and `high` are the interval, None where there is none; `value` is None where nothing could be told. `says` is
    the same in words; `is_anew` is False where an earlier figure still stands.
    """

    begin: float
    end: float
    value: float | None
    low: float | None
    high: float | None
    says: str
    is_anew: bool = True

    @property
    def middle(self) -> float:
        """Where it is drawn."""
        return (self.begin + self.end) / 2


@dataclass(frozen=True, slots=True)
class Tick:
    """A word under the time axis; a minor one is left out on narrow screens."""

    at: float
    text: str
    is_minor: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, at a share of the time shown; `number` is its number in the list below."""

    at: float
    number: int


def trend(  # noqa: PLR0913 - the two last ones only shape the axis
    label: str,
    points: Sequence[Point],
    ticks: Sequence[Tick],
    marks: Sequence[Mark],
    write: Callable[[float, int], str],
    *,
    ceiling: float = math.inf,
    most_ticks: int = MOST_TICKS,
) -> Markup:
    """Return the chart, or nothing where no figure is known; `write` gives a value with so many decimals as text.

    No value can be above `ceiling`.
    """
    known = [end for point in points for end in (point.value, point.low, point.high) if end is not None]
    if not known:
        return Markup("")
    scale = fitting(known, floor=0, ceiling=ceiling, most_ticks=most_ticks)
    return picture(
        "trend",
        label,
        *_grid(scale, write),
        *(_word(tick) for tick in ticks),
        *(part for mark in marks for part in _mark(mark)),
        stretched(*_bands(points, scale), tag("path", class_="line", d=_line(points, scale))),
        *_dots(points, scale),
        *(_hit(point) for point in points),
    )


def _grid(scale: Scale, write: Callable[[float, int], str]) -> list[Markup]:
    parts = []
    for tick in scale.ticks:
        at = percent(1 - scale.share(tick))
        parts.append(tag("line", class_="grid", x1="0", x2="100%", y1=at, y2=at))
        parts.append(tag("text", write(tick, scale.decimals), class_="tick", x="0", dx="-10", y=at, dy="4"))
    return parts


def _word(tick: Tick) -> Markup:
    kind = "time minor" if tick.is_minor else "time"
    return tag("text", tick.text, class_=kind, x=percent(tick.at), y="100%", dy="24")


def _mark(mark: Mark) -> tuple[Markup, ...]:
    at = percent(mark.at)
    return (
        tag("line", class_="mark", x1=at, x2=at, y1="0", y2="100%"),
        tag("circle", class_="flag", cx=at, cy="-12", r="10"),
        tag("text", str(mark.number), class_="flag-number", x=at, y="-12", dy="4"),
    )


def _bands(points: Sequence[Point], scale: Scale) -> list[Markup]:
    """The interval's band, in pieces between gaps."""
    pieces = [list(piece) for told, piece in groupby(points, lambda point: point.low is not None) if told]
    return [tag("path", class_="band", d=_outline(piece, scale)) for piece in pieces]


def _outline(piece: Sequence[Point], scale: Scale) -> str:
    """Along the upper ends, and back along the lower ones; a lonely run is as wide as it lasted."""
    upper, lower = [], []
    for point in piece:
        if point.low is None or point.high is None:
            continue
        for at in (point.begin, point.end) if len(piece) == 1 else (point.middle,):
            upper.append((at, 1 - scale.share(point.high)))
            lower.append((at, 1 - scale.share(point.low)))
    return line_through([*upper, *reversed(lower)]) + "Z"


def _line(points: Sequence[Point], scale: Scale) -> str:
    return line_through(
        [None if point.value is None else (point.middle, 1 - scale.share(point.value)) for point in points]
    )


def _dots(points: Sequence[Point], scale: Scale) -> list[Markup]:
    known = [(point.middle, point.value) for point in points if point.value is not None and point.is_anew]
    shown = known if len(known) <= MOST_DOTS else known[-1:]
    return [
        tag("circle", class_="dot now", cx=percent(at), cy=percent(1 - scale.share(value)), r="4.5")
        for at, value in shown
    ]


def _hit(point: Point) -> Markup:
    """What a pointer finds: the run's words."""
    width = percent(point.end - point.begin)
    return tag(
        "rect", tag("title", point.says), class_="hit", x=percent(point.begin), width=width, y="0", height="100%"
    )
