"""Which audio may reach the recogniser: the agent's, in an open visit that counts, while the customer is silent.

One rule: when in doubt, the audio stays out. A stretch is judged a quarter of a second late, so that its first
sound is not cut and what the customer began meanwhile is not let in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from counterpoint.values import BLOCK_S, BLOCK_SAMPLES

if TYPE_CHECKING:
    from counterpoint.values import FloorStep, Samples, SessionStep, ZoneFrame

PRE_ROLL: Final = 12  # blocks, 0.24 s: speech is sure after 0.1 s, and a quiet first consonant comes before it
HANG_OVER: Final = 15  # blocks, 0.3 s: final consonants are quieter than what ends speech
GUARD: Final = 8  # blocks, 0.16 s: the customer may have begun this long before the detector is sure
LOOK_BACK: Final = 50  # blocks, 1 s: far beyond any detector's look-back; beams older than that are gone
SPAN: Final = HANG_OVER + 1 + PRE_ROLL


@dataclass(frozen=True, slots=True)
class GateStep:
    """What the gate lets through in this frame.

    Attributes:
        samples: Shape (320,), float32: 20 ms for the recogniser, or None; overwritten later, copy it.
        start_s: Start of these samples on the sample clock, in seconds.
        ended: The agent's stretch ended before this frame: the utterance is complete.
    """

    samples: Samples | None
    start_s: float
    ended: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    block: int
    agent: bool
    customer: bool
    listening: bool


class SpeechGate:
    """Delays the agent's beam, and lets through only what is the agent's alone."""

    def __init__(self) -> None:
        self._beams = np.zeros((LOOK_BACK + SPAN, BLOCK_SAMPLES), dtype=np.float32)
        self._block_of = np.full(LOOK_BACK + SPAN, -1, dtype=np.int64)
        self._marks: deque[_Mark] = deque(maxlen=SPAN)
        self._open = False

    def step(self, frame: ZoneFrame, step: FloorStep, visit: SessionStep) -> GateStep:
        """Take one frame; say what of the beam, a little earlier, goes to the recogniser now.

        Nothing of a visit that is left out passes, not even what was spoken just before the button was pressed.
        """
        self._keep(round(frame.start_s / BLOCK_S) - 1, frame.agent_beam)
        if visit.left_out:
            return GateStep(None, step.frame_s - PRE_ROLL * BLOCK_S, ended=self.shut())
        mark = _Mark(
            block=round(step.frame_s / BLOCK_S),
            agent=step.agent,
            customer=step.customer or not step.sides_clear,
            listening=visit.is_open and not visit.is_complex,
        )
        if self._marks and mark.block != self._marks[-1].block + 1:
            self._marks.clear()
        self._marks.append(mark)
        return self._judge(mark.block - PRE_ROLL)

    def shut(self) -> bool:
        """Stop now and let go of the sound, as words are off or the visit is over; True if a stretch was under way."""
        self._marks.clear()
        self._beams.fill(0.0)
        was_open, self._open = self._open, False
        return was_open

    def _keep(self, block: int, beam: Samples) -> None:
        slot = block % len(self._beams)
        self._beams[slot] = beam
        self._block_of[slot] = block

    def _judge(self, block: int) -> GateStep:
        slot = block % len(self._beams)
        through = self._may_pass(block) and bool(self._block_of[slot] == block)
        ended = self._open and not through
        self._open = through
        return GateStep(self._beams[slot] if through else None, block * BLOCK_S, ended)

    def _may_pass(self, block: int) -> bool:
        agent = listening = False
        for mark in self._marks:
            if mark.customer and block <= mark.block <= block + GUARD:
                return False
            agent = agent or (mark.agent and not mark.customer)
            listening = listening or (mark.block == block and mark.listening)
        return agent and listening
