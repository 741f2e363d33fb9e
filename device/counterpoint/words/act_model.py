"""The listening acts of one utterance by patterns and a small network together, for what a recogniser really gives.

One rule: the network is told what the patterns found, and decides; without it the patterns decide alone (`classify`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

import numpy as np
import onnxruntime

from counterpoint.errors import ModelCorrupt
from counterpoint.values import ActKind
from counterpoint.words.acts import classify
from counterpoint.words.tokens import FIRST_WORD, rows_of, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND: Final = "acts"
MODEL_VERSION: Final = "1"
"""Changes when the meaning of words, patterns or outputs does; a model of another version is refused."""
INPUTS: Final = ["rows", "patterns"]
ACTS: Final[tuple[ActKind, ...]] = get_args(ActKind)
OPEN: Final[ActKind] = "open_question"
CLOSED: Final[ActKind] = "closed_question"
SURE: Final = 0.75
"""An utterance holds an open and a closed question only where both are this likely; else the likelier one is meant."""


class ActModel:
    """Which acts an utterance carries, by the model of these bytes.

    Deterministic, each utterance by itself, no clock; one thread.

    Raises:
        ModelCorrupt: The bytes are no act model, or of another version.
    """

    def __init__(self, model: bytes) -> None:
        self._session = _open(model)
        told = self._session.get_modelmeta().custom_metadata_map
        self._vocabulary = _vocabulary(told)
        self._thresholds = _thresholds(told, "thresholds")
        self._alone = _thresholds(told, "thresholds_alone")

    def classify(self, text: str) -> tuple[ActKind, ...]:
        """Act names of one utterance, sorted, each once; () for none. A question is open or closed, never neither."""
        words = words_of(text)
        if not words:
            return ()
        patterns = frozenset(classify(text))
        return self.decide(words, patterns, self.likely(words, patterns))

    def likely(self, words: list[str], patterns: frozenset[ActKind]) -> list[float]:
        """How likely each act of `ACTS` is, in [0, 1], given the words and what the patterns found in them."""
        told = np.array([[act in patterns for act in ACTS]], dtype=np.float32)
        rows = rows_of(words, self._vocabulary)
        try:
            (acts,) = self._session.run(None, dict(zip(INPUTS, (rows[None], told), strict=True)))
        finally:
            rows.fill(0)  # numpy keeps small arrays for reuse as they are: the words would stay in memory
        return [float(one) for one in acts[0]]

    def decide(self, words: list[str], patterns: frozenset[ActKind], probabilities: list[float]) -> tuple[ActKind, ...]:
        """Act names, sorted, of an utterance whose acts are this likely; alone, the network must be surer."""
        likely = dict(zip(ACTS, probabilities, strict=True))
        found = {act for act in ACTS if likely[act] >= (self._thresholds if act in patterns else self._alone)[act]}
        asks = "?" in words or not found.isdisjoint((OPEN, CLOSED))
        return tuple(sorted((found - {OPEN, CLOSED}) | (_questions(likely, found) if asks else set())))


def _questions(likely: Mapping[ActKind, float], found: set[ActKind]) -> set[ActKind]:
    """The kinds of question in an utterance that asks."""
    kinds = found & {OPEN, CLOSED}
    if len(kinds) == 1 or min(likely[OPEN], likely[CLOSED]) >= SURE:
        return kinds
    return {OPEN if likely[OPEN] >= likely[CLOSED] else CLOSED}


def _open(model: bytes) -> onnxruntime.InferenceSession:
    """The model as a session of one thread, checked to be ours."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it keeps what was between the layers; freed memory is wiped
    options.log_severity_level = 4  # our own error says it in one line
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors have no common base but Exception
        raise ModelCorrupt("the act model can't be read: install it again") from error
    told = session.get_modelmeta().custom_metadata_map
    if told.get("kind") != KIND:
        raise ModelCorrupt("the act model's file holds a model of another kind: install the program's own acts.onnx")
    if told.get("version") != MODEL_VERSION or told.get("acts") != ",".join(ACTS):
        raise ModelCorrupt(
            f"the act model is of version {told.get('version', 'unknown')}, this program needs {MODEL_VERSION}:"
            " install program and model together"
        )
    return session


def _vocabulary(told: Mapping[str, str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(told.get("words", "").split("\n"), FIRST_WORD)}


def _thresholds(told: Mapping[str, str], which: str) -> dict[ActKind, float]:
    """The probability from which on each act counts, from the model's own metadata."""
    try:
        numbers = [float(one) for one in told.get(which, "").split(",")]
        return dict(zip(ACTS, numbers, strict=True))
    except ValueError as error:
        raise ModelCorrupt("the act model does not say its thresholds: install it again") from error
