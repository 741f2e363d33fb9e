"""How long the pause before the answer is: the share of each length, and where it was before.

One rule: a distribution, no average: very short and very long are both telling, and longer is not better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterpoint.fleet.pages.charts.draw import percent, picture, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

GAP = 0.14
"""Between two bars, as a share of a bar's place."""
ROOM = 0.12
"""Above the highest bar, for its number."""


def pauses(label: str, names: Sequence[str], now: Sequence[int], before: Sequence[int] | None) -> Markup:
    """Return a bar for each bin (shares in percent, shortest pause first), with a line where it was before."""
    highest = max([*now, *(before or ()), 1]) / (1 - ROOM)
    width = 1 / len(now)
    parts: list[Markup] = []
    for number, share in enumerate(now):
        left, height = (number + GAP / 2) * width, share / highest
        place = {"x": percent(left), "width": percent(width * (1 - GAP))}
        middle = percent((number + 0.5) * width)
        parts.append(tag("rect", class_="bar", y=percent(1 - height), height=percent(height), rx="4", **place))
        top = 1 - max(share, before[number] if before is not None else 0) / highest
        parts.append(tag("text", str(share), class_="value", x=middle, y=percent(top), dy="-7"))
        parts.append(tag("text", names[number], class_="time", x=middle, y="100%", dy="20"))
        if before is not None:
            parts.append(_then(left, width * (1 - GAP), 1 - before[number] / highest))
    parts.append(tag("line", class_="axis", x1="0", x2="100%", y1="100%", y2="100%"))
    return picture("pauses", label, *parts)


def _then(left: float, width: float, at: float) -> Markup:
    return tag("line", class_="then", x1=percent(left), x2=percent(left + width), y1=percent(at), y2=percent(at))
