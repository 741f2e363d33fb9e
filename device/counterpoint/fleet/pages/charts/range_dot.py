"""One number on its own range: a dot with its interval, and a ring where the place was before.

One rule: the two share one axis, and neither end of it is good or bad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.fleet.pages.charts.draw import percent, picture, tag

if TYPE_CHECKING:
    from markupsafe import Markup

    from counterpoint.fleet.pages.charts.scale import Scale
    from counterpoint.messages.summaries import Figure

ROWS: Final = {"now": (11, 10, 7), "before": (31, 6, 5)}
"""For each: where its middle is, how high its interval, and how big its dot (pixels, from the top)."""
AXIS: Final = 44


def range_dot(label: str, scale: Scale, now: Figure, before: Figure | None) -> Markup:
    """Return the drawing; `label` says the same in words."""
    then = [_interval("before", scale, before), _dot("before", scale, before.value)] if before else []
    return picture(
        "range-dot", label, *_axis(scale), *then, _interval("now", scale, now), _dot("now", scale, now.value)
    )


def share_dot(label: str, scale: Scale, now: float, before: float | None) -> Markup:
    """Return the same for numbers without intervals, on one line."""
    parts = [tag("line", class_="axis", x1="0", x2="100%", y1="50%", y2="50%")]
    if before is not None:
        parts.append(_lone_dot("before", scale, before))
    return picture("share-dot", label, *parts, _lone_dot("now", scale, now))


def _axis(scale: Scale) -> list[Markup]:
    at = {"y1": str(AXIS - 4), "y2": str(AXIS)}
    ticks = [percent(scale.share(tick)) for tick in scale.ticks]
    return [
        tag("line", class_="axis", x1="0", x2="100%", y1=str(AXIS), y2=str(AXIS)),
        *(tag("line", class_="axis", x1=x, x2=x, **at) for x in ticks),
    ]


def _interval(when: str, scale: Scale, figure: Figure) -> Markup:
    low, high = scale.share(figure.low), scale.share(figure.high)
    middle, height, _ = ROWS[when]
    place = {"x": percent(low), "width": percent(high - low), "y": str(middle - height / 2), "height": str(height)}
    return tag("rect", class_=f"interval {when}", rx=str(height / 2), **place)


def _dot(when: str, scale: Scale, value: float) -> Markup:
    middle, _, radius = ROWS[when]
    return tag("circle", class_=f"dot {when}", cx=percent(scale.share(value)), cy=str(middle), r=str(radius))


def _lone_dot(when: str, scale: Scale, value: float) -> Markup:
    return tag("circle", class_=f"dot {when}", cx=percent(scale.share(value)), cy="50%", r=str(ROWS[when][2]))
