"""A simulator for tests of the benchmark, without data: two noises that talk to each other, a microphone a side."""

from __future__ import annotations

import numpy as np
from models.benchmark.conditions import Condition
from models.benchmark.truth import AGENT, CUSTOMER, RATE, HeardScene, SecondVoice

from counterpoint.hearing.geometry import BUILT_IN
from counterpoint.values import Calibration


class FakeRooms:
    """Implements `models.benchmark.truth.Simulator`."""

    name = "rooms"

    def scene(self, condition: Condition, seconds: float, seed: tuple[int, ...]) -> HeardScene:
        """The customer speaks for 4 s of 6; the agent answers, and talks over every second of these turns."""
        rng = np.random.default_rng(seed)
        frames = round(seconds * 50)
        active = np.zeros((2, frames), dtype=bool)
        voices = []
        for number, start in enumerate(range(50, frames - 300, 300)):
            active[CUSTOMER, start : start + 200] = True
            active[AGENT, start + 230 : start + 290] = True
            if number % 2 == 0:
                active[AGENT, start + 100 : start + 170] = True
                onset_s = np.float64((start + 100) / 50)  # a simulator may give numpy's own numbers
                voices.append(SecondVoice(AGENT, onset_s, onset_s + 1.4, onset_s + 2.0, "attempt"))
        dry = np.repeat(active, RATE // 50, axis=1) * rng.normal(0, 0.05, (2, frames * RATE // 50))
        samples = dry + 0.05 * dry[::-1] + rng.normal(0, 1e-4, dry.shape)
        return HeardScene(
            simulator=self.name,
            condition=condition.name,
            seed=seed,
            samples=samples.astype(np.float32),
            geometry=BUILT_IN["stereo"],
            calibration=Calibration(),
            true_calibration=Calibration(),
            active=active,
            second_voices=tuple(voices),
            pitch_hz=(110.0, 210.0),
            dry=dry.astype(np.float32),
        )
