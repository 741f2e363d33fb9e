"""Speech and noise from disk, split so that no voice, noise or call of one part is heard in another.

One rule: what belongs to which part is decided here, by name, never by chance.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

Part = Literal["train", "valid", "test"]
Sound = NDArray[np.float32]
Flags = NDArray[np.bool_]

RATE: Final = 16_000
FRAME: Final = 320
BRIDGE_FRAMES: Final = 9
"""Pauses under 0.2 s do not end speech."""
SHORTEST_FRAMES: Final = 3
BELOW_LOUD_DB: Final = 32.0
ABOVE_NOISE_DB: Final = 8.0
FADE: Final = 160
PHRASE_OVER_S: Final = 0.25

NOISES: Final[dict[Part, tuple[str, ...]]] = {
    "train": (
        *("cafe", "crowd", "carousel", "road", "traffic", "highway", "train", "church", "dryer", "washing-machine"),
        *("construction-site", "night-village", "pink-noise", "brown-noise", "boiling-water", "slide-projector"),
        *("vinyl-effect", "airplane", "windshield-wipers", "temple"),
    ),
    "valid": ("inside-a-train", "submarine", "fireworks"),
    "test": ("office", "ceiling-fan", "laboratory", "crowded-bar", "busy-street"),
}
STAFF: Final[dict[Part, tuple[str, ...]]] = {
    "train": ("af_alloy", "am_echo", "bf_alice", "bm_daniel", "af_nova", "am_onyx", "bf_lily", "bm_fable"),
    "valid": ("af_sky", "bm_lewis"),
    "test": ("af_river", "am_eric"),
}
POINT_NOISES: Final[dict[Part, tuple[str, ...]]] = {
    "train": ("paper", "typewriter", "bubbles", "clock"),
    "valid": ("wind-chimes",),
    "test": ("keyboard", "singing-bowl"),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """All speech of one speaker: level-normalised samples, and which 20 ms frames hold speech."""

    name: str
    samples: Sound
    active: Flags
    starts: NDArray[np.int64]
    """Frames at which speech begins after a pause."""
    ends: NDArray[np.int64]
    """Frames at which it ends; as many as `starts`."""

    small_words: tuple[Sound, ...] = ()
    """What this voice says to show that it listens, each whole; none of a reader."""

    def cut(self, rng: np.random.Generator, seconds: float) -> Sound:
        """Speech of exactly this length, from the start of a phrase, ended wherever the time is up."""
        begin = int(rng.choice(self.starts)) * FRAME
        return _faded(np.take(self.samples, np.arange(begin, begin + int(seconds * RATE)), mode="wrap"))

    def phrase(self, rng: np.random.Generator, seconds: float) -> Sound:
        """Speech that ends where the speaker paused, of about this length, not much longer if that can be."""
        first = int(rng.integers(len(self.starts)))
        lengths = (self.ends[first:] - self.starts[first]) * (FRAME / RATE)
        fitting = np.flatnonzero(lengths <= seconds + PHRASE_OVER_S)
        last = first + (int(fitting[-1]) if fitting.size else 0)
        return _faded(self.samples[self.starts[first] * FRAME : self.ends[last] * FRAME].copy())


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
    """Read what `part` may use; `limit` keeps so many voices and calls, for a quick trial.

    LibriSpeech is split by speaker, calls by number, noises by name. The coffee orders do not say who speaks, so
    they are used for training only.
    """
    readers: dict[str, list[Path]] = {}
    for path in sorted((folder / "speech" / "librispeech").glob("*.flac")):
        readers.setdefault(path.name.split("--")[0], []).append(path)
    mine = [name for name in readers if _part_of(name) == part][:limit]
    orders = sorted((folder / "speech" / "coffee-orders").glob("*.flac")) if part == "train" else []
    return Library(
        readers=tuple(_voice(name, readers[name]) for name in mine),
        orders=tuple(_voice(path.stem, [path]) for path in orders[:limit]),
        staff=tuple(found for name in STAFF[part] if (found := _staff(folder / "speech" / "counter-voices", name))),
        noises=_sounds(folder, NOISES[part]),
        point_noises=_sounds(folder, POINT_NOISES[part]),
        calls=_calls(folder, part)[:limit],
    )


def active_frames(samples: Sound) -> Flags:
    """Which 20 ms frames hold speech: loud against the speaker and the noise, pauses under 0.2 s filled."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    level: NDArray[np.float64] = 10 * np.log10(np.mean(frames.astype(np.float64) ** 2, axis=1) + 1e-10)
    if level.size == 0 or level.max() < -70:  # noqa: PLR2004  # dB: nothing was said at all
        return np.zeros(len(frames), dtype=np.bool_)
    loud, quiet = np.percentile(level, [95, 8])
    active: Flags = level > max(loud - BELOW_LOUD_DB, min(quiet + ABOVE_NOISE_DB, loud - 12))
    _fill(active, value=False, longest=BRIDGE_FRAMES)
    _fill(active, value=True, longest=SHORTEST_FRAMES - 1)
    return active


def runs(flags: Flags) -> NDArray[np.int64]:
    """Starts and ends of the runs of true, shape (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return edges.reshape(-1, 2).astype(np.int64)


def _fill(flags: Flags, *, value: bool, longest: int) -> None:
    """Turn inner runs of `value` of up to `longest` frames into the opposite."""
    for start, end in runs(flags == value):
        if end - start <= longest and (value or (start > 0 and end < len(flags))):
            flags[start:end] = not value


def _part_of(name: str) -> Part:
    """A stable draw from the name: 70 % train, 8 % valid, 22 % test."""
    lot = zlib.crc32(name.encode()) % 100
    return "train" if lot < 70 else "valid" if lot < 78 else "test"  # noqa: PLR2004  # the shares above


def _voice(name: str, paths: list[Path]) -> Voice:
    parts = [soundfile.read(path, dtype="float32")[0] for path in paths]
    samples = np.concatenate([part[: len(part) // FRAME * FRAME] for part in parts])
    active = active_frames(samples)
    level = np.sqrt(np.mean(samples.reshape(-1, FRAME)[active] ** 2))
    spoken = runs(active)
    return Voice(name, samples * np.float32(0.1 / max(level, 1e-5)), active, spoken[:, 0], spoken[:, 1])


def _staff(folder: Path, name: str) -> Voice | None:
    """A voice with its small words, at one level; None where it was not spoken."""
    talk, small = folder / f"{name}--talk.flac", folder / f"{name}--backchannels.flac"
    if not (talk.exists() and small.exists()):
        return None
    voice = _voice(name, [talk])
    samples = soundfile.read(small, dtype="float32")[0]
    spoken = runs(active_frames(samples))
    words = [samples[start * FRAME : end * FRAME] for start, end in spoken]
    level = np.sqrt(np.mean(np.concatenate(words) ** 2))
    return replace(voice, small_words=tuple(_faded(word * np.float32(0.1 / level)) for word in words))


def _faded(sound: Sound) -> Sound:
    length = min(FADE, len(sound) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    sound[:length] *= ramp
    sound[len(sound) - length :] *= ramp[::-1]
    return sound


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
            if _part_of("call" + row["call"]) == part:
                span = (float(row["side"] == "B"), float(row["on_s"]), float(row["off_s"]))
                rows.setdefault(row["call"], []).append((*span, float(row["kind"] == "backchannel")))
    return tuple(np.array(sorted(spans, key=lambda span: span[1])) for spans in rows.values())
