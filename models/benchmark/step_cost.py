"""What 20 ms of four microphones cost this processor; one rule: front end and model are stepped as on the counter.

The model's session has one thread, and the front end's arrays are too small to be divided among more.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

import numpy as np
from models.benchmark.truth import RATE

from counterpoint.hearing import Detector, Zones
from counterpoint.hearing.geometry import BUILT_IN
from counterpoint.values import BLOCK_SAMPLES, Block, Calibration

ARRAY: Final = "respeaker-usb-v2"
MICROPHONES: Final = 4
BLOCKS: Final = 2000
WARM_UP: Final = 100
"""Steps that are not counted: caches and the model's memory are filled by then."""
LEVEL: Final = 0.05
"""Of the noise that is heard; what is heard does not change the cost."""


def step_cost_us(model: bytes, blocks: int = BLOCKS) -> float:
    """Median time of `Zones.step` and `Detector.step` together, in microseconds, on noise at four microphones.

    Raises:
        ModelCorrupt: The bytes are no model of ours.
    """
    geometry = BUILT_IN[ARRAY]
    zones, detector = Zones(geometry, Calibration(), MICROPHONES), Detector(model)
    noise = LEVEL * np.random.default_rng(1).standard_normal((MICROPHONES, RATE), dtype=np.float32)
    took_ns = []
    for number in range(WARM_UP + blocks):
        at = number * BLOCK_SAMPLES % RATE
        block = Block(noise[:, at : at + BLOCK_SAMPLES], number * BLOCK_SAMPLES)
        begun_ns = perf_counter_ns()
        detector.step(zones.step(block))
        took_ns.append(perf_counter_ns() - begun_ns)
    return float(np.median(took_ns[WARM_UP:])) / 1000
