"""`counterpoint acts`: a line in, a line out, at once."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from counterpoint.app.acts import acts, open_lines
from counterpoint.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = "import sys; from counterpoint.app.acts import *\nwith open_lines(None) as lines: acts(lines, sys.stdout)"


def answers(text: str) -> list[list[str]]:
    out = io.StringIO()
    assert acts(io.StringIO(text), out) == 0
    return [json.loads(line)["acts"] for line in out.getvalue().splitlines()]


def test_each_line_has_its_own_answer_and_an_empty_line_an_empty_one() -> None:
    assert answers("Tell me more?\n\nI see\n") == [["follow_up", "open_question"], [], ["acknowledgement"]]


def test_a_last_line_without_an_end_is_a_line() -> None:
    assert answers("I see") == [["acknowledgement"]]


def test_no_text_is_no_answer() -> None:
    assert answers("") == []


def test_an_answer_is_one_object_of_one_line() -> None:
    out = io.StringIO()
    acts(io.StringIO("go on\n"), out)
    assert out.getvalue() == '{"acts":["acknowledgement"]}\n'


def test_text_that_is_not_utf8_says_where_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"I see\ncaf\xe9\n")
    with pytest.raises(UsageError, match="iconv"), open_lines(tmp_path / "latin.txt") as lines:
        acts(lines, io.StringIO())


@pytest.mark.parametrize("before", [0, 1, 5000])
def test_the_line_that_is_not_utf8_is_named(tmp_path: Path, before: int) -> None:
    (tmp_path / "latin.txt").write_bytes(b"I see\n" * before + b"caf\xe9\n")
    with (
        pytest.raises(UsageError, match=f"line {before + 1} is not UTF-8"),
        open_lines(tmp_path / "latin.txt") as lines,
    ):
        acts(lines, io.StringIO())


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't read"), open_lines(tmp_path / "nowhere"):
        pass


def test_an_answer_comes_before_the_next_line_is_asked_for() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C"}
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write("I\u2019ll send it today\n".encode())
        running.stdin.flush()
        assert json.loads(running.stdout.readline()) == {"acts": ["promise"]}
        running.stdin.close()
        assert running.wait(10) == 0
