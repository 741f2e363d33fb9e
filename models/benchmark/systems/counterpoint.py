"""The device's own line as a system; one rule: built as `run` and `replay` build it, with default settings."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.belief import BOTH, MAY_LIGHT, PREDICTED, Belief, HeardOverlap
from models.benchmark.systems.hashes import BENCHMARK, DEVICE, MODELS, key_of

from counterpoint.app.parts import build_pipeline
from counterpoint.settings import FloorRules, FolderSettings, Settings
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.benchmark.truth import HeardScene, Sound

    from counterpoint.app.pipeline import Moment, Pipeline
    from counterpoint.values import Cue, FloorEvent, OpenOverlap, Session

ROUNDING_S: Final = 1e-6
SOURCES: Final = (
    *(DEVICE / name for name in ("hearing", "conversation", "nudge", "care", "values.py", "settings.py")),
    *(DEVICE / "app" / name for name in ("parts.py", "pipeline.py")),
    BENCHMARK / "belief.py",
    Path(__file__),
)


class Counterpoint:
    """Microphone samples to light, as on the counter, without the recogniser.

    Args:
        model: The ONNX model to judge.
        told_truth: Calibrated to where the mouths really are, which no counter can be: the upper bound.
    """

    def __init__(self, model: Path, *, told_truth: bool = False) -> None:
        self.name = "true bearing" if told_truth else "counterpoint"
        self.key = key_of(*SOURCES, model)
        self._model = model
        self._told_truth = told_truth

    def hear(self, scene: HeardScene) -> Belief:
        """Step the whole scene through every stage, then as much silence as the detector looks back."""
        pipeline = self._pipeline(scene)
        notes = _Notes(scene.active.shape[1])
        for block in _blocks(scene.samples, pipeline):
            notes.take(pipeline.step(block))
        ending = pipeline.close()
        notes.events += ending.events
        notes.sessions += [ending.session] if ending.session else []
        return notes.belief()

    def _pipeline(self, scene: HeardScene) -> Pipeline:
        """The device's line, with this model where it looks for its own."""
        calibration = scene.true_calibration if self._told_truth else scene.calibration
        with tempfile.TemporaryDirectory(prefix="talk-over-") as folder:
            _install(self._model, Path(folder))
            settings = Settings(folders=FolderSettings(models=folder))
            return build_pipeline(settings, scene.geometry, calibration, channels=len(scene.samples), words=None)


@dataclass(slots=True)
class _Open:
    """What is noted of one open overlap."""

    overlap: OpenOverlap
    at_s: list[float] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)

    def heard(self) -> HeardOverlap:
        return HeardOverlap(
            side=int(self.overlap.by == "customer"),
            onset_s=self.overlap.since_s,
            at_s=np.array(self.at_s),
            confidence=np.array(self.confidence, dtype=np.float32),
            flags=np.array(self.flags, dtype=np.uint8),
        )


class _Notes:
    """What is kept of the moments of a scene."""

    def __init__(self, frames: int) -> None:
        self._activity = np.zeros((2, frames), dtype=np.float32)
        self._open: dict[tuple[str, float], _Open] = {}
        self.events: list[FloorEvent] = []
        self.cues: list[Cue] = []
        self.sessions: list[Session] = []

    def take(self, moment: Moment) -> None:
        settled = moment.activity.settled
        frame = -1 if settled is None else round(settled.start_s / BLOCK_S)
        if settled is not None and 0 <= frame < self._activity.shape[1]:
            self._activity[:, frame] = settled.agent, settled.customer
        self.events += moment.floor.events
        self.cues += [moment.cue] if moment.cue else []
        self.sessions += [moment.visit.closed] if moment.visit.closed else []
        if moment.floor.overlap is not None:
            self._follow(moment, moment.floor.overlap)

    def _follow(self, moment: Moment, overlap: OpenOverlap) -> None:
        """Note the confidence from the first moment on at which the floor may predict."""
        lasts = moment.floor.frame_s + BLOCK_S - overlap.since_s
        if lasts < FloorRules().predict_after_s - ROUNDING_S:
            return
        noted = self._open.setdefault((overlap.by, overlap.since_s), _Open(overlap))
        may_light = moment.visit.is_open and not moment.visit.is_complex and moment.floor.sides_clear
        flags = BOTH * overlap.both + PREDICTED * (overlap.talk_over is not None) + MAY_LIGHT * may_light
        noted.at_s.append(moment.floor.at_s)
        noted.confidence.append(overlap.confidence)
        noted.flags.append(flags)

    def belief(self) -> Belief:
        return Belief(
            activity=self._activity,
            overlaps=tuple(one.heard() for one in self._open.values()),
            events=tuple(self.events),
            cues=tuple(self.cues),
            sessions=tuple(self.sessions),
        )


def _blocks(samples: Sound, pipeline: Pipeline) -> Iterator[Block]:
    frames = samples.shape[1] // BLOCK_SAMPLES
    tail = np.zeros((len(samples), round(pipeline.settled_look_back_s / BLOCK_S) * BLOCK_SAMPLES), dtype=np.float32)
    whole = np.concatenate((samples[:, : frames * BLOCK_SAMPLES], tail), axis=1)
    for first in range(0, whole.shape[1], BLOCK_SAMPLES):
        yield Block(whole[:, first : first + BLOCK_SAMPLES], first)


def _install(model: Path, folder: Path) -> None:
    """A folder of models as the device wants it, with this model in it."""
    shutil.copy(MODELS / "uncertainty.json", folder)
    shutil.copy(model, folder / "talk_over.onnx")
    digest = sha256(model.read_bytes()).hexdigest()
    (folder / "manifest.toml").write_text(f'[talk_over]\nfile = "talk_over.onnx"\nsha256 = "{digest}"\n')
