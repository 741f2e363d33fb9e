"""What a recogniser is: another one is one new file in edge/.

One rule: an utterance lives in memory until it has become acts; its repr never shows a word, so no log line or
traceback can.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from counterpoint.values import Samples


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; never logged, never written.

    Attributes:
        text: Lower case, no punctuation.
        start_s: Seconds since the first sample accepted after the last `finish`.
        end_s: The same clock; never before `start_s`.
        confidence: In [0, 1].
    """

    text: str = field(repr=False)
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was recognised between two pauses; empty when it was no speech.

    Attributes:
        words: In the order spoken.
    """

    words: tuple[Word, ...] = field(repr=False)

    @property
    def text(self) -> str:
        """The words joined by spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def spoken_s(self) -> float:
        """Seconds covered by words."""
        return sum(word.end_s - word.start_s for word in self.words)

    @property
    def confidence(self) -> float:
        """Mean confidence of the words, in [0, 1]; 0 when there are none."""
        return sum(word.confidence for word in self.words) / len(self.words) if self.words else 0.0


class Recogniser(Protocol):
    """Speech to words, one stream, used from one thread.

    Raises:
        ModelError: From any method, when the model can't go on.
    """

    def accept(self, samples: Samples) -> Utterance | None:
        """Take mono float32 in [-1, 1] at 16 kHz, any length; an utterance where the recogniser heard its end."""

    def finish(self) -> Utterance | None:
        """End the utterance under way; None when nothing was accepted since the last one."""

    def forget(self) -> None:
        """The visit is over: let go of all that was heard, the utterance under way included."""

    def close(self) -> None:
        """Give back the memory; nothing may be called after it."""
