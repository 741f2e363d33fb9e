"""The sensor's proof that it listens, for the caretaker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from counterpoint.edge.heard import MINUTE, Heard
from counterpoint.edge.inbox import boot_id
from counterpoint.errors import StorageError


def test_each_minute_of_frames_is_kept_and_between_them_nothing_is_written(tmp_path: Path) -> None:
    heard, path = Heard(tmp_path), tmp_path / "heard.json"
    heard.keep(MINUTE - 1)
    assert not path.exists()
    heard.keep(MINUTE + 700)
    assert json.loads(path.read_text()) == {"frames": MINUTE, "boot": boot_id()}
    path.unlink()
    heard.keep(2 * MINUTE - 1)
    assert not path.exists()
    heard.keep(2 * MINUTE)
    assert json.loads(path.read_text())["frames"] == 2 * MINUTE


def test_neither_number_nor_time_tells_when_a_quiet_moment_came(tmp_path: Path) -> None:
    Heard(tmp_path).keep(3 * MINUTE + 1234)
    path = tmp_path / "heard.json"
    assert json.loads(path.read_text())["frames"] % MINUTE == 0
    assert path.stat().st_mtime == 0


def test_what_an_earlier_run_heard_is_gone_with_the_start(tmp_path: Path) -> None:
    (tmp_path / "heard.json").write_text('{"frames": 3000, "boot": "b"}')
    Heard(tmp_path)
    assert not (tmp_path / "heard.json").exists()


def test_a_folder_that_is_gone_is_told_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "sensor"
    folder.mkdir()
    heard = Heard(folder)
    folder.rmdir()
    with pytest.raises(StorageError, match=r"heard\.json"):
        heard.keep(MINUTE)
    folder.mkdir()
    heard.keep(MINUTE)
    assert (folder / "heard.json").exists()
