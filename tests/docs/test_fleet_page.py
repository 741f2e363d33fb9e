"""Every command of the fleet's page, in the page's order, as IT would try it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from broker_server import free_port
from counterpoint.fleet.settings import FleetSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "device/docs/fleet.md").read_text()
SERVE = "counterpoint fleet serve"
SMALLER = {"--counters 40": "--counters 3 --weeks 6 --jobs 1"}
ENDS_WITHIN_S = 55


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines()]


def finite() -> list[str]:
    return [line for line in commands() if not line.startswith(SERVE)]


def words(line: str) -> list[str]:
    for asked, smaller in SMALLER.items():
        line = line.replace(asked, smaller)
    quoted = re.findall(r'"[^"]*"|\S+', line)
    return [str(Path(sys.executable).parent / quoted[0]), *(word.strip('"') for word in quoted[1:])]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fleet")


@pytest.fixture(scope="module")
def answers(room: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """What each command of the page printed, one after the other in one folder."""
    return {
        line: subprocess.run(words(line), cwd=room, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False)
        for line in finite()
    }


@pytest.fixture
def served(room: Path, answers: dict[str, subprocess.CompletedProcess[str]]) -> Iterator[subprocess.Popen[str]]:
    """The page's `serve`, over what the page's `simulate` made, at a port that is free here."""
    assert answers[finite()[0]].returncode == 0
    line = next(line for line in commands() if line.startswith(SERVE))
    started = [*words(line), "--listen", f"127.0.0.1:{free_port()}"]
    at_once = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        started, cwd=room, text=True, env=at_once, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        yield process
        process.kill()


@pytest.mark.real
@pytest.mark.parametrize("line", finite())
def test_a_command_of_the_page_does_what_it_says(
    line: str, answers: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert (answers[line].returncode, answers[line].stderr.count("Traceback")) == (0, 0), answers[line].stderr
    assert answers[line].stdout


@pytest.mark.real
def test_serve_prints_a_link_for_the_first_account_and_ends_on_a_signal(served: subprocess.Popen[str]) -> None:
    assert served.stdout is not None
    assert any("/invitation/" in line for line in served.stdout)
    served.send_signal(signal.SIGTERM)
    assert served.wait(ENDS_WITHIN_S) == 0


def test_the_settings_of_the_page_can_be_used() -> None:
    for block in blocks("toml"):
        settings = msgspec.convert(tomllib.loads(block), FleetSettings)
        assert settings.page.public == "https://counters.example.org"


def test_what_the_page_says_is_kept_is_the_default() -> None:
    keeping = FleetSettings().keeping
    assert f"| windows | until their block of twelve weeks is told, and {keeping.window_weeks} weeks at least;" in PAGE
    assert f"| messages kept apart | {keeping.apart_days} days |" in PAGE
    assert f"| the log of who did what | {keeping.audit_days} days |" in PAGE
