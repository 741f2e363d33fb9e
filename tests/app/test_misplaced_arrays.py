"""`replay`, `run` and the messages, where the array is not what, or not where, the settings say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from counterpoint.app.cli import main
from counterpoint.hearing.geometry import BUILT_IN, SOUND_M_S, direction
from counterpoint.messages.coarse import coarse_health
from counterpoint.messages.schemas import encode
from counterpoint.values import SAMPLE_RATE_HZ, ChannelHealth, Health

RATE = SAMPLE_RATE_HZ
USB = BUILT_IN["respeaker-usb-v2"]


@pytest.fixture(scope="module")
def two_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes of noise in syllables, from 0 and from 180 degrees in turns, at the four raw microphones."""
    rng = np.random.default_rng(4)
    at = np.arange(4 * RATE) / RATE
    hertz = np.fft.rfftfreq(len(at), 1 / RATE)
    turns = []
    for turn in range(30):
        voice = np.fft.rfft(rng.normal(0, 0.1, len(at)) * np.clip(np.sin(2 * np.pi * 1.7 * at), 0, None) ** 2)
        early_s = np.array(USB.positions_m) @ np.array(direction(180.0 * (turn % 2))) / SOUND_M_S
        turns.append(np.fft.irfft(voice * np.exp(2j * np.pi * np.outer(early_s, hertz)), len(at)).T)
    heard = np.concatenate(turns) + rng.normal(0, 1e-3, (30 * len(at), 4))
    path = tmp_path_factory.mktemp("sound") / "right.wav"
    soundfile.write(path, heard, RATE)
    return path


def replayed(recording: Path, out: Path, capsys: pytest.CaptureFixture[str], array: str = USB.name) -> str:
    """What `replay` says on stderr."""
    assert main(["replay", str(recording), "--array", array, "--out", str(out), "--no-words"]) == 0
    return capsys.readouterr().err


def test_exchanged_channels_are_told_and_no_cue_is_lit(
    two_people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples, _ = soundfile.read(two_people)
    soundfile.write(tmp_path / "exchanged.wav", samples[:, [1, 0, 2, 3]], RATE)
    said = replayed(tmp_path / "exchanged.wav", tmp_path / "out", capsys)
    assert "the microphones are not in the order of this array" in said
    assert "check array.name" in said


def test_the_right_order_is_not_told(two_people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "order" not in replayed(two_people, tmp_path / "out", capsys)


def test_an_array_that_hears_both_sides_alike_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "quiet.wav", np.zeros((RATE, 2)), RATE)
    words = ["replay", str(tmp_path / "quiet.wav"), "--array", "respeaker-2mic", "--out", str(tmp_path / "out")]
    assert main([*words, "--agent", "90", "--customer", "270", "--no-words"]) == 2
    assert "hears both sides alike at 90 and 270 degrees" in capsys.readouterr().err


def test_no_message_has_room_for_what_speech_alone_shows() -> None:
    told = json.loads(encode(coarse_health(Health(0, ChannelHealth()), 1000)))
    assert set(told) == {"schema", "microphone", "words", "light", "frames_lost_count", "disk_free_mb"}
    assert set(Health.__dataclass_fields__) == {"frames_lost", "channels", "words", "light"}
