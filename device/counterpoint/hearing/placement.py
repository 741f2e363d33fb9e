"""Notices that the array is not what, or not where, the settings say, from the loudest speech alone.

One rule: it tells only what many seconds of loud sound agree on; a single frame, and silence, say nothing.

```
every fifth block -> loud? -> phase of each pair of microphones, by delay -> which bearing fits best
                                                                  |-> another order of the microphones fits better
                                                                  `-> nobody speaks from the two told bearings
```
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from counterpoint.hearing.geometry import SOUND_M_S, direction, raw_channels
from counterpoint.values import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Placement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from counterpoint.hearing.geometry import ArrayGeometry, Position
    from counterpoint.values import Block, Calibration, Samples

    Delays = NDArray[np.intp]
    Floats = NDArray[np.float64]

LOOK_EVERY: Final = 5  # blocks: where people stand changes slowly
LOOKS_A_SECOND: Final = 10
BAND_HZ: Final = (600.0, 4000.0)  # below, a wave is longer than five arrays; above, speech is faint
WHITENING: Final = 0.7  # between plain correlation, deaf to direction in a room, and PHAT, which counts empty bins
STEP_SAMPLES: Final = 0.25  # of delay: 10 degrees of phase at 2 kHz
BEARINGS_DEG: Final = tuple(range(0, 360, 10))
ELEVATIONS_DEG: Final = (10.0, 40.0)  # mouths over a counter lie between 5 and 45 degrees
MOST_MICROPHONES: Final = 8  # all pairs in all orders of more would take milliseconds

FAINTEST_DB: Final = -90.0  # of full scale: digital silence
DEAD_SPAN: Final = 2.0**-14  # from a channel's lowest to its highest sample in a loud look: two bits of 16
LOUDEST_DB: Final = 0.1
LOUD_ATTACK: Final = 0.1  # a look: the loudest speech is known after a second or two of it
LOUD_RELEASE_DB: Final = 1.0 / (3600 * LOOKS_A_SECOND)  # 1 dB an hour: a quiet night does not make the neighbours loud
LOUD_WITHIN_DB: Final = 6.0  # about the loudest tenth of a conversation
OVER_NOISE_DB: Final = 10.0
NOISE_ATTACK: Final = 0.3
NOISE_RISE_DB: Final = 0.05  # a look: 10 s of speech without a pause raise the floor by 5 dB

BETTER_SHARE: Final = 0.05  # of the best that each pair alone could reach: less is the grid and the room
ORDER_LOOKS: Final = 20 * LOOKS_A_SECOND
ORDER_WRONG: Final = 0.3  # of the looks: 0.03 where the order is right, 0.4 and more where it is not (simulated)
ORDER_RIGHT: Final = 0.15
DIRECT: Final = 0.5  # a wave that fits less is mostly the room's answer
NEAR_DEG: Final = 40.0  # people stand up to 25 degrees beside, and the grid has 10
TURNED_LOOKS: Final = 40 * LOOKS_A_SECOND
TURNED_LOOKS_ON_A_LINE: Final = 120 * LOOKS_A_SECOND
TURNED_NEAR: Final = 0.3  # of the looks: 0.8 and more where it stands as told, 0.2 after a right angle (simulated)
BACK_LOOKS: Final = 10 * LOOKS_A_SECOND
BACK_NEAR: Final = 0.5
SECOND_VOICE: Final = 0.2  # of the looks lie apart from the first voice: two people, or else it may be a radio
ALIKE_DB: Final = 2.0
ALIKE_LOOKS: Final = 30 * LOOKS_A_SECOND
ALIKE: Final = 0.9  # of the looks; a microphone a side hears its own person 5 dB and more above the other
DISTINCT: Final = 0.7


class PlacementWatch:
    """Watches whether what is loud fits the array's geometry and its two bearings.

    It can't see: two or three microphones in another order, an order that leaves both sides' delays as they were, an
    array turned by half a circle (the sides are exchanged), and whatever is wrong before somebody has spoken loudly
    for 20 s (order), 30 s (`alike`) or 40 s (`turned`; 120 s with all microphones on a line) in all. A fault is told
    until about as much sound says otherwise; for `turned`, some 10 s of loud speech from the told bearings. While a
    microphone is dead nothing about order and bearings is learnt: what was told stays.

    Raises:
        ChannelsMismatch: The array can't be found in that many channels.
    """

    def __init__(self, geometry: ArrayGeometry, calibration: Calibration, channels: int) -> None:
        self._raw = np.array(raw_channels(geometry, channels), np.intp)
        self._loudness = _Loudness()
        self._one_per_side = geometry.one_per_side
        self._bearings = None if geometry.one_per_side else _Bearings(geometry.positions_m[:MOST_MICROPHONES])
        self._order = _Share(ORDER_LOOKS, ORDER_WRONG, ORDER_RIGHT)
        self._alike = _Share(ALIKE_LOOKS, ALIKE, DISTINCT)
        near = _near(geometry, calibration) if self._bearings else np.zeros(0, np.bool_)
        self._turned = _Turned(near, on_a_line=_is_on_a_line(geometry))
        self._blocks = 0
        self._placement = Placement()

    def step(self, block: Block) -> Placement:
        """Take one block; return what is wrong with the array's place now."""
        if not block.lost_samples:
            self._blocks += 1
            if self._blocks % LOOK_EVERY == 0:
                self._look(block.samples)
        return self._placement

    def _look(self, samples: Samples) -> None:
        raw = samples[self._raw]
        powers = np.einsum("cs,cs->c", raw, raw) / BLOCK_SAMPLES
        if not self._loudness.step(float(powers.mean())):
            return
        if self._bearings is None:
            self._alike.step(abs(10 * math.log10((powers[0] + 1e-12) / (powers[1] + 1e-12))) < ALIKE_DB)
        elif np.ptp(raw, axis=1).min() > DEAD_SPAN:
            bearing, other_order_fits = self._bearings.of(raw)
            self._order.step(other_order_fits)
            if bearing is not None:
                self._turned.step(bearing)
        self._placement = Placement(self._order.told, self._turned.told and not self._order.told, self._alike.told)


