"""Simulated scenes to what the network is trained on: features and truth; one rule: kept until the recipe changes."""

from __future__ import annotations

import hashlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from models.benchmark.conditions import MAIN, STRESS
from models.empty_counters import empty_counter
from models.rooms.scenes import Scene, make_scene
from models.rooms.voices import Library, read_library

from counterpoint.hearing.zones import FEATURES, Zones
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, Block

if TYPE_CHECKING:
    from models.benchmark.parts import Part
    from models.benchmark.truth import Sound
    from models.rooms.acoustics import Counter
    from models.rooms.talkers import Cast
    from numpy.typing import NDArray

Lot = Literal["readers", "staff", "counter", "empty"]
"""Anything that may happen, to readers and to voices with small words; what the benchmark's conditions hold; and
steady noise where nobody is."""
HERE: Final = Path(__file__).parent
SCENE_S: Final = 30.0
FRAMES: Final = int(SCENE_S * 50)
LOOK_BACK_FRAMES: Final = 5
"""The quick belief is about 100 ms ago: the wait in which an onset, a burst and a reflection part."""
SETTLED_LOOK_BACK_FRAMES: Final = 12
"""The settled one is about 240 ms ago: by then it is known whether a pause lasted 0.2 s, and so ended the speech."""
WORDS_S: Final = 1.5
"""A small word is rarely longer; what a turn sounds like later does not help to tell."""
LOST_SHARE: Final = 0.06
"""Share of scenes in which blocks are lost."""
SCENES_A_JOB: Final = 20
TRUTHS: Final = 10
FIRST_JOB: Final[dict[Lot, int]] = {"readers": 0, "staff": 10_000, "counter": 20_000, "empty": 30_000}
AT_COUNTERS: Final = tuple(
    one.name for one in (*MAIN * 3, *STRESS) if one.name not in ("array never trained", "dead microphone")
)
"""The benchmark's conditions, of the part that trains; the four main ones three times as often."""
STAFF_SHARE: Final = 0.8
_NUMBER: Final[dict[str, int]] = {"train": 0, "valid": 1, "test": 2}


@dataclass(frozen=True, slots=True)
class Examples:
    """Features and truth of many scenes, first axis scenes, second frames."""

    features: NDArray[np.float16]
    truth: NDArray[np.uint8]
    """Of the frame that the quick belief is about: agent, customer, takes the floor, whether that is known; of the
    settled one: agent, customer; of the quick one again, for each side: talk and no small word, whether that is known.
    """


def features_of(counter: Counter, heard: Sound, rng: np.random.Generator) -> NDArray[np.float16]:
    """The zones' features of each block, by the very code that runs on the counter; now and then blocks are lost."""
    zones = Zones(counter.geometry, counter.calibration, len(heard))
    frames = heard.shape[1] // BLOCK_SAMPLES
    lost = np.zeros(frames, dtype=np.bool_)
    if rng.random() < LOST_SHARE:
        for start in rng.integers(0, frames, 4):
            lost[start : start + int(rng.integers(1, 40))] = True
    out = np.empty((frames, FEATURES), dtype=np.float16)
    for frame in range(frames):
        samples = heard[:, frame * BLOCK_SAMPLES : (frame + 1) * BLOCK_SAMPLES]
        if lost[frame]:
            samples = np.zeros_like(samples)
        out[frame] = zones.step(Block(samples, frame * BLOCK_SAMPLES)).features
    return out


def truth_of(scene: Scene) -> NDArray[np.uint8]:
    """The truth of the judged frames at each step: `LOOK_BACK_FRAMES` and `SETTLED_LOOK_BACK_FRAMES` ago."""
    now = np.stack([scene.active[0], scene.active[1], scene.takes, scene.overlap_known], axis=1)
    settled, words = _later(now[:, :2], SETTLED_LOOK_BACK_FRAMES), _later(talk_of(scene), LOOK_BACK_FRAMES)
    return np.concatenate([_later(now, LOOK_BACK_FRAMES), settled, words], axis=1).astype(np.uint8)


