"""The one sentence that says what changed, or that nothing did.

One rule: only what moved beyond chance is named, in its own words and without a judgement; which way is better is for
people who know the place.
"""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING

from counterpoint.disclosure.figures import half_width
from counterpoint.fleet.pages.measures import MEASURES

if TYPE_CHECKING:
    from counterpoint.fleet.pages.language import Language
    from counterpoint.messages.summaries import FiveNumbers


def what_changed(language: Language, before: FiveNumbers | None, now: FiveNumbers) -> str:
    """Return the sentence for a stretch and the one before it (None: there is none)."""
    if before is None:
        return language.say("sentence.first")
    moves = []
    for measure in MEASURES.values():
        then, figure = measure.of(before), measure.of(now)
        if (
            then is None
            or figure is None
            or abs(figure.value - then.value) <= hypot(half_width(then), half_width(figure))
        ):
            continue
        title = language.say(f"sentence.{measure.name}")
        old, new = measure.write(language, then.value), measure.write(language, figure.value)
        moves.append(language.say("sentence.move", title=title, old=old, new=new))
    if not moves:
        return language.say("sentence.nothing")
    rest = language.say("sentence.rest" if len(moves) < len(MEASURES) else "sentence.all")
    return language.say("sentence.changed", moves=language.say("sentence.and").join(moves), rest=rest)
