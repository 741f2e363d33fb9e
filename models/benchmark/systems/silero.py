"""Silero VAD on each side's beam; one rule: the model as its own package runs it, 32 ms at a time.

`silero_vad.onnx` (MIT) lies in the package `silero-vad==6.2.3`, folder `silero_vad/data`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import onnxruntime
from models.benchmark.systems import sides
from models.benchmark.systems.hashes import checked, key_of
from models.benchmark.truth import FRAME_S, RATE

if TYPE_CHECKING:
    from models.benchmark.belief import Belief, Numbers
    from models.benchmark.truth import HeardScene, Sound

FILE: Final = "silero_vad.onnx"
PACKAGE: Final = "silero-vad==6.2.3"
SHA256: Final = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
CHUNK: Final = 512
CONTEXT: Final = 64
LOUD: Final = 0.1
"""Both beams are brought to this level by one gain: the model was trained on speech near it."""


@dataclass(frozen=True, slots=True)
class SileroTuning:
    """Probability from which a side speaks; how much softer than the other, and than its loudest, it may be, in dB."""

    threshold: float = 0.8
    margin_db: float = 1.5
    below_loud_db: float = 12.0


class SileroPerSide:
    """Two beams, Silero VAD on each, the louder side where both are up.

    Raises:
        ValueError: The model is not the one of its package.
    """

    name = "silero per side"

    def __init__(self, peers: Path, tuning: SileroTuning | None = None) -> None:
        self._session = single_thread(checked(peers / FILE, SHA256, PACKAGE))
        self._tuning = tuning or SileroTuning()
        self.key = key_of(Path(__file__), *sides.SOURCES)

    def hear(self, scene: HeardScene) -> Belief:
        """Listen to one whole scene."""
        beams = sides.two_beams(scene)
        return decide(self.speech(beams), sides.levels_db(beams), self._tuning)

    def speech(self, beams: Sound) -> Numbers:
        """P(speech) on each beam, shape (2, frames of 20 ms)."""
        gain = LOUD / max(float(np.sqrt(np.mean(beams**2))), 1e-6)
        chunks = -(-beams.shape[1] // CHUNK)
        padded = np.pad(beams * np.float32(gain), ((0, 0), (CONTEXT, chunks * CHUNK - beams.shape[1])))
        state = np.zeros((2, 2, 128), dtype=np.float32)
        found = np.empty((2, chunks), dtype=np.float32)
        for number in range(chunks):
            heard = padded[:, number * CHUNK : (number + 1) * CHUNK + CONTEXT]
            out, state = self._session.run(None, {"input": heard, "state": state, "sr": np.array(RATE, dtype=np.int64)})
            found[:, number] = out[:, 0]
        middles = (np.arange(beams.shape[1] // sides.FRAME) + 0.5) * FRAME_S
        return found[:, np.minimum((middles * RATE / CHUNK).astype(int), chunks - 1)]


def decide(speech: Numbers, levels: Numbers, tuning: SileroTuning) -> Belief:
    """P(speech) and levels in dB of both beams, shape (2, frames), to a belief."""
    activity = np.where(
        sides.own_voice(levels, tuning.margin_db, tuning.below_loud_db), sides.above(speech, tuning.threshold), 0
    )
    return sides.by_duration(activity.astype(np.float32))


def single_thread(model: bytes) -> onnxruntime.InferenceSession:
    """An ONNX session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
