"""The sensor's proof that it listens, for the caretaker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from counterpoint.care.trial import HEALTHY_FRAMES
from counterpoint.edge.heard import MINUTE, Heard
from counterpoint.edge.inbox import boot_id
from counterpoint.errors import StorageError


def test_each_minute_of_frames_is_kept_and_between_them_nothing_is_written(tmp_path: Path) -> None:
    heard, path = Heard(tmp_path), tmp_path / "heard.json"
    heard.keep(MINUTE - 1, MINUTE - 1)
    assert not path.exists()
    heard.keep(MINUTE, MINUTE)
    assert json.loads(path.read_text()) == {"frames": MINUTE, "boot": boot_id()}
    path.unlink()
    heard.keep(2 * MINUTE - 1, 2 * MINUTE - 1)
    assert not path.exists()
    heard.keep(2 * MINUTE, 2 * MINUTE - 5)
    assert json.loads(path.read_text())["frames"] == MINUTE
    assert [each.name for each in tmp_path.iterdir()] == ["heard.json"]


def test_it_is_written_at_the_same_moments_of_the_stream_muted_or_not(tmp_path: Path) -> None:
    written = []
    for muted_from in (10 * MINUTE, 2 * MINUTE + 700):
        folder = tmp_path / f"muted from {muted_from}"
        folder.mkdir()
        heard, last = Heard(folder), 0
        for block in range(1, 5 * MINUTE, 50):
            heard.keep(block - 1, min(block - 1, muted_from))
            inode = (folder / "heard.json").stat().st_ino if (folder / "heard.json").exists() else 0
            written += [block - 1] if inode != last else []
            last = inode
    assert written == [MINUTE, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE] * 2


def test_a_day_with_mutes_and_one_without_say_the_same(tmp_path: Path) -> None:
    said = []
    for frames in (HEALTHY_FRAMES, 20 * MINUTE, 600 * MINUTE):
        Heard(tmp_path).keep(1440 * MINUTE, frames)
        said.append(json.loads((tmp_path / "heard.json").read_text())["frames"])
    assert said == [HEALTHY_FRAMES] * 3  # as many as make a release good


def test_before_a_minute_was_heard_nothing_is_said(tmp_path: Path) -> None:
    Heard(tmp_path).keep(7 * MINUTE, MINUTE - 1)
    assert not (tmp_path / "heard.json").exists()


def test_neither_number_nor_time_tells_more_than_the_minute(tmp_path: Path) -> None:
    Heard(tmp_path).keep(4 * MINUTE, 3 * MINUTE + 1234)
    path = tmp_path / "heard.json"
    assert json.loads(path.read_text())["frames"] % MINUTE == 0
    assert path.stat().st_mtime == 0


def test_the_light_does_not_wait_for_the_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: pytest.fail("a card can take seconds over it"))
    Heard(tmp_path).keep(MINUTE, MINUTE)


def test_what_an_earlier_run_heard_is_gone_with_the_start(tmp_path: Path) -> None:
    (tmp_path / "heard.json").write_text('{"frames": 3000, "boot": "b"}')
    Heard(tmp_path)
    assert not (tmp_path / "heard.json").exists()


def test_a_folder_that_is_gone_is_told_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "sensor"
    folder.mkdir()
    heard = Heard(folder)
    folder.rmdir()
    heard.keep(MINUTE, MINUTE)
    with pytest.raises(StorageError, match=r"heard\.json"):
        heard.check()
    folder.mkdir()
    heard.keep(2 * MINUTE, 2 * MINUTE)
    heard.check()
    assert (folder / "heard.json").exists()
