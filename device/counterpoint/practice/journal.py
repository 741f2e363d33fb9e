"""What happened in one practice, gathered from the line as it goes by: the card is made of this and of nothing else.

One rule: kinds and times only; it lives in memory, and is gone with the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from counterpoint.values import FloorEvent, FloorStep, ListeningAct, Side, Span

TALKED_OVER: Final = frozenset({"interruption", "attempt"})
JOINED_S: Final = 0.06  # stretches this near to each other are one


@dataclass(slots=True)
class Course:
    """What a role-play's customer did, as the role-play says it; times in seconds since the practice began.

    Attributes:
        gave_way_s: When they fell silent because they were talked over.
        hello_s: When they asked whether anyone was there.
        confirmed: How often they said "yes, exactly".
        ended: They came to their goodbye.
    """

    gave_way_s: list[float] = field(default_factory=list)
    hello_s: list[float] = field(default_factory=list)
    confirmed: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    """One practice, over. Times are seconds since it began.

    Attributes:
        length_s: From the first block to the last.
        spoken: Who spoke when, by side; stretches in order, pauses under 0.2 s bridged.
        events: What happened between the two sides, by commit time.
        pauses_s: Pauses before the agent's answers, as the device counts them (negative: began early).
        acts: What the agent's words did; None where they are not known.
        course: The customer's side of it; None where a person played the customer.
    """

    length_s: float
    spoken: dict[Side, tuple[Span, ...]]
    events: tuple[FloorEvent, ...]
    pauses_s: tuple[float, ...]
    acts: tuple[ListeningAct, ...] | None
    course: Course | None

    @property
    def talk_overs(self) -> tuple[FloorEvent, ...]:
        """The agent's talk-overs, as the device counts them: predicted, and settled as interruption or attempt."""
        return tuple(
            event
            for event in self.events
            if event.by == "agent" and event.kind in TALKED_OVER and event.resolves is not None
        )

    @property
    def gave_way_s(self) -> tuple[float, ...]:
        """When the customer fell silent for the agent: as played, or as heard of a person."""
        if self.course is not None:
            return tuple(self.course.gave_way_s)
        return tuple(event.onset_s for event in self.talk_overs if event.kind == "interruption")

    def turns(self, side: Side) -> tuple[FloorEvent, ...]:
        """Finished turns of a side, by onset."""
        turns = (event for event in self.events if event.kind == "turn" and event.by == side)
        return tuple(sorted(turns, key=lambda turn: turn.onset_s))

    def talk_s(self, side: Side, until_s: float | None = None) -> float:
        """Seconds of speech of a side, before `until_s` if that is given."""
        end_s = self.length_s if until_s is None else until_s
        return sum(max(min(last_s, end_s) - first_s, 0.0) for first_s, last_s in self.spoken[side])


class Journal:
    """Gathers a practice frame by frame."""

    def __init__(self) -> None:
        self._spoken: dict[Side, list[Span]] = {"agent": [], "customer": []}
        self._events: list[FloorEvent] = []
        self._acts: list[ListeningAct] = []
        self.now_s = 0.0

    def step(self, floor: FloorStep) -> None:
        """Take one frame of the floor."""
        self.now_s = floor.at_s
        self.note(floor.events)
        if floor.agent_certain:
            self._add("agent", floor.agent_certain)
        if floor.customer_certain:
            self._add("customer", floor.customer_certain)

    def note(self, events: Iterable[FloorEvent]) -> None:
        """Take events, also those that the end of the stream commits."""
        self._events.extend(events)

    def hear(self, acts: Iterable[ListeningAct]) -> None:
        """Take what the agent's words did."""
        self._acts.extend(acts)

    def finished(self, pauses_s: tuple[float, ...], course: Course | None, *, words_known: bool) -> Try:
        """The whole of it."""
        return Try(
            length_s=self.now_s,
            spoken={side: tuple(spans) for side, spans in self._spoken.items()},
            events=tuple(self._events),
            pauses_s=pauses_s,
            acts=tuple(self._acts) if words_known else None,
            course=course,
        )

    def _add(self, side: Side, span: Span) -> None:
        spans = self._spoken[side]
        if spans and span[0] - spans[-1][1] <= JOINED_S:
            spans[-1] = (spans[-1][0], max(spans[-1][1], span[1]))
        else:
            spans.append(span)
