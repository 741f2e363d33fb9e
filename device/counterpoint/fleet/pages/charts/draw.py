"""SVG elements as safe text.

One rule: what comes from elsewhere is escaped here, once; an attribute's underscore is a hyphen.
"""

from __future__ import annotations

from markupsafe import Markup, escape

WHOLE = 1000
"""Side of the square in which paths are drawn, before it is stretched to the drawing's size."""


def tag(name: str, *inside: str, **attributes: object) -> Markup:
    """Return an element; `class_` stands for class, and what is no Markup in it is escaped."""
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    body = "".join(escape(part) for part in inside)
    return Markup(f"<{name}{said}>{body}</{name}>")  # noqa: S704 - all that comes from elsewhere was escaped just above


def picture(kind: str, label: str, *inside: str) -> Markup:
    """Return a whole drawing of this kind; `label` is what a screen reader says of it."""
    return tag("svg", *inside, class_=f"chart {kind}", role="img", aria_label=label)


def stretched(*inside: str) -> Markup:
    """Return a square of WHOLE by WHOLE for paths, stretched to the whole drawing."""
    return Markup('<svg class="plot" viewBox="0 0 {0} {0}" preserveAspectRatio="none">{1}</svg>').format(
        WHOLE, Markup("").join(inside)
    )


def percent(share: float) -> str:
    """Return a share of the width or height as SVG writes it."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
