"""The device's own line on the sound of a practice: channel 0 is the agent's side, channel 1 the customer's.

One rule: it is the line of the counter, given from outside; what it says of a practice is what the counter would say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from counterpoint.values import BLOCK_SAMPLES, Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.values import Cue, FloorEvent, FloorStep, ListeningAct, Session, SessionStep

FULL_SCALE: Final = 32768.0
CHANNELS: Final = 2


class Moment(Protocol):
    """What the line says of one block."""

    @property
    def floor(self) -> FloorStep:
        """Who speaks, who overlaps, what was committed."""

    @property
    def visit(self) -> SessionStep:
        """Whether a visit is open."""

    @property
    def cue(self) -> Cue | None:
        """A change of the light."""

    @property
    def acts(self) -> tuple[ListeningAct, ...]:
        """What the agent's words did."""


class Ending(Protocol):
    """What was still open as the sound ended."""

    @property
    def events(self) -> tuple[FloorEvent, ...]:
        """Events committed at the end."""

    @property
    def session(self) -> Session | None:
        """The visit; None if no customer was heard."""

    @property
    def acts(self) -> tuple[ListeningAct, ...]:
        """Acts of the last utterances."""


class Stages(Protocol):
    """The stages of the counter, in their order."""

    def step(self, block: Block, /) -> Moment:
        """Take one block through every stage."""

    def close(self) -> Ending:
        """Commit what is still open; may wait for the recogniser's last words."""


class Words(Protocol):
    """What a practice needs to know of the recogniser."""

    unknown: bool


class Line:
    """The stages with their recogniser, for one practice.

    Attributes:
        words_known: A recogniser has listened and understood, so far.
    """

    def __init__(self, stages: Stages, words: Words | None) -> None:
        self._stages = stages
        self._words = words
        self.words_known = words is not None

    @property
    def has_words(self) -> bool:
        """A recogniser listens."""
        return self._words is not None

    def step(self, block: Block) -> Moment:
        """Take one block of both sides."""
        moment = self._stages.step(block)
        self._doubt(is_complex=moment.visit.is_complex)
        return moment

    def close(self) -> Ending:
        """Commit what is still open; waits for the last words as long as `Words` has patience. Once only."""
        ending = self._stages.close()
        self._doubt(is_complex=False)
        return ending

    def _doubt(self, *, is_complex: bool) -> None:
        unknown = self._words is None or self._words.unknown or is_complex
        self.words_known = self.words_known and not unknown


def blocks_of(sound: bytes, first_sample: int) -> Iterator[Block]:
    """The blocks in interleaved int16 stereo; `sound` is a whole number of blocks, as the protocol asks."""
    interleaved = np.frombuffer(sound, dtype="<i2").astype(np.float32) / np.float32(FULL_SCALE)
    both = interleaved.reshape(-1, BLOCK_SAMPLES, CHANNELS)
    for number, block in enumerate(both):
        yield Block(np.ascontiguousarray(block.T), first_sample + number * BLOCK_SAMPLES)
