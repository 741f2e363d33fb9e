"""Erasing folders that somebody who took over the publisher has made, to be in the way."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from counterpoint.edge.forgetting import empty_folder
from counterpoint.errors import StorageError

DEEP = 5000


def nest(folder: Path, deep: int) -> None:
    """Make folders in each other, deeper than a path can say, with a file at the bottom."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(deep):
        os.mkdir("down", dir_fd=here)
        there = os.open("down", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    file = os.open("last", os.O_WRONLY | os.O_CREAT, dir_fd=here)
    os.write(file, b"canary")
    os.close(file)
    os.close(here)


def test_five_thousand_folders_in_each_other_stop_nothing(tmp_path: Path) -> None:
    assert sys.getrecursionlimit() < DEEP
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    nest(inbox, DEEP)
    (inbox / "command-1.json").write_bytes(b"command")
    assert empty_folder(inbox) == 2
    assert list(inbox.iterdir()) == []


def test_a_file_that_is_mostly_holes_takes_no_longer_than_what_is_in_it(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.write(b"canary")
        file.seek(1 << 40)
        file.write(b"canary")
        file.truncate(1 << 42)
    with huge.open("rb") as seen:  # what was in it is read after its name is gone
        assert empty_folder(tmp_path) == 1
        assert seen.read(6) == bytes(6)
        seen.seek(1 << 40)
        assert seen.read(6) == bytes(6)
        assert os.fstat(seen.fileno()).st_blocks * 512 < 1 << 20


def test_beside_them_what_is_kept_stays(tmp_path: Path) -> None:
    kept = tmp_path / "models" / "english" / "model.bin"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"a model")
    (kept.parent / "note").write_bytes(b"none")
    nest(tmp_path, 1200)
    assert empty_folder(tmp_path, [kept]) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]


def test_a_link_to_a_folder_is_deleted_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_bytes(b"not ours")
    inbox = tmp_path / "inbox"
    (inbox / "deeper").mkdir(parents=True)
    (inbox / "deeper" / "link").symlink_to(elsewhere)
    assert empty_folder(inbox) == 1
    assert (elsewhere / "file").read_bytes() == b"not ours"


def test_folders_that_are_moved_away_meanwhile_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, other = tmp_path / "inbox", tmp_path / "other"
    (inbox / "a" / "b").mkdir(parents=True)
    other.mkdir()
    (other / "file").write_bytes(b"not ours")
    close, closed = os.close, []

    def moves(descriptor: int) -> None:
        close(descriptor)
        closed.append(descriptor)
        if len(closed) == 2:  # it has just gone down into b
            (inbox / "a" / "b").rename(other / "b")

    monkeypatch.setattr("counterpoint.edge.forgetting.os.close", moves)
    with pytest.raises(StorageError, match="inbox"):
        empty_folder(inbox)
    assert (other / "file").read_bytes() == b"not ours"
