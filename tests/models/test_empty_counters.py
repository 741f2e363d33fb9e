"""Empty counters: something sounds steadily at some array, and nobody is there."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pyroomacoustics", reason="the simulator runs where models are trained (models/requirements.txt)")

from models.empty_counters import LEVEL_DB, empty_counter


@pytest.mark.parametrize("seed", range(8))
def test_every_microphone_of_the_array_hears_it_at_a_level_of_the_range(seed: int) -> None:
    counter, heard = empty_counter(np.random.default_rng(seed), 2.0)
    assert heard.shape == (len(counter.geometry.raw), 2 * 16_000)
    level_db = 10 * np.log10(np.mean(heard**2))
    assert LEVEL_DB[0] - 0.1 <= level_db <= LEVEL_DB[1] + 0.1


def test_the_same_seed_is_the_same_counter() -> None:
    first, second = (empty_counter(np.random.default_rng(3), 1.0)[1] for _ in range(2))
    assert np.array_equal(first, second)
