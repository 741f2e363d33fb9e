"""Where sound comes from, by phase alone: how well each of eight directions round the counter explains a block.

One rule: every bin counts the same, loud or not, so a quiet voice shows where a loud one leaves a gap.

```
        1   2   3            Sector 0 is the agent's, 4 the customer's; 1-3 and 5-7 part the ways between them evenly.
  agent 0   .   4 customer   With one microphone a side, 0 and 4 are each side's share of the power, the rest is even.
        7   6   5
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from counterpoint.hearing.geometry import arrival_s
from counterpoint.values import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from counterpoint.hearing.geometry import ArrayGeometry
    from counterpoint.values import Calibration, Samples

    Spectra = NDArray[np.complex64]

SECTORS: Final = 8
BAND_EDGES_HZ: Final = (150.0, 500.0, 1000.0, 1600.0, 2400.0, 3600.0, 6000.0)
"""As the zones' shares: below, a small array hears no direction; above, speech is weak."""
BANDS: Final = len(BAND_EDGES_HZ) - 1
SECTOR_FEATURES: Final = SECTORS * BANDS
SILENT: Final = 1e-7
"""Added to a bin's magnitude before it is divided by it: a silent bin points nowhere."""
EVEN: Final = 1 / 2


class Sectors:
    """Steered response power with the phase transform (SRP-PHAT; DiBiase 2000), in eight sectors and six bands.

    `step` returns shape (48,), sector by sector, each in [0, 1]: 1 where one far sound explains every bin of the band.
    """

    def __init__(self, geometry: ArrayGeometry, calibration: Calibration, bins: int) -> None:
        hertz = np.linspace(0, SAMPLE_RATE_HZ / 2, bins)
        used = np.flatnonzero((hertz >= BAND_EDGES_HZ[0]) & (hertz < BAND_EDGES_HZ[-1]))
        self._bins = slice(int(used[0]), int(used[-1]) + 1)
        self._bank = _bank(hertz[self._bins])
        self._one_per_side = geometry.one_per_side
        microphones = len(geometry.positions_m)
        early = np.array([[arrival_s(p, b) for p in geometry.positions_m] for b in sector_bearings_deg(calibration)])
        turns = np.outer(early.ravel(), hertz[self._bins]).reshape(SECTORS, microphones, -1)
        self._steering = (np.exp(-2j * np.pi * turns) / microphones).astype(np.complex64)
        self._products = np.empty_like(self._steering)
        self._steered = np.empty((SECTORS, self._steering.shape[2]), dtype=np.complex64)
        self._powers = np.full((SECTORS, self._steering.shape[2]), EVEN, dtype=np.float32)
        self._out = np.empty((SECTORS, BANDS), dtype=np.float32)

    def step(self, spectra: Spectra) -> Samples:
        """Take a block's spectra, shape (microphones, bins); the result is this object's buffer."""
        phases = spectra[:, self._bins]
        if self._one_per_side:
            self._compare(phases)
        else:
            self._steer(phases / (np.abs(phases) + SILENT))
        np.matmul(self._powers, self._bank, out=self._out)
        return self._out.reshape(-1)

    def _compare(self, sides: Spectra) -> None:
        power = sides.real**2 + sides.imag**2
        share = power[0] / (power.sum(axis=0) + SILENT**2)
        self._powers[0] = share
        self._powers[SECTORS // 2] = 1 - share

    def _steer(self, phases: Spectra) -> None:
        np.multiply(self._steering, phases, out=self._products)
        self._products.sum(axis=1, out=self._steered)
        np.add(self._steered.real**2, self._steered.imag**2, out=self._powers)


def sector_bearings_deg(calibration: Calibration) -> tuple[float, ...]:
    """The middle of each sector: from the agent in quarters to the customer, and back on the other side."""
    there = (calibration.customer_deg - calibration.agent_deg) % 360
    back = 360 - there
    steps = [there * k / 4 for k in range(4)] + [there + back * k / 4 for k in range(4)]
    return tuple((calibration.agent_deg + step) % 360 for step in steps)


def _bank(hertz: NDArray[np.float64]) -> Samples:
    """Averages over the bins between the edges, shape (bins, bands)."""
    edges = np.array(BAND_EDGES_HZ)
    inside = ((hertz[:, None] >= edges[:-1]) & (hertz[:, None] < edges[1:])).astype(np.float32)
    averaged: Samples = inside / inside.sum(axis=0)
    return averaged