def talk_of(scene: Scene) -> NDArray[np.bool_]:
    """Whether each side's voice is talk and no small word, then whether that is told, shape (frames, 4).

    Told of the first `WORDS_S` of each stretch, where it has to be known, and of voices that have small words.
    """
    talk, told = np.zeros((2, 2, scene.active.shape[1]), dtype=np.bool_)
    speak_both = [all(p.talker.voice.small_words for p in scene.people if p.side == side) for side in (0, 1)]
    for span in scene.spans:
        begin, last = int(span.start_s / BLOCK_S), int(min(span.end_s, span.start_s + WORDS_S) / BLOCK_S) + 1
        talk[span.side, begin:last] |= span.kind == "talk"
        told[span.side, begin:last] |= speak_both[span.side]
    told &= scene.active
    return np.concatenate([talk, told]).T


def _later(now: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
    return np.concatenate([np.zeros_like(now[:frames]), now[:-frames]])


def _job(library: Library, lot: Lot, seed: tuple[int, ...]) -> Examples:
    """The examples of one job; each job has its own generator."""
    rng = np.random.default_rng(seed)
    if lot == "empty":
        return _empty(rng)
    scenes = [_scene(rng, library, lot) for _ in range(SCENES_A_JOB)]
    features = np.stack([features_of(s.counter, s.samples, rng) for s in scenes])
    return Examples(features, np.stack([truth_of(s) for s in scenes]))


def _empty(rng: np.random.Generator) -> Examples:
    """Nobody speaks on either side; of the floor and of small words nothing is told."""
    heard = [empty_counter(rng, SCENE_S) for _ in range(SCENES_A_JOB)]
    features = np.stack([features_of(counter, samples.astype(np.float32), rng) for counter, samples in heard])
    return Examples(features, np.zeros((SCENES_A_JOB, FRAMES, TRUTHS), dtype=np.uint8))


def _scene(rng: np.random.Generator, library: Library, lot: Literal["readers", "staff", "counter"]) -> Scene:
    if lot != "counter":
        return make_scene(rng, library, SCENE_S, "mixed", lot)
    cast: Cast = "staff" if rng.random() < STAFF_SHARE else "readers"
    return make_scene(rng, library, SCENE_S, str(rng.choice(AT_COUNTERS)), cast)


_LIBRARIES: dict[tuple[Path, Part], Library] = {}


def _job_in_process(folder: Path, part: Part, lot: Lot, seed: tuple[int, ...]) -> Examples:
    """Read the library once a process."""
    if (folder, part) not in _LIBRARIES:
        _LIBRARIES[folder, part] = read_library(folder, part)
    return _job(_LIBRARIES[folder, part], lot, seed)


def examples(folder: Path, work: Path, part: Part, lot: Lot, hours: float, seed: int) -> Examples:
    """Simulate `hours` of scenes, or take them from the work folder if they were simulated before."""
    kept = work / f"{part}-{lot}-{seed}-{hours:g}h-{_recipe_hash()}.npz"
    if kept.exists():
        with np.load(kept) as arrays:
            return Examples(arrays["features"], arrays["truth"])
    jobs = max(1, round(hours * 3600 / SCENE_S / SCENES_A_JOB))
    first = FIRST_JOB[lot]
    seeds = [(seed, _NUMBER[part], first + job) for job in range(jobs)]
    done: list[Examples] = []
    with ProcessPoolExecutor(2) as pool:
        for one in pool.map(partial(_job_in_process, folder, part, lot), seeds):
            done.append(one)
            print(f"\r{part} {lot}: {len(done)} of {jobs} jobs", end="", flush=True)
    print()
    made = Examples(np.concatenate([d.features for d in done]), np.concatenate([d.truth for d in done]))
    np.savez(kept, features=made.features, truth=made.truth)
    return made


def all_lots(folder: Path, work: Path, part: Part, hours: dict[Lot, float], seed: int) -> Examples:
    """So many hours of each lot, one after the other."""
    lots = [examples(folder, work, part, lot, length, seed) for lot, length in hours.items() if length]
    return Examples(np.concatenate([lot.features for lot in lots]), np.concatenate([lot.truth for lot in lots]))


def _recipe_hash() -> str:
    """Changes with the code that makes examples."""
    sources = sorted((HERE / "rooms").glob("*.py"))
    sources += [HERE / "empty_counters.py"]
    sources += sorted((HERE.parent / "device" / "counterpoint" / "hearing").glob("[gsz]*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in [*sources, Path(__file__)])).hexdigest()[:12]
