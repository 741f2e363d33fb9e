"""What the documents say holds: each command is run here, each link leads somewhere, each example is accepted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from counterpoint.edge.settings_file import load_settings
from sound_server import file_device, write_alsa

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "device/docs").glob("*.md"))]
NEEDS_SET_UP = "device/try", "tests/run"
ENDS_WELL = 0
FINDS_SOMETHING = 1
STARTS_S = 30.0

# Each command of the documents, and the exit codes that it may end with in a folder that has what the page tells of.
FINITE = {
    "counterpoint config check counterpoint.toml": {ENDS_WELL},
    "counterpoint config show counterpoint.toml": {ENDS_WELL},
    "counterpoint doctor": {ENDS_WELL, FINDS_SOMETHING},
    "counterpoint doctor --json": {ENDS_WELL, FINDS_SOMETHING},
    "counterpoint models list": {ENDS_WELL},
    "counterpoint models verify": {ENDS_WELL},
    "counterpoint replay visit.wav --array respeaker-usb-v2 --agent 0 --customer 180 --out result --no-words": {
        ENDS_WELL
    },
}
# These go on until a signal ends them.
ENDLESS = ("counterpoint run --settings counterpoint.toml", "counterpoint publish --settings counterpoint.toml")
# And these are run elsewhere.
ELSEWHERE = {
    "device/try": "test_demo_run.py runs what it starts",
    "device/try --speed 8": "test_demo_run.py runs what it starts",
    "tests/run": "it runs this test",
    "counterpoint calibrate": "test_calibrate.py runs it",
    "mosquitto_sub": "test_broker.py listens in the same way, with certificates of its own",
    "python models/": "training is never part of the tests",
    "counterpoint practice": "test_practice_server.py starts it",
    "counterpoint models pull": "it goes to the network; test_model_pull.py has a server of its own",
    "counterpoint enrol": "test_enrolment_page.py runs each of them, in the page's order",
    "counterpoint fleet enrolment": "test_enrolment_page.py runs each of them, in the page's order",
    "counterpoint fleet simulate": "test_fleet_page.py runs each of them, in the page's order",
    "counterpoint fleet serve": "test_fleet_page.py runs each of them, in the page's order",
    "counterpoint fleet store": "test_fleet_page.py runs each of them, in the page's order",
    "counterpoint fleet account": "test_fleet_page.py runs each of them",
    "counterpoint fleet sign": "test_updates_page.py runs each of them, in the page's order",
    "counterpoint forget": "test_updates_page.py: it asks first",
    "dpkg-deb -x": "test_updates_page.py runs it",
    "sh due/send.sh": "test_updates_page.py runs it",
    "device/set-up practice": "tests/run calls it for the tests, which have the same packages",
}


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    blocks = [block for document in DOCUMENTS for block in fenced(document.read_text(), "sh")]
    return sorted({line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()})


def spoken_of() -> list[tuple[str, str]]:
    """Each command that a page names within a line, and the text in which the program says what it takes."""
    words = sorted((ROOT / "device/counterpoint/app").glob("*_arguments.py"))
    texts = {"counterpoint": "".join(path.read_text() for path in (ROOT / "device/counterpoint/app/cli.py", *words))}
    found = []
    for document in DOCUMENTS:
        prose = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
        for line in re.findall(r"`([^`\n]+)`", prose):
            program = ROOT / line.split()[0]
            if program.is_file() and os.access(program, os.X_OK):
                found.append((line, program.read_text()))
            elif line.split()[0] in texts:
                found.append((line, texts[line.split()[0]]))
    return found


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A folder with what the pages speak of: a settings file, a recording, the spool folders."""
    for name in ("state", "outbox", "receipts", "inbox"):
        (tmp_path / name).mkdir()
    folders = "\n".join(f'{name} = "{tmp_path / name}"' for name in ("state", "outbox", "receipts", "inbox"))
    noise = (np.random.default_rng(1).standard_normal((32_000, 6)) * 300).astype(np.int16)
    (tmp_path / "noise.raw").write_bytes(noise.tobytes())
    soundfile.write(tmp_path / "visit.wav", noise, 16_000)
    write_alsa(tmp_path, {"counter": file_device(tmp_path / "noise.raw")})
    (tmp_path / "counterpoint.toml").write_text(
        f'[array]\ndevice = "counter"\n[light]\nkind = "none"\n[words]\nenabled = false\n[folders]\n{folders}\n'
    )
    return tmp_path


def environment(room: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "ALSA_CONFIG_PATH": str(room / "alsa.conf")}


def listens_to_signals(process: subprocess.Popen[str]) -> bool:
    """Whether it runs, once it has taken SIGTERM into its own hands or `STARTS_S` are over."""
    by_s = time.monotonic() + STARTS_S
    while process.poll() is None and time.monotonic() < by_s:
        caught = re.search(r"^SigCgt:\t([0-9a-f]+)", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
        if caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
            return True
        time.sleep(0.1)
    return process.poll() is None


def test_every_command_of_the_documents_is_known_here() -> None:
    known = {*FINITE, *ENDLESS}
    unknown = [line for line in commands() if line not in known and not line.startswith(tuple(ELSEWHERE))]
    assert unknown == []


@pytest.mark.parametrize(("line", "program"), spoken_of(), ids=[line for line, _ in spoken_of()])
def test_a_command_that_a_page_names_takes_what_the_page_gives_it(line: str, program: str) -> None:
    options = [word for word in line.split()[1:] if word.startswith("-")]
    assert [option for option in options if option not in program] == []


def test_the_gate_refuses_what_it_does_not_know() -> None:
    ended = subprocess.run([ROOT / "tests/gate", "--install"], capture_output=True, text=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ".githooks/install" in ended.stderr


@pytest.mark.real
@pytest.mark.parametrize("command", sorted(FINITE))
def test_a_command_of_the_documents_runs(command: str, room: Path) -> None:
    assert command in commands()
    ended = subprocess.run(
        command.split(), cwd=room, env=environment(room), capture_output=True, text=True, timeout=50, check=False
    )
    assert ended.returncode in FINITE[command], ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.real
@pytest.mark.parametrize("command", ENDLESS)
def test_a_service_of_the_documents_runs_until_a_signal(command: str, room: Path) -> None:
    assert command in commands()
    with subprocess.Popen(
        command.split(), cwd=room, env=environment(room), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        still_running = listens_to_signals(process)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert still_running, said
    assert process.returncode == 0, said
    assert "Traceback" not in said


def test_every_example_of_settings_is_accepted(tmp_path: Path) -> None:
    examples = [block for document in DOCUMENTS for block in fenced(document.read_text(), "toml")]
    # A role for practice, and the fleet's own settings: test_fleet_page.py reads those.
    settings = [example for example in examples if "[[line]]" not in example and "[store]" not in example]
    assert settings
    for number, example in enumerate(settings):
        path = tmp_path / f"{number}.toml"
        path.write_text(example)
        load_settings(path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []
