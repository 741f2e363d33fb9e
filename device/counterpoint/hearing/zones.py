"""Blocks to zones: what the agent's side, the customer's and the rest of the room sound like, whatever the array.

One rule: the geometry ends here. The features mean the same for two, four or more microphones and for one a side, so
that one model serves every array.

```
block -> 40 ms window, 20 ms hop -> spectra of the raw microphones -> beams: agent, customer, two lateral
                                                 |                      `-> log-mel levels, relative to all
                                                 |                      `-> share of each bin's power, in bands
                                                 |-> eight sectors, by phase alone (`sectors.py`)
                                                 `-> agent beam with a null at the customer -> 20 ms of audio
```
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from counterpoint.hearing.geometry import COMPACT_M, SOUND_M_S, ArrayGeometry, arrival_s, raw_channels
from counterpoint.hearing.sectors import BAND_EDGES_HZ, BANDS, SECTOR_FEATURES, Sectors
from counterpoint.values import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, Calibration, Samples, ZoneFrame

Spectra = NDArray[np.complex64]

WINDOW: Final = 2 * BLOCK_SAMPLES
BINS: Final = WINDOW // 2 + 1
MEL_BANDS: Final = 24
MEL_RANGE_HZ: Final = (100.0, 7600.0)
SHARE_BANDS: Final = BANDS
"""Bands in which each bin's share of the power counts the same, loud or not; the sectors' own."""
ZONES: Final = 3
"""Agent, customer, neither."""
LEVELS: Final = MEL_BANDS * (1 + ZONES)
SHARES: Final = SHARE_BANDS * ZONES
FEATURES: Final = LEVELS + SHARES + SECTOR_FEATURES

POWER_FLOOR: Final = 1e-10
"""Power below -100 dB of full scale is silence: digital zeros and self-noise look the same."""
SHARE_FLOOR: Final = 1e-2
WHITE_NOISE_GAIN: Final = 10 ** (-8 / 10)
"""A beam may amplify self-noise and mismatch by 8 dB at most: MEMS microphones of one board differ by about 1 dB."""
LOADINGS: Final = 10.0 ** np.arange(-4.0, 2.01, 0.25)
INTERFERER: Final = 100.0
"""Weight of the customer against diffuse noise in the agent's beam: a null of about 20 dB where the loading allows."""
GAIN_FRAMES: Final = 250
"""Microphone gains are learnt over 5 s: long against a turn's start, short against a visit."""
GAIN_LIMITS: Final = (0.5, 2.0)
LEVEL_START: Final = -4.0
"""Loudness assumed before anything was heard, log10 of power: -40 dB of full scale."""
LEVEL_ATTACK: Final = 0.03
LEVEL_RELEASE: Final = 0.0002
"""The loudness of speech is followed up in 0.7 s and down in 100 s, so that a pause does not raise the noise."""


