"""The files of a replay are the contract that others measure through."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from counterpoint.edge.results import Results
from counterpoint.errors import StorageError
from counterpoint.values import Activity, Cue, FloorEvent, ListeningAct, SettledActivity


def activity(start_s: float, agent: float) -> Activity:
    """Settled on `agent`; the quick belief of that moment, which is about a later frame, was another."""
    return Activity(start_s + 0.14, 0.5, 0.5, 0.0, start_s + 0.26, settled=SettledActivity(start_s, agent, 1 - agent))


def test_activity_starts_at_the_recording_and_has_the_asked_length(tmp_path: Path) -> None:
    with Results(tmp_path / "out") as results:
        for frame in range(-5, 10):
            results.activity(activity(frame * 0.02, 0.25))
        results.finish(frames=8)
    with np.load(tmp_path / "out" / "activity.npz") as stored:
        assert stored["agent"].dtype == np.float32
        assert stored["agent"].tolist() == [0.25] * 8
        assert stored["customer"].tolist() == [0.75] * 8


def test_events_leave_out_what_they_do_not_resolve(tmp_path: Path) -> None:
    with Results(tmp_path) as results:
        results.events([FloorEvent(1, "talk_over", "agent", 1.0, 1.5, 1.6, 0.9)])
        results.events([FloorEvent(2, "attempt", "agent", 1.0, 2.0, 2.4, 0.9, resolves=1)])
        results.finish(0)
    first, second = (json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines())
    assert first == {
        "id": 1,
        "kind": "talk_over",
        "by": "agent",
        "onset_s": 1.0,
        "offset_s": 1.5,
        "committed_s": 1.6,
        "confidence": 0.9,
    }
    assert second["resolves"] == 1


def test_cues_and_acts_are_one_object_a_line(tmp_path: Path) -> None:
    with Results(tmp_path) as results:
        results.cues([Cue(2.0, "talk_over", "because")])
        results.acts([ListeningAct("summary", 3.0)])
        results.finish(0)
    assert json.loads((tmp_path / "cues.jsonl").read_text()) == {"at_s": 2.0, "cue": "talk_over", "reason": "because"}
    assert json.loads((tmp_path / "acts.jsonl").read_text()) == {"kind": "summary", "at_s": 3.0}


def test_nothing_heard_still_gives_all_five_files(tmp_path: Path) -> None:
    with Results(tmp_path) as results:
        results.finish(0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "activity.npz",
        "acts.jsonl",
        "cues.jsonl",
        "events.jsonl",
        "sessions.json",
    ]


def test_a_folder_that_is_a_file_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(StorageError, match="choose another --out"), Results(tmp_path / "out"):
        pass


def test_a_full_disk_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "cues.jsonl").symlink_to("/dev/full")
    with Results(tmp_path) as results, pytest.raises(StorageError, match="No space left"):
        results.cues([Cue(2.0, "off", "because")])
