"""What has been counted so far, for the eye: a running picture beside the visits that become the window.

One rule: it only counts what the line has committed; it decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from counterpoint.app.pipeline import Moment
    from counterpoint.values import Cue, FloorEvent, ListeningAct, Session


@dataclass(slots=True)
class Tally:
    """Everything that the line said, in its order, and sums of it."""

    events: list[FloorEvent] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    acts: list[ListeningAct] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    def add(self, moment: Moment) -> None:
        """Take what one block led to."""
        self.events.extend(moment.floor.events)
        self.acts.extend(moment.acts)
        if moment.cue is not None:
            self.cues.append(moment.cue)
        if moment.visit.closed is not None:
            self.sessions.append(moment.visit.closed)

    @property
    def light(self) -> Cue | None:
        """The cue that is lit now, None while it is dark."""
        return self.cues[-1] if self.cues and self.cues[-1].cue != "off" else None

    @property
    def lit(self) -> int:
        """How often the light came on."""
        return sum(cue.cue != "off" for cue in self.cues)

    @property
    def visits(self) -> int:
        """Visits counted so far; those left out are not among them."""
        return sum(session.left_out is None for session in self.sessions)

    @property
    def left_out(self) -> int:
        """Visits left out so far."""
        return len(self.sessions) - self.visits

    def settled(self, *kinds: str, by: str) -> int:
        """Events of these kinds begun by this side."""
        return sum(event.kind in kinds and event.by == by for event in self.events)
