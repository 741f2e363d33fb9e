"""Two people speak one after the other, and where they stand is measured: what to show, and what came of it.

One rule: it takes blocks and tells the step it is in; lights, files and words on a screen are others'. It takes half a
minute at most, and what can't tell the two apart is refused, with what to do.

```
ready 2 s -> agent speaks (4 s of speech, 12 s at most) -> pause 1.5 s -> customer speaks -> done, or refused
```
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from counterpoint.care.calibrating_bearings import BearingMeter, NearerMeter, SpeechGate
from counterpoint.care.contradictions import bearing_mistakes
from counterpoint.values import BLOCK_S, Calibration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from counterpoint.care.calibrating_bearings import Bearing, Floats
    from counterpoint.values import Block, Samples, Side

CalibrationStep = Literal["ready", "agent", "pause", "customer", "done", "refused"]

READY_S: Final = 2.0  # the noise of the place is learnt, and two people look up
PAUSE_S: Final = 1.5  # the first one ends the sentence
SPEECH_S: Final = 4.0  # of speech: enough for 4 degrees in simulated rooms (device/docs/calibrate.md)
LONGEST_S: Final = 12.0
FEWEST_S: Final = 1.5  # of speech in 12 s: less is a cough
CLEAR_SHARE: Final = 0.5  # of the loud moments: less is several voices, or more room than person
LOST_SHARE: Final = 0.05
NEARER_DB: Final = 3.0  # a microphone a side that stands right hears its own person 5 dB and more above the other


@dataclass(frozen=True, slots=True)
class Hearing:
    """What of an array is needed to measure with it.

    Attributes:
        raw: The channels of its raw microphones.
        early_s: Shape (elevations, bearings, microphones), as `BearingMeter` takes it; None with a microphone a side.
        tells_apart: Whether it can tell two bearings apart.
    """

    raw: tuple[int, ...]
    early_s: Floats | None
    tells_apart: Callable[[Calibration], bool]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was kept, and what to do."""

    what: str
    remedy: str


