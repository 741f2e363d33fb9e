"""Sounds that are no speech, made of numbers; one rule: each has power 1 where it sounds, and comes from its generator.

Each takes a seeded generator (and, where it can be long, seconds) and gives 16 kHz mono.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import RATE, Sound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Sketch = Callable[[np.random.Generator], Sound]

_QUIET: Final = 1e-3


def even(samples: NDArray[np.floating]) -> Sound:
    """The sound with power 1 where it sounds (20 ms windows less than 30 dB below its loudest)."""
    padded = np.pad(samples, (0, -len(samples) % 320)).reshape(-1, 320)
    power = np.mean(padded**2, axis=1)
    sounding = power[power > _QUIET * power.max()]
    return np.asarray(samples / np.sqrt(sounding.mean() + 1e-20), dtype=np.float32)


def _clock(seconds: float) -> NDArray[np.float64]:
    return np.arange(round(seconds * RATE)) / RATE


def _hiss(rng: np.random.Generator, seconds: float, peaks: Sequence[tuple[float, float, float]]) -> NDArray[np.float64]:
    """Noise with peaks of (Hz, width in Hz, dB)."""
    count = round(seconds * RATE)
    return _through(rng.standard_normal(count), peaks)


def _through(sound: NDArray[np.float64], peaks: Sequence[tuple[float, float, float]]) -> NDArray[np.float64]:
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    curve = sum(10 ** (db / 20) / np.sqrt(1 + ((hz - at) / width) ** 4) for at, width, db in peaks)
    return np.fft.irfft(np.fft.rfft(sound) * curve, len(sound))


def _bump(clock: NDArray[np.float64], rise_s: float, fall_s: float) -> NDArray[np.float64]:
    return (1 - np.exp(-clock / rise_s)) * np.exp(-np.maximum(clock - rise_s, 0) / fall_s)


def _buzz(rng: np.random.Generator, seconds: float, pitch: NDArray[np.float64], shake: float) -> NDArray[np.float64]:
    """A throat's pulses at a pitch, unsteady."""
    count = round(seconds * RATE)
    wander = np.repeat(rng.normal(0, shake, count // 160 + 1), 160)[:count]
    turns = np.cumsum(pitch * (1 + wander) / RATE)
    return (turns % 1.0) ** 3 - 0.25


def _throat(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Peaks of somebody's open mouth."""
    long = rng.uniform(0.85, 1.15)
    middles = ((650, 120, 0), (1250, 180, -4), (2600, 300, -10), (3600, 500, -16))
    return [(at * long * rng.uniform(0.9, 1.1), width, db) for at, width, db in middles]


def cough(rng: np.random.Generator) -> Sound:
    """One to three bursts, each with a voiced end at times."""
    out = []
    mouth = _throat(rng)
    for _ in range(int(rng.integers(1, 4))):
        seconds = float(rng.uniform(0.25, 0.45))
        clock = _clock(seconds)
        burst = _hiss(rng, seconds, [*mouth, (2000, 3000, -8)]) * _bump(clock, 0.008, float(rng.uniform(0.04, 0.09)))
        pitch = np.full(len(clock), float(rng.uniform(140, 320))) * (1 - 0.3 * clock / seconds)
        voiced = _through(_buzz(rng, seconds, pitch, 0.05), mouth) * _bump(np.maximum(clock - 0.1, 0), 0.02, 0.06)
        out += [
            even(burst) + even(voiced) * float(rng.uniform(0, 0.8)),
            np.zeros(round(rng.uniform(0.02, 0.25) * RATE)),
        ]
    return even(np.concatenate(out))


def laugh(rng: np.random.Generator) -> Sound:
    """Four to nine breathy syllables, falling."""
    count, mouth = int(rng.integers(4, 10)), _throat(rng)
    pitch, out = float(rng.uniform(150, 380)), []
    for one in range(count):
        seconds = float(rng.uniform(0.15, 0.24))
        clock = _clock(seconds)
        glide = pitch * (1.1 - 0.25 * clock / seconds) * (1 - 0.03 * one)
        voiced = even(_through(_buzz(rng, seconds, glide, 0.03), mouth))
        breath = even(_hiss(rng, seconds, [*mouth, (2500, 2500, -6)]))
        out.append((voiced + 0.5 * breath) * _bump(clock, 0.02, 0.06) * 0.93**one)
    return even(np.concatenate(out))


def breath(rng: np.random.Generator) -> Sound:
    """In or out through an open mouth."""
    seconds = float(rng.uniform(0.4, 1.3))
    swell = np.sin(np.pi * np.linspace(0, 1, round(seconds * RATE))) ** float(rng.uniform(0.6, 2.0))
    return even(_hiss(rng, seconds, [(*peak[:2], peak[2] * 0.5) for peak in _throat(rng)]) * swell)


def clearing(rng: np.random.Generator) -> Sound:
    """A throat is cleared: low rough pulses, once or twice."""
    out, mouth = [], _throat(rng)
    for _ in range(int(rng.integers(1, 3))):
        seconds = float(rng.uniform(0.25, 0.5))
        pitch = np.full(round(seconds * RATE), float(rng.uniform(55, 110)))
        rough = even(_through(_buzz(rng, seconds, pitch, 0.25), mouth)) + 0.5 * even(_hiss(rng, seconds, mouth))
        out += [rough * _bump(_clock(seconds), 0.03, 0.2), np.zeros(round(0.08 * RATE))]
    return even(np.concatenate(out))


def gong(rng: np.random.Generator) -> Sound:
    """One to three struck tones of a call for the next number."""
    strikes = int(rng.integers(1, 4))
    step, base = float(rng.uniform(0.35, 0.7)), float(rng.uniform(330, 900))
    out = np.zeros(round((step * strikes + 2.5) * RATE))
    for one in range(strikes):
        hz = base * (1.0, 0.8, 0.667)[one]
        clock = _clock(len(out) / RATE - one * step)
        parts = ((1.0, 1.0, 1.2), (2.0, 0.5, 0.7), (2.76, 0.35, 0.45), (5.4, 0.15, 0.15))
        tone = sum(
            loud * np.exp(-clock / (fall * float(rng.uniform(0.4, 1.0)))) * np.sin(2 * np.pi * hz * ratio * clock)
            for ratio, loud, fall in parts
            if hz * ratio < RATE / 2
        )
        out[-len(clock) :] += tone * np.minimum(clock / 0.002, 1)
    return even(out)


def telephone(rng: np.random.Generator) -> Sound:
    """Two to four rings: a warble, two tones at once, a bell, or a little tune."""
    kind, rings = int(rng.integers(4)), int(rng.integers(2, 5))
    seconds, rest = float(rng.uniform(0.8, 1.8)), float(rng.uniform(1.0, 2.5))
    clock = _clock(seconds)
    low = float(rng.uniform(400, 1100))
    if kind == 0:
        ring = np.sign(np.sin(2 * np.pi * low * (1 + 0.25 * (np.sin(2 * np.pi * 13 * clock) > 0)) * clock)) * 0.6
    elif kind == 1:
        ring = np.sin(2 * np.pi * low * clock) + np.sin(2 * np.pi * low * 1.09 * clock)
    elif kind == 2:  # noqa: PLR2004  # the third kind
        hammer = np.exp(-((clock * 20) % 1.0) * 4)
        ring = hammer * sum(np.sin(2 * np.pi * low * ratio * clock) for ratio in (1.6, 2.9, 4.1))
    else:
        notes = low * 2 ** (rng.integers(0, 12, 12) / 12)
        ring = np.sin(2 * np.pi * np.cumsum(notes[(clock * 7).astype(int) % 12] / RATE))
        ring = ring + 0.4 * np.sign(ring)
    out = [part for _ in range(rings) for part in (ring, np.zeros(round(rest * RATE)))]
    return even(np.concatenate(out[:-1]))


def music(rng: np.random.Generator, seconds: float) -> Sound:
    """Plucked chords over a bass and a beat."""
    beat, base = float(rng.uniform(0.35, 0.65)), float(rng.uniform(98, 175))
    out = np.zeros(round((seconds + 3) * RATE))
    for one in range(int(seconds / beat)):
        root = base * 2 ** (((0, 5, 7, 9)[one // 4 % 4]) / 12)
        chosen = rng.choice([1.0, 1.26, 1.5, 2.0, 2.52, 3.0, 4.0], 3, replace=False)
        clock = _clock(1.5)
        pluck = sum(
            np.sin(2 * np.pi * root * ratio * over * clock) * np.exp(-clock * over * 3) / over
            for ratio in chosen
            for over in (1, 2, 3)
            if root * ratio * over < 7000  # noqa: PLR2004  # Hz, below half the rate
        )
        at = round(one * beat * RATE)
        out[at : at + len(clock)] += pluck
        knock = rng.standard_normal(1600) * np.exp(-np.arange(1600) / 300) * (0.8 if one % 2 else 0.3)
        out[at : at + 1600] += knock
    return even(out[: round(seconds * RATE)])


def typing(rng: np.random.Generator) -> Sound:
    """A burst of keys."""
    out = np.zeros(round(float(rng.uniform(0.6, 3.5)) * RATE) + 2000)
    at = 0.0
    body = [(float(rng.uniform(1200, 3500)), 1200.0, 0.0), (float(rng.uniform(250, 500)), 150.0, -6.0)]
    while at < len(out) / RATE - 0.12:
        click = _hiss(rng, 0.05, body) * np.exp(-_clock(0.05) / float(rng.uniform(0.004, 0.012)))
        a = round(at * RATE)
        out[a : a + len(click)] += click * float(rng.lognormal(0, 0.4))
        at += float(rng.gamma(4, 0.04))
    return even(out)


def paper(rng: np.random.Generator) -> Sound:
    """Sheets are turned and laid down."""
    seconds = float(rng.uniform(0.5, 2.0))
    knots = rng.lognormal(0, 1.1, round(seconds * 40) + 2)
    swell = np.interp(np.linspace(0, len(knots) - 1, round(seconds * RATE)), np.arange(len(knots)), knots)
    return even(_hiss(rng, seconds, [(4500, 3000, 0), (1200, 700, -12)]) * swell)


def printer(rng: np.random.Generator) -> Sound:
    """A receipt is printed."""
    seconds = float(rng.uniform(1.0, 3.0))
    clock = _clock(seconds)
    steps = (np.sin(2 * np.pi * float(rng.uniform(30, 75)) * clock) > 0.4) * (np.sin(2 * np.pi * 3.1 * clock) > -0.6)  # noqa: PLR2004  # a motor's duty
    whirr = np.sin(2 * np.pi * float(rng.uniform(300, 700)) * clock)
    return even(_hiss(rng, seconds, [(2800, 1500, 0), (700, 300, -4)]) * (0.2 + steps) + 0.3 * whirr)


def chair(rng: np.random.Generator) -> Sound:
    """A chair is moved: stick and slip."""
    seconds = float(rng.uniform(0.25, 0.9))
    pitch = np.linspace(float(rng.uniform(60, 240)), float(rng.uniform(60, 240)), round(seconds * RATE))
    scrape = _through(_buzz(rng, seconds, pitch, 0.2), [(500, 200, 0), (1400, 500, -6), (3000, 1000, -14)])
    return even(scrape * np.sin(np.pi * np.linspace(0, 1, len(scrape))) ** 0.5)


BODY: Final[tuple[Sketch, ...]] = (cough, breath, laugh, clearing)
HANDS: Final[tuple[Sketch, ...]] = (typing, paper, printer, chair)
