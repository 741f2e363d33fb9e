"""When the agent's light is lit: rarely, in time, and only when we are sure.

One rule: whatever decides whether a cue is lit is in this class; a light only shows what it is told.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from counterpoint.nudge.tokens import Tokens
from counterpoint.values import BLOCK_S, Cue

if TYPE_CHECKING:
    from counterpoint.settings import NudgeRules
    from counterpoint.values import CueKind, FloorEvent, FloorStep, OpenOverlap, SessionStep

REASONS: Final[dict[CueKind, str]] = {
    "talk_over": "the agent speaks over the customer, still",
    "cut_off": "the customer stopped in mid-turn and stayed silent",
    "good_listening": "the customer finished a long turn without being talked over",
}
CUT_OFF_SILENCE_S: Final = 1.0  # what "stayed silent" means in the design; a breath in mid-turn is shorter
ROUNDING_S: Final = 1e-6  # sums of 20 ms frames are a little off; a frame must not be missed for it


class Nudge:
    """Turns the floor into changes of the agent's light.

    A cue costs a token and starts the refractory time; so does a cue that is withheld, or what follows it would differ
    from what follows a cue that was lit. A withheld cue is no change of the light: nothing is returned for it.
    """

    def __init__(self, rules: NudgeRules, seed: int = 0, *, dark_until_s: float = 0.0) -> None:
        """Start dark.

        Args:
            rules: Every number of the policy.
            seed: Seed of the draw that withholds cues.
            dark_until_s: End of the first dark days, seconds on the sample clock.
        """
        self._rules = rules
        self._tokens = Tokens(rules.tokens, rules.token_minutes * 60, rules.confidence_full, rules.confidence_empty)
        self._draw = random.Random(seed)  # noqa: S311 - an experiment's draw, no secret
        self._dark_until_s = dark_until_s
        self._ready_s = 0.0
        self._lit: CueKind | None = None
        self._off_s = 0.0
        self._decided: int | None = None
        self._visit_open = False
        self._talked_over_s = -1.0
        self._green_given = False

    def step(self, step: FloorStep, visit: SessionStep) -> Cue | None:
        """Take one frame; return the change of the light, if there is one.

        Times are `FloorStep.at_s`: the end of the audio that the decision used.
        """
        self._remember(step, visit)
        if self._lit is not None:
            return self._end(step, visit)
        if not self._may_light(step, visit):
            return None
        cause = self._cause(step)
        return self._begin(cause, step) if cause else None

    def _remember(self, step: FloorStep, visit: SessionStep) -> None:
        if visit.closed is not None or (self._visit_open and not visit.is_open):
            self._green_given = False
        self._visit_open = visit.is_open
        for event in step.events:
            if event.by == "agent" and event.kind in ("interruption", "attempt"):
                self._talked_over_s = event.onset_s

    def _may_light(self, step: FloorStep, visit: SessionStep) -> bool:
        nudged = visit.is_open and not visit.is_complex and not visit.left_out
        return nudged and step.sides_clear and step.at_s >= self._dark_until_s

    def _cause(self, step: FloorStep) -> CueKind | None:
        if step.at_s < self._ready_s:
            return None
        asked = self._tokens.confidence_asked(step.at_s)
        if asked is not None:
            if self._rules.talk_over and step.overlap and self._is_talk_over(step.overlap, step.at_s, asked):
                return "talk_over"
            if self._rules.cut_off and any(self._is_cut_off(event, step, asked) for event in step.events):
                return "cut_off"
        if self._rules.good_listening and any(self._is_heard_out(event) for event in step.events):
            return "good_listening"
        return None

    def _is_talk_over(self, overlap: OpenOverlap, at_s: float, asked: float) -> bool:
        lasted_s = at_s - overlap.since_s + ROUNDING_S
        in_time = self._rules.hold_s <= lasted_s <= self._rules.hold_s + self._rules.grace_s
        predicted = overlap.talk_over not in (None, self._decided) and overlap.confidence >= asked
        return overlap.by == "agent" and overlap.both and in_time and predicted

    def _is_cut_off(self, event: FloorEvent, step: FloorStep, asked: float) -> bool:
        """The customer stopped soon, and has been silent for long enough up to the newest frame that was judged."""
        yielded = event.offset_s - event.onset_s <= self._rules.yield_within_s + ROUNDING_S
        silent_s = 0.0 if step.customer else step.frame_s + BLOCK_S - event.offset_s
        silenced = yielded and silent_s >= CUT_OFF_SILENCE_S - ROUNDING_S
        return event.kind == "interruption" and event.by == "agent" and silenced and event.confidence >= asked

    def _is_heard_out(self, event: FloorEvent) -> bool:
        long_turn = event.kind == "turn" and event.offset_s - event.onset_s >= self._rules.good_turn_s
        talked_over = self._talked_over_s >= event.onset_s
        return event.by == "customer" and long_turn and not talked_over and not self._green_given

    def _begin(self, cause: CueKind, step: FloorStep) -> Cue | None:
        self._ready_s = step.at_s + self._rules.refractory_s
        self._decided = step.overlap.talk_over if step.overlap else None
        if cause == "good_listening":
            self._green_given = True
        else:
            self._tokens.spend(step.at_s)
            if self._draw.random() < self._rules.withhold_share:
                return None
        self._lit = cause
        self._off_s = step.at_s + self._rules.show_s
        return Cue(step.at_s, cause, REASONS[cause])

    def _end(self, step: FloorStep, visit: SessionStep) -> Cue | None:
        if not self._may_light(step, visit):
            return self._off(step, "nothing may be lit now")
        if self._lit == "talk_over" and step.overlap is not None and step.overlap.both:
            self._off_s = step.at_s + self._rules.show_s
        if step.at_s + ROUNDING_S < self._off_s:
            return None
        return self._off(step, "shown long enough")

    def _off(self, step: FloorStep, reason: str) -> Cue:
        self._lit = None
        return Cue(step.at_s, "off", reason)