class Calibrating:
    """One calibration, from its first block to `done` or `refused`; `expected` is where the settings have the two.

    Attributes:
        step_now: The step it is in.
        found: Where the two are, once it is `done`.
        refusal: Why not, once it is `refused`.
    """

    def __init__(self, hearing: Hearing, expected: Calibration) -> None:
        self.step_now: CalibrationStep = "ready"
        self.found: Calibration | None = None
        self.refusal: Refusal | None = None
        self._hearing = hearing
        self._expected = expected
        self._gate = SpeechGate()
        self._meters: dict[Side, BearingMeter | NearerMeter] = {}
        self._blocks = 0
        self._lost = 0
        self._at_s = 0.0  # within the step
        self._ends_s = READY_S

    @property
    def is_over(self) -> bool:
        """Nothing more is taken."""
        return self.step_now in ("done", "refused")

    def step(self, block: Block) -> CalibrationStep:
        """Take one block; return the step that is on now."""
        if self.is_over:
            return self.step_now
        self._blocks += 1
        self._lost += bool(block.lost_samples)
        self._listen(block.samples[list(self._hearing.raw)])
        self._at_s += BLOCK_S
        if self._is_heard() or self._at_s >= self._ends_s:
            self._go_on()
        return self.step_now

    def give_up(self, what: str, remedy: str) -> None:
        """Refuse, from outside too: the microphone is muted, a channel is dead, or what was found can't be kept."""
        self.step_now, self.found, self.refusal = "refused", None, Refusal(what, remedy)

    def _listen(self, raw: Samples) -> None:
        power = float(np.mean(np.square(raw)))
        speaks = self._gate.step(power)
        if self.step_now in ("agent", "customer"):
            self._meters[self.step_now].step(raw, speech=speaks)

    def _is_heard(self) -> bool:
        return self.step_now in ("agent", "customer") and self._meters[self.step_now].speech_s >= SPEECH_S

    def _go_on(self) -> None:
        """The step is over: the next one, or the verdict."""
        if self.step_now in ("agent", "customer") and (refusal := self._misheard(self.step_now)):
            self.give_up(refusal.what, refusal.remedy)
        elif self.step_now == "ready":
            self._begin("agent", LONGEST_S)
        elif self.step_now == "agent":
            self._begin("pause", PAUSE_S)
        elif self.step_now == "pause":
            self._begin("customer", LONGEST_S)
        else:
            self._judge()

    def _begin(self, step: Literal["agent", "pause", "customer"], longest_s: float) -> None:
        self.step_now, self._at_s, self._ends_s = step, 0.0, longest_s
        if step != "pause":
            early_s = self._hearing.early_s
            self._meters[step] = NearerMeter() if early_s is None else BearingMeter(early_s)

    def _misheard(self, side: Side) -> Refusal | None:
        if self._lost > LOST_SHARE * self._blocks:
            return Refusal("too much sound was lost", "use another USB port, no hub, and try again")
        if self._meters[side].speech_s < FEWEST_S:
            remedy = "speak in an ordinary voice as long as your light is on; else see counterpoint doctor"
            return Refusal(f"the {side} was not heard", remedy)
        return None

    def _judge(self) -> None:
        agent, customer = self._meters["agent"], self._meters["customer"]
        if isinstance(agent, NearerMeter) and isinstance(customer, NearerMeter):
            self.refusal = _judge_nearer(agent.agent_over_customer_db(), customer.agent_over_customer_db())
            found = self._expected
        else:
            bearings = self._bearing("agent"), self._bearing("customer")
            found = Calibration(*(round(bearing.degrees, 1) % 360 for bearing in bearings))
            self.refusal = _judge_clear(bearings) or _judge_apart(found, self._hearing)
        self.step_now = "refused" if self.refusal else "done"
        self.found = None if self.refusal else found

    def _bearing(self, side: Side) -> Bearing:
        meter = self._meters[side]
        near_deg = self._expected.agent_deg if side == "agent" else self._expected.customer_deg
        found = meter.measured(near_deg) if isinstance(meter, BearingMeter) else None
        assert found is not None  # noqa: S101 - narrows the type: a side without speech has been refused before
        return found


def _judge_clear(bearings: Sequence[Bearing]) -> Refusal | None:
    """Whether each of the two was one voice from one place."""
    for side, bearing in zip(("agent", "customer"), bearings, strict=True):
        if bearing.share < CLEAR_SHARE:
            remedy = (
                "one person speaks at a time, and nobody beside; keep the array clear of walls and screens; if this"
                " stays, check array.name and the firmware: counterpoint doctor"
            )
            return Refusal(f"no clear direction while the {side} spoke", remedy)
    return None


def _judge_apart(found: Calibration, hearing: Hearing) -> Refusal | None:
    """Whether the two are far enough apart, and not in line with the microphones."""
    for mistake in bearing_mistakes(found.agent_deg, found.customer_deg):
        remedy = f"{mistake.remedy}; if the same person spoke twice, try again"
        return Refusal(f"the two can't be told apart: {mistake.problem}", remedy)
    if not hearing.tells_apart(found):
        remedy = "turn it by a quarter, so that the line of its microphones joins the two"
        return Refusal("the array hears both sides alike: its microphones stand in a line along the counter", remedy)
    return None


def _judge_nearer(agent_db: float, customer_db: float) -> Refusal | None:
    """With a microphone a side: whether each hears its own person."""
    if agent_db <= -NEARER_DB and customer_db >= NEARER_DB:
        return Refusal("the two microphones are exchanged", "exchange their plugs: the first is the agent's")
    if agent_db < NEARER_DB or customer_db > -NEARER_DB:
        remedy = "move each to its own person, at least three times nearer than to the other, and out of mono"
        return Refusal("both microphones hear the same: neither is nearer to its own side", remedy)
    return None