class _Loudness:
    """Whether a look is among the loudest of what is heard here, and stands out of the noise."""

    def __init__(self) -> None:
        self._loudest_db = FAINTEST_DB
        self._noise_db = 0.0

    def step(self, power: float) -> bool:
        level_db = 10 * math.log10(power + 1e-12)
        if not FAINTEST_DB <= level_db <= LOUDEST_DB:  # nor what is no number
            return False
        gap = level_db - self._noise_db
        self._noise_db += NOISE_ATTACK * gap if gap < 0 else min(NOISE_RISE_DB, gap)
        gap = level_db - self._loudest_db
        self._loudest_db += LOUD_ATTACK * gap if gap > 0 else -LOUD_RELEASE_DB
        return level_db > self._loudest_db - LOUD_WITHIN_DB and level_db > self._noise_db + OVER_NOISE_DB


class _Share:
    """A fault that is told while the share of looks that show it, over the last `looks`, is high.

    Attributes:
        told: It is told now.
    """

    def __init__(self, looks: int, told_from: float, well_below: float) -> None:
        self.told = False
        self._looks, self._told_from, self._well_below = looks, told_from, well_below
        self._seen = 0
        self._share = 0.0

    def step(self, shows: bool) -> None:
        self._seen = min(self._seen + 1, self._looks)
        self._share += (shows - self._share) / self._seen
        enough = self._seen == self._looks and self._share >= self._told_from
        self.told = enough or (self.told and self._share >= self._well_below)


class _Turned:
    """Nobody speaks from the two told bearings, though two people speak.

    Attributes:
        told: It is told now.
    """

    def __init__(self, near: NDArray[np.bool_], *, on_a_line: bool) -> None:
        self.told = False
        self._near = near
        self._on_a_line = on_a_line  # two people across such an array are heard at one bearing: it has to last
        self._looks = TURNED_LOOKS_ON_A_LINE if on_a_line else TURNED_LOOKS
        self._start()

    def _start(self) -> None:
        self._heard = np.zeros(len(BEARINGS_DEG))
        self._seen = 0
        self._back = 0.0

    def step(self, bearing: int) -> None:
        self._seen = min(self._seen + 1, self._looks)
        self._heard *= 1 - 1 / self._seen
        self._heard[bearing] += 1 / self._seen
        self._back += (float(self._near[bearing]) - self._back) / BACK_LOOKS
        if self.told and self._back >= BACK_NEAR:
            self.told = False
            self._start()
        elif self._seen == self._looks and float(self._heard[self._near].sum()) < TURNED_NEAR:
            self.told = self.told or self._on_a_line or self._second_voice() >= SECOND_VOICE

    def _second_voice(self) -> float:
        """Share of the looks that lie more than 40 degrees from the bearing heard most."""
        apart = _apart_deg(np.array(BEARINGS_DEG), BEARINGS_DEG[int(self._heard.argmax())])
        return float(self._heard[apart > NEAR_DEG].sum())


