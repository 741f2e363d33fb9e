"""Rooms, arrays and the paths of sound between them; one rule: everything here is physics and chance, nobody speaks.

Image-source rooms (Allen and Berkley 1979, by pyroomacoustics) for talkers and point noises; noise from everywhere
by coherence (Habets, Cohen and Gannot 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyroomacoustics
from models.rooms.voices import RATE, Sound
from scipy import signal

from counterpoint.hearing.geometry import BUILT_IN, SOUND_M_S, ArrayGeometry
from counterpoint.values import Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

Impulses = list[Sound]

HIGHEST_ORDER: Final = 30
"""Reflections followed: at T60 = 0.8 s the energy left out is 25 dB below the direct sound."""
COHERENCE_WINDOW: Final = 512
BEARING_SPREAD_DEG: Final = 25.0


@dataclass(frozen=True, slots=True)
class Counter:
    """A room, the array in it, and where the mouths are.

    Attributes:
        size_m: Length, width, height.
        t60_s: Reverberation time.
        geometry: The array; its raw microphones in `microphones_m`.
        calibration: What the zones are told.
        microphones_m: Shape (microphones, 3), in the room.
        mouths_m: Agent and customer, shape (2, 3).
        centre_m: Of the array.
        facing_deg: Bearings of agent and customer in the room.
    """

    size_m: tuple[float, float, float]
    t60_s: float
    geometry: ArrayGeometry
    calibration: Calibration
    microphones_m: NDArray[np.float64]
    mouths_m: NDArray[np.float64]
    centre_m: NDArray[np.float64]
    facing_deg: tuple[float, float]


def random_array(rng: np.random.Generator) -> ArrayGeometry:
    """An array of the design, or one that nobody has built."""
    name = str(rng.choice([*BUILT_IN, "any"], p=[0.16, 0.42, 0.16, 0.14, 0.12]))
    if name != "any":
        return BUILT_IN[name]
    count, radius = int(rng.integers(3, 8)), rng.uniform(0.025, 0.06)
    angles = np.arange(count) * 2 * np.pi / count + rng.uniform(0, 2 * np.pi)
    places = [(radius * math.cos(a), radius * math.sin(a), 0.0) for a in angles]
    return ArrayGeometry("any", tuple(places), tuple(range(count)), count)


def random_counter(rng: np.random.Generator, geometry: ArrayGeometry) -> Counter:
    """A counter somewhere in a room; half of the arrays calibrated, half trusted to stand as asked."""
    size = (rng.uniform(4.5, 11), rng.uniform(4.0, 8), rng.uniform(2.5, 3.8))
    centre = np.array([rng.uniform(1.9, size[0] - 1.9), rng.uniform(1.9, size[1] - 1.9), rng.uniform(0.8, 1.15)])
    turn = rng.uniform(0, 360)
    line = len(geometry.raw) == 2  # noqa: PLR2004  # two microphones must point along the line of the sides
    told = (0.0, 180.0) if line or rng.random() < 0.5 else (rng.uniform(0, 360),) * 2  # noqa: PLR2004  # half
    if told[0] == told[1]:
        told = (told[0], told[0] + 180 + rng.uniform(-40, 40))
        spread = 8.0
    else:
        spread = BEARING_SPREAD_DEG
    true = tuple(bearing + rng.uniform(-spread, spread) for bearing in told)
    distances = rng.uniform(0.4, 1.5), rng.uniform(0.4, 1.5)
    mouths = [_place(centre, turn + b, d, rng.uniform(0.15, 0.6)) for b, d in zip(true, distances, strict=True)]
    places = np.array(geometry.positions_m)
    microphones = centre + _turned(places, turn)
    if geometry.one_per_side:
        microphones = np.array([_beside(rng, mouth) for mouth in mouths])
    calibration = Calibration(told[0] % 360, told[1] % 360)
    t60 = float(rng.uniform(0.15, 0.8))
    facing = (turn + true[0], turn + true[1])
    return Counter(size, t60, geometry, calibration, microphones, np.array(mouths), centre, facing)


def lateral_place(rng: np.random.Generator, counter: Counter) -> NDArray[np.float64]:
    """Where the next counter's talker stands: to the side, 1.6 to 4 m away, inside the room."""
    middle = (counter.facing_deg[0] + counter.facing_deg[1]) / 2 + float(rng.choice([0, 180]))
    place = _place(counter.centre_m, middle + rng.uniform(-35, 35), rng.uniform(1.6, 4), rng.uniform(0.2, 0.6))
    return _inside(place, counter)


def behind_place(rng: np.random.Generator, counter: Counter) -> NDArray[np.float64]:
    """Where the queue stands: behind the customer, 1.8 to 3.5 m away."""
    bearing = counter.facing_deg[1] + rng.uniform(-20, 20)
    return _inside(_place(counter.centre_m, bearing, rng.uniform(1.8, 3.5), rng.uniform(0.2, 0.6)), counter)


