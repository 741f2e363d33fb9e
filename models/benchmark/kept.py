"""Truth and beliefs on disk, so that a run can go on where it stopped; one rule: what is kept holds no sound.

A file's name carries the hash of all that its content depends on; another model or other code makes another file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from models.benchmark.belief import Belief, HeardOverlap
from models.benchmark.scores.shortcuts import Sounded, sounded
from models.benchmark.truth import FRAME_S, HeardScene, SecondVoice

from counterpoint.values import Cue, FloorEvent, Session  # noqa: TC001 - msgspec reads these as it decodes

if TYPE_CHECKING:
    from pathlib import Path

    from models.benchmark.truth import Flags
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SceneTruth:
    """What is true of a scene, without its sound; attributes as in `HeardScene`.

    Attributes:
        array: Name of the array.
        sounded: How each second voice sounds, dry; empty where the simulator does not tell.
    """

    simulator: str
    condition: str
    seed: tuple[int, ...]
    array: str
    active: Flags
    second_voices: tuple[SecondVoice, ...]
    pitch_hz: tuple[float, float]
    sounded: tuple[Sounded, ...]

    @property
    def seconds(self) -> float:
        """Length of the scene."""
        return int(self.active.shape[1]) * FRAME_S


class _TruthWords(msgspec.Struct, frozen=True):
    """What of a truth is no array."""

    simulator: str
    condition: str
    seed: tuple[int, ...]
    array: str
    second_voices: tuple[SecondVoice, ...]
    pitch_hz: tuple[float, float]
    sounded: tuple[Sounded, ...]


class _BeliefWords(msgspec.Struct, frozen=True):
    """What of a belief is no array."""

    events: tuple[FloorEvent, ...]
    cues: tuple[Cue, ...]
    sessions: tuple[Session, ...]
    overlaps: tuple[tuple[int, float], ...]
    """Side and onset of each."""


def truth_of(scene: HeardScene) -> SceneTruth:
    """What is kept of a scene."""
    return SceneTruth(
        simulator=scene.simulator,
        condition=scene.condition,
        seed=scene.seed,
        array=scene.geometry.name,
        active=scene.active,
        second_voices=scene.second_voices,
        pitch_hz=scene.pitch_hz,
        sounded=() if scene.dry is None else sounded(scene.second_voices, scene.dry),
    )


def keep_truth(path: Path, truth: SceneTruth) -> None:
    """Write a truth."""
    words = _TruthWords(
        simulator=truth.simulator,
        condition=truth.condition,
        seed=truth.seed,
        array=truth.array,
        second_voices=truth.second_voices,
        pitch_hz=truth.pitch_hz,
        sounded=truth.sounded,
    )
    _write(path, {"words": _as_array(words), "active": np.packbits(truth.active, axis=1), "frames": _shape(truth)})


def read_truth(path: Path) -> SceneTruth:
    """Read a truth that was kept."""
    with np.load(path) as kept:
        words = msgspec.json.decode(kept["words"].tobytes(), type=_TruthWords)
        active = np.unpackbits(kept["active"], axis=1, count=int(kept["frames"][0])).astype(np.bool_)
    return SceneTruth(
        simulator=words.simulator,
        condition=words.condition,
        seed=words.seed,
        array=words.array,
        active=active,
        second_voices=words.second_voices,
        pitch_hz=words.pitch_hz,
        sounded=words.sounded,
    )


def keep_belief(path: Path, belief: Belief) -> None:
    """Write a belief; probabilities are rounded to half precision."""
    heard = belief.overlaps
    words = _BeliefWords(belief.events, belief.cues, belief.sessions, tuple((one.side, one.onset_s) for one in heard))
    arrays: dict[str, NDArray[np.generic]] = {
        "words": _as_array(words),
        "lengths": np.array([len(one.at_s) for one in heard], dtype=np.int64),
        "at_s": np.concatenate([np.zeros(0), *(one.at_s for one in heard)]),
        "confidence": np.concatenate([np.zeros(0, np.float32), *(one.confidence for one in heard)]),
        "flags": np.concatenate([np.zeros(0, np.uint8), *(one.flags for one in heard)]),
    }
    for name, values in (("activity", belief.activity), ("overlap", belief.overlap)):
        if values is not None:
            arrays[name] = values.astype(np.float16)
    _write(path, arrays)


def read_belief(path: Path) -> Belief:
    """Read a belief that was kept."""
    with np.load(path) as kept:
        words = msgspec.json.decode(kept["words"].tobytes(), type=_BeliefWords)
        cuts: NDArray[np.int64] = np.cumsum(kept["lengths"], dtype=np.int64)[:-1]
        pieces = [np.split(kept[name], cuts) for name in ("at_s", "confidence", "flags")]
        overlaps = tuple(
            HeardOverlap(side, onset_s, *(piece[number] for piece in pieces))
            for number, (side, onset_s) in enumerate(words.overlaps)
        )
        activity, overlap = (kept[n].astype(np.float32) if n in kept else None for n in ("activity", "overlap"))
    return Belief(activity, overlap, overlaps, words.events, words.cues, words.sessions)


def _shape(truth: SceneTruth) -> NDArray[np.int64]:
    return np.array([truth.active.shape[1]], dtype=np.int64)


def _as_array(words: msgspec.Struct) -> NDArray[np.uint8]:
    return np.frombuffer(msgspec.json.encode(words, enc_hook=_plain), dtype=np.uint8)


def _plain(value: object) -> object:
    """A simulator may give numbers of numpy's own types."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value)} can't be kept: give numbers, words and tuples of them")


def _write(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """All of it or nothing: an interrupted run leaves no half of a file behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    with beside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    beside.replace(path)
