"""Sounds at a counter that are not speech, made up; one rule: each is drawn anew, so none can be learnt by heart.

All are mono float32 at 16 kHz with a root mean square of 1 where they sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import RATE, Sound
from scipy import signal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Wave = NDArray[np.float64]
    Maker = Callable[[np.random.Generator], Sound]

NYQUIST: Final = RATE / 2


def breath(rng: np.random.Generator) -> Sound:
    """An inhalation or a sigh, or a sniff: coloured noise that swells."""
    seconds = rng.uniform(0.15, 0.4) if rng.random() < 0.3 else rng.uniform(0.3, 1.2)  # noqa: PLR2004  # share
    return _levelled(_formed(rng, _noise(rng, seconds)) * _swell(rng, seconds))


def cough(rng: np.random.Generator) -> Sound:
    """One to four bursts, each an explosion and its noisy, partly voiced tail."""
    bursts = []
    for _ in range(int(rng.integers(1, 5))):
        seconds = rng.uniform(0.15, 0.4)
        times = _times(seconds)
        bang = np.exp(-times / rng.uniform(0.01, 0.04)) + rng.uniform(0.1, 0.5) * np.exp(
            -times / rng.uniform(0.06, 0.2)
        )
        voiced = rng.uniform(0, 0.6) * _voiced(rng, rng.uniform(90, 350), rng.uniform(0.6, 1.0), seconds)
        bursts += [_formed(rng, _noise(rng, seconds) + voiced) * bang, np.zeros(int(rng.uniform(0.03, 0.35) * RATE))]
    return _levelled(np.concatenate(bursts))


def throat(rng: np.random.Generator) -> Sound:
    """Throat-clearing: one or two rough, low, voiced pieces."""
    pieces = []
    for _ in range(int(rng.integers(1, 3))):
        seconds = rng.uniform(0.15, 0.6)
        rough = _voiced(rng, rng.uniform(60, 160), rng.uniform(0.8, 1.2), seconds) + rng.uniform(0.2, 1) * _noise(
            rng, seconds
        )
        pieces += [_formed(rng, rough) * _swell(rng, seconds), np.zeros(int(rng.uniform(0.05, 0.2) * RATE))]
    return _levelled(np.concatenate(pieces))


def laugh(rng: np.random.Generator) -> Sound:
    """Two to nine voiced bursts, four to six a second, falling in pitch and strength."""
    pitch, every_s, strength, bursts = rng.uniform(130, 420), rng.uniform(0.16, 0.26), 1.0, []
    air = rng.uniform(0.1, 1.2)
    for _ in range(int(rng.integers(2, 10))):
        seconds = every_s * rng.uniform(0.45, 0.75)
        ha = _voiced(rng, pitch, rng.uniform(0.8, 1.05), seconds) + air * _noise(rng, seconds)
        bursts += [strength * _formed(rng, ha) * _swell(rng, seconds), np.zeros(int((every_s - seconds) * RATE))]
        pitch, strength = pitch * rng.uniform(0.9, 1.03), strength * rng.uniform(0.75, 1.05)
    return _levelled(np.concatenate(bursts))


def mouth_sound(rng: np.random.Generator) -> Sound:
    """Any of those that come from a mouth."""
    makers: tuple[Maker, ...] = (cough, breath, throat, laugh)
    return makers[int(rng.choice(4, p=[0.35, 0.2, 0.2, 0.25]))](rng)


def typing(rng: np.random.Generator) -> Sound:
    """Some seconds of keys: two clicks each, over the ring of what the keyboard stands on."""
    seconds, a_second = rng.uniform(1, 6), rng.uniform(2.5, 9)
    wave, key, ring = np.zeros(int(seconds * RATE)), _tap(rng), _tap(rng)
    at = 0.0
    while at < seconds - 0.2:  # seconds: room for the last key
        for tap, late_s, strength in ((key, 0.0, 1.0), (ring, rng.uniform(0.04, 0.11), 0.5)):
            begin = int((at + late_s) * RATE)
            part = wave[begin : begin + len(tap)]
            part += strength * rng.lognormal(0, 0.4) * tap[: len(part)]
        at += rng.lognormal(np.log(1 / a_second), 0.5)
    return _levelled(wave)


def paper(rng: np.random.Generator) -> Sound:
    """Paper turned or crumpled: bright noise, torn into many short pieces."""
    seconds = rng.uniform(0.3, 2.0)
    grain = np.repeat(rng.gamma(0.35, 1.0, int(seconds * 200) + 1), RATE // 200)[: int(seconds * RATE)]
    return _levelled(_band(rng, _noise(rng, seconds), rng.uniform(600, 2500), 7500) * grain * _swell(rng, seconds))


def printer(rng: np.random.Generator) -> Sound:
    """A receipt or a page: a motor's tones, switched on and off some times a second."""
    seconds, steps = rng.uniform(0.6, 4), rng.uniform(3, 25)
    times = _times(seconds)
    motor = sum(rng.uniform(0, 1) * np.sin(2 * np.pi * f * times) for f in rng.uniform(150, 3500, 5))
    hiss = rng.uniform(0.3, 2) * _band(rng, _noise(rng, seconds), rng.uniform(300, 1500), 7000)
    gate = signal.square(2 * np.pi * steps * times, duty=rng.uniform(0.3, 0.9)) > 0
    return _levelled((motor + hiss) * (0.1 + gate))


