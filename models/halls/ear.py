"""What the array does to sound; one rule: every sound of a scene goes through the same ear.

Microphones are no twins: each has its own gain, slope, ripple and a little phase. Sound from everywhere is as alike
between two of them as in a diffuse field (sinc of distance by wavelength; Habets et al. 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import RATE, Sound
from numpy.typing import NDArray

from counterpoint.hearing.geometry import SOUND_M_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.hearing.geometry import ArrayGeometry

Spectrum = NDArray[np.complexfloating]
Vector = NDArray[np.float64]

_KNOTS: Final = 9
"""The ripple of a microphone has this many free points up to 8 kHz."""
_RIPPLE_DB: Final = 0.7
_SLOPE_DB: Final = 1.0
_PHASE_DEG: Final = 2.5
_DELAY_S: Final = 1.5e-6
"""A port is half a millimetre off."""
_LOW_CUT_HZ: Final = (50.0, 110.0)
_BLOCK: Final = 2048
_CHUNK: Final = 512
"""Blocks transformed at once: about 30 s."""


def hertz(size: int) -> Vector:
    """Frequencies of a real transform of this size."""
    return np.asarray(np.fft.rfftfreq(size, 1 / RATE), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Ear:
    """An array as this device has it.

    Attributes:
        geometry: Where its microphones are.
        positions: The same, shape (microphones, 3), in metres.
        knots_db: Free points of each response's loudness.
        knots_rad: And of its phase.
        delays_s: Small offsets of the ports.
        low_cut_hz: Where the bass fades.
    """

    geometry: ArrayGeometry
    positions: Vector
    knots_db: Vector
    knots_rad: Vector
    delays_s: Vector
    low_cut_hz: float
    _mixes: dict[int, NDArray[np.float32]] = field(default_factory=dict, repr=False)

    @classmethod
    def draw(cls, rng: np.random.Generator, geometry: ArrayGeometry, gain_db: float) -> Ear:
        """An ear whose microphones differ by up to `gain_db` either way, and a little in response."""
        count = len(geometry.positions_m)
        gains = rng.uniform(-gain_db, gain_db, (count, 1))
        slopes = rng.uniform(-_SLOPE_DB, _SLOPE_DB, (count, 1)) * np.linspace(-0.5, 0.5, _KNOTS)
        common = rng.normal(0, 1.5, (1, _KNOTS))
        ripple = rng.normal(0, _RIPPLE_DB / 2, (count, _KNOTS))
        return cls(
            geometry,
            np.array(geometry.positions_m),
            gains + slopes + ripple + common,
            np.radians(rng.normal(0, _PHASE_DEG / 2, (count, _KNOTS))),
            rng.normal(0, _DELAY_S, count),
            float(rng.uniform(*_LOW_CUT_HZ)),
        )

    def response(self, size: int) -> Spectrum:
        """Of each microphone, shape (microphones, size / 2 + 1)."""
        hz = hertz(size)
        at = np.linspace(0, RATE / 2, _KNOTS)
        loud = np.array([np.interp(hz, at, row) for row in self.knots_db])
        phase = np.array([np.interp(hz, at, row) for row in self.knots_rad])
        bass = 1j * hz / self.low_cut_hz
        turn = 1j * (phase - 2 * np.pi * hz * self.delays_s[:, None])
        return np.asarray(10 ** (loud / 20) * np.exp(turn) * (bass / (1 + bass)) ** 2, dtype=np.complex64)

    def facing(self, arrivals: Vector) -> Vector:
        """Gain of each microphone for arrivals, shapes (paths, microphones, 3) to (paths, microphones).

        One microphone a side is directional and looks to its side; those of an array hear all round.
        """
        if not self.geometry.one_per_side:
            return np.ones(arrivals.shape[:2])
        looks = self.positions / np.linalg.norm(self.positions, axis=1, keepdims=True)
        return np.asarray(0.55 + 0.45 * np.einsum("pmc,mc->pm", arrivals, looks))

    def _mix(self, size: int) -> NDArray[np.float32]:
        """Square root of the diffuse field's coherence by frequency, (size / 2 + 1, microphones, microphones)."""
        if size not in self._mixes:
            apart = np.linalg.norm(self.positions[:, None] - self.positions[None], axis=2)
            coarse = hertz(1024)
            alike = np.sinc(2 * coarse[:, None, None] * apart / SOUND_M_S)
            values, vectors = np.linalg.eigh(alike)
            root = np.einsum("fij,fj,fkj->fik", vectors, np.sqrt(np.maximum(values, 0.0)), vectors)
            flat = root.reshape(len(coarse), -1)
            fine = np.array([np.interp(hertz(size), coarse, column) for column in flat.T]).T
            self._mixes[size] = fine.reshape(-1, len(apart), len(apart)).astype(np.float32)
        return self._mixes[size]

    def mixed(self, spectra: Spectrum) -> Spectrum:
        """Independent noises, (..., microphones, frequencies), made as alike as in a diffuse field, and heard."""
        size = (spectra.shape[-1] - 1) * 2
        mix = self._mix(size) * self.response(size).T[:, :, None]
        return np.asarray(np.einsum("fij,...jf->...if", mix, spectra), dtype=np.complex64)

    def diffuse(self, noises: Sequence[Sound]) -> Sound:
        """One independent noise a microphone in, the diffuse field that the ear hears out; same length."""
        length = len(noises[0])
        hop = _BLOCK // 2
        stack = np.pad(np.stack(noises), ((0, 0), (hop, hop + _BLOCK)))
        window = np.sin(np.pi * (np.arange(_BLOCK) + 0.5) / _BLOCK).astype(np.float32)
        views = np.lib.stride_tricks.sliding_window_view(stack, _BLOCK, axis=1)[:, ::hop]
        out = np.zeros_like(stack)
        for first in range(0, views.shape[1], _CHUNK):
            blocks = views[:, first : first + _CHUNK].transpose(1, 0, 2) * window
            heard = np.fft.irfft(self.mixed(np.fft.rfft(blocks, axis=2)), axis=2) * window
            for half in (0, 1):
                pieces = heard[..., half * hop : (half + 1) * hop].transpose(1, 0, 2).reshape(len(stack), -1)
                at = (first + half) * hop
                out[:, at : at + pieces.shape[1]] += pieces[:, : out.shape[1] - at]
        return out[:, hop : hop + length]


def unit(bearing_deg: float, elevation_deg: float = 0.0) -> Vector:
    """Direction of a bearing, counter-clockwise from +x."""
    turn, up = math.radians(bearing_deg), math.radians(elevation_deg)
    return np.array([math.cos(up) * math.cos(turn), math.cos(up) * math.sin(turn), math.sin(up)])
