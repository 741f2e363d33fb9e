"""Rooms, arrays and the paths of sound between them; one rule: everything here is physics and chance, nobody speaks.

Image-source rooms (Allen and Berkley 1979, by pyroomacoustics) for talkers and point noises; noise from everywhere
by coherence (Habets, Cohen and Gannot 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
import pyroomacoustics
from models.benchmark.arrays import ARRAY_OF
from models.benchmark.conditions import NEVER_TRAINED
from models.benchmark.truth import RATE, Sound
from scipy import signal

from counterpoint.hearing.geometry import BUILT_IN, SOUND_M_S, ArrayGeometry
from counterpoint.values import Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

Impulses = list[Sound]
Position = tuple[float, float, float]

HIGHEST_ORDER: Final = 30
"""Reflections followed: at T60 = 0.8 s the energy left out is 25 dB below the direct sound."""
COHERENCE_WINDOW: Final = 512
CUSTOMERS_DEG: Final = 40.0
LIKE_M: Final = 0.012


@dataclass(frozen=True, slots=True)
class Counter:
    """A room, the array in it, and where the mouths are.

    Attributes:
        size_m: Length, width, height.
        t60_s: Reverberation time.
        geometry: The array; its raw microphones in `microphones_m`.
        calibration: What the zones are told.
        true_calibration: Where the mouths are, seen from the array; of several customers their middle.
        microphones_m: Shape (microphones, 3), in the room.
        mouths_m: The agent, then each customer, shape (people, 3).
        centre_m: Of the array.
        facing_deg: Bearings of agent and customer in the room.
    """

    size_m: tuple[float, float, float]
    t60_s: float
    geometry: ArrayGeometry
    calibration: Calibration
    true_calibration: Calibration
    microphones_m: NDArray[np.float64]
    mouths_m: NDArray[np.float64]
    centre_m: NDArray[np.float64]
    facing_deg: tuple[float, float]


def random_array(rng: np.random.Generator) -> ArrayGeometry:
    """An array of the design, or one that nobody has built, and never one like the benchmark's unseen one."""
    name = str(rng.choice([*BUILT_IN, "ring", "pair", "scattered"], p=[0.18, 0.26, 0.16, 0.14, 0.1, 0.06, 0.1]))
    if name in BUILT_IN:
        return BUILT_IN[name]
    if name == "pair":
        half = rng.uniform(0.018, 0.06)
        return ArrayGeometry("any", ((half, 0.0, 0.0), (-half, 0.0, 0.0)), (0, 1), 2)
    places = _ring(rng) if name == "ring" else _scattered(rng)
    while _like(places, ARRAY_OF[NEVER_TRAINED]):
        places = _scattered(rng)
    return ArrayGeometry("any", tuple(places), tuple(range(len(places))), len(places))


def _ring(rng: np.random.Generator) -> list[Position]:
    count, radius = int(rng.integers(3, 8)), rng.uniform(0.025, 0.06)
    angles = np.arange(count) * 2 * np.pi / count + rng.uniform(0, 2 * np.pi)
    return [(radius * math.cos(a), radius * math.sin(a), 0.0) for a in angles]


def _scattered(rng: np.random.Generator) -> list[Position]:
    """Three to six microphones anywhere on a board, at least 2 cm apart, about its centre."""
    count, half = int(rng.integers(3, 7)), rng.uniform(0.03, 0.06, 2)
    places: list[NDArray[np.float64]] = []
    while len(places) < count:
        place = rng.uniform(-half, half)
        if all(math.dist(place, other) > 0.02 for other in places):  # noqa: PLR2004  # metres
            places.append(place)
    centre = np.mean(places, axis=0)
    return [(float(x), float(y), 0.0) for x, y in (place - centre for place in places)]


def _like(places: list[Position], other: ArrayGeometry) -> bool:
    """Whether all distances between microphones are nearly those of another array, however it is turned."""
    mine, its = (sorted(math.dist(a, b) for a, b in combinations(one, 2)) for one in (places, other.positions_m))
    return len(mine) == len(its) and max(abs(a - b) for a, b in zip(mine, its, strict=True)) < LIKE_M


