"""The demo as a user starts it: everything as scripted, the window received, nothing left behind, however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import counterpoint
from counterpoint.messages.schemas import decode_window

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

DEVICE = Path(counterpoint.__file__).parents[1]
FASTEST = ["--speed", "1000", "--plain"]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "counterpoint", "demo", *arguments]


def surroundings(temporary: Path) -> dict[str, str]:
    return os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": str(DEVICE), "COLUMNS": "100"}


def still_running(temporary: Path) -> list[str]:
    """Command lines of processes that were started for a demo in this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended while we looked
        if str(temporary) in line:
            found.append(line)
    return found


@contextmanager
def running(temporary: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo in plain lines that has begun to speak, with its output on a pipe."""
    demo = subprocess.Popen(
        command("--plain"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings(temporary)
    )
    try:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "script" in line:
                break
        yield demo
    finally:
        demo.kill()
        demo.communicate()


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A whole demo, as fast as the line goes, and the folder it had for its temporary files."""
    temporary = tmp_path_factory.mktemp("demo")
    demo = subprocess.run(
        command(*FASTEST), capture_output=True, text=True, check=False, env=surroundings(temporary), timeout=230
    )
    return demo, temporary


def test_every_scripted_talk_over_is_lit_and_nothing_else(
    ended: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    demo, _ = ended

    assert re.search(r"(\d+) of \1 scripted talk-overs lit", demo.stdout), demo.stdout[-3000:]
    assert "(!)" not in demo.stdout
    assert demo.returncode == 0, demo.stderr


def test_no_backchannel_is_lit(ended: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    demo, _ = ended

    assert re.search(r"backchannels: (\d+) scripted, \1 without a light", demo.stdout), demo.stdout[-3000:]
    assert "lights that nothing in the script explains: 0" in demo.stdout


def test_the_window_came_back_from_the_broker(ended: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    demo, _ = ended
    payload = next(line for line in demo.stdout.splitlines() if line.startswith('{"schema":"window.v1"'))

    window = decode_window(payload.encode())

    assert window.statistics is not None
    assert window.statistics.visit_count == 10  # eight, rounded to 5
    assert window.fewest_visits == 5


def test_it_says_what_it_lowered_for_the_show(ended: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    demo, _ = ended

    for setting in ("privacy.k = 5", "session.end_silence_s = 6", "privacy.jitter_s = 0", "25 s apart"):
        assert setting in demo.stdout


def test_it_leaves_no_file_and_no_process(ended: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    _, temporary = ended

    assert list(temporary.iterdir()) == []
    assert still_running(temporary) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_at_any_time_it_leaves_no_file_and_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as demo:
        demo.send_signal(number)
        _, said = demo.communicate(timeout=20)

    assert demo.returncode == 130
    assert (
        said.strip().splitlines()[-1] == "counterpoint: demo stopped; broker and publisher have ended, nothing is kept"
    )
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
    assert still_running(tmp_path) == []


def test_a_second_ctrl_c_leaves_nothing_either(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        demo.send_signal(signal.SIGINT)
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=20)

    assert list(tmp_path.iterdir()) == []
    assert still_running(tmp_path) == []


def test_without_mosquitto_it_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    nowhere = tmp_path / "empty"
    nowhere.mkdir()
    code = (
        "import sys; from counterpoint.app.demo import broker; from counterpoint.app.cli import main;"
        f"broker.SYSTEM_PATH = {str(nowhere)!r}; sys.exit(main(['demo', '--plain']))"
    )

    demo = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=surroundings(tmp_path) | {"PATH": str(nowhere)},
    )

    assert demo.returncode == 2
    assert demo.stderr.count("\n") == 1
    assert "Mosquitto is not installed" in demo.stderr
