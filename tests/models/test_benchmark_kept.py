"""What is kept of a scene comes back as it was, and holds no sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from models.benchmark.belief import BOTH, Belief, HeardOverlap
from models.benchmark.conditions import OFFICE
from models.benchmark.kept import keep_belief, keep_truth, read_belief, read_truth, truth_of

from counterpoint.values import Cue, FloorEvent
from fake_rooms import FakeRooms


def test_a_truth_comes_back(tmp_path: Path) -> None:
    scene = FakeRooms().scene(OFFICE, 12.0, (1, 2, 3))
    truth = truth_of(scene)
    keep_truth(tmp_path / "a" / "truth.npz", truth)
    back = read_truth(tmp_path / "a" / "truth.npz")
    assert (back.active == truth.active).all()
    assert (back.second_voices, back.seed, back.sounded) == (truth.second_voices, (1, 2, 3), truth.sounded)
    assert back.seconds == 12.0


def test_a_belief_comes_back(tmp_path: Path) -> None:
    activity = np.random.default_rng(1).random((2, 50), dtype=np.float32)
    moments = np.array([1.4, 1.42]), np.array([0.4, 0.6], np.float32), np.array([BOTH, 0], np.uint8)
    belief = Belief(
        activity,
        overlaps=(HeardOverlap(1, 1.0, *moments), HeardOverlap(0, 3.0, *moments)),
        events=(FloorEvent(1, "talk_over", "agent", 1.0, 1.4, 1.42, 0.6),),
        cues=(Cue(2.0, "talk_over", "why"),),
    )
    keep_belief(tmp_path / "belief.npz", belief)
    back = read_belief(tmp_path / "belief.npz")
    assert back.activity is not None
    assert np.abs(back.activity - activity).max() < 0.001
    assert (back.events, back.cues, back.overlap) == (belief.events, belief.cues, None)
    assert [one.side for one in back.overlaps] == [1, 0]
    assert back.overlaps[0].first_at(0.5) == 1.42


def test_a_belief_of_silence_comes_back(tmp_path: Path) -> None:
    keep_belief(tmp_path / "belief.npz", Belief(None, overlap=np.zeros(50, np.float32)))
    back = read_belief(tmp_path / "belief.npz")
    assert (back.activity, back.overlaps) == (None, ())


def test_no_sound_is_kept(tmp_path: Path) -> None:
    scene = FakeRooms().scene(OFFICE, 12.0, (1, 2, 3))
    keep_truth(tmp_path / "truth.npz", truth_of(scene))
    with np.load(tmp_path / "truth.npz") as kept:
        assert sum(kept[name].size for name in kept) < scene.samples.shape[1] / 50