def chair(rng: np.random.Generator) -> Sound:
    """A chair that scrapes or squeaks, or something put down."""
    lot = rng.random()
    if lot < 0.3:  # noqa: PLR2004  # share: a thump
        return _levelled(_tap(rng, low=True))
    seconds = rng.uniform(0.2, 0.9)
    if lot < 0.6:  # noqa: PLR2004  # share: a squeak
        return _levelled(_voiced(rng, rng.uniform(250, 1200), rng.uniform(0.7, 1.5), seconds) * _swell(rng, seconds))
    rub = 1 + np.sin(2 * np.pi * rng.uniform(15, 60) * _times(seconds))
    return _levelled(
        _band(rng, _noise(rng, seconds), rng.uniform(80, 400), rng.uniform(1500, 5000)) * rub * _swell(rng, seconds)
    )


def till(rng: np.random.Generator) -> Sound:
    """A scanner's or a terminal's beep."""
    seconds = rng.uniform(0.06, 0.3)
    return _levelled(np.sign(np.sin(2 * np.pi * rng.uniform(900, 3200) * _times(seconds))) * _swell(rng, seconds))


def hands_sound(rng: np.random.Generator) -> Sound:
    """Any of those that come from hands and machines on a counter."""
    makers: tuple[Maker, ...] = (typing, paper, printer, chair, till)
    return makers[int(rng.choice(5, p=[0.4, 0.2, 0.15, 0.15, 0.1]))](rng)


def gong(rng: np.random.Generator) -> Sound:
    """One to three strokes of a bell with its own partials."""
    partials = [float(one) for one in np.cumprod(rng.uniform(1.3, 2.2, 5))]
    strokes = [_stroke(rng, rng.uniform(250, 900), partials) for _ in range(int(rng.integers(1, 4)))]
    every = int(rng.uniform(0.25, 0.8) * RATE)
    wave = np.zeros(every * len(strokes) + max(len(one) for one in strokes))
    for number, one in enumerate(strokes):
        wave[number * every : number * every + len(one)] += one
    return _levelled(wave)


