"""Zone features to beliefs, one 20 ms step at a time; one rule: everything learnt is inside the ONNX model.

The model carries its own normalisation, its version and how far it looks back; its state goes in and comes out
explicitly, so that a stream can be stepped, restarted and compared bit by bit.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import onnxruntime

from counterpoint.errors import ModelCorrupt
from counterpoint.hearing.zones import FEATURES
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, Activity, SettledActivity, ZoneFrame

MODEL_VERSION: Final = "2"
"""Changes when the meaning of features or outputs does; a model of another version is refused."""
INPUTS: Final = ["features", "state", "recent"]
BELIEFS: Final = 5
"""Agent, customer, takes the floor; agent and customer once more, settled."""
MAX_LOOK_BACK: Final = 25
LOST_BLOCK: Final = BLOCK_SAMPLES // 2
"""A block of which more than half was lost says nothing about the sides."""
LOST_STRETCH: Final = 5
"""Lost blocks in a row from which on the sides are unclear: a shorter gap, under 0.1 s, is like a short pause."""


class Detector:
    """Believes who speaks, one frame a step, `look_back_s` behind the newest block, and once more when it has settled.

    Deterministic: the same frames give the same beliefs, one thread, no clock.

    Raises:
        ModelCorrupt: The bytes are no model of ours, or of another version.
    """

    def __init__(self, model: bytes) -> None:
        self._session = _open(model)
        self._look_back = _look_back_frames(self._session, "look_back_frames")
        self._settled_look_back = _look_back_frames(self._session, "settled_look_back_frames")
        features, *memories = self._session.get_inputs()
        self._features = np.zeros(features.shape, dtype=np.float32)
        self._inputs = {features.name: self._features, **{m.name: np.zeros(m.shape, np.float32) for m in memories}}
        self._memories = tuple(m.name for m in memories)
        self._lost_in_a_row = 0
        self._since_lost = MAX_LOOK_BACK

    @property
    def look_back_s(self) -> float:
        """How far behind the newest block the judged frame is, in seconds."""
        return self._look_back * BLOCK_S

    @property
    def settled_look_back_s(self) -> float:
        """How far behind the newest block the settled frame is, in seconds."""
        return self._settled_look_back * BLOCK_S

    def step(self, frame: ZoneFrame) -> Activity:
        """Take the newest frame; return the belief about the one `look_back_s` earlier.

        `start_s` is negative during the first frames of a stream. `sides_clear` is False while a lost
        stretch of 0.1 s or more is under judgement.
        """
        self._features[0] = frame.features
        belief, *after = self._session.run(None, self._inputs)
        self._inputs.update(zip(self._memories, after, strict=True))
        self._lost_in_a_row = self._lost_in_a_row + 1 if frame.lost_samples > LOST_BLOCK else 0
        self._since_lost = 0 if self._lost_in_a_row >= LOST_STRETCH else self._since_lost + 1
        agent, customer, takes_floor, settled_agent, settled_customer = (float(p) for p in belief[0])
        return Activity(
            start_s=frame.start_s - self.look_back_s,
            agent=agent,
            customer=customer,
            takes_floor=takes_floor,
            heard_until_s=frame.start_s + BLOCK_S,
            sides_clear=self._since_lost > self._look_back,
            settled=SettledActivity(frame.start_s - self.settled_look_back_s, settled_agent, settled_customer),
        )


def _open(model: bytes) -> onnxruntime.InferenceSession:
    """The model as a session of one thread, checked to be ours."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4  # our own error says it in one line
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors have no common base but Exception
        raise ModelCorrupt("the talk-over model can't be read: install it again") from error
    _check(session)
    return session


def _check(session: onnxruntime.InferenceSession) -> None:
    """Refuse a model of another version or shape."""
    found = session.get_modelmeta().custom_metadata_map
    if found.get("kind") != "talk_over":
        raise ModelCorrupt(
            "the talk-over model's file holds a model of another kind: install the program's own talk_over.onnx again"
        )
    if found.get("version") != MODEL_VERSION:
        raise ModelCorrupt(
            f"the talk-over model is of version {found.get('version', 'unknown')}, this program needs"
            f" {MODEL_VERSION}: install program and model together"
        )
    inputs = [one.name for one in session.get_inputs()]
    beliefs = session.get_outputs()[0].shape
    if found.get("features") != str(FEATURES) or inputs != INPUTS or beliefs != [1, BELIEFS]:
        raise ModelCorrupt(f"the talk-over model does not take {FEATURES} features: install program and model together")


def _look_back_frames(session: onnxruntime.InferenceSession, which: str) -> int:
    """How many frames the judged, or the settled, one lies behind, from the model's own metadata."""
    text = session.get_modelmeta().custom_metadata_map.get(which, "")
    if not text.isdecimal() or int(text) > MAX_LOOK_BACK:
        raise ModelCorrupt("the talk-over model does not say how far it looks back: install it again")
    return int(text)
