"""A conversation as a script, played to the floor as a detector would: soft, late by the look-back, never exact.

One rule: nothing here is random, so a test that fails, fails again.

    talk.customer(0.0, 6.0).agent_backchannel(2.0, 0.4)
    assert talk.kinds() == ["backchannel", "turn"]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sin
from typing import Final, Self

from counterpoint.conversation.floor import Floor
from counterpoint.settings import FloorRules
from counterpoint.values import BLOCK_S, Activity, FloorEvent, FloorStep, Side

LOOK_BACK_S: Final = 0.1
TAKES: Final = 0.85  # evidence while a second voice wants the floor
ENDING_ANYWAY: Final = 0.25  # while it comes in at the end of a turn
LISTENS: Final = 0.12  # while it says "mm-hm"
UNDECIDED: Final = 0.4  # before the detector has heard enough of the overlap
MAKES_UP_ITS_MIND_S: Final = 0.2
TRANSITION_S: Final = FloorRules().transition_s


@dataclass(frozen=True, slots=True)
class Voice:
    """One stretch of speech of the script; `takes_floor` None leaves the evidence to the timing."""

    by: Side
    start_s: float
    end_s: float
    takes_floor: float | None = None


@dataclass
class Talk:
    """A scripted conversation; times in seconds, to 20 ms.

    Attributes:
        rules: What the floor goes by.
        tail_s: Silence after the last voice.
        shaky: Dips of 40 ms inside long speech, as between words.
    """

    rules: FloorRules = field(default_factory=FloorRules)
    tail_s: float = 3.0
    shaky: bool = True
    voices: list[Voice] = field(default_factory=list)
    unclear: list[tuple[float, float]] = field(default_factory=list)

    def customer(self, start_s: float, end_s: float, takes_floor: float | None = None) -> Self:
        """The customer speaks."""
        return self._add("customer", start_s, end_s, takes_floor)

    def agent(self, start_s: float, end_s: float, takes_floor: float | None = None) -> Self:
        """The agent speaks."""
        return self._add("agent", start_s, end_s, takes_floor)

    def customer_backchannel(self, start_s: float, length_s: float = 0.4) -> Self:
        """The customer shows that they listen."""
        return self._add("customer", start_s, start_s + length_s, LISTENS)

    def agent_backchannel(self, start_s: float, length_s: float = 0.4) -> Self:
        """The agent shows that they listen."""
        return self._add("agent", start_s, start_s + length_s, LISTENS)

    def sides_unclear(self, start_s: float, end_s: float) -> Self:
        """The sides can't be told apart for a while."""
        self.unclear.append((start_s, end_s))
        return self

    @property
    def end_s(self) -> float:
        """End of the last voice, in seconds."""
        return max((voice.end_s for voice in self.voices), default=0.0)

    def activities(self) -> Iterator[Activity]:
        """The script as the detector would tell it, frame by frame, the first ones before the stream began."""
        look_back = round(LOOK_BACK_S / BLOCK_S)
        for block in range(round((self.end_s + self.tail_s) / BLOCK_S) + look_back):
            frame = block - look_back
            yield Activity(
                start_s=round(frame * BLOCK_S, 6),
                agent=self._belief("agent", frame),
                customer=self._belief("customer", frame),
                takes_floor=self._takes_floor(frame),
                heard_until_s=round((block + 1) * BLOCK_S, 6),
                sides_clear=not any(start <= frame * BLOCK_S < end for start, end in self.unclear),
            )

    def steps(self) -> list[FloorStep]:
        """Every step of the floor; without what only the end of the stream commits."""
        floor = Floor(self.rules)
        return [floor.step(activity) for activity in self.activities()]

    def events(self) -> list[FloorEvent]:
        """Every event, those of the end of the stream included."""
        floor = Floor(self.rules)
        events = [event for activity in self.activities() for event in floor.step(activity).events]
        return [*events, *floor.close()]

    def kinds(self) -> list[str]:
        """The kinds of all events but turns, in the order of their commitment."""
        return [event.kind for event in self.events() if event.kind != "turn"]

    def _add(self, by: Side, start_s: float, end_s: float, takes_floor: float | None) -> Self:
        self.voices.append(Voice(by, start_s, end_s, takes_floor))
        return self

    def _speaking(self, middle_s: float, by: Side | None = None) -> list[Voice]:
        return [v for v in self.voices if v.start_s <= middle_s < v.end_s and by in (None, v.by)]

    def _belief(self, side: Side, frame: int) -> float:
        middle_s = (frame + 0.5) * BLOCK_S
        ripple = 0.04 * sin(1.7 * frame)
        speaking = self._speaking(middle_s, side)
        if not speaking:
            return 0.05 + ripple
        inside_s = min(middle_s - speaking[0].start_s, speaking[0].end_s - middle_s)
        if self.shaky and inside_s > 0.3 and frame % 45 < 2:
            return 0.2
        return 0.7 if inside_s < BLOCK_S else 0.92 + ripple

    def _takes_floor(self, frame: int) -> float:
        middle_s = (frame + 0.5) * BLOCK_S
        speaking = self._speaking(middle_s)
        if not speaking:
            return UNDECIDED
        newest = max(speaking, key=lambda voice: voice.start_s)
        surely = min((middle_s - newest.start_s) / MAKES_UP_ITS_MIND_S, 1.0)
        return UNDECIDED + surely * (self._aim(newest) - UNDECIDED)

    def _aim(self, voice: Voice) -> float:
        if voice.takes_floor is not None:
            return voice.takes_floor
        others = [v for v in self.voices if v.by != voice.by and v.start_s <= voice.start_s < v.end_s]
        ends_anyway = all(v.end_s - voice.start_s <= TRANSITION_S for v in others)
        return ENDING_ANYWAY if others and ends_anyway else TAKES
