"""What was scripted against what was found: pure, so that the table can't be kinder than the line.

One rule: a scripted event is matched by time and side alone; times are seconds on the sample clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.app.demo.conversation import ScriptedEvent, ScriptedKind
    from counterpoint.values import Cue, EventKind, FloorEvent

NEAR_S: Final = 0.4  # the onset that was found may be this far from the script's: a soft first syllable, a pause
LIGHT_AFTER_S: Final = 1.0  # a light this long after an overlap's end is still its fault


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one scripted event.

    Attributes:
        scripted: The event as written.
        settled: What the floor called it in the end, None when it found no overlap there.
        predicted: A `talk_over` was committed while it was open.
        light_s: When the light came on for it, None when it stayed dark.
    """

    scripted: ScriptedEvent
    settled: EventKind | None
    predicted: bool
    light_s: float | None

    @property
    def as_scripted(self) -> bool:
        """A talk-over lights the light; nothing else does."""
        return (self.light_s is not None) == (self.scripted.kind == "talk_over")

    @property
    def onset_to_light_ms(self) -> int | None:
        """From the script's onset to the light, in milliseconds; None when it stayed dark."""
        return None if self.light_s is None else round((self.light_s - self.scripted.onset_s) * 1000)


@dataclass(frozen=True, slots=True)
class Score:
    """All outcomes in the script's order, and the times of lights that no scripted talk-over explains."""

    outcomes: tuple[Outcome, ...]
    unscripted_lights_s: tuple[float, ...]

    @property
    def as_scripted(self) -> bool:
        """Every talk-over was lit, and nothing else."""
        return not self.unscripted_lights_s and all(outcome.as_scripted for outcome in self.outcomes)

    def of(self, kind: ScriptedKind) -> tuple[Outcome, ...]:
        """The outcomes of one kind."""
        return tuple(outcome for outcome in self.outcomes if outcome.scripted.kind == kind)


def score(script: Sequence[ScriptedEvent], events: Sequence[FloorEvent], cues: Sequence[Cue]) -> Score:
    """Match events and cues to the script; `cues` may hold the `off` ones."""
    lights_s = [cue.at_s for cue in cues if cue.cue in ("talk_over", "cut_off")]
    explained = {_light(event, lights_s) for event in script if event.kind == "talk_over"}
    return Score(
        outcomes=tuple(_outcome(event, events, lights_s, explained) for event in script),
        unscripted_lights_s=tuple(at_s for at_s in lights_s if at_s not in explained),
    )


def _outcome(
    scripted: ScriptedEvent, events: Sequence[FloorEvent], lights_s: Sequence[float], explained: set[float | None]
) -> Outcome:
    others_s = lights_s if scripted.kind == "talk_over" else [at_s for at_s in lights_s if at_s not in explained]
    near = [event for event in events if event.kind != "turn" and _is_near(scripted, event)]
    return Outcome(
        scripted=scripted,
        settled=next((event.kind for event in near if event.kind != "talk_over"), None),
        predicted=any(event.kind == "talk_over" for event in near),
        light_s=_light(scripted, others_s),
    )


def _is_near(scripted: ScriptedEvent, event: FloorEvent) -> bool:
    """The floor's overlap begins within the scripted one, or shortly before it."""
    return event.by == scripted.by and -NEAR_S <= event.onset_s - scripted.onset_s <= _length(scripted)


def _length(scripted: ScriptedEvent) -> float:
    return max(NEAR_S, scripted.offset_s - scripted.onset_s)


def _light(scripted: ScriptedEvent, lights_s: Sequence[float]) -> float | None:
    latest_s = scripted.offset_s + LIGHT_AFTER_S
    return next((at_s for at_s in lights_s if scripted.onset_s <= at_s <= latest_s), None)
