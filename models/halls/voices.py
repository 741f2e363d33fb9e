"""Who can speak in the halls; one rule: all that a voice says, talk or small word, has one loudness and one channel."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.parts import part_of
from models.benchmark.truth import RATE, Sound
from models.halls.labels import Span, spans_of
from models.halls.lines import COUNTERS, CUTS, SMALL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VOICES: Final = 14
"""Synthetic ones: seven of Kokoro, four of flite, three of espeak-ng (`speak.py`)."""
_FADE_S: Final = 0.03
_PHRASE_PAUSE_S: Final = 0.2
"""Readers pause this long where a phrase ends."""
_KEEP_S: Final = 0.03
_CANDIDATES: Final = 5
_SHORT_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Take:
    """A dry recording of one line, its sounding parts at power 1, and when it sounds."""

    samples: Sound
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """From the first sample to the last."""
        return len(self.samples) / RATE

    def part(self, from_s: float, to_s: float) -> Take:
        """A piece of it, with soft edges; sound beyond it is as if never said."""
        a, b = round(max(0.0, from_s) * RATE), round(min(to_s, self.seconds) * RATE)
        piece = self.samples[a:b].copy()
        ramp = np.linspace(0, 1, min(round(_FADE_S * RATE), len(piece) // 2), dtype=np.float32)
        if a > 0 and len(ramp):
            piece[: len(ramp)] *= ramp
        if b < len(self.samples) and len(ramp):
            piece[-len(ramp) :] *= ramp[::-1]
        start, stop = a / RATE, b / RATE
        kept = tuple((max(on, start) - start, min(off, stop) - start) for on, off in self.spans)
        return Take(piece, tuple((on, off) for on, off in kept if off > on))

    def parts(self) -> list[Take]:
        """Its stretches, one by one, each with the silence to the next one's beginning."""
        ends = [*(on for on, _ in self.spans[1:]), self.seconds]
        starts = [0.0, *ends[:-1]]
        return [self.part(a, b) for a, b in zip(starts, ends, strict=True)]


def take(samples: Sound) -> Take:
    """A line at power 1 where it sounds, with its silent edges cut off.

    Raises:
        ValueError: Nothing sounds in it.
    """
    spans = spans_of(samples)
    if not spans:
        raise ValueError("a line in which nothing sounds: record it again")
    start = max(0, round((spans[0][0] - _KEEP_S) * RATE))
    stop = round((spans[-1][1] + _KEEP_S) * RATE)
    sound = np.concatenate([samples[round(on * RATE) : round(off * RATE)] for on, off in spans])
    line = samples[start:stop] / np.sqrt(np.mean(sound**2) + 1e-12)
    shift = start / RATE
    return Take(np.asarray(line, dtype=np.float32), tuple((on - shift, off - shift) for on, off in spans))


