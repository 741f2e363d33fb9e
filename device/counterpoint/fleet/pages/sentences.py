"""The one sentence that says what changed, or that nothing did.

One rule: only what moved beyond chance is named, in its own words and without a judgement; which way is better is for
people who know the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterpoint.disclosure.changes import compare
from counterpoint.fleet.pages.measures import measure_of

if TYPE_CHECKING:
    from counterpoint.disclosure.changes import FigureChange
    from counterpoint.fleet.pages.language import Language
    from counterpoint.messages.summaries import FiveNumbers


def what_changed(language: Language, before: FiveNumbers | None, now: FiveNumbers, *, is_first: bool = True) -> str:
    """Return the sentence for a stretch and the one before it (None: there is none; `is_first`: there never was)."""
    if before is None:
        return language.say("sentence.first" if is_first else "sentence.no_before")
    change = compare(before, now)
    moved = [figure for figure in change.figures if figure.changed]
    if not moved:
        return language.say("sentence.nothing")
    moved.sort(key=lambda figure: figure is not change.foremost)
    said = language.say("sentence.and").join(_move(language, figure) for figure in moved)
    rest = language.say("sentence.rest" if len(moved) < len(change.figures) else "sentence.all")
    return language.say("sentence.changed", moves=said[0].upper() + said[1:], rest=rest)


def _move(language: Language, figure: FigureChange) -> str:
    measure = measure_of(figure.name)
    old, new = measure.write(language, figure.before.value), measure.write(language, figure.after.value)
    return language.say("sentence.move", title=language.say(f"sentence.{measure.name}"), old=old, new=new)
