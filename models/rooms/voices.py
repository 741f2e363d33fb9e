"""Speech and noise from disk; one rule: a part reads only what `models.benchmark.parts` gives it.

The part `halls` belongs to the second simulator and is never read here.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
from models.benchmark.parts import NOISES, POINT_NOISES, SPOKEN, Part, part_of
from models.benchmark.truth import RATE, Flags, Sound

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FRAME: Final = 320
BRIDGE_FRAMES: Final = 9
"""Pauses under 0.2 s do not end speech."""
SHORTEST_FRAMES: Final = 3
BELOW_LOUD_DB: Final = 30.0
"""A listener in a quiet room hardly hears what is this far below a voice's loud parts."""
ABOVE_NOISE_DB: Final = 6.0
NOISY_BELOW_LOUD_DB: Final = 22.0
"""A recording without a pause has no noise to be measured; its softer sounds are speech."""
FADE: Final = 160
PHRASE_OVER_S: Final = 0.25
PHRASE_TRIES: Final = 8
LINE_GAP_FRAMES: Final = 30
"""Lines of a spoken voice stand 1 s apart (`speak_voices.py`); no pause in a line is so long."""
JOINED_GAP_S: Final = 0.3
LEVEL: Final = 0.1
"""Root mean square of every voice while it speaks."""


@dataclass(frozen=True, slots=True)
class Voice:
    """All speech of one speaker: level-normalised samples, and which 20 ms frames hold speech."""

    name: str
    samples: Sound
    threshold_db: float
    """Frames above this level hold speech; one for all that this voice says."""
    starts: NDArray[np.int64]
    """Frames at which speech begins after a pause."""
    ends: NDArray[np.int64]
    """Frames at which it ends; as many as `starts`."""

    sentences: tuple[Sound, ...] = ()
    """Whole sentences; none of a reader, whose phrases end at pauses."""
    small_words: tuple[Sound, ...] = ()
    """What this voice says to show that it listens, each whole; none of a reader."""
    short_talk: tuple[Sound, ...] = ()
    """Short talk-overs ("no, wait"), each whole; none of a reader."""

    def cut(self, rng: np.random.Generator, seconds: float) -> Sound:
        """Speech of exactly this length, from the start of a phrase, ended wherever the time is up."""
        begin = int(rng.choice(self.starts)) * FRAME
        return faded(np.take(self.samples, np.arange(begin, begin + int(seconds * RATE)), mode="wrap"))

    def phrase(self, rng: np.random.Generator, seconds: float) -> Sound:
        """Speech that ends where the speaker paused: of a few drawn, the one of the length nearest to this."""
        tries = [self._phrase(int(first), seconds) for first in rng.integers(len(self.starts), size=PHRASE_TRIES)]
        start, end = min(tries, key=lambda one: abs((one[1] - one[0]) * FRAME / RATE - seconds))
        return faded(self.samples[start * FRAME : end * FRAME].copy())

    def _phrase(self, first: int, seconds: float) -> tuple[int, int]:
        """First and last frame of the longest phrase from `first` on that is not much longer than this."""
        lengths = (self.ends[first:] - self.starts[first]) * (FRAME / RATE)
        fitting = np.flatnonzero(lengths <= seconds + PHRASE_OVER_S)
        last = first + (int(fitting[-1]) if fitting.size else 0)
        return int(self.starts[first]), int(self.ends[last])


@dataclass(frozen=True, slots=True)
class Library:
    """What one part of the split may use."""

    readers: tuple[Voice, ...]
    orders: tuple[Voice, ...]
    staff: tuple[Voice, ...]
    """Voices that have small words too (`speak_voices.py`)."""
    noises: tuple[tuple[str, Sound], ...]
    point_noises: tuple[tuple[str, Sound], ...]
    calls: tuple[NDArray[np.float64], ...]
    """One array a call, rows: side (0, 1), start and end in seconds, 1 for a backchannel."""


def read_library(folder: Path, part: Part, limit: int | None = None) -> Library:
    """Read what `part` may use; `limit` keeps so many readers, orders and calls, for a quick trial.

    LibriSpeech is split by speaker, calls by number, spoken voices and noises by name. The coffee orders do not say
    who speaks, so they are used for training only.
    """
    readers: dict[str, list[Path]] = {}
    for path in sorted((folder / "speech" / "librispeech").glob("*.flac")):
        readers.setdefault(path.name.split("--")[0], []).append(path)
    mine = [name for name in readers if part_of(name) == part][:limit]
    orders = sorted((folder / "speech" / "coffee-orders").glob("*.flac")) if part == "train" else []
    return Library(
        readers=tuple(_reader(name, readers[name]) for name in mine),
        orders=tuple(_reader(path.stem, [path]) for path in orders[:limit]),
        staff=tuple(found for name in SPOKEN[part] if (found := _staff(folder / "speech" / "counter-voices", name))),
        noises=_sounds(folder, NOISES[part]),
        point_noises=_sounds(folder, POINT_NOISES[part]),
        calls=_calls(folder, part)[:limit],
    )


