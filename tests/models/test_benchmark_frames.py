"""Who speaks, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest
from models.benchmark.belief import Belief
from models.benchmark.scores.frames import RATIOS, count_frames
from models.benchmark.scores.talk_overs import stack

TRUE = np.array([[1, 1, 1, 0, 0, 0, 1, 0], [0, 0, 1, 1, 1, 0, 1, 0]], dtype=bool)
SAID = np.array([[1, 0, 1, 0, 1, 0, 0, 0], [0, 1, 1, 1, 0, 0, 1, 1]], dtype=bool)


def figure(name: str, belief: Belief) -> float:
    return RATIOS[name].of(stack([count_frames(TRUE, belief)])).value


def test_the_truth_itself_is_perfect() -> None:
    belief = Belief(TRUE.astype(np.float32))
    assert figure("agent f1", belief) == figure("overlap f1", belief) == 1.0
    assert figure("given to other side", belief) == figure("activity error", belief) == 0.0


def test_sides_and_overlap_are_counted_by_hand() -> None:
    belief = Belief(SAID.astype(np.float32))
    assert figure("agent f1", belief) == pytest.approx(2 * 2 / (2 * 2 + 1 + 2))
    assert figure("overlap f1", belief) == pytest.approx(2 / 3)
    assert figure("given to other side", belief) == pytest.approx(2 / 4)
    assert figure("activity error", belief) == pytest.approx((1 + 1 + 1 + 1) / 8)


def test_a_system_without_sides_has_an_overlap_only() -> None:
    belief = Belief(None, overlap=(SAID[0] & SAID[1]).astype(np.float32))
    counts = count_frames(TRUE, belief)
    assert counts["overlap hit"] == 1
    assert "agent hit" not in counts


def test_the_activity_error_is_that_of_the_field_library() -> None:
    core = pytest.importorskip("pyannote.core", reason="pyannote.metrics is no part of our environments")
    library = pytest.importorskip("pyannote.metrics.identification")
    rng = np.random.default_rng(5)
    true, said = rng.random((2, 2, 400)) < 0.5

    def annotation(active: np.ndarray) -> object:
        made = core.Annotation()
        for side, frame in np.argwhere(active):
            made[core.Segment(frame * 0.02, (frame + 1) * 0.02), f"{side}-{frame}"] = str(side)
        return made

    whole = core.Timeline([core.Segment(0, 8)])
    theirs = library.IdentificationErrorRate()(annotation(true), annotation(said), uem=whole)
    ours = RATIOS["activity error"].of(stack([count_frames(true, Belief(said.astype(np.float32)))])).value
    assert ours == pytest.approx(theirs, abs=1e-6)