class Zones:
    """Turns blocks into zone frames, one for one.

    A lost block is zeros: its features say "silence". Samples that are no numbers count as zeros. The
    frame's arrays are this object's buffers: they are overwritten by the next step.

    Raises:
        ChannelsMismatch: The array can't be found in that many channels.
    """

    def __init__(self, geometry: ArrayGeometry, calibration: Calibration, channels: int) -> None:
        self._whole = replace(geometry, raw=raw_channels(geometry, channels))
        self._calibration = calibration
        self._missing: tuple[int, ...] = ()
        root_hann = np.sqrt(np.hanning(WINDOW + 1)[:-1])
        scale = np.sqrt(np.sum(root_hann**2))  # full-scale white noise has power 1 in every bin
        self._analysis = (root_hann / scale).astype(np.float32)
        self._synthesis = (root_hann * scale).astype(np.float32)
        self._bank = _mel_bank()
        self._share = _share_bank()
        self._equalise = not geometry.one_per_side and geometry.aperture_m <= COMPACT_M
        self._speech_bins = slice(int(150 * WINDOW / SAMPLE_RATE_HZ), int(4000 * WINDOW / SAMPLE_RATE_HZ))
        self._level = LEVEL_START
        self._hear_with(self._whole)
        self._beamed = np.empty((len(self._beams), BINS), dtype=np.complex64)
        self._powers = np.empty((1 + ZONES, BINS), dtype=np.float32)
        self._mel = np.empty((1 + ZONES, MEL_BANDS), dtype=np.float32)
        self._features = np.zeros(FEATURES, dtype=np.float32)
        self._tail = np.zeros(BLOCK_SAMPLES, dtype=np.float32)
        self._agent_beam = np.zeros(BLOCK_SAMPLES, dtype=np.float32)

    def _hear_with(self, array: ArrayGeometry) -> None:
        """Start beams, sectors, gains and window anew with the microphones of `array`."""
        self._raw = np.array(array.raw, dtype=np.intp)
        self._beams = _beam_weights(array, self._calibration)
        self._sectors = Sectors(array, self._calibration, BINS)
        microphones = len(self._raw)
        self._mean_power = np.full(microphones, POWER_FLOOR, dtype=np.float64)
        self._heard = 0
        self._gain = np.ones((microphones, 1), dtype=np.float32)
        self._samples = np.zeros((microphones, WINDOW), dtype=np.float32)
        self._windowed = np.empty_like(self._samples)
        self._spectra = np.empty((microphones, BINS), dtype=np.complex64)
        self._products = np.empty(self._beams.shape, dtype=np.complex64)

    def without(self, channels: tuple[int, ...]) -> None:
        """Hear without these of the blocks' channels from the next block on; with all again when there are none.

        Features keep their shape and meaning. A change costs 5 to 9 ms and half of the next window; no change nothing.
        """
        if channels != self._missing:
            self._missing = channels
            self._hear_with(self._whole.without(channels))

    def step(self, block: Block) -> ZoneFrame:
        """Take the next block; return its features and the agent's beam of the block before."""
        self._take_in(block.samples)
        self._measure()
        self._write_features()
        self._write_agent_beam()
        return ZoneFrame(block.start_s, self._features, self._agent_beam, block.lost_samples)

    def _take_in(self, samples: Samples) -> None:
        """Move the window on by one block and transform it."""
        window = self._samples
        window[:, :BLOCK_SAMPLES] = window[:, BLOCK_SAMPLES:]
        newest = window[:, BLOCK_SAMPLES:]
        np.take(samples, self._raw, axis=0, out=newest)
        np.clip(newest, -1.0, 1.0, out=newest)
        if np.isnan(newest.sum()):
            np.nan_to_num(newest, copy=False)
        np.multiply(window, self._analysis, out=self._windowed)
        np.fft.rfft(self._windowed, axis=1, out=self._spectra)  # type: ignore[arg-type]  # float32 gives complex64; the stub knows complex128 only
        if self._equalise:
            self._learn_gains()
            self._spectra *= self._gain

    def _learn_gains(self) -> None:
        """Follow each microphone's long-run power in the speech band, and even the powers out."""
        band = self._spectra[:, self._speech_bins]
        power = (band.real**2 + band.imag**2).mean(axis=1)
        if power.max() < POWER_FLOOR:
            return
        self._heard += 1
        self._mean_power += (power - self._mean_power) / min(self._heard, GAIN_FRAMES)
        even = np.sqrt(self._mean_power.mean() / np.maximum(self._mean_power, POWER_FLOOR))
        self._gain[:, 0] = np.clip(even, *GAIN_LIMITS)

    def _measure(self) -> None:
        """Power of all microphones and of the three zones, a bin each."""
        np.multiply(self._beams, self._spectra, out=self._products)
        self._products.sum(axis=1, out=self._beamed)
        spectra, beamed, powers = self._spectra, self._beamed, self._powers
        powers[0] = (spectra.real**2 + spectra.imag**2).mean(axis=0)
        beam_power = beamed[:4].real ** 2 + beamed[:4].imag ** 2
        powers[1:3] = beam_power[:2]
        np.maximum(beam_power[2], beam_power[3], out=powers[3])

    def _write_features(self) -> None:
        """Levels of all microphones, then of each zone relative to them; then each zone's share of the bins."""
        powers, features = self._powers, self._features
        np.matmul(powers, self._bank, out=self._mel)
        mel = np.log10(self._mel + POWER_FLOOR)
        self._follow_level(float(powers[0].mean()))
        features[:MEL_BANDS] = np.clip(mel[0] - self._level, -6, 6)
        features[MEL_BANDS:LEVELS] = (mel[1:] - mel[0]).ravel()
        share = np.minimum((powers[1:] + POWER_FLOOR) / (powers[0] + POWER_FLOOR), 4.0) @ self._share
        features[LEVELS : LEVELS + SHARES] = np.log10(share + SHARE_FLOOR).ravel()
        features[LEVELS + SHARES :] = self._sectors.step(self._spectra)

    def _follow_level(self, power: float) -> None:
        """Follow the loudness of speech: quickly up, slowly down, not at all in digital silence."""
        if power < POWER_FLOOR:
            return
        gap = float(np.log10(power)) - self._level
        self._level += gap * (LEVEL_ATTACK if gap > 0 else LEVEL_RELEASE)

    def _write_agent_beam(self) -> None:
        """Overlap-add of the agent's beam: what is complete now is the block before."""
        beam = np.fft.irfft(self._beamed[4], n=WINDOW)
        beam *= self._synthesis
        np.add(self._tail, beam[:BLOCK_SAMPLES], out=self._agent_beam)
        np.clip(self._agent_beam, -1.0, 1.0, out=self._agent_beam)
        self._tail[:] = beam[BLOCK_SAMPLES:]