class _Bearings:
    """Which bearing a sound comes from, and whether it would fit better with two microphones exchanged."""

    def __init__(self, positions_m: tuple[Position, ...]) -> None:
        first, second = np.array(list(combinations(range(len(positions_m)), 2))).T
        self._first, self._second, self._count = first, second, len(positions_m)
        hertz = np.fft.rfftfreq(BLOCK_SAMPLES, 1 / SAMPLE_RATE_HZ)
        self._band = slice(int(np.searchsorted(hertz, BAND_HZ[0])), int(np.searchsorted(hertz, BAND_HZ[1])))
        self._reach = _reach(positions_m)
        lags = np.arange(-self._reach, self._reach + 1) * STEP_SAMPLES / SAMPLE_RATE_HZ
        turn = 2 * np.pi * np.outer(hertz[self._band], lags)
        self._turns = np.concatenate((np.cos(turn), -np.sin(turn))).astype(np.float32)
        self._window = np.hanning(BLOCK_SAMPLES + 1)[:-1].astype(np.float32)
        self._where = np.stack(_orders(positions_m)) + np.arange(len(first)) * len(lags)

    def of(self, raw: Samples) -> tuple[int | None, bool]:
        """Index of the bearing of one block, None where none fits; whether another order of the microphones does."""
        spectra = np.fft.rfft(raw[: self._count] * self._window, axis=1)[:, self._band]
        cross = spectra[self._first] * spectra[self._second].conj()
        power = np.abs(cross) + 1e-20
        whiter = power**-WHITENING
        cross *= whiter
        weight = (power * whiter).sum(axis=1, keepdims=True)
        by_lag = np.hstack((cross.real, cross.imag)).astype(np.float32) @ self._turns / weight
        fits = by_lag.take(self._where).mean(axis=2)
        best = fits.max(axis=1)
        better = float(best[1:].max() - best[0]) if len(best) > 1 else 0.0
        bearing = int(fits[0].argmax()) % len(BEARINGS_DEG) if best[0] >= DIRECT else None
        return bearing, better > BETTER_SHARE * float(by_lag.max(axis=1).mean())


def _reach(positions_m: tuple[Position, ...]) -> int:
    """The longest delay between two microphones, in steps."""
    longest_m = max(math.dist(a, b) for a, b in combinations(positions_m, 2))
    return math.ceil(longest_m / SOUND_M_S * SAMPLE_RATE_HZ / STEP_SAMPLES) + 1


def _delays(positions_m: tuple[Position, ...]) -> Delays:
    """Where in the lags each pair's sound is, for each elevation and bearing; shape (directions, pairs)."""
    first, second = np.array(list(combinations(range(len(positions_m)), 2))).T
    towards = np.array([direction(bearing, up) for up in ELEVATIONS_DEG for bearing in BEARINGS_DEG])
    early = towards @ np.array(positions_m).T / SOUND_M_S * SAMPLE_RATE_HZ
    steps = np.round((early[:, second] - early[:, first]) / STEP_SAMPLES)
    where: Delays = steps.astype(np.intp) + _reach(positions_m)
    return where


def _orders(positions_m: tuple[Position, ...]) -> list[Delays]:
    """The delays of the order told, then of each exchange of two microphones that is no turned or mirrored array."""
    found = [_delays(positions_m)]
    seen = {_as_set(found[0])}
    for a, b in combinations(range(len(positions_m)), 2):
        exchanged = list(positions_m)
        exchanged[a], exchanged[b] = positions_m[b], positions_m[a]
        delays = _delays(tuple(exchanged))
        if _as_set(delays) not in seen:
            seen.add(_as_set(delays))
            found.append(delays)
    return found


def _as_set(delays: Delays) -> frozenset[bytes]:
    return frozenset(row.tobytes() for row in delays)


def _near(geometry: ArrayGeometry, calibration: Calibration) -> NDArray[np.bool_]:
    """For each bearing, whether it may be one of the two told: near it, or not to be told from one that is."""
    bearings = np.array(BEARINGS_DEG)
    told = np.minimum(_apart_deg(bearings, calibration.agent_deg), _apart_deg(bearings, calibration.customer_deg))
    level = _delays(geometry.positions_m[:MOST_MICROPHONES])[: len(bearings)]
    same = np.abs(level[:, None] - level[None]).max(axis=2) <= 1
    near: NDArray[np.bool_] = (same & (told <= NEAR_DEG)[None]).any(axis=1)
    return near


def _apart_deg(bearings: NDArray[np.int_], bearing: float) -> Floats:
    apart: Floats = np.abs((bearings - bearing + 180) % 360 - 180)
    return apart


def _is_on_a_line(geometry: ArrayGeometry) -> bool:
    """Whether all microphones lie on one line."""
    places = np.array(geometry.positions_m)
    return int(np.linalg.matrix_rank(places - places[0], tol=1e-3)) <= 1
