"""What a system believes of a scene; one rule: whoever is judged gives these values, and is told nothing else back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.benchmark.truth import Flags, HeardScene

    from counterpoint.values import Cue, FloorEvent, Session

Numbers = NDArray[np.float32]
Times = NDArray[np.float64]

BOTH: Final = 1
"""Bit of `HeardOverlap.flags`: both sides speak in this very frame."""
PREDICTED: Final = 2
"""Bit: a `talk_over` has been committed for it."""
MAY_LIGHT: Final = 4
"""Bit: a visit is open that the light may be lit in."""
EVEN: Final = 0.5
"""What is likelier than not is decided."""


@dataclass(frozen=True, slots=True)
class HeardOverlap:
    """An overlap while it was open, as a system heard it.

    Attributes:
        side: 0 for the agent, 1 for the customer: who came in second.
        onset_s: Its onset, back-dated.
        at_s: Shape (moments,): the end of the last audio used for each moment's confidence.
        confidence: Shape (moments,): belief in [0, 1] that the floor is taken, or fought for.
        flags: Shape (moments,): `BOTH`, `PREDICTED`, `MAY_LIGHT`.
    """

    side: int
    onset_s: float
    at_s: Times
    confidence: Numbers
    flags: NDArray[np.uint8]

    def first_at(self, asked: float) -> float | None:
        """When the confidence first reached what is asked, or None."""
        reached = self.confidence >= asked
        return float(self.at_s[int(np.argmax(reached))]) if reached.any() else None


@dataclass(frozen=True, slots=True)
class Belief:
    """All that one system made of one scene.

    Attributes:
        activity: P(each side speaks), shape (2, frames of 20 ms); None for a system that can't tell sides.
        overlap: P(two speak at once), shape (frames,); None where `activity` says it.
        overlaps: For the curves: every overlap that was open, with its confidence from moment to moment.
        events: What was committed at the system's own working point.
        cues: Changes of the light.
        sessions: Visits found.
    """

    activity: Numbers | None
    overlap: Numbers | None = None
    overlaps: tuple[HeardOverlap, ...] = ()
    events: tuple[FloorEvent, ...] = ()
    cues: tuple[Cue, ...] = ()
    sessions: tuple[Session, ...] = ()

    @property
    def said(self) -> Flags | None:
        """Who speaks, decided, shape (2, frames); None for a system that can't tell sides."""
        return None if self.activity is None else self.activity > EVEN

    @property
    def said_both(self) -> Flags:
        """Where two speak at once, decided, shape (frames,)."""
        if self.overlap is not None:
            return self.overlap > EVEN
        if self.activity is None:
            raise ValueError("a belief needs an activity or an overlap")
        both: Flags = np.logical_and(self.activity[0] > EVEN, self.activity[1] > EVEN)
        return both


class System(Protocol):
    """Something that listens to a scene; deterministic."""

    @property
    def name(self) -> str:
        """As the tables call it."""
        ...

    @property
    def key(self) -> str:
        """Changes with everything that its beliefs depend on besides the scene: model and code."""
        ...

    def hear(self, scene: HeardScene) -> Belief:
        """Listen to one whole scene."""
        ...
