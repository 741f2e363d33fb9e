"""Whether the light comes when it should; one rule: the device's own `Nudge` decides, here as on the counter.

A true cueable talk-over: the agent's voice takes or fights for the floor, and both are heard for 0.7 s or more.
A cue on a talk-over that was over sooner is false, and is told apart.

`before`: every overlap meets a light that has all its tokens and has rested, in a visit that is open.
`after`: one light through the whole day, refractory time, tokens and visits as they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.benchmark.belief import BOTH, MAY_LIGHT, PREDICTED
from models.benchmark.matching import claim
from models.benchmark.scores.talk_overs import EARLY_S, HELD_S, LATE_S
from models.benchmark.truth import AGENT

from counterpoint.nudge import Nudge
from counterpoint.settings import NudgeRules
from counterpoint.values import FloorStep, OpenOverlap, SessionStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.benchmark.belief import Belief, HeardOverlap
    from models.benchmark.truth import SecondVoice

OPENING_HOURS: Final = 8.0
"""A light's day: tokens are full again after it."""
SIDES: Final = ("agent", "customer")
Visit = SessionStep


@dataclass(frozen=True, slots=True)
class DayPart:
    """A scene of a day: what was true, what was believed, how long it is."""

    voices: tuple[SecondVoice, ...]
    belief: Belief
    seconds: float


def cueable(voices: Sequence[SecondVoice]) -> list[SecondVoice]:
    """The agent's talk-overs that the light is for."""
    return [one for one in voices if one.side == AGENT and one.takes_floor and one.both_s >= HELD_S]


def cues_before(belief: Belief, rules: NudgeRules | None = None) -> list[float]:
    """When the light would come in a scene if no cue had come before; seconds, ascending."""
    wanted = rules or NudgeRules()
    found = []
    for number, overlap in enumerate(belief.overlaps):
        light = Nudge(wanted)
        lit = [cue for step, _ in _steps(overlap, number, 0.0) if (cue := light.step(step, Visit(is_open=True)))]
        found += [lit[0].at_s] if lit else []
    return sorted(found)


def cues_after(day: Sequence[DayPart], rules: NudgeRules | None = None) -> list[list[float]]:
    """When one light comes, scene by scene, as the scenes of a day follow each other; seconds within each scene."""
    found: list[list[float]] = []
    light, begun_s, number = Nudge(rules or NudgeRules()), 0.0, 0
    for part in day:
        if begun_s + part.seconds > OPENING_HOURS * 3600:
            light, begun_s = Nudge(rules or NudgeRules()), 0.0
        lit = []
        for overlap in sorted(part.belief.overlaps, key=lambda one: float(one.at_s[0])):
            number += 1
            steps = [_idle(begun_s + float(overlap.at_s[0])), *_steps(overlap, number, begun_s)]
            cues = [cue for step, visit in steps if (cue := light.step(step, visit))]
            lit += [cue.at_s - begun_s for cue in cues if cue.cue == "talk_over"]
        found.append(lit)
        begun_s += part.seconds
    return found


def count_cues(cues: Sequence[float], voices: Sequence[SecondVoice], seconds: float) -> dict[str, float]:
    """True and false cues of one scene; `too short` are those of the false that were on a shorter talk-over."""
    true = cueable(voices)
    windows = [(one.onset_s - EARLY_S, one.onset_s + LATE_S) for one in true]
    found = [mine for mine in claim(windows, cues) if mine is not None]
    short = [one for one in voices if one.side == AGENT and one.takes_floor and one.both_s < HELD_S]
    false = [at_s for number, at_s in enumerate(cues) if number not in found]
    on_short = sum(any(one.onset_s - EARLY_S <= at_s <= one.onset_s + LATE_S for one in short) for at_s in false)
    return {
        "cueable": len(true),
        "cued": len(found),
        "false cues": len(false),
        "too short": on_short,
        "seconds": seconds,
    }


def _steps(overlap: HeardOverlap, number: int, begun_s: float) -> Iterator[tuple[FloorStep, SessionStep]]:
    """The floor's steps while an overlap is open, as far as the light looks at them."""
    for at_s, confidence, flags in zip(overlap.at_s, overlap.confidence, overlap.flags, strict=True):
        open_now = OpenOverlap(
            by="agent" if overlap.side == AGENT else "customer",
            since_s=begun_s + overlap.onset_s,
            confidence=float(confidence),
            talk_over=number if flags & PREDICTED else None,
            both=bool(flags & BOTH),
        )
        now_s = begun_s + float(at_s)
        step = FloorStep(now_s, now_s, agent=False, customer=False, holder=None, overlap=open_now)
        yield step, SessionStep(is_open=bool(flags & MAY_LIGHT))


def _idle(at_s: float) -> tuple[FloorStep, SessionStep]:
    """A moment without an overlap, so that a cue of the one before has gone out."""
    return FloorStep(at_s, at_s, agent=False, customer=False, holder=None), SessionStep(is_open=True)
