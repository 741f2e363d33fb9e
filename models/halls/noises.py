"""What comes from everywhere in the halls; one rule: independent for each microphone here, made diffuse by the ear."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.parts import NOISES, POINT_NOISES
from models.benchmark.truth import RATE, Sound
from models.halls.sounds import even

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.benchmark.conditions import NoiseKind
    from models.halls.voices import Voice

_KINDS: Final[dict[NoiseKind, tuple[str, ...]]] = {
    "quiet": ("air", "sailboat"),
    "office": ("washing-machine", "slide-projector", "air"),
    "busy": ("cafe", "traffic"),
}
"""`air` is no recording: ventilation and a mains hum."""
_CROWD_SHARE: Final = 0.6
"""Busy scenes with a crowd of voices besides."""
_CROWD: Final = 6
_CROWD_DB: Final = (-8.0, 2.0)
"""Against the recording."""
_SMEAR_S: Final = 0.25
"""A crowd is heard through its hall."""
_PIECE_S: Final = (1.5, 5.0)


class Noises:
    """The recordings of the part `halls`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recording = functools.cache(self._read)

    def _read(self, name: str) -> Sound:
        import soundfile  # noqa: PLC0415  # only who reads a data folder needs it

        if name not in NOISES["halls"] + POINT_NOISES["halls"]:
            raise ValueError(f"{name} belongs to another part: the halls use {NOISES['halls'] + POINT_NOISES['halls']}")
        samples, _ = soundfile.read(self._folder / f"{name}.flac", dtype="float32")
        return np.asarray(samples if samples.ndim == 1 else samples.mean(axis=1), dtype=np.float32)

    def around(
        self, rng: np.random.Generator, kind: NoiseKind, microphones: int, length: int, crowd: Sequence[Voice]
    ) -> list[Sound]:
        """One stretch a microphone, each from elsewhere in the recording, at power 1 over all."""
        name = _KINDS[kind][int(rng.integers(len(_KINDS[kind])))]
        if name == "air":
            out = [air(rng, length) for _ in range(microphones)]
        else:
            whole = self._recording(name)
            out = [
                np.take(whole, np.arange(length) + int(rng.integers(len(whole))), mode="wrap")
                for _ in range(microphones)
            ]
        out = [_level(one) for one in out]
        if kind == "busy" and crowd and rng.random() < _CROWD_SHARE:
            share = np.float32(10 ** (float(rng.uniform(*_CROWD_DB)) / 20))
            out = [_level(one + share * babble(rng, crowd, length)) for one in out]
        return out

    def near(self, rng: np.random.Generator, seconds: float) -> Sound:
        """A piece of a recording of a small thing, at power 1."""
        names = POINT_NOISES["halls"]
        whole = self._recording(names[int(rng.integers(len(names)))])
        start = int(rng.integers(max(1, len(whole) - round(seconds * RATE))))
        piece = whole[start : start + round(seconds * RATE)].copy()
        ramp = np.linspace(0, 1, 800, dtype=np.float32)
        piece[:800] *= ramp
        piece[-800:] *= ramp[::-1]
        return even(piece + np.float32(1e-9))


def _level(sound: Sound) -> Sound:
    return np.asarray(sound / np.sqrt(np.mean(sound**2) + 1e-20), dtype=np.float32)


def air(rng: np.random.Generator, length: int) -> Sound:
    """Ventilation: noise that falls with frequency, a little hum, slow swells."""
    size = 1 << 16
    spectrum = np.fft.rfft(rng.standard_normal(size, np.float32))
    hz = np.fft.rfftfreq(size, 1 / RATE)
    loop = np.fft.irfft(spectrum / (1 + (hz / 180) ** 1.6) ** 0.5, size)
    blend = np.linspace(0, np.pi / 2, 4096)
    loop[:4096] = loop[:4096] * np.sin(blend) + loop[-4096:] * np.cos(blend)
    out = np.take(loop[:-4096], np.arange(length) + int(rng.integers(size)), mode="wrap")
    clock = np.arange(length, dtype=np.float32) / RATE
    swell = 1 + 0.2 * np.sin(2 * np.pi * 0.07 * clock + rng.uniform(0, 6))
    return np.asarray(out / out.std() * swell + 0.05 * np.sin(2 * np.pi * 100 * clock), dtype=np.float32)


def babble(rng: np.random.Generator, voices: Sequence[Voice], length: int) -> Sound:
    """Several of the voices talk on and on, heard through their hall, at power 1."""
    out = np.zeros(length, np.float32)
    for _ in range(_CROWD):
        voice = voices[int(rng.integers(len(voices)))]
        at = -int(rng.integers(3 * RATE))
        loud = np.float32(10 ** (float(rng.uniform(-6, 3)) / 20))
        while at < length:
            said = voice.talk[int(rng.integers(len(voice.talk)))].part(0.0, float(rng.uniform(*_PIECE_S))).samples
            a, b = max(0, at), min(length, at + len(said))
            if b > a:
                out[a:b] += loud * said[a - at : b - at]
            at += len(said) + int(rng.uniform(0.1, 1.5) * RATE)
    smear = rng.standard_normal(round(2 * _SMEAR_S * RATE)) * np.exp(
        -np.arange(round(2 * _SMEAR_S * RATE)) / (0.15 * RATE)
    )
    size = 1 << (length + len(smear)).bit_length()
    wet = np.fft.irfft(np.fft.rfft(out, size) * np.fft.rfft(smear.astype(np.float32), size), size)[:length]
    return _level(np.asarray(wet, dtype=np.float32))
