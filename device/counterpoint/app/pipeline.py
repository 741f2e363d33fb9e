"""The one line through the house, from a block to the light: `run`, `replay` and `demo` all step this.

One rule: it only passes values from stage to stage. Anything that decides belongs in a stage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.care import UnheardWatch
    from counterpoint.conversation import Floor, Visits
    from counterpoint.hearing import ChannelWatch, Detector, PlacementWatch, Zones
    from counterpoint.nudge import Nudge
    from counterpoint.values import (
        Activity,
        Block,
        ChannelHealth,
        Cue,
        FloorEvent,
        FloorStep,
        ListeningAct,
        Placement,
        Session,
        SessionStep,
        Side,
        WhichVisit,
        ZoneFrame,
    )


class WordsPort(Protocol):
    """What the line needs of the words: they take a frame and, some time later, give acts."""

    unknown: bool

    def offer(self, frame: ZoneFrame, step: FloorStep, visit: SessionStep) -> None:
        """Take one frame; never waits on a counter."""

    def collect(self) -> Sequence[ListeningAct]:
        """Acts recognised since the last call."""

    def close(self) -> None:
        """Finish the utterance under way; `collect` then gives what is left."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that one block led to."""

    frame: ZoneFrame
    channels: ChannelHealth
    placement: Placement
    activity: Activity
    floor: FloorStep
    unheard: Side | None
    visit: SessionStep
    cue: Cue | None
    acts: tuple[ListeningAct, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """What was still open as the stream ended."""

    events: tuple[FloorEvent, ...]
    session: Session | None
    acts: tuple[ListeningAct, ...]


class Pipeline:
    """The stages in their order; `words` is None while there is no recogniser."""

    def __init__(  # noqa: PLR0913 - one argument a stage: the picture in the design has as many boxes
        self,
        *,
        zones: Zones,
        channels: ChannelWatch,
        placement: PlacementWatch,
        detector: Detector,
        floor: Floor,
        unheard: UnheardWatch,
        visits: Visits,
        nudge: Nudge,
        words: WordsPort | None,
    ) -> None:
        self._zones = zones
        self._channels = channels
        self._placement = placement
        self._detector = detector
        self._floor = floor
        self._unheard = unheard
        self._visits = visits
        self._nudge = nudge
        self._words = words

    @property
    def settled_look_back_s(self) -> float:
        """How far behind the newest block the settled frame is, in seconds."""
        return self._detector.settled_look_back_s

    def step(self, block: Block) -> Moment:
        """Take one block through every stage."""
        channels, placement = self._channels.step(block), self._placement.step(block)
        self._visits.add_lost(block.lost_samples)
        self._zones.without(channels.spared)
        frame = self._zones.step(block)
        activity = self._detector.step(frame)
        if not (channels.sides_clear and placement.sides_clear):
            activity = replace(activity, sides_clear=False)
        floor = self._floor.step(activity)
        unheard = self._unheard.step(floor)
        visit = self._visits.step(floor)
        cue = self._nudge.step(floor, visit)
        if cue is not None:
            self._visits.add_cue(cue)
        acts = self._listen(frame, floor, visit)
        return Moment(frame, channels, placement, activity, floor, unheard, visit, cue, acts)

    def leave_out(self, which: WhichVisit) -> None:
        """The button: this visit is left out; from the next block on it is dark and nothing in it is recognised."""
        self._visits.leave_out(which)

    def close(self) -> Ending:
        """Commit what is still open; the last visit, if one was under way."""
        if self._words is not None:
            self._words.close()
        acts = self._take_acts()
        events = self._floor.close()
        return Ending(events, self._visits.close(events), acts)

    def _listen(self, frame: ZoneFrame, floor: FloorStep, visit: SessionStep) -> tuple[ListeningAct, ...]:
        if self._words is None:
            return ()
        self._words.offer(frame, floor, visit)
        return self._take_acts()

    def _take_acts(self) -> tuple[ListeningAct, ...]:
        if self._words is None:
            return ()
        acts = tuple(self._words.collect())
        for act in acts:
            self._visits.add_act(act)
        if self._words.unknown:
            self._visits.words_unknown()
        return acts