def chain_of(takes: Sequence[Take], pause_s: float) -> Take:
    """Lines one after the other, a pause between them."""
    silence = np.zeros(round(pause_s * RATE), np.float32)
    samples: list[Sound] = []
    spans: list[Span] = []
    at = 0
    for one in takes:
        spans += [(on + at / RATE, off + at / RATE) for on, off in one.spans]
        samples += [one.samples, silence]
        at += len(one.samples) + len(silence)
    return Take(np.concatenate(samples[:-1]), tuple(spans))


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice and all that it can say.

    Attributes:
        name: Of the speaker, or of the engine's voice.
        counters: Its lines by conversation and turn (agent's turns are even); empty for a reader.
        talk: Its lines in any order.
        small: Small words; empty for a reader, whose small words are short pieces of talk.
        cuts: What it says when it comes in; empty for a reader.
    """

    name: str
    talk: tuple[Take, ...]
    counters: tuple[tuple[Take, ...], ...] = ()
    small: tuple[Take, ...] = ()
    cuts: tuple[Take, ...] = ()
    _of_spectrum: list[Sound] = field(default_factory=list, repr=False)

    def filled(self, rng: np.random.Generator, seconds: float, *, to_the_end: bool) -> Take:
        """Talk of this length that ends where a line ends, or begins where one begins and is cut short."""
        lines = [self.talk[int(rng.integers(len(self.talk)))] for _ in range(_CANDIDATES)]
        enough = sorted((one for one in lines if one.seconds >= seconds), key=lambda one: one.seconds)
        if enough:
            said = enough[0]
        else:
            while sum(one.seconds for one in lines) < seconds:
                lines.append(self.talk[int(rng.integers(len(self.talk)))])
            said = chain_of(lines, float(rng.uniform(0.05, 0.35)))
        if to_the_end:
            return said.part(said.seconds - seconds, said.seconds)
        return said.part(0.0, seconds)

    def small_word(self, rng: np.random.Generator, seconds: float) -> Take:
        """A small word of about this length."""
        if not self.small:
            return self.filled(rng, max(seconds, _SHORT_S), to_the_end=bool(rng.random() < 0.5))  # noqa: PLR2004  # a fair coin
        some = [self.small[int(rng.integers(len(self.small)))] for _ in range(_CANDIDATES)]
        return min(some, key=lambda one: abs(one.seconds - seconds))

    def spectrum(self) -> Sound:
        """Share of its power in each of 257 steps up to 8 kHz."""
        if not self._of_spectrum:
            sound = np.concatenate([one.samples for one in self.talk[:6]])
            frames = sound[: len(sound) // 512 * 512].reshape(-1, 512) * np.hanning(512).astype(np.float32)
            power = (np.abs(np.fft.rfft(frames, axis=1)) ** 2).mean(axis=0)
            self._of_spectrum.append(np.asarray(power / power.sum(), dtype=np.float32))
        return self._of_spectrum[0]


def phrases(samples: Sound) -> tuple[Take, ...]:
    """A reader's utterance cut where the reader paused."""
    whole = take(samples)
    pieces: list[list[Span]] = [[whole.spans[0]]]
    for span in whole.spans[1:]:
        if span[0] - pieces[-1][-1][1] >= _PHRASE_PAUSE_S:
            pieces.append([])
        pieces[-1].append(span)
    cut = (whole.part(piece[0][0] - _KEEP_S, piece[-1][1] + _KEEP_S) for piece in pieces)
    return tuple(one for one in cut if one.seconds > 0.3)  # noqa: PLR2004  # a shorter piece is half a word


def _read(file: Path) -> Sound:
    import soundfile  # noqa: PLC0415  # only who reads a data folder needs it

    samples, _ = soundfile.read(file, dtype="float32")
    return np.asarray(samples, dtype=np.float32)


class Choir:
    """The voices of a data folder: readers of the part `halls`, and synthetic ones that have said all their lines."""

    def __init__(self, speech: Path) -> None:
        readers: dict[str, list[Path]] = {}
        for file in sorted((speech / "librispeech").glob("*--*.flac")):
            readers.setdefault(file.name.split("--")[0], []).append(file)
        self._readers = {name: files for name, files in readers.items() if part_of(name) == "halls"}
        folders = sorted(folder for folder in (speech / "hall-voices").glob("*") if folder.is_dir())
        lines = {"talk": len(COUNTERS) * len(COUNTERS[0]), "small": len(SMALL), "cut": len(CUTS)}
        whole = [(kind, number) for kind, count in lines.items() for number in range(count)]
        self._spoken = {
            folder.name: folder
            for folder in folders
            if all((folder / f"{kind}-{number:02d}.flac").exists() for kind, number in whole)
        }
        self._voice = functools.lru_cache(maxsize=12)(self._load)

    @property
    def readers(self) -> tuple[str, ...]:
        """Names of the readers."""
        return tuple(self._readers)

    @property
    def spoken(self) -> tuple[str, ...]:
        """Names of the synthetic voices."""
        return tuple(self._spoken)

    def voice(self, name: str) -> Voice:
        """A voice by name, kept while it is often asked for."""
        return self._voice(name)

    def _load(self, name: str) -> Voice:
        if name in self._readers:
            return Voice(name, tuple(chain.from_iterable(phrases(_read(file)) for file in self._readers[name])))
        folder = self._spoken[name]

        def lines(kind: str, first: int, count: int) -> tuple[Take, ...]:
            files = [folder / f"{kind}-{number:02d}.flac" for number in range(first, first + count)]
            return tuple(take(_read(file)) for file in files)

        turns = len(COUNTERS[0])
        counters = tuple(lines("talk", one * turns, turns) for one in range(len(COUNTERS)))
        small, cuts = lines("small", 0, len(SMALL)), lines("cut", 0, len(CUTS))
        return Voice(name, tuple(chain.from_iterable(counters)), counters, small, cuts)


def pitch_of(voice: Voice) -> float:
    """Median fundamental of a dry voice in Hz, by autocorrelation of 40 ms windows; 0 where none is voiced."""
    sound = np.concatenate([one.samples for one in voice.talk[:5]])[: 12 * RATE]
    frames = sound[: len(sound) // 640 * 640].reshape(-1, 640)
    frames = frames[np.mean(frames**2, axis=1) > 0.3]  # noqa: PLR2004  # lines have power 1: louder windows are vowels
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(640), 2048, axis=1)) ** 2
    spectrum[:, 116:] = 0.0  # above 900 Hz formants mislead
    likeness = np.fft.irfft(spectrum, axis=1)
    lags = np.arange(40, 267)  # 400 to 60 Hz
    scores = likeness[:, lags] / (likeness[:, :1] * (1 - lags / 640))
    best = scores.argmax(axis=1)
    voiced = scores[np.arange(len(best)), best] > 0.4  # noqa: PLR2004  # half as alike as itself, less the window
    return float(np.median(RATE / lags[best[voiced]])) if voiced.any() else 0.0
