"""The five numbers as cards: what is written on each, and its drawing.

One rule: a card says its number, how sure that is, and where the place was before; it never says good or bad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.pages.charts.pauses import pauses
from counterpoint.fleet.pages.charts.range_dot import range_dot
from counterpoint.fleet.pages.charts.scale import fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.pages.measures import Measure
    from counterpoint.messages.schemas import PauseBin
    from counterpoint.messages.summaries import FiveNumbers

TO: Final = "\N{EN DASH}"
SHORT: Final = {0.25: "¼", 0.5: "½"}
TRUE_DIGITS: Final = 3
"""Of a count: it carries an error on purpose, so that further digits say nothing."""


@dataclass(frozen=True, slots=True)
class Dial:
    """A number with its interval on the place's own range; `value` is "" where too little can be told."""

    name: str
    skill: str
    value: str
    is_percent: bool
    interval: str
    before: str
    drawing: Markup | None
    ends: tuple[str, str]


@dataclass(frozen=True, slots=True)
class PauseRow:
    """One length of pause: its words and its shares, as they are written."""

    name: str
    now: str
    before: str


@dataclass(frozen=True, slots=True)
class PauseCard:
    """The distribution of pauses."""

    drawing: Markup
    rows: tuple[PauseRow, ...]


@dataclass(frozen=True, slots=True)
class VisitsCard:
    """How many visits the numbers rest on."""

    counted: str
    left_out: str
    left_out_percent: str
    before: str


def dial(language: Language, measure: Measure, now: FiveNumbers | None, before: FiveNumbers | None) -> Dial:
    """Return the card's part for one number."""
    figure, then = measure.of(now), measure.of(before)
    told_before = "" if then is None else measure.says(language, then)
    if figure is None:
        return Dial(measure.name, measure.skill, "", measure.is_percent, "", told_before, None, ("", ""))
    values = [end for one in (figure, then) if one is not None for end in (one.low, one.value, one.high)]
    scale = fitting(values, floor=0, ceiling=measure.ceiling)
    title = language.say(f"numbers.{measure.name}.title")
    label = language.say("dial.label", title=title, now=measure.says(language, figure))
    if then is not None:
        label += " " + language.say("dial.label_before", before=told_before)
    low, high = (measure.with_unit(language, language.number(end, scale.decimals)) for end in (scale.low, scale.high))
    return Dial(
        name=measure.name,
        skill=measure.skill,
        value=language.number(figure.value, measure.decimals),
        is_percent=measure.is_percent,
        interval=measure.interval(language, figure),
        before=told_before,
        drawing=range_dot(label, scale, figure, then),
        ends=(low, high),
    )


def pause_card(language: Language, now: FiveNumbers | None, before: FiveNumbers | None) -> PauseCard | None:
    """Return the card of the pauses, None where too little can be told."""
    if now is None or now.pauses is None:
        return None
    shares = [part.share_percent for part in now.pauses]
    then = None if before is None or before.pauses is None else [part.share_percent for part in before.pauses]
    if then is not None and len(then) != len(shares):
        then = None
    label = language.say("pause.label", rows=", ".join(_said(language, now.pauses)))
    names = [short_name(language, now.pauses, place) for place in range(len(shares))]
    return PauseCard(
        drawing=pauses(label, names, shares, then),
        rows=tuple(
            PauseRow(
                long_name(language, now.pauses, place),
                language.say("unit.percent", value=share),
                "" if then is None else language.say("unit.percent", value=then[place]),
            )
            for place, share in enumerate(shares)
        ),
    )


def visits_card(language: Language, now: FiveNumbers | None, before: FiveNumbers | None) -> VisitsCard | None:
    """Return the card of the visits, None where nothing can be told."""
    if now is None:
        return None
    all_of_them = now.visit_count + now.left_out_count
    return VisitsCard(
        counted=about(language, now.visit_count),
        left_out=about(language, now.left_out_count),
        left_out_percent=language.say("unit.percent", value=round(100 * now.left_out_count / max(all_of_them, 1))),
        before="" if before is None else about(language, before.visit_count),
    )


def about(language: Language, count: int) -> str:
    """Return a count as it is written: no digit more than is meant."""
    return language.number(round(count, TRUE_DIGITS - len(str(count))))


def short_name(language: Language, bins: Sequence[PauseBin], place: int) -> str:
    """Return what stands under a bar."""
    low, high = _ends(bins, place)
    if low is None:
        return language.say("pause.early_short")
    if high is None:
        return f"{_short(language, low)}+"
    return f"{_short(language, low)}{TO}{_short(language, high)}"


def long_name(language: Language, bins: Sequence[PauseBin], place: int) -> str:
    """Return what a bar shows, in words."""
    low, high = _ends(bins, place)
    if low is None:
        return language.say("pause.early")
    if high is None:
        return language.say("pause.longer", low=_seconds(language, low))
    return language.say("pause.between", low=_seconds(language, low), high=_seconds(language, high))


def _ends(bins: Sequence[PauseBin], place: int) -> tuple[float | None, float | None]:
    return (bins[place - 1].below_s if place else None), bins[place].below_s


def _said(language: Language, bins: Sequence[PauseBin]) -> list[str]:
    return [
        f"{long_name(language, bins, place)}: {language.say('unit.percent', value=part.share_percent)}"
        for place, part in enumerate(bins)
    ]


def _short(language: Language, seconds: float) -> str:
    return SHORT.get(seconds) or _seconds(language, seconds)


def _seconds(language: Language, seconds: float) -> str:
    return language.number(seconds, 0 if seconds == int(seconds) else len(f"{seconds:g}".partition(".")[2]))
