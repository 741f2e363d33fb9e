"""A bounded ring between the capture thread and the pipeline.

One rule: what is taken is what was put, in order; what found no room is counted at its place, and nothing is allocated.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Condition
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Chunk:
    """Frames as they were read at once.

    Attributes:
        frames: Shape (frames, channels), int16; at the device's own rate.
        at_s: When they had been read, on the monotonic clock.
        opening: Which opening of the device they come from, from 0.
        dropped: Frames lost right before these, because the ring was full.
    """

    frames: NDArray[np.int16]
    at_s: float
    opening: int
    dropped: int


class Ring:
    """Chunks from one writing thread to one reading thread; `put` never waits."""

    def __init__(self, capacity: int, channels: int) -> None:
        self._frames = np.zeros((capacity, channels), np.int16)
        self._marks: deque[tuple[int, float, int, int]] = deque()
        self._start = 0
        self._count = 0
        self._dropped = 0
        self._closed = False
        self._changed = Condition()

    def put(self, frames: NDArray[np.int16], at_s: float, opening: int = 0) -> bool:
        """Copy `frames` in, or drop and count them all and return False where there is no room."""
        with self._changed:
            if self._count + len(frames) > len(self._frames):
                self._dropped += len(frames)
                return False
            self._copy_in(frames)
            self._marks.append((len(frames), at_s, opening, self._dropped))
            self._dropped = 0
            self._changed.notify()
            return True

    def take(self, timeout_s: float) -> Chunk | None:
        """Return the oldest chunk, or None when none came within `timeout_s` or the ring is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._marks or self._closed, timeout_s)
            if not self._marks:
                return None
            length, at_s, opening, dropped = self._marks.popleft()
            return Chunk(self._copy_out(length), at_s, opening, dropped)

    def close(self) -> None:
        """Wake the reader: nothing more will come."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _copy_in(self, frames: NDArray[np.int16]) -> None:
        at = (self._start + self._count) % len(self._frames)
        first = min(len(frames), len(self._frames) - at)
        self._frames[at : at + first] = frames[:first]
        self._frames[: len(frames) - first] = frames[first:]
        self._count += len(frames)

    def _copy_out(self, length: int) -> NDArray[np.int16]:
        first = min(length, len(self._frames) - self._start)
        out = np.concatenate((self._frames[self._start : self._start + first], self._frames[: length - first]))
        self._start = (self._start + length) % len(self._frames)
        self._count -= length
        return out
