"""One number on its own range: a dot with its interval, and a ring where the place was before.

One rule: the two share one axis, and neither end of it is good or bad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterpoint.fleet.pages.charts.draw import percent, picture, tag

if TYPE_CHECKING:
    from markupsafe import Markup

    from counterpoint.fleet.pages.charts.scale import Scale
    from counterpoint.messages.summaries import Figure

MIDDLE = "50%"


def range_dot(label: str, scale: Scale, now: Figure, before: Figure | None) -> Markup:
    """Return the drawing; `label` says the same in words."""
    then = [_interval("before", scale, before), _dot("before", scale, before.value)] if before else []
    return picture(
        "range-dot",
        label,
        tag("rect", class_="track", width="100%", height="6", y=MIDDLE, rx="3"),
        *then,
        _interval("now", scale, now),
        _dot("now", scale, now.value),
    )


def share_dot(label: str, scale: Scale, now: float, before: float | None) -> Markup:
    """Return the same for numbers without intervals, with a line from then to now."""
    parts = [tag("rect", class_="track", width="100%", height="6", y=MIDDLE, rx="3")]
    if before is not None:
        ends = {"x1": percent(scale.share(before)), "x2": percent(scale.share(now))}
        parts += [tag("line", class_="way", y1=MIDDLE, y2=MIDDLE, **ends), _dot("before", scale, before)]
    return picture("range-dot", label, *parts, _dot("now", scale, now))


def _interval(when: str, scale: Scale, figure: Figure) -> Markup:
    low, high = scale.share(figure.low), scale.share(figure.high)
    return tag(
        "rect", class_=f"interval {when}", x=percent(low), width=percent(high - low), y=MIDDLE, height="10", rx="5"
    )


def _dot(when: str, scale: Scale, value: float) -> Markup:
    return tag("circle", class_=f"dot {when}", cx=percent(scale.share(value)), cy=MIDDLE, r="7")
