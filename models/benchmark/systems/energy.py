"""Energy per side: the level of each beam against its own noise; one rule: no model, only what a level meter knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.systems import sides
from models.benchmark.systems.hashes import key_of

if TYPE_CHECKING:
    from models.benchmark.belief import Belief, Numbers
    from models.benchmark.truth import HeardScene

FLOOR_RISES_DB: Final = 0.04
"""A frame: the noise is followed up by 2 dB a second, and down at once."""
SOFTNESS_DB: Final = 3.0


@dataclass(frozen=True, slots=True)
class EnergyTuning:
    """How far above its noise a side is speech, and how much softer than the other, and than its loudest; in dB."""

    above_db: float = 7.0
    margin_db: float = 1.5
    below_loud_db: float = 15.0


class EnergyPerSide:
    """Two beams, an adaptive threshold, the louder side where both are up."""

    name = "energy per side"

    def __init__(self, tuning: EnergyTuning | None = None) -> None:
        self._tuning = tuning or EnergyTuning()
        self.key = key_of(Path(__file__), *sides.SOURCES)

    def hear(self, scene: HeardScene) -> Belief:
        """Listen to one whole scene."""
        return decide(sides.levels_db(sides.two_beams(scene)), self._tuning)


def decide(levels: Numbers, tuning: EnergyTuning) -> Belief:
    """Levels of both beams in dB, shape (2, frames), to a belief."""
    over_db = levels - np.stack([_noise_db(one) for one in levels])
    activity = 1 / (1 + np.exp(-(over_db - tuning.above_db) / SOFTNESS_DB))
    activity = np.where(sides.own_voice(levels, tuning.margin_db, tuning.below_loud_db), activity, 0).astype(np.float32)
    return sides.by_duration(activity)


def _noise_db(levels: Numbers) -> Numbers:
    """The noise under a beam's level: down at once, up slowly."""
    noise = np.empty_like(levels)
    now = levels[: round(1 / 0.02)].min() if len(levels) else 0.0
    for frame, level in enumerate(levels):
        now = min(float(level), now + FLOOR_RISES_DB)
        noise[frame] = now
    return noise
