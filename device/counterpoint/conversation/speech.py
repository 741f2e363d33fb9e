"""One rule: a voice that has lasted is speech from its real start on, and small pauses belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.values import BLOCK_S, Span

if TYPE_CHECKING:
    from counterpoint.settings import FloorRules

TOLERANCE_S: Final = 1e-6  # far below a sample, far above the rounding of float seconds


class Speech:
    """One side's voice: hysteresis, bursts that are too short, pauses that do not end it.

    Speech is confirmed `min_speech_s` of voice after its start, and dated back to that start. Its end is known
    `bridge_s` after the last voice, and dated back to it.

    Attributes:
        voiced: The voice is heard in the newest frame.
        is_open: Confirmed speech goes on, or pauses for less than `bridge_s`.
        start_s: Start of the newest confirmed speech, in seconds.
        until_s: End of the last voice in it, in seconds.
        before_s: End of the confirmed speech before the newest one, in seconds.
    """

    __slots__ = (
        "_belief_sum",
        "_known_s",
        "_last_s",
        "_rules",
        "_traced",
        "_voiced_s",
        "before_s",
        "is_open",
        "start_s",
        "until_s",
        "voiced",
    )

    def __init__(self, rules: FloorRules) -> None:
        self._rules = rules
        self.voiced = False
        self.is_open = False
        self.start_s = 0.0
        self.until_s = 0.0
        self.before_s = 0.0
        self._traced = False
        self._known_s = 0.0
        self._last_s = 0.0
        self._voiced_s = 0.0
        self._belief_sum = 0.0

    @property
    def belief(self) -> float:
        """Mean probability in [0, 1] over the voiced frames of the newest burst; 0 before any."""
        return min(self._belief_sum * BLOCK_S / self._voiced_s, 1.0) if self._voiced_s else 0.0

    def step(self, probability: float, frame_s: float) -> Span | None:
        """Take one frame; return the stretch of speech that became certain by it, if any."""
        rules = self._rules
        self.voiced = probability >= (rules.release_threshold if self.voiced else rules.speech_threshold)
        if self.voiced:
            return self._extend(probability, frame_s)
        if self._traced and frame_s + BLOCK_S - self._last_s >= rules.bridge_s - TOLERANCE_S:
            self._traced = self.is_open = False
        return None

    def _extend(self, probability: float, frame_s: float) -> Span | None:
        if not self._traced:
            self._traced = True
            self._known_s = frame_s
            self._voiced_s = self._belief_sum = 0.0
        self._last_s = frame_s + BLOCK_S
        self._voiced_s += BLOCK_S
        self._belief_sum += probability
        if self._voiced_s < self._rules.min_speech_s - TOLERANCE_S:
            return None
        if not self.is_open:
            self.is_open = True
            self.start_s = self._known_s
            self.before_s = self.until_s
        self.until_s = self._last_s
        certain = (self._known_s, self._last_s)
        self._known_s = self._last_s
        return certain