def telephone(rng: np.random.Generator) -> Sound:
    """One to four rings of a bell, of two tones in turn, or of a little tune."""
    on_s, off_s, kind = rng.uniform(0.8, 2), rng.uniform(0.8, 3.5), rng.random()
    times = _times(on_s)
    if kind < 0.3:  # noqa: PLR2004  # share: a bell
        tone = sum(np.sin(2 * np.pi * f * times) for f in rng.uniform(900, 3500, 4)) * (
            1 + np.sin(2 * np.pi * 20 * times)
        )
    elif kind < 0.7:  # noqa: PLR2004  # share: two tones
        low = rng.uniform(400, 1200)
        pitch = np.where(np.sin(2 * np.pi * rng.uniform(8, 25) * times) > 0, low, low * rng.uniform(1.1, 1.5))
        tone = np.sin(2 * np.pi * np.cumsum(pitch) / RATE)
    else:
        notes = rng.choice([392, 440, 494, 523, 587, 659, 784, 880], int(rng.integers(4, 9))) * rng.uniform(0.8, 2)
        tone = np.sin(2 * np.pi * np.cumsum(np.repeat(notes, -(-len(times) // len(notes)))[: len(times)]) / RATE)
    ring = np.concatenate([np.tanh(rng.uniform(0.3, 2) * tone), np.zeros(int(off_s * RATE))])
    return _levelled(np.tile(ring, int(rng.integers(1, 5))))


def music(rng: np.random.Generator, seconds: float) -> Sound:
    """Chords, a tune, a bass and a drum, in a tempo."""
    beat_s, wave = 60 / rng.uniform(70, 150), np.zeros(int(seconds * RATE))
    scale = rng.uniform(110, 220) * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
    timbre, drum = rng.uniform(0.2, 1, 6) ** 2, _tap(rng, low=True)
    for at in np.arange(0, seconds - 0.05, beat_s):
        root = int(rng.choice([0, 3, 4, 5]))
        notes = [
            scale[root],
            scale[(root + 2) % 7],
            scale[(root + 4) % 7],
            scale[root] / 2,
            2 * float(rng.choice(scale)),
        ]
        sounds = [rng.uniform(0, 1) * _note(pitch, beat_s * rng.uniform(0.5, 1.2), timbre) for pitch in notes]
        sounds.append(rng.uniform(0, 1.5) * drum)
        for sound in sounds:
            part = wave[int(at * RATE) : int(at * RATE) + len(sound)]
            part += sound[: len(part)]
    return _levelled(wave)


def laid_out(rng: np.random.Generator, maker: Maker, samples: int, every_s: tuple[float, float]) -> Sound:
    """Such sounds one after the other over the time, as far apart as the range says."""
    wave: Sound = np.zeros(samples, dtype=np.float32)
    at = rng.uniform(0, every_s[1])
    while at * RATE < samples:
        sound = maker(rng)
        part = wave[int(at * RATE) : int(at * RATE) + len(sound)]
        part += sound[: len(part)] * np.float32(10 ** (rng.normal(0, 2) / 20))
        at += len(sound) / RATE + rng.uniform(*every_s)
    return wave


def _times(seconds: float) -> Wave:
    return np.arange(int(seconds * RATE)) / RATE


def _noise(rng: np.random.Generator, seconds: float) -> Wave:
    return rng.standard_normal(int(seconds * RATE))


def _swell(rng: np.random.Generator, seconds: float) -> Wave:
    """Rises to its height somewhere, and falls."""
    progress = np.linspace(0, 1, int(seconds * RATE))
    height = rng.uniform(0.1, 0.7)
    envelope: Wave = np.minimum(progress / height, (1 - progress) / (1 - height)) ** rng.uniform(0.4, 1.5)
    return envelope


def _voiced(rng: np.random.Generator, pitch_hz: float, glide: float, seconds: float) -> Wave:
    """Pulses of a voice that glides to `glide` times its pitch, somewhat rough."""
    times = _times(seconds)
    rough = 1 + 0.03 * np.interp(times, np.linspace(0, seconds, 12), rng.standard_normal(12))
    phase = np.cumsum(pitch_hz * np.linspace(1, glide, len(times)) * rough) / RATE
    wave: Wave = signal.lfilter([1], [1, -0.9], 4 * (np.diff(np.floor(phase), prepend=0) - pitch_hz / RATE))
    return wave


def _formed(rng: np.random.Generator, wave: Wave) -> Wave:
    """Through a mouth: three resonances."""
    out = 0.15 * wave
    for low, high in ((350, 1000), (900, 2100), (2200, 3800)):
        centre, width = rng.uniform(low, high), rng.uniform(80, 400)
        pole = np.exp(-np.pi * width / RATE)
        out = out + signal.lfilter([1 - pole], [1, -2 * pole * np.cos(2 * np.pi * centre / RATE), pole**2], wave)
    return out


def _band(rng: np.random.Generator, wave: Wave, low_hz: float, high_hz: float) -> Wave:
    edges = [low_hz * rng.uniform(0.8, 1.2) / NYQUIST, min(high_hz * rng.uniform(0.8, 1.2) / NYQUIST, 0.99)]
    filtered: Wave = signal.lfilter(*signal.butter(2, edges, "bandpass"), wave)
    return filtered


def _tap(rng: np.random.Generator, *, low: bool = False) -> Wave:
    """Something hard is hit: a click and a few short resonances."""
    times = _times(0.15 if low else 0.06)
    wave = rng.uniform(0.2, 1) * rng.standard_normal(len(times)) * np.exp(-times / rng.uniform(0.001, 0.006))
    for pitch in rng.uniform(60, 500, 3) if low else rng.uniform(300, 6000, 5):
        wave += rng.uniform(0.1, 1) * np.sin(2 * np.pi * pitch * times) * np.exp(-times / rng.uniform(0.003, 0.03))
    return np.asarray(wave)


def _stroke(rng: np.random.Generator, pitch_hz: float, partials: Sequence[float]) -> Wave:
    times = _times(rng.uniform(0.6, 2.0))
    rings = (
        rng.uniform(0.2, 1) * np.sin(2 * np.pi * pitch_hz * p * times) * np.exp(-times * rng.uniform(1.5, 6) * p**0.5)
        for p in partials
        if pitch_hz * p < NYQUIST
    )
    wave: Wave = np.sum(list(rings), axis=0)
    return wave


def _note(pitch_hz: float, seconds: float, timbre: Wave) -> Wave:
    times = _times(seconds)
    fade = np.minimum(times / 0.01, 1) * np.exp(-2 * times / seconds)
    tones = [
        a * np.sin(2 * np.pi * pitch_hz * (k + 1) * times) for k, a in enumerate(timbre) if pitch_hz * (k + 1) < NYQUIST
    ]
    wave: Wave = np.sum(tones, axis=0) * fade
    return wave


def _levelled(wave: Wave | float) -> Sound:
    """Power 1 where it sounds: in the frames within 30 dB of its loudest."""
    sound = np.asarray(wave, dtype=np.float32)
    frames = sound[: max(len(sound) // 160, 1) * 160].reshape(-1, 160) if len(sound) >= 160 else sound[None]  # noqa: PLR2004  # 10 ms
    power = np.mean(frames**2, axis=1)
    loud = power[power > power.max() / 1000]
    out: Sound = sound / np.float32(np.sqrt(loud.mean()) + 1e-9) if loud.size else sound
    return out
