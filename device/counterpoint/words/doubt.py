"""Notices that the recogniser does not understand, as with another language.

One rule: doubt is about the recogniser, never about the speaker: acts become unknown, not zero.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from counterpoint.settings import WordsSettings
    from counterpoint.words.port import Utterance

WORDLESS_S: Final = 2.0  # that much of the agent's speech without one word is doubt too; less is a cough or a laugh


class Doubt:
    """Mean word confidence over the last `doubt_s` seconds of speech, against `min_confidence`."""

    def __init__(self, rules: WordsSettings) -> None:
        self._rules = rules
        self._heard: deque[tuple[float, float]] = deque()  # seconds of speech, mean confidence

    def hear(self, utterance: Utterance, audio_s: float) -> None:
        """Take an utterance and the seconds of audio that it came from."""
        if utterance.words:
            self._heard.append((utterance.spoken_s, utterance.confidence))
        elif audio_s >= WORDLESS_S:
            self._heard.append((audio_s, 0.0))
        while self._heard and self._total_s() - self._heard[0][0] >= self._rules.doubt_s:
            self._heard.popleft()

    @property
    def words_off(self) -> bool:
        """True while the last `doubt_s` of speech were not understood; False until that much was heard."""
        total_s = self._total_s()
        if total_s < self._rules.doubt_s:
            return False
        return sum(seconds * confidence for seconds, confidence in self._heard) < self._rules.min_confidence * total_s

    def forget(self) -> None:
        """A new visit, a new language."""
        self._heard.clear()

    def _total_s(self) -> float:
        return sum(seconds for seconds, _ in self._heard)
