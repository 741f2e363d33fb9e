"""How a hall answers a sound; one rule: near paths are geometry, the rest is decaying noise.

A hall has six planes that are not quite square to each other, and a counter top. The sound itself, its first echoes
(mirrored once and twice by the planes, each with its own absorption by frequency) are added as phases, so delays are
exact. What follows is noise that decays at each frequency's own pace (Polack 1988), as alike between microphones as a
diffuse field. A mouth shines forward, the more the higher the pitch.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import RATE, Sound
from models.halls.ear import Vector, hertz, unit

from counterpoint.hearing.geometry import SOUND_M_S

if TYPE_CHECKING:
    from models.halls.ear import Ear, Spectrum

LEAD: Final = 64
"""Samples that every answer begins early, so that the small ripples before a sound have room."""
_BANDS_HZ: Final = np.array([125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0])
_DECAY_SHAPE: Final = np.array([1.25, 1.15, 1.0, 1.0, 0.92, 0.78, 0.6])
"""Bass stays, treble is eaten by air and cloth."""
_EARLY: Final = 4096
_TAIL: Final = 16384
_FARTHEST_M: Final = 40.0
"""Later echoes are the tail's."""
_TAIL_RISE_S: Final = (0.004, 0.024)
"""After the sound itself the tail begins, and is full."""
_ENDS_DB: Final = 55.0
_FOCUS: Final = np.array([0.1, 0.2, 0.3, 0.42, 0.55, 0.68, 0.75])
"""Share that a talker's head takes away behind it, by band."""
_NEAREST_M: Final = 0.3
"""Nobody's mouth is nearer to a wall."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where sound comes from.

    Attributes:
        place: Metres from the array's centre.
        looks: Unit vector where a mouth points; None shines everywhere.
        colour_db: What its channel does, at nine even steps up to 8 kHz.
        passes_hz: A loudspeaker's range; None for no loudspeaker.
    """

    place: Vector
    looks: Vector | None = None
    colour_db: Vector | None = None
    passes_hz: tuple[float, float] | None = None

    def colour(self, size: int) -> Spectrum:
        """Its own response, before any room."""
        hz = hertz(size)
        out = np.ones(len(hz), np.complex64)
        if self.colour_db is not None:
            out *= 10 ** (np.interp(hz, np.linspace(0, RATE / 2, len(self.colour_db)), self.colour_db) / 20)
        if self.passes_hz is not None:
            low, high = 1j * hz / self.passes_hz[0], 1j * hz / self.passes_hz[1]
            out *= (low / (1 + low)) ** 2 / (1 + 1.4 * high + high**2)
        return out


def _banded(values: Vector, size: int) -> Vector:
    """Values at the bands, (..., bands), at every frequency of a transform."""
    at = np.log(np.maximum(hertz(size), 60.0))
    flat = values.reshape(-1, len(_BANDS_HZ))
    return np.array([np.interp(at, np.log(_BANDS_HZ), row) for row in flat]).reshape(*values.shape[:-1], -1)


