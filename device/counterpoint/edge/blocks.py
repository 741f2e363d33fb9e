"""Frames of any rate into 20 ms blocks on the sample clock.

One rule: every sample of the room has its place; lost ones are zeros and counted, and nothing is reordered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import soxr

from counterpoint.values import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.values import Samples

FILL_LIMIT: Final = 60 * SAMPLE_RATE_HZ  # a visit ends after 45 s of silence: longer gaps tell nobody anything more


class Resampler:
    """Frames of a device's or file's own rate as frames at 16 kHz (soxr, streaming)."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        same = rate_hz == SAMPLE_RATE_HZ
        self._stream = None if same else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, channels, dtype="float32")

    def resample(self, frames: Samples, *, last: bool = False) -> Samples:
        """Take (frames, channels) float32; return what is ready at 16 kHz, in [-1, 1]; `last` empties the filter."""
        if self._stream is not None:
            frames = self._stream.resample_chunk(np.ascontiguousarray(frames), last=last)
        return np.clip(frames, -1.0, 1.0)


class BlockCutter:
    """Frames at 16 kHz as blocks of 320 samples.

    Attributes:
        position: Samples taken so far on the sample clock, lost ones included.
    """

    def __init__(self, channels: int) -> None:
        self.position = 0
        self._block = np.zeros((channels, BLOCK_SAMPLES), np.float32)
        self._lost = 0

    def add(self, frames: Samples) -> Iterator[Block]:
        """Take (frames, channels) float32; yield the blocks that become full."""
        while len(frames):
            start = self.position % BLOCK_SAMPLES
            part = frames[: BLOCK_SAMPLES - start]
            self._block[:, start : start + len(part)] = part.T
            frames = frames[len(part) :]
            yield from self._advance(len(part))

    def add_lost(self, count: int) -> Iterator[Block]:
        """Take lost samples; yield blocks of zeros, and jump over whole blocks beyond a minute of them."""
        jump = max(0, count - FILL_LIMIT) // BLOCK_SAMPLES * BLOCK_SAMPLES
        self.position += jump
        count -= jump
        while count:
            part = min(count, BLOCK_SAMPLES - self.position % BLOCK_SAMPLES)
            self._lost += part
            count -= part
            yield from self._advance(part)

    def finish(self) -> Iterator[Block]:
        """Yield the last block, padded with zeros, where one is begun; the padding is not counted as lost."""
        if self.position % BLOCK_SAMPLES:
            yield self._cut(self.position - self.position % BLOCK_SAMPLES)

    def _advance(self, count: int) -> Iterator[Block]:
        self.position += count
        if self.position % BLOCK_SAMPLES == 0:
            yield self._cut(self.position - BLOCK_SAMPLES)

    def _cut(self, first_sample: int) -> Block:
        block = Block(self._block, first_sample, self._lost)
        self._block = np.zeros_like(self._block)
        self._lost = 0
        return block