def level_db(samples: Sound) -> NDArray[np.float64]:
    """Level of each whole 20 ms frame."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    level: NDArray[np.float64] = 10 * np.log10(np.mean(frames * frames, axis=1).astype(np.float64) + 1e-10)
    return level


def active_frames(samples: Sound, threshold_db: float) -> Flags:
    """Which 20 ms frames hold speech: louder than the threshold, pauses under 0.2 s filled, clicks left out."""
    active: Flags = level_db(samples) > threshold_db
    fill_pauses(active)
    _fill(active, value=True, longest=SHORTEST_FRAMES - 1)
    return active


def fill_pauses(active: Flags) -> None:
    """Speech goes on through pauses under 0.2 s."""
    _fill(active, value=False, longest=BRIDGE_FRAMES)


def runs(flags: Flags) -> NDArray[np.int64]:
    """Starts and ends of the runs of true, shape (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return edges.reshape(-1, 2).astype(np.int64)


def faded(sound: Sound) -> Sound:
    """The sound itself, its first and last 10 ms faded."""
    length = min(FADE, len(sound) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    sound[:length] *= ramp
    sound[len(sound) - length :] *= ramp[::-1]
    return sound


def _fill(flags: Flags, *, value: bool, longest: int) -> None:
    """Turn inner runs of `value` of up to `longest` frames into the opposite."""
    for start, end in runs(flags == value):
        if end - start <= longest and (value or (start > 0 and end < len(flags))):
            flags[start:end] = not value


def _loud_db(level: NDArray[np.float64]) -> float:
    """The loud parts of a recording; digital silence between its lines does not count."""
    return float(np.percentile(level[level > level.max() - 60], 95))


def _reader_threshold(samples: Sound) -> float:
    """Speech is less than `BELOW_LOUD_DB` below the loud parts, and louder than the recording's own noise."""
    level = level_db(samples)
    loud, quiet = _loud_db(level), float(np.percentile(level, 3))
    return max(loud - BELOW_LOUD_DB, min(quiet + ABOVE_NOISE_DB, loud - NOISY_BELOW_LOUD_DB))


def _voice(name: str, samples: Sound, threshold_db: float) -> Voice:
    """A voice at the level of all voices; its phrases lie between its pauses."""
    active = active_frames(samples, threshold_db)
    gain = _gain(samples, active)
    spoken = runs(active)
    return Voice(name, samples * gain, threshold_db + 20 * float(np.log10(gain)), spoken[:, 0], spoken[:, 1])


def _gain(samples: Sound, active: Flags) -> np.float32:
    """What brings speech to `LEVEL` while it sounds."""
    return np.float32(LEVEL / np.sqrt(np.mean(samples[: len(active) * FRAME].reshape(-1, FRAME)[active] ** 2)))


def _reader(name: str, paths: list[Path]) -> Voice:
    parts = [soundfile.read(path, dtype="float32")[0] for path in paths]
    samples = np.concatenate([part[: len(part) // FRAME * FRAME] for part in parts])
    return _voice(name, samples, _reader_threshold(samples))


def _staff(folder: Path, name: str) -> Voice | None:
    """A voice with its small words, at one level; None where it was not spoken."""
    files = [folder / f"{name}--{kind}.flac" for kind in ("talk", "backchannels", "short")]
    if not all(file.exists() for file in files):
        return None
    talk, small, short = (_lines(soundfile.read(file, dtype="float32")[0]) for file in files)
    gap = np.zeros(int(JOINED_GAP_S * RATE), dtype=np.float32)
    joined = np.concatenate([piece for line in talk for piece in (line, gap)])
    told = _voice(name, joined[: len(joined) // FRAME * FRAME], _loud_db(level_db(joined)) - BELOW_LOUD_DB)
    return replace(told, sentences=_even(talk), small_words=_even(small), short_talk=_even(short))


def _lines(samples: Sound) -> tuple[Sound, ...]:
    """The lines of a file, each from its first sound to its last."""
    level = level_db(samples)
    sounding: Flags = level > np.percentile(level, 95) - BELOW_LOUD_DB - 6
    _fill(sounding, value=False, longest=LINE_GAP_FRAMES)
    return tuple(
        samples[start * FRAME : end * FRAME] for start, end in runs(sounding) if end - start >= SHORTEST_FRAMES
    )


def _even(lines: tuple[Sound, ...]) -> tuple[Sound, ...]:
    """Lines at the level of all voices."""
    return tuple(
        faded(line * _gain(line, active_frames(line, _loud_db(level_db(line)) - BELOW_LOUD_DB))) for line in lines
    )


def _sounds(folder: Path, names: tuple[str, ...]) -> tuple[tuple[str, Sound], ...]:
    found = []
    for name in names:
        path = folder / "noise" / f"{name}.flac"
        if path.exists():
            samples = soundfile.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)
            found.append((name, samples / np.float32(np.sqrt(np.mean(samples**2)) + 1e-9)))
    return tuple(found)


def _calls(folder: Path, part: Part) -> tuple[NDArray[np.float64], ...]:
    rows: dict[str, list[tuple[float, float, float, float]]] = {}
    with gzip.open(folder / "timings" / "two-party-calls.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            if part_of("call" + row["call"]) == part:
                span = (float(row["side"] == "B"), float(row["on_s"]), float(row["off_s"]))
                rows.setdefault(row["call"], []).append((*span, float(row["kind"] == "backchannel")))
    return tuple(np.array(sorted(spans, key=lambda span: span[1])) for spans in rows.values())
