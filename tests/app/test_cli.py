"""The command line: what is listed exists, bad use is one line and exit code 2, no traceback reaches anybody."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from counterpoint.app.cli import main

SECOND = 16_000
STARTS_S = 300  # another Python starts in 0.3 s; where training has priority on all cores it took up to 119 s
REPLAY = ("replay", "a.wav", "--array", "stereo", "--out", "out")

patient = pytest.mark.timeout(STARTS_S + 10)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "quiet.wav"
    noise = np.random.default_rng(1).standard_normal((SECOND, 4)) * 0.001
    soundfile.write(path, noise, SECOND)
    return path


def replay(recording: Path, out: Path, *options: str) -> int:
    words = ["replay", str(recording), "--array", "respeaker-usb-v2", "--out", str(out), "--no-words"]
    return main([*words, *options])


COMMANDS = (
    *("demo", "run", "publish", "replay", "acts", "practice", "doctor", "calibrate", "models", "config"),
    *("enrol", "caretake", "forget", "fleet"),
)


def test_help_lists_the_commands_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    for command in COMMANDS:
        assert f"    {command}" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "usage: counterpoint" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["sing"],
        [],
        ["replay"],
        ["demo", "--speed", "0"],
        ["demo", "--speed", "fast"],
        [*REPLAY, "--agent", "nan"],
        [*REPLAY, "--customer", "361"],
    ],
)
def test_wrong_use_is_exit_code_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_a_replay_prints_its_summary_last(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(recording, tmp_path / "out") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    for key in ("audio_s", "cpu_s", "real_time_factor", "peak_rss_mb", "frames_lost", "words_dropped"):
        assert f'"{key}":' in last
    with np.load(tmp_path / "out" / "activity.npz") as stored:
        assert stored["agent"].shape == stored["customer"].shape == (50,)
        assert np.isfinite(stored["agent"]).all()


def test_a_replay_in_which_nobody_was_heard_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = np.random.default_rng(1).normal(0, 1e-3, (7 * SECOND, 4))
    frames[:, 2] = 0
    soundfile.write(tmp_path / "hiss.wav", frames, SECOND)
    assert replay(tmp_path / "hiss.wav", tmp_path / "out") == 0
    said = capsys.readouterr()
    assert "0 visits; nobody was heard: check --agent, --customer and the channels" in said.err
    assert "digital silence on raw channel 2:" in said.err
    assert json.loads(said.out.splitlines()[-1])["audio_s"] == 7


def test_a_replay_says_the_same_twice(recording: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert replay(recording, tmp_path / name) == 0
    for file in ("events.jsonl", "cues.jsonl", "acts.jsonl", "sessions.json", "activity.npz"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def bad_inputs(folder: Path) -> dict[str, tuple[list[str], str]]:
    """Each kind of bad input: the words of the command, and what the one line must name."""
    (folder / "text.wav").write_text("this is no audio")
    soundfile.write(folder / "three.wav", np.zeros((800, 3)), SECOND)
    soundfile.write(folder / "four.wav", np.zeros((800, 4)), SECOND)
    whole = (folder / "four.wav").read_bytes()
    (folder / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (folder / "bad.toml").write_text("[light]\nbrightnes = 0.2\n")
    (folder / "ears.toml").write_text('[array]\nname = "ears"\n')
    array = ["--array", "respeaker-usb-v2", "--out", str(folder / "out")]
    return {
        "no such file": (["replay", str(folder / "none.wav"), *array], "none.wav"),
        "not audio": (["replay", str(folder / "text.wav"), *array], "not audio"),
        "truncated": (["replay", str(folder / "cut.wav"), *array], "truncated"),
        "wrong channels": (["replay", str(folder / "three.wav"), *array], "3 channels"),
        "unknown array": (["replay", str(folder / "four.wav"), "--array", "ears", "--out", str(folder / "o")], "ears"),
        "a name too long": (["replay", "a" * 300, *array], "can't be reached"),
        "sides too close": (["replay", str(folder / "four.wav"), *array, "--agent", "0", "--customer", "0"], "degrees"),
        "a setting's array": (["config", "check", str(folder / "ears.toml")], "ears.toml:2: array.name"),
        "bad setting": (["config", "check", str(folder / "bad.toml")], "brightness"),
        "no settings": (["run", "--settings", str(folder / "none.toml")], "none.toml"),
        "no model": (["replay", str(folder / "four.wav"), *array, "--settings", str(_no_models(folder))], "manifest"),
        "corrupt model": (["replay", str(folder / "four.wav"), *array, "--settings", str(_corrupt(folder))], "SHA-256"),
    }


def _no_models(folder: Path) -> Path:
    models = folder / "no_models"
    models.mkdir()
    (models / "manifest.toml").write_text("")
    path = folder / "no_models.toml"
    path.write_text(f'[folders]\nmodels = "{models}"\n')
    return path


def _corrupt(folder: Path) -> Path:
    models = folder / "models"
    models.mkdir()
    (models / "manifest.toml").write_text(f'[talk_over]\nfile = "talk_over.onnx"\nsha256 = "{"0" * 64}"\n')
    (models / "talk_over.onnx").write_bytes(b"half a model")
    path = folder / "corrupt.toml"
    path.write_text(f'[folders]\nmodels = "{models}"\n')
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "no such file",
        "not audio",
        "truncated",
        "wrong channels",
        "unknown array",
        "a name too long",
        "sides too close",
        "a setting's array",
        "bad setting",
        "no settings",
        "no model",
        "corrupt model",
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, named = bad_inputs(tmp_path)[kind]
    assert main(words) == 2
    said = capsys.readouterr()
    assert named in said.err + said.out
    assert "Traceback" not in said.err


def test_installed_settings_that_may_not_be_seen_are_no_failure_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("counterpoint.app.cli.SETTINGS_FILE", Path("a" * 300))  # a name that the disk refuses
    assert main(["models", "list"]) == 2
    assert "can't be read" in capsys.readouterr().err


def test_our_own_failure_is_one_line_without_what_was_heard(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise ZeroDivisionError("a secret that was heard")

    monkeypatch.setattr("counterpoint.app.doctor.doctor", fail)
    assert main(["doctor"]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "secret" not in said
    assert said.count("\n") == 1


@patient
def test_a_reader_that_goes_away_is_no_failure() -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "counterpoint", "acts"]
    with subprocess.Popen(command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe) as acts:
        assert acts.stdin is not None
        assert acts.stdout is not None
        assert acts.stderr is not None
        acts.stdin.write(b"what happened then\n" * 2)
        assert [acts.stdout.readline() for _ in range(2)] == [b'{"acts":["follow_up","open_question"]}\n'] * 2
        acts.stdout.close()
        acts.stdin.write(b"what happened then\n")  # its answer finds nobody
        assert acts.stderr.read() == b""  # read until it has ended, however long this machine takes
    assert acts.returncode == 0


@patient
@pytest.mark.parametrize("command", ["acts", "config show /dev/null", "models list"])
def test_a_full_disk_behind_standard_output_is_one_line_and_exit_code_2(command: str) -> None:
    words = f"echo 'I see' | {shlex.quote(sys.executable)} -m counterpoint {command} >/dev/full"
    ended = subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=STARTS_S, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1), ended.stderr
    assert "disk is full" in ended.stderr


@patient
def test_acts_with_standard_input_closed_says_so() -> None:
    words = f"{shlex.quote(sys.executable)} -m counterpoint acts <&-"
    ended = subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=STARTS_S, check=False)
    assert ended.returncode == 2
    assert "standard input is closed" in ended.stderr


@pytest.mark.parametrize("option", [[], ["--settings"]])
def test_config_takes_its_file_with_and_without_the_option(tmp_path: Path, option: list[str]) -> None:
    (tmp_path / "site.toml").write_text("[privacy]\npool = 6\n")
    assert main(["config", "check", *option, str(tmp_path / "site.toml")]) == 0


def test_two_settings_files_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "a.toml", "--settings", "b.toml"]) == 2
    assert "two settings files, a.toml and b.toml: name one" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["demo", "--speed", "fast"], ["replay", "a.wav", "--array", "a", "--out", "o", "--agent", "fast"]]
)
def test_what_is_no_number_is_told_in_plain_words(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(words)
    assert "'fast' is no number" in capsys.readouterr().err
