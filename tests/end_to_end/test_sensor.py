"""`counterpoint run` as a whole: a sound server is the microphone, the terminal is the light, the disk is the disk."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from counterpoint.app.demo.conversation import DemoSource, load
from counterpoint.values import BLOCK_S
from sound_server import HAS_PULSEAUDIO, SoundServer

Frames = NDArray[np.int16]

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not HAS_PULSEAUDIO, reason="PulseAudio is not installed"),
]

SETTINGS = """
[array]
name = "respeaker-usb-v2"
device = "counter"
[light]
kind = "terminal"
[session]
end_silence_s = 6
[words]
enabled = {words}
[folders]
state = "{folder}/state"
outbox = "{folder}/outbox"
receipts = "{folder}/receipts"
inbox = "{folder}/inbox"
"""


def first_visit() -> Frames:
    """The bundled conversation up to the end of its first visit and the silence after it, as the array's six channels.

    Channel 0 is processed, 1 to 4 are the raw microphones, 5 is playback; 16-bit frames.
    """
    conversation = load()
    until = round((conversation.visit[0].end_s + 6) / BLOCK_S)
    blocks = [block.samples.T for _, block in zip(range(until), DemoSource(conversation, 1e9).blocks(), strict=False)]
    raw = np.concatenate(blocks)
    six = np.column_stack([raw.mean(axis=1), raw, np.zeros(len(raw))])
    return (six * 32767).astype(np.int16)


def settings_file(folder: Path, *, words: bool = False) -> Path:
    for name in ("state", "outbox", "receipts", "inbox"):
        (folder / name).mkdir()
    path = folder / "counterpoint.toml"
    path.write_text(SETTINGS.format(folder=folder, words=str(words).lower()))
    return path


@contextmanager
def sensor(settings: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "counterpoint", "run", "--settings", str(settings)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_listening(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if "listening" in line:
            return
    raise AssertionError("the sensor never listened")


def test_a_visit_is_heard_lit_and_kept_and_a_signal_ends_it_well(tmp_path: Path) -> None:
    frames = first_visit()
    (tmp_path / "sound").mkdir()
    with (
        SoundServer(tmp_path / "sound", {"counter": 6}) as server,
        sensor(settings_file(tmp_path), server.environment) as process,
    ):
        wait_until_listening(process)
        time.sleep(2)  # PulseAudio's first samples
        server.play("counter", frames)
        time.sleep(len(frames) / 16_000 + 4)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "talk-over" in said
    assert "0 frames lost" in said
    rows = sqlite3.connect(tmp_path / "state" / "ledger.db").execute("SELECT row FROM visits").fetchall()
    assert len(rows) == 1
    assert list((tmp_path / "outbox").glob("0*.json")) == []


def test_without_a_microphone_one_line_says_so(tmp_path: Path) -> None:
    with sensor(settings_file(tmp_path), {"ALSA_CONFIG_PATH": "/usr/share/alsa/alsa.conf"}) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "no microphone is called counter" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("folder", ["state", "outbox"])
def test_a_missing_folder_is_named(tmp_path: Path, folder: str) -> None:
    settings = settings_file(tmp_path)
    (tmp_path / folder).rmdir()
    with sensor(settings, {}) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"{tmp_path}/{folder}" in said
