"""The inbox: whoever writes it can at most say that the clock is set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from counterpoint.edge.inbox import Inbox, Statements
from counterpoint.errors import ClockNotSet


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    file = tmp_path / "boot_id"
    file.write_text("this-boot\n")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def test_the_clock_is_set_once_the_publisher_says_so(folder: Path, boot: Path) -> None:
    inbox = Inbox(folder, boot)
    with pytest.raises(ClockNotSet, match="counterpoint publish"):
        inbox.wall_clock_s()
    Statements(folder, boot).clock(is_set=True)
    year_2026 = 1_767_225_600
    assert inbox.wall_clock_s() > year_2026
    Statements(folder, boot).clock(is_set=False)
    assert not inbox.clock_set()


def test_the_next_publisher_knows_what_was_said_in_this_boot(folder: Path, boot: Path) -> None:
    assert not Statements(folder, boot).clock_was_set()
    Statements(folder, boot).clock(is_set=True)
    assert Statements(folder, boot).clock_was_set()
    boot.write_text("next-boot\n")
    assert not Statements(folder, boot).clock_was_set()
    (folder / "clock.json").write_text("no statement")
    assert not Statements(folder, boot).clock_was_set()


def test_a_statement_from_before_the_restart_is_worth_nothing(folder: Path, boot: Path) -> None:
    Statements(folder, boot).clock(is_set=True)
    boot.write_text("next-boot\n")
    assert not Inbox(folder, boot).clock_set()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b'{"schema":"clock.v1","clock_set":"yes","boot":"this-boot"}',
        b'{"schema":"clock.v1","clock_set":true,"boot":"this-boot","command":"rm"}',
        b'{"schema":"clock.v2","clock_set":true,"boot":"this-boot"}',
        b'{"schema":"clock.v1","clock_set":true,"boot":"this-boot"}' + b" " * 10_000,
    ],
)
def test_anything_but_a_known_statement_is_refused_and_counted(folder: Path, boot: Path, content: bytes) -> None:
    (folder / "clock.json").write_bytes(content)
    inbox = Inbox(folder, boot)
    assert not inbox.clock_set()
    assert inbox.refused == 1


def test_links_and_pipes_are_refused(folder: Path, boot: Path, tmp_path: Path) -> None:
    Statements(folder, boot).clock(is_set=True)
    (folder / "clock.json").rename(tmp_path / "elsewhere.json")
    (folder / "clock.json").symlink_to(tmp_path / "elsewhere.json")
    os.mkfifo(folder / "publisher.json")
    inbox = Inbox(folder, boot)
    assert not inbox.clock_set()
    assert inbox.publisher() is None
    assert inbox.refused == 2


def test_a_statement_under_another_name_says_nothing(folder: Path, boot: Path) -> None:
    Statements(folder, boot).fares(connected=True, trouble="")
    (folder / "publisher.json").rename(folder / "clock.json")
    assert not Inbox(folder, boot).clock_set()


def test_unknown_names_are_ignored_and_counted(folder: Path, boot: Path) -> None:
    Statements(folder, boot).clock(is_set=True)
    (folder / "run-me.sh").write_text("#!/bin/sh")
    assert Inbox(folder, boot).unknown_names() == 1


def test_doctor_can_read_how_the_publisher_fares(folder: Path, boot: Path) -> None:
    Statements(folder, boot).fares(connected=False, trouble="x" * 1000)
    told = Inbox(folder, boot).publisher()
    assert told is not None
    assert (told.connected, len(told.trouble)) == (False, 300)


def test_saying_the_same_again_writes_nothing(folder: Path, boot: Path) -> None:
    statements = Statements(folder, boot)
    statements.clock(is_set=True)
    (folder / "clock.json").unlink()
    statements.clock(is_set=True)
    assert not (folder / "clock.json").exists()