@dataclass(frozen=True, slots=True)
class Hall:
    """A room around the array.

    Attributes:
        normals: Outward unit vectors of its six planes; the first looks the agent's way.
        distances: Of the planes from the array, in metres.
        keeps: Amplitude that a plane gives back, (planes, bands).
        t60_s: By band.
        volume: Cubic metres.
        counter: Amplitude that the counter's top gives back.
    """

    normals: Vector
    distances: Vector
    keeps: Vector
    t60_s: Vector
    volume: float
    counter: float

    @classmethod
    def draw(cls, rng: np.random.Generator, t60_s: float, agent_deg: float) -> Hall:
        """A hall with the agent's wall behind the agent."""
        lean = rng.uniform(-8, 8, (4, 2)) * (1.0, 0.4)
        walls = [unit(agent_deg + 90 * side + lean[side, 0], lean[side, 1]) for side in range(4)]
        normals = np.array([*walls, [0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
        low = [1.7, 4.4, 4.2, 4.4, 0.9, 1.5]
        high = [3.5, 7.0, 8.0, 7.0, 1.1, 2.6]
        distances = rng.uniform(low, high)
        sides = (distances[0] + distances[2], distances[1] + distances[3], distances[4] + distances[5])
        volume = float(np.prod(sides))
        surface = 2 * (sides[0] * sides[1] + sides[0] * sides[2] + sides[1] * sides[2])
        decays = t60_s * _DECAY_SHAPE * rng.uniform(0.93, 1.07, len(_BANDS_HZ))
        eaten = np.minimum(0.161 * volume / (surface * decays), 0.9)
        each = np.clip(eaten * rng.uniform(0.5, 1.6, (6, 1)), 0.03, 0.95)
        return cls(normals, distances, np.sqrt(1 - each), decays, volume, float(rng.uniform(0.3, 0.8)))

    def inside(self, place: Vector) -> Vector:
        """The place, moved away from planes that it is too near to, or behind."""
        for normal, distance in zip(self.normals, self.distances, strict=True):
            place = place - max(0.0, float(normal @ place) - distance + _NEAREST_M) * normal
        return place

    def _mirrored(self, place: Vector, way: Vector, plane: int) -> tuple[Vector, Vector]:
        """A place and a direction, as the plane shows them."""
        normal = self.normals[plane]
        return place + 2 * (self.distances[plane] - normal @ place) * normal, way - 2 * (normal @ way) * normal

    def _images(self, source: Source) -> tuple[Vector, Vector, Vector]:
        """Places (paths, 3), where each looks (paths, 3), what is left of it (paths, bands); the sound itself first."""
        way = np.zeros(3) if source.looks is None else source.looks
        below = np.array([1.0, 1.0, -1.0])
        paths = [(source.place, way, np.ones(len(_BANDS_HZ)))]
        paths.append((source.place * below - (0, 0, 0.06), way * below, np.full(len(_BANDS_HZ), self.counter)))
        paths += [(*self._mirrored(source.place, way, plane), self.keeps[plane]) for plane in range(6)]
        opposite = [(2, 0), (3, 1), (5, 4)]
        for one, two in [*combinations(range(6), 2), *opposite]:
            twice = self._mirrored(*self._mirrored(source.place, way, one), two)
            paths.append((*twice, self.keeps[one] * self.keeps[two]))
        places, ways, left = (np.array(part) for part in zip(*paths, strict=True))
        return places, ways, left

    def answer(self, rng: np.random.Generator, ear: Ear, source: Source) -> Sound:
        """What the ear hears of a click at the source, (microphones, samples); `LEAD` samples early."""
        early = self._early(ear, source)
        tail = self._tail(rng, ear, source)
        out = tail[:, : self._length()]
        size = min(_EARLY - 256, out.shape[1])
        out[:, :size] += early[:, :size]
        return np.ascontiguousarray(out, dtype=np.float32)

    def _length(self) -> int:
        return min(_TAIL - LEAD, LEAD + round((0.02 + float(self.t60_s.max()) * _ENDS_DB / 60) * RATE))

    def _early(self, ear: Ear, source: Source) -> Sound:
        places, ways, left = self._images(source)
        routes = places[:, None, :] - ear.positions
        metres = np.maximum(np.linalg.norm(routes, axis=2), 0.05)
        arrivals = routes / metres[:, :, None]
        gains = ear.facing(arrivals) / metres * (metres < _FARTHEST_M)
        behind = (1 + np.einsum("pc,pmc->pm", ways, arrivals)) / 2 if source.looks is not None else 0 * metres
        shadow = 1 - behind.mean(axis=1)[:, None] * _FOCUS
        loud = _banded(left * shadow, _EARLY)
        hz = hertz(_EARLY)
        late = (metres / SOUND_M_S + LEAD / RATE).astype(np.float32)
        turns = np.exp((-2j * np.pi * hz).astype(np.complex64) * late[:, :, None])
        heard = np.einsum("pmf,pm,pf->mf", turns, gains.astype(np.float32), loud.astype(np.float32))
        return np.fft.irfft(heard * ear.response(_EARLY) * source.colour(_EARLY), axis=1).astype(np.float32)

    def _tail(self, rng: np.random.Generator, ear: Ear, source: Source) -> Sound:
        count = len(ear.positions)
        start = float(np.linalg.norm(source.place)) / SOUND_M_S
        after = np.arange(_TAIL, dtype=np.float32) / RATE - LEAD / RATE - start
        rise = np.clip((after - _TAIL_RISE_S[0]) / (_TAIL_RISE_S[1] - _TAIL_RISE_S[0]), 0, 1)
        noise = np.fft.rfft(rng.standard_normal((count, _TAIL), np.float32), axis=1)
        shares = _banded(np.eye(len(_BANDS_HZ)), _TAIL).astype(np.float32)
        out = np.zeros((count, _TAIL), np.float32)
        shines = np.ones(len(_BANDS_HZ)) if source.looks is None else 1 - _FOCUS / 2
        for share, t60, shine in zip(shares, self.t60_s, shines, strict=True):
            # Steady power is 16 pi / A against 1 at a metre, A = 0.161 V / T60 (Sabine), spread over the decay.
            power = 16 * np.pi * t60 / (0.161 * self.volume) * 13.8 / t60 / RATE
            envelope = rise * np.exp(-6.9 * np.maximum(after, 0) / t60) * np.sqrt(power) * shine
            out += np.fft.irfft(noise * share, axis=1) * envelope
        heard = ear.mixed(np.fft.rfft(out, axis=1)) * source.colour(_TAIL)
        return np.fft.irfft(heard, axis=1).astype(np.float32)


def fast_size(length: int) -> int:
    """A transform size at least this long, with no prime above 3."""
    whole = 1 << max(8, (length - 1).bit_length())
    return min(size for size in (whole, whole * 3 // 4, whole * 9 // 16) if size >= length)


def add_heard(out: Sound, dry: Sound, answer: Sound, start: int, gain: float) -> None:
    """Add a dry sound that begins at a sample, as the hall answers it; what falls outside is lost."""
    size = fast_size(len(dry) + answer.shape[1] - 1)
    spectrum = np.fft.rfft(dry * np.float32(gain), size)
    wet = np.fft.irfft(np.fft.rfft(answer, size, axis=1) * spectrum, size, axis=1)
    first = start - LEAD
    a, b = max(0, first), min(out.shape[1], first + len(dry) + answer.shape[1] - 1)
    if b > a:
        out[:, a:b] += wet[:, a - first : b - first]


def loudness(answer: Sound, spectrum: Sound) -> float:
    """Power at the array, mean over microphones, of a source of power 1 with this spectrum of 257 steps."""
    size = fast_size(answer.shape[1])
    power = (np.abs(np.fft.rfft(answer, size, axis=1)) ** 2).mean(axis=0)
    share = np.interp(hertz(size), hertz(512), spectrum)
    return float((power * share).sum() / share.sum())
