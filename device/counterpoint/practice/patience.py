"""The recogniser's line with an end to its patience: at the end of a practice somebody waits for their card.

One rule: what the recogniser has not said in time is unknown, never zero.
"""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.values import FloorStep, ListeningAct, SessionStep, ZoneFrame

PATIENCE_S: Final = 4.0  # as long as a card may take; on a computer that is not overloaded the last words take 0.3 s


class WordsLike(Protocol):
    """The recogniser's line, whose `close` waits for the last words, however long they take."""

    unknown: bool

    def offer(self, frame: ZoneFrame, step: FloorStep, visit: SessionStep) -> None:
        """Take one frame."""

    def collect(self) -> Sequence[ListeningAct]:
        """Acts recognised since the last call."""

    def close(self) -> None:
        """Finish the utterance under way."""


class PatientWords:
    """The same line; `close` comes back after `patience_s` at the latest, and what is missing then is unknown.

    Attributes:
        unknown: Words were not understood, failed, or were not there in time.
    """

    def __init__(self, words: WordsLike, patience_s: float = PATIENCE_S) -> None:
        self.unknown = words.unknown
        self._words = words
        self._patience_s = patience_s
        self._gave_up = False

    def offer(self, frame: ZoneFrame, step: FloorStep, visit: SessionStep) -> None:
        """Take one frame; waits for nothing."""
        self._words.offer(frame, step, visit)

    def collect(self) -> Sequence[ListeningAct]:
        """Acts recognised since the last call."""
        acts = self._words.collect()
        self.unknown = self._words.unknown or self._gave_up
        return acts

    def close(self) -> None:
        """Finish the utterance under way, or leave it: the line's own thread then ends by itself."""
        closing = Thread(target=self._words.close, name="last words", daemon=True)
        closing.start()
        closing.join(self._patience_s)
        self._gave_up = closing.is_alive()
