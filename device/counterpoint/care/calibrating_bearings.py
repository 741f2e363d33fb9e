"""From which bearing one person speaks, heard for a few seconds; or, with a microphone a side, at whose it is louder.

One rule: it is given when sound from each direction arrives, and samples; what an array is, it does not know. What it
keeps of the samples is how well each direction explains a moment, and that goes with the measurement.

```
20 ms blocks -> 40 ms windows -> loud against the noise? -> phases of each pair -> how well each direction fits
                                                          all of them together -> the bearing that fits best
```
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from counterpoint.values import Samples

Floats = NDArray[np.float64]

WINDOW: Final = 2 * BLOCK_SAMPLES
BAND_HZ: Final = (500.0, 4000.0)  # below, a wave is longer than six arrays; above, speech is faint
WHITENING: Final = (
    0.7  # as hearing/placement.py: between plain correlation, deaf in a room, and PHAT, which counts empty bins
)
OVER_NOISE_DB: Final = 10.0
NOISE_ATTACK: Final = 0.3
NOISE_RISE_DB: Final = 0.02  # a block: 10 s of speech without a pause raise the floor by 10 dB at most
LOUD_WITHIN_DB: Final = 15.0  # of the loudest tenth: the ends of words are mostly the room's answer
AS_GOOD: Final = 0.1  # of fit below its own best: the moment may be from here
DIRECT: Final = 0.35  # 0.6 and more for a person in a simulated room, 0.1 for noise from everywhere
SAME: Final = 1e-3  # of fit: a line of microphones can't tell its two sides apart, and hears both alike
FAINTEST_DB: Final = -100.0
LOOK_EVERY: Final = 2  # blocks of speech: windows side by side, half the cost


@dataclass(frozen=True, slots=True)
class Bearing:
    """What was measured of one person.

    Attributes:
        degrees: Counter-clockwise from the array's +x, in [0, 360).
        fit: How well one far sound from there explains what was loud, up to 1.
        share: Of the loud moments, the share that may be from there.
    """

    degrees: float
    fit: float
    share: float


class SpeechGate:
    """Tells which blocks stand out of the noise; the noise is followed down at once and up slowly."""

    def __init__(self) -> None:
        self._noise_db = 0.0

    def step(self, power: float) -> bool:
        """Take the power of one block; return whether somebody speaks in it."""
        level_db = max(FAINTEST_DB, 10 * math.log10(power + 1e-12))
        gap = level_db - self._noise_db
        self._noise_db += NOISE_ATTACK * gap if gap < 0 else min(NOISE_RISE_DB, gap)
        return level_db > self._noise_db + OVER_NOISE_DB


class BearingMeter:
    """Measures one person's bearing.

    `early_s` says how much earlier than at the array's centre a far sound arrives, in seconds: shape (elevations,
    bearings, microphones), the bearings evenly round the circle from 0.

    Attributes:
        speech_s: Seconds of speech taken so far.
    """

    def __init__(self, early_s: Floats) -> None:
        elevations, self._bearings, microphones = early_s.shape
        self.speech_s = 0.0
        self._elevations = elevations
        self._first, self._second = np.array(list(combinations(range(microphones), 2))).T
        hertz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE_HZ)
        self._band = slice(*(int(np.searchsorted(hertz, edge)) for edge in BAND_HZ))
        lag_s = (early_s[..., self._second] - early_s[..., self._first]).reshape(-1, len(self._first))
        turn = 2 * np.pi * lag_s[:, :, None] * hertz[self._band]
        self._turns = np.stack((np.cos(turn), -np.sin(turn)), axis=-1).reshape(len(turn), -1).astype(np.float32)
        self._window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
        self._samples = np.zeros((microphones, WINDOW), np.float32)
        self._spoken = 0  # blocks
        self._fits: list[Samples] = []
        self._levels_db: list[float] = []

    def step(self, raw: Samples, *, speech: bool) -> None:
        """Take one block of the raw microphones, shape (microphones, 320); what is no speech only fills the window."""
        self._samples[:, :BLOCK_SAMPLES] = self._samples[:, BLOCK_SAMPLES:]
        self._samples[:, BLOCK_SAMPLES:] = raw
        if speech:
            self.speech_s += BLOCK_S
            self._spoken += 1
        if speech and self._spoken % LOOK_EVERY == 0:
            self._levels_db.append(10 * math.log10(float(np.mean(np.square(self._samples))) + 1e-12))
            self._fits.append(self._fit())

    def measured(self, near_deg: float) -> Bearing | None:
        """The bearing, None before any speech; where two fit alike, the one nearer to `near_deg`."""
        if not self._fits:
            return None
        levels, every = np.array(self._levels_db), np.stack(self._fits)
        fits = every[levels > np.percentile(levels, 90) - LOUD_WITHIN_DB]
        mean = fits.mean(axis=0)
        best = self._nearest(mean, near_deg)
        might = (fits[:, best] >= fits.max(axis=1) - AS_GOOD) & (fits[:, best] >= DIRECT)
        return Bearing(self._between(mean, best), float(mean[best]), float(might.mean()))

    def _fit(self) -> Samples:
        """How well each direction explains the window: 1 where all phases are as from there."""
        spectra = np.fft.rfft(self._samples * self._window, axis=1)[:, self._band]
        cross = spectra[self._first] * spectra[self._second].conj()
        power = np.abs(cross) + 1e-20
        cross *= power**-WHITENING
        weight = float((power ** (1 - WHITENING)).sum())
        parts = np.stack((cross.real, cross.imag), axis=-1).astype(np.float32).ravel()
        fit: Samples = self._turns @ parts / weight
        return fit

    def _nearest(self, mean: Samples, near_deg: float) -> int:
        alike = np.flatnonzero(mean >= mean.max() - SAME)
        degrees = alike % self._bearings * 360 / self._bearings
        apart = np.abs((degrees - near_deg + 180) % 360 - 180)
        return int(alike[apart.argmin()])

    def _between(self, mean: Samples, best: int) -> float:
        """The top of the parabola through the best bearing and its two neighbours, at the same elevation."""
        row = mean.reshape(self._elevations, self._bearings)[best // self._bearings]
        at = best % self._bearings
        before, here, after = (float(row[(at + step) % self._bearings]) for step in (-1, 0, 1))
        bend = before - 2 * here + after
        shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
        return float((at + shift) * 360 / self._bearings % 360)


class NearerMeter:
    """Measures at which of two microphones one person is louder.

    Attributes:
        speech_s: Seconds of speech taken so far.
    """

    def __init__(self) -> None:
        self.speech_s = 0.0
        self._powers = np.zeros(2)

    def step(self, raw: Samples, *, speech: bool) -> None:
        """Take one block of the two microphones, shape (2, 320)."""
        if speech:
            self.speech_s += BLOCK_S
            self._powers += np.square(raw, dtype=np.float64).mean(axis=1)

    def agent_over_customer_db(self) -> float:
        """How much louder the agent's microphone heard it than the customer's, in dB; 0 before any speech."""
        agent, customer = self._powers + 1e-12
        return float(10 * math.log10(agent / customer))
