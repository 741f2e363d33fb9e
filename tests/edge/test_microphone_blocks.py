"""Frames become 20 ms blocks at their place on the sample clock, whatever their rate and however they come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.edge.blocks import FILL_LIMIT, BlockCutter, Resampler
from counterpoint.values import BLOCK_SAMPLES, Block


def ramp(start: int, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Two channels that say which sample they are; never zero."""
    first = np.arange(start, start + count, dtype=np.float32) + 1
    return np.stack((first, -first), axis=1)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1000)), max_size=20))
def test_every_sample_has_its_place_and_lost_ones_are_zeros(parts: list[tuple[bool, int]]) -> None:
    cutter, blocks, expected = BlockCutter(2), list[Block](), [np.zeros((0, 2), np.float32)]
    for is_lost, count in parts:
        frames = ramp(cutter.position, count)
        expected.append(np.zeros_like(frames) if is_lost else frames)
        blocks += cutter.add_lost(count) if is_lost else cutter.add(frames)
    blocks += cutter.finish()
    whole = np.concatenate(expected)
    assert cutter.position == len(whole)
    assert [block.first_sample for block in blocks] == list(range(0, len(whole), BLOCK_SAMPLES))
    heard = np.concatenate([np.zeros((2, 0), np.float32), *(block.samples for block in blocks)], axis=1)
    np.testing.assert_array_equal(heard[:, : len(whole)].T, whole)
    assert not heard[:, len(whole) :].any()
    assert sum(block.lost_samples for block in blocks) == sum(count for is_lost, count in parts if is_lost)


def test_a_gap_of_hours_is_jumped_over() -> None:
    cutter = BlockCutter(1)
    gap = 5 * 3600 * 16000
    blocks = list(cutter.add_lost(gap))
    assert len(blocks) == FILL_LIMIT // BLOCK_SAMPLES
    assert blocks[-1].first_sample + BLOCK_SAMPLES == cutter.position == gap


def test_a_block_is_not_overwritten_by_the_next() -> None:
    cutter = BlockCutter(2)
    (first,) = cutter.add(ramp(0, BLOCK_SAMPLES))
    list(cutter.add(ramp(BLOCK_SAMPLES, BLOCK_SAMPLES)))
    np.testing.assert_array_equal(first.samples.T, ramp(0, BLOCK_SAMPLES))


@pytest.mark.parametrize("rate_hz", [8000, 44100, 48000])
def test_a_tone_keeps_its_pitch_and_level_at_16_khz(rate_hz: int) -> None:
    resampler = Resampler(rate_hz, 1)
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate_hz) / rate_hz, dtype=np.float64)
    parts = [resampler.resample(part.astype(np.float32)[:, None]) for part in np.array_split(tone, 50)]
    parts.append(resampler.resample(np.zeros((0, 1), np.float32), last=True))
    heard = np.concatenate(parts)[:, 0]
    assert len(heard) == 16000
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)
    np.testing.assert_allclose(heard[800:-800], expected[800:-800], atol=2e-3)


def test_what_overshoots_is_clipped_to_full_scale() -> None:
    loud = np.full((10, 1), 1.5, np.float32)
    assert Resampler(16000, 1).resample(loud).max() == 1.0