def feature_groups() -> tuple[tuple[slice, slice], ...]:
    """Which features change places when agent and customer do; what is not named stays."""
    pairs = [(MEL_BANDS, 2 * MEL_BANDS, MEL_BANDS), (LEVELS, LEVELS + SHARE_BANDS, SHARE_BANDS)]
    first = LEVELS + SHARES
    pairs += [(first + a * BANDS, first + b * BANDS, BANDS) for a, b in ((0, 4), (1, 3), (5, 7))]
    return tuple((slice(a, a + count), slice(b, b + count)) for a, b, count in pairs)


def lateral_deg(calibration: Calibration) -> tuple[float, float]:
    """The two bearings half-way between the sides: where neither is."""
    gap = (calibration.customer_deg - calibration.agent_deg) % 360
    middle = calibration.agent_deg + gap / 2
    return middle % 360, (middle + 180) % 360


def _beam_weights(geometry: ArrayGeometry, calibration: Calibration) -> Spectra:
    """Weights of the five beams, shape (5, microphones, bins): agent, customer, two lateral, agent without customer.

    Each is the superdirective beam (minimum variance in diffuse noise, diagonally loaded until its white-noise gain
    is fit; Cox, Zeskind and Owen 1987). The last has the customer's direction in its noise, which puts a null there.
    With one microphone a side a beam is a microphone, and "neither" is their mean.
    """
    if geometry.one_per_side:
        own = np.array([[1, 0], [0, 1], [0.5, 0.5], [0.5, 0.5], [1, 0]], dtype=np.complex64)
        return np.repeat(own[:, :, None], BINS, axis=2)
    bearings = (calibration.agent_deg, calibration.customer_deg, *lateral_deg(calibration))
    looks = [_steering(geometry, bearing) for bearing in bearings]
    diffuse = _diffuse_coherence(geometry)
    against = diffuse + INTERFERER * looks[1][:, :, None] * looks[1][:, None, :].conj()
    beams = [_superdirective(diffuse, look) for look in looks]
    beams.append(_superdirective(against, looks[0]))
    return np.stack(beams).conj().transpose(0, 2, 1).astype(np.complex64).copy()


def _frequencies_hz() -> NDArray[np.float64]:
    hertz: NDArray[np.float64] = np.linspace(0, SAMPLE_RATE_HZ / 2, BINS)
    return hertz


def _steering(geometry: ArrayGeometry, bearing_deg: float) -> NDArray[np.complex128]:
    """Phases of a far sound at each microphone, shape (bins, microphones)."""
    early = np.array([arrival_s(position, bearing_deg) for position in geometry.positions_m])
    steering: NDArray[np.complex128] = np.exp(2j * np.pi * np.outer(_frequencies_hz(), early))
    return steering


def _diffuse_coherence(geometry: ArrayGeometry) -> NDArray[np.complex128]:
    """Coherence of sound from everywhere between the microphones, shape (bins, microphones, microphones)."""
    places = np.array(geometry.positions_m)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    coherence = np.sinc(2 * _frequencies_hz()[:, None, None] * distance / SOUND_M_S)
    as_complex: NDArray[np.complex128] = coherence.astype(np.complex128)
    return as_complex


def _superdirective(noise: NDArray[np.complex128], look: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Minimum-variance weights with unit gain towards `look`, shape (bins, microphones).

    The smallest loading is taken that keeps the white-noise gain; where none does, the largest.
    """
    chosen = np.zeros_like(look)
    unfit = np.arange(len(look))
    loads = np.eye(look.shape[1])
    for loading in LOADINGS:
        towards = look[unfit]
        solved = np.linalg.solve(noise[unfit] + loading * loads, towards[:, :, None])[:, :, 0]
        weights = solved / np.sum(towards.conj() * solved, axis=1, keepdims=True)
        chosen[unfit] = weights
        unfit = unfit[1 / np.sum(np.abs(weights) ** 2, axis=1) < WHITE_NOISE_GAIN]
    return chosen


def _mel_bank() -> Samples:
    """Triangles that average the power of the bins of a mel band, shape (bins, bands)."""
    low, high = (2595 * np.log10(1 + edge / 700) for edge in MEL_RANGE_HZ)
    edges = 700 * (10 ** (np.linspace(low, high, MEL_BANDS + 2) / 2595) - 1)
    bins = _frequencies_hz()[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    bank = np.maximum(0, np.minimum(rising, falling))
    averaged: Samples = (bank / bank.sum(axis=0)).astype(np.float32)
    return averaged


def _share_bank() -> Samples:
    """Averages over the bins between `BAND_EDGES_HZ`, shape (bins, bands)."""
    bins = _frequencies_hz()[:, None]
    edges = np.array(BAND_EDGES_HZ)
    bank = ((bins >= edges[:-1]) & (bins < edges[1:])).astype(np.float32)
    averaged: Samples = bank / bank.sum(axis=0)
    return averaged
