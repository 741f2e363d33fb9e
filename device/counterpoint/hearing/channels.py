"""Notices microphones that are silent, stuck, doubled or clipping, and that they are well again.

One rule: only what was heard counts; lost blocks say nothing about a channel, and silence of all is no fault of one.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from counterpoint.values import BLOCK_S, ChannelHealth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from counterpoint.values import Block, Samples

    Flags = NDArray[np.bool_]

LOOK_EVERY: Final = 5  # blocks: a fault lasts, so one look in 100 ms finds it at a fifth of the cost
LOOKS_A_SECOND: Final = round(1 / (LOOK_EVERY * BLOCK_S))
SILENT_POWER: Final = 1e-9  # -90 dBFS: one bit of 16; the noise of a live MEMS microphone is 20 dB above
FULL_SCALE: Final = 0.999
CLIPPED_SAMPLES: Final = 3  # of a block: a single sample at full scale is a click
SILENT_S: Final = 5.0
FROZEN_S: Final = 2.0
DUPLICATED_S: Final = 2.0
CLIPPING_S: Final = 0.5  # of clipped blocks, not of the clock: speech clips in its peaks only
WELL_S: Final = 1.0
UNCLIPPED_S: Final = 10.0


class ChannelWatch:
    """Watches the raw channels of an array and tells what is wrong with them.

    A raw channel that the blocks do not have is silent. A fault is told once it has lasted (silent 5 s while another
    channel is alive, frozen or duplicated 2 s, clipping in 0.5 s of blocks), and until the channel has been well for
    a second (10 s without clipping). With `one_per_side` a silent channel is told and the sides stay clear: a headset's
    gate gives digital silence while its person listens. One dead channel of `spare` is told and the sides stay clear
    too: the others make up for it.
    """

    def __init__(self, raw: tuple[int, ...], *, one_per_side: bool = False, spare: tuple[int, ...] = ()) -> None:
        self._raw = np.array(raw, np.intp)
        self._pairs = tuple(combinations(raw, 2))
        self._first, self._second = np.array(list(combinations(range(len(raw)), 2)), np.intp).reshape(-1, 2).T
        self._silent = _Lasting(len(raw), SILENT_S, WELL_S)
        self._frozen = _Lasting(len(raw), FROZEN_S, WELL_S)
        self._duplicated = _Lasting(len(self._pairs), DUPLICATED_S, WELL_S)
        self._clipping = _Lasting(len(raw), CLIPPING_S, UNCLIPPED_S)
        self._blocks = 0
        self._one_per_side = one_per_side
        self._spare = spare
        self._health = self._tell()

    def step(self, block: Block) -> ChannelHealth:
        """Take one block; return what is wrong with the channels now."""
        if not block.lost_samples:
            self._blocks += 1
            if self._blocks % LOOK_EVERY == 0:
                self._look(self._of_raw(block.samples))
        return self._health

    def _of_raw(self, samples: Samples) -> Samples:
        there = self._raw < len(samples)
        if there.all():
            return samples[self._raw]
        raw = np.zeros((len(self._raw), samples.shape[1]), np.float32)
        raw[there] = samples[self._raw[there]]
        return raw

    def _look(self, samples: Samples) -> None:
        """Judge one block of the raw channels."""
        high, low = samples.max(axis=1), samples.min(axis=1)
        quiet = np.einsum("cs,cs->c", samples, samples) < SILENT_POWER * samples.shape[1]
        still = high == low
        alive = ~(quiet | still)
        peak = np.maximum(high, -low)
        both = alive[self._first] & alive[self._second]
        same = both & (high[self._first] == high[self._second])
        if same.any():
            same &= (samples[self._first] == samples[self._second]).all(axis=1)
        changed = self._silent.step(quiet & alive.any(), ~quiet)
        changed |= self._frozen.step(still & ~quiet, ~still)
        changed |= self._duplicated.step(same, both & ~same)
        changed |= self._clipping.step(_clipped(samples, peak), ~quiet)
        if changed:
            self._health = self._tell()

    def _tell(self) -> ChannelHealth:
        health = ChannelHealth(
            silent=self._channels(self._silent),
            frozen=self._channels(self._frozen),
            duplicated=tuple(self._pairs[at] for at in np.flatnonzero(self._duplicated.flags)),
            clipping=self._channels(self._clipping),
            one_per_side=self._one_per_side,
        )
        one_of_spare = len(health.dead) == 1 and health.dead <= set(self._spare)
        return replace(health, spared=tuple(health.dead)) if one_of_spare else health

    def _channels(self, fault: _Lasting) -> tuple[int, ...]:
        return tuple(self._raw[fault.flags].tolist())


class _Lasting:
    """Faults that count once they have lasted, and until they have been away for a while.

    Attributes:
        flags: Which of them count now.
    """

    def __init__(self, count: int, after_s: float, well_after_s: float) -> None:
        looks, well_looks = round(after_s * LOOKS_A_SECOND), round(well_after_s * LOOKS_A_SECOND)
        self.flags = np.zeros(count, np.bool_)
        self._level = np.zeros(count, np.int64)
        self._full = looks * well_looks  # whole numbers: `looks` bad ones fill it, `well_looks` well ones empty it
        self._up, self._down = well_looks, looks

    def step(self, bad: Flags, well: Flags) -> bool:
        """Take one look, where neither bad nor well means unknown; return whether the flags changed."""
        self._level += self._up * bad - self._down * (well & ~bad)
        np.clip(self._level, 0, self._full, out=self._level)
        flags = (self._level == self._full) | (self.flags & (self._level > 0))
        changed = not np.array_equal(flags, self.flags)
        self.flags = flags
        return changed


def _clipped(samples: Samples, peak: Samples) -> Flags:
    loud: Flags = peak >= FULL_SCALE
    if loud.any():
        loud = (np.abs(samples) >= FULL_SCALE).sum(axis=1) >= CLIPPED_SAMPLES
    return loud
