"""What happens to a site in the year: a new queue system, practice weeks, people who come and go; each with its effect.

One rule: whatever is told as an annotation has the effect that is written here, so that a comparison can find it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.fleet.simulation.places import Place

Kind = Literal["queue_system", "practice", "staff_change"]
TEXTS: Final[dict[Kind, str]] = {
    "queue_system": "New queue system: tickets and appointments",
    "practice": "Practice weeks: let the customer finish",
    "staff_change": "Counters staffed anew",
}
QUEUE_EFFECT: Final = 0.35
"""Share of the crowd that is left: arrivals are spread, waiting happens elsewhere."""
PRACTICE_EFFECT: Final = 0.22
"""Share of talk-overs that go away in the first weeks after practice."""
PRACTICE_FADES_WEEKS: Final = 20.0
FEWEST_WEEKS: Final = 20
"""In a shorter span nothing could be compared."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a manager notes: in which week of the span, where (None: everywhere), what."""

    week: int
    site: int | None
    kind: Kind

    @property
    def text(self) -> str:
        """The note's words."""
        return TEXTS[self.kind]


def plan_year(places: Sequence[Place], weeks: int, seed: int) -> tuple[Happening, ...]:
    """Return what happens in a span of so many weeks."""
    if weeks < FEWEST_WEEKS:
        return ()
    rng = np.random.default_rng([seed, 1])
    spring, autumn = round(weeks * 0.3), round(weeks * 0.72)
    planned = [Happening(spring, None, "practice")]
    for place in places:
        chances = rng.random(3)
        if chances[0] < 0.2:  # noqa: PLR2004 - a fifth of the sites get the new queue system
            planned.append(Happening(round(weeks * float(rng.uniform(0.4, 0.7))), place.number, "queue_system"))
        if chances[1] < 0.15:  # noqa: PLR2004 - some practise once more by themselves
            planned.append(Happening(autumn, place.number, "practice"))
        if chances[2] < 0.12:  # noqa: PLR2004 - a change of half a team is rare
            planned.append(Happening(round(weeks * float(rng.uniform(0.2, 0.8))), place.number, "staff_change"))
    return tuple(planned)


@dataclass(frozen=True, slots=True)
class Effects:
    """What has happened does to one site in one week.

    Attributes:
        crowd: Factor on how crowded it is.
        talk_overs: Factor on talk-overs.
        team: How many changes of the team there were: another team has other habits.
    """

    crowd: float = 1.0
    talk_overs: float = 1.0
    team: int = 0


def effects(planned: Sequence[Happening], site: int, week: int) -> Effects:
    """Return the effects on a site in the week of this number."""
    crowd, talk_overs, team = 1.0, 1.0, 0
    for each in planned:
        if each.site not in (None, site) or each.week > week:
            continue
        if each.kind == "queue_system":
            crowd *= QUEUE_EFFECT
        elif each.kind == "practice":
            talk_overs *= 1 - PRACTICE_EFFECT * float(np.exp(-(week - each.week) / PRACTICE_FADES_WEEKS))
        else:
            team += 1
    return Effects(crowd, talk_overs, team)
