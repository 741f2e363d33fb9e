"""Counters where nobody is and something sounds steadily; one rule: nothing here is or was a voice.

Hiss of the microphones, an air vent, a fan, a hum: noise that is spatially white, or comes from one side as a plane
wave, or both, at any level, swelling and falling slowly or switched on at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import RATE
from models.rooms.acoustics import random_array, random_counter

from counterpoint.hearing.geometry import SOUND_M_S

if TYPE_CHECKING:
    from models.rooms.acoustics import Counter
    from numpy.typing import NDArray

LEVEL_DB: Final = (-75.0, -25.0)
"""Root mean square against full scale: from a quiet converter to a fan beside the array."""
TILTS_DB_OCTAVE: Final = (-8.0, 2.0)
CORNERS_HZ: Final = (60.0, 400.0)
VENT_SHARE: Final = 0.5
"""Scenes with a noise from one bearing, half of them where a person would be."""
HUM_SHARE: Final = 0.3
SWELL_SHARE: Final = 0.5
SWITCH_SHARE: Final = 0.3
SWELL_DB: Final = 5.0


def empty_counter(rng: np.random.Generator, seconds: float) -> tuple[Counter, NDArray[np.float64]]:
    """Some array in some room and what its microphones hear, shape (microphones, samples), nobody speaking."""
    counter = random_counter(rng, random_array(rng), rng.uniform(0.2, 0.8), 20.0)
    microphones, samples = len(counter.geometry.raw), round(seconds * RATE)
    heard = rng.normal(size=(microphones, samples)) if rng.random() < 0.7 else np.zeros((microphones, samples))  # noqa: PLR2004
    heard = _coloured(heard, *_colour(rng))
    if rng.random() < VENT_SHARE or not heard.any():
        heard += 10 ** (rng.uniform(-10, 10) / 20) * _vent(rng, counter, samples)
    if rng.random() < HUM_SHARE:
        heard += 10 ** (rng.uniform(-20, 5) / 20) * _hum(rng, samples)
    heard *= _swelling(rng, samples)
    level = 10 ** (rng.uniform(*LEVEL_DB) / 20)
    return counter, heard * (level / max(1e-9, float(np.sqrt(np.mean(heard**2)))))


def _colour(rng: np.random.Generator) -> tuple[float, float]:
    """A tilt above a corner; a third of the noises are white."""
    return (0.0 if rng.random() < 1 / 3 else rng.uniform(*TILTS_DB_OCTAVE), rng.uniform(*CORNERS_HZ))


def _coloured(noise: NDArray[np.float64], tilt_db_octave: float, corner_hz: float) -> NDArray[np.float64]:
    gains = (np.maximum(_frequencies_hz(noise.shape[-1]), corner_hz) / corner_hz) ** (tilt_db_octave / 6.02)
    coloured = np.fft.irfft(np.fft.rfft(noise) * gains, noise.shape[-1])
    return np.asarray(coloured / max(1e-9, coloured.std()))


def _frequencies_hz(samples: int) -> NDArray[np.float64]:
    return np.fft.rfftfreq(samples, 1 / RATE).astype(np.float64)


def _vent(rng: np.random.Generator, counter: Counter, samples: int) -> NDArray[np.float64]:
    """A steady noise from one bearing, as a plane wave: delays in phase."""
    told = counter.calibration
    bearing = rng.uniform(0, 360) if rng.random() < 0.5 else rng.choice([told.agent_deg, told.customer_deg])  # noqa: PLR2004
    towards = np.array([np.cos(np.radians(bearing)), np.sin(np.radians(bearing)), 0.0])
    early_s = np.array(counter.geometry.positions_m) @ towards / SOUND_M_S
    spectrum = np.fft.rfft(_coloured(rng.normal(size=samples), *_colour(rng)))
    phases = np.exp(2j * np.pi * _frequencies_hz(samples) * early_s[:, None])
    return np.asarray(np.fft.irfft(spectrum * phases, samples))


def _hum(rng: np.random.Generator, samples: int) -> NDArray[np.float64]:
    """A transformer or a cooler: the mains and its harmonics, the same in all microphones."""
    base_hz, now_s = rng.choice([50.0, 60.0, rng.uniform(80, 200)]), np.arange(samples) / RATE
    return np.asarray(
        sum(
            rng.exponential(1 / n) * np.sin(2 * np.pi * n * base_hz * now_s + rng.uniform(0, 2 * np.pi))
            for n in range(1, 9)
        )
    )


def _swelling(rng: np.random.Generator, samples: int) -> NDArray[np.float64]:
    """Gain over time: slow waves, and now and then a switch."""
    gain_db = np.zeros(samples)
    if rng.random() < SWELL_SHARE:
        knots = rng.normal(0, SWELL_DB, 12)
        gain_db += np.interp(np.linspace(0, 11, samples), np.arange(12), knots)
    if rng.random() < SWITCH_SHARE:
        gain_db[int(rng.uniform(0.1, 0.9) * samples) :] += rng.choice([-30.0, 30.0])
    return np.asarray(10 ** (gain_db / 20))