def hands_place(rng: np.random.Generator, counter: Counter) -> NDArray[np.float64]:
    """On the counter, before one of the two: keys and paper."""
    bearing = float(rng.choice(counter.facing_deg)) + rng.uniform(-20, 20)
    return _inside(_place(counter.centre_m, bearing, rng.uniform(0.25, 0.6), rng.uniform(0.0, 0.1)), counter)


def impulses(counter: Counter, sources_m: list[NDArray[np.float64]]) -> list[Impulses]:
    """Impulse responses, one list of microphones a source."""
    absorption, order = pyroomacoustics.inverse_sabine(_possible_t60(counter), list(counter.size_m))
    room = pyroomacoustics.ShoeBox(
        list(counter.size_m),
        fs=RATE,
        materials=pyroomacoustics.Material(absorption),
        max_order=min(order, HIGHEST_ORDER),
    )
    room.add_microphone_array(counter.microphones_m.T)
    for source in sources_m:
        room.add_source(list(source))
    room.compute_rir()
    return [[np.asarray(room.rir[m][s], dtype=np.float32) for m in range(len(room.rir))] for s in range(len(sources_m))]


def heard(sound: Sound, paths: Impulses, colour: Sound) -> Sound:
    """What each microphone hears of a sound, shape (microphones, samples of `sound`)."""
    longest = max(len(path) for path in paths)
    stacked = np.stack([np.pad(path, (0, longest - len(path))) for path in paths])
    stacked = signal.oaconvolve(stacked, colour[None], axes=1)
    spread: Sound = signal.oaconvolve(sound[None], stacked, axes=1)[:, : len(sound)].astype(np.float32)
    return spread


def random_colour(rng: np.random.Generator) -> Sound:
    """A short filter: the voice, the telephone it may sound like, the microphone's own response."""
    edges = np.array([0, 120, 300, 800, 2000, 4000, 6500, 8000.0])
    gains = 10 ** (np.cumsum(rng.normal(0, 2.0, len(edges))) / 20)
    if rng.random() < 0.15:  # noqa: PLR2004  # a share with a narrow band
        gains[edges > rng.choice([3400, 5000])] *= 0.05
    if rng.random() < 0.4:  # noqa: PLR2004  # a share with a high-pass
        gains[:2] *= 0.2
    taps: Sound = signal.firwin2(63, edges / 8000, gains / gains[3]).astype(np.float32)
    return taps


def from_everywhere(rng: np.random.Generator, noise: Sound, counter: Counter, samples: int) -> Sound:
    """Noise with the coherence of a diffuse field at the microphones, shape (microphones, samples), unit power."""
    places = counter.microphones_m
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    starts = rng.integers(0, len(noise), len(places))
    alone = np.stack([np.take(noise, np.arange(s, s + samples), mode="wrap") for s in starts])
    _, _, spectra = signal.stft(alone, RATE, nperseg=COHERENCE_WINDOW)
    frequencies = np.fft.rfftfreq(COHERENCE_WINDOW, 1 / RATE)
    coherence = np.sinc(2 * frequencies[:, None, None] * distance / SOUND_M_S)
    values, vectors = np.linalg.eigh(coherence)
    mixing = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
    _, mixed = signal.istft(np.einsum("fmn,nft->mft", mixing, spectra), RATE, nperseg=COHERENCE_WINDOW)
    mixed = mixed[:, :samples]
    level = np.sqrt(np.mean(mixed**2)) + 1e-9
    out: Sound = (mixed / level).astype(np.float32)
    return out


def _possible_t60(counter: Counter) -> float:
    """The reverberation time asked, or the shortest that walls of full absorption allow."""
    length, width, height = counter.size_m
    surface = 2 * (length * width + width * height + height * length)
    shortest = 24 * math.log(10) / SOUND_M_S * length * width * height / surface
    return max(counter.t60_s, 1.05 * shortest)


def _place(centre: NDArray[np.float64], bearing_deg: float, flat_m: float, up_m: float) -> NDArray[np.float64]:
    angle = math.radians(bearing_deg)
    place: NDArray[np.float64] = centre + np.array([flat_m * math.cos(angle), flat_m * math.sin(angle), up_m])
    return place


def _inside(place: NDArray[np.float64], counter: Counter) -> NDArray[np.float64]:
    kept: NDArray[np.float64] = np.clip(place, 0.25, np.array(counter.size_m) - 0.25)
    return kept


def _turned(places: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned: NDArray[np.float64] = places @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    return turned


def _beside(rng: np.random.Generator, mouth: NDArray[np.float64]) -> NDArray[np.float64]:
    """A side's own microphone: 0.15 to 0.5 m from the mouth."""
    offset = rng.normal(size=3)
    place: NDArray[np.float64] = mouth + offset / np.linalg.norm(offset) * rng.uniform(0.15, 0.5)
    return place