def random_counter(
    rng: np.random.Generator, geometry: ArrayGeometry, t60_s: float, placement_deg: float, customers: int = 1
) -> Counter:
    """A counter somewhere in a room; half of the arrays that can be are calibrated, half trusted to stand as asked.

    Mouths are up to `placement_deg` beside where the zones are told; several customers within 40 degrees of each other.
    """
    size = (rng.uniform(4.5, 11), rng.uniform(4.0, 8), rng.uniform(2.5, 3.8))
    centre = np.array([rng.uniform(1.9, size[0] - 1.9), rng.uniform(1.9, size[1] - 1.9), rng.uniform(0.8, 1.15)])
    turn = rng.uniform(0, 360)
    told = _told(rng, geometry)
    beside = rng.uniform(-placement_deg, placement_deg, 2)
    spread = rng.uniform(-CUSTOMERS_DEG / 2, CUSTOMERS_DEG / 2, customers) if customers > 1 else np.zeros(1)
    bearings = np.array([told[0] + beside[0], *(told[1] + beside[1] + spread)])
    mouths = np.array([_place(centre, turn + b, rng.uniform(0.4, 1.5), rng.uniform(0.15, 0.6)) for b in bearings])
    microphones = centre + _turned(np.array(geometry.positions_m), turn)
    if geometry.one_per_side:
        microphones = np.array([_beside(rng, mouth) for mouth in mouths[:2]])
    calibration = Calibration(told[0] % 360, told[1] % 360)
    true = (float(bearings[0]), float(bearings[1:].mean()))
    facing = (turn + true[0], turn + true[1])
    seen = Calibration(true[0] % 360, true[1] % 360)
    return Counter(size, t60_s, geometry, calibration, seen, microphones, mouths, centre, facing)


def _told(rng: np.random.Generator, geometry: ArrayGeometry) -> tuple[float, float]:
    """What the zones are told; two microphones must point along the line of the sides."""
    line = len(geometry.raw) == 2  # noqa: PLR2004  # two are always in a line
    if line or rng.random() < 0.5:  # noqa: PLR2004  # half
        return (0.0, 180.0)
    agent = float(rng.uniform(0, 360))
    return (agent, agent + 180 + float(rng.uniform(-40, 40)))


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


def room_place(rng: np.random.Generator, counter: Counter) -> NDArray[np.float64]:
    """On a wall or a shelf, at least 1.5 m from the array: a loudspeaker, a telephone on another desk."""
    place = rng.uniform(0.3, np.array(counter.size_m) - 0.3)
    while np.linalg.norm(place - counter.centre_m) < 1.5:  # noqa: PLR2004  # metres
        place = rng.uniform(0.3, np.array(counter.size_m) - 0.3)
    return place


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


def through_loudspeaker(rng: np.random.Generator, sound: Sound) -> Sound:
    """A small loudspeaker: a band of its own, and somewhat overdriven."""
    low, high = rng.uniform(120, 500), rng.uniform(2800, 7600)
    played = signal.lfilter(*signal.butter(2, [low / 8000, high / 8000], "bandpass"), sound)
    drive = rng.uniform(0.3, 3) / (np.std(played) * 4 + 1e-9)
    out: Sound = (np.tanh(drive * played) / drive).astype(np.float32)
    return out


def over_telephone(rng: np.random.Generator, dry: Sound) -> Sound:
    """What is left of voices after a call: 300 to 3400 Hz, 8 bits of mu-law, and the line's own noise."""
    edges = [rng.uniform(200, 350) / 8000, rng.uniform(3000, 3700) / 8000]
    narrow = signal.sosfilt(signal.butter(4, edges, "bandpass", output="sos"), dry, axis=1)
    peak = np.abs(narrow).max() + 1e-9
    bent = np.sign(narrow) * np.log1p(255 * np.abs(narrow) / peak) / np.log(256)
    coded = np.round(bent * 127) / 127
    line = rng.standard_normal(dry.shape) * 10 ** (rng.uniform(-75, -38) / 20) * 0.1
    out: Sound = (np.sign(coded) * (256 ** np.abs(coded) - 1) / 255 * peak + line).astype(np.float32)
    return out


def recoloured(rng: np.random.Generator, sound: Sound) -> Sound:
    """A recording that went through some other device: one filter for all channels, perhaps with an edge."""
    taps = random_colour(rng)
    lot = rng.random()
    if lot < 0.35:  # noqa: PLR2004  # share: nothing above
        taps = np.convolve(taps, signal.firwin(63, rng.uniform(2500, 7000) / 8000)).astype(np.float32)
    elif lot < 0.6:  # noqa: PLR2004  # share: nothing below
        taps = np.convolve(taps, signal.firwin(127, rng.uniform(100, 400) / 8000, pass_zero=False)).astype(np.float32)
    out: Sound = signal.oaconvolve(sound, taps[None], axes=1)[:, : sound.shape[1]].astype(np.float32)
    return out


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
    mixing = (vectors * np.sqrt(np.maximum(values, 0))[:, None, :]).astype(np.float32)
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
