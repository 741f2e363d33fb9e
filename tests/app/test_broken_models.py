"""A model file that is not the one of this program is refused by every command, in one line that says what to do."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from math import nan
from pathlib import Path
from typing import Self

import numpy as np
import pytest
import soundfile

from counterpoint.app import sensor
from counterpoint.app.cli import main
from counterpoint.edge.model_files import UNCERTAINTY, bundled_folder, load_detector, read_model
from counterpoint.errors import ModelCorrupt
from counterpoint.hearing.detector import MODEL_VERSION, Detector
from counterpoint.hearing.zones import FEATURES
from counterpoint.values import Activity, ZoneFrame
from onnx_made import made_model

STATE = (2, 1, 8)
OURS = {"kind": "talk_over", "version": MODEL_VERSION, "features": str(FEATURES), "look_back_frames": "5"}

BROKEN: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "no model": lambda: b"not a model",
    "truncated": lambda: read_model("talk_over")[:-1000],
    "of another version": lambda: made_model({"features": (1, FEATURES), "state": STATE}, OURS | {"version": "0"}),
    "of another kind": lambda: made_model({"features": (1, FEATURES), "state": STATE}, OURS | {"kind": "weather"}),
    "with other inputs": lambda: made_model({"sound": (1, FEATURES), "state": STATE}, OURS),
    "with another size of input": lambda: made_model({"features": (1, FEATURES + 1), "state": STATE}, OURS),
    "with other outputs": lambda: made_model({"features": (1, FEATURES), "state": STATE}, OURS),
}


class AnyMicrophone:
    """Six channels, and nobody speaks: a model is looked at before a block is taken."""

    channels = 6

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


def models(folder: Path, model: bytes, digest: str = "") -> Path:
    """A folder of models with this talk-over model, its hash as the manifest says, and settings that name it."""
    (folder / "models").mkdir()
    (folder / "models" / "talk_over.onnx").write_bytes(model)
    (folder / "models" / "manifest.toml").write_text(
        f'[talk_over]\nfile = "talk_over.onnx"\nsha256 = "{digest or hashlib.sha256(model).hexdigest()}"\n'
    )
    shutil.copy(bundled_folder() / UNCERTAINTY, folder / "models")
    spool = ("state", "outbox", "receipts", "inbox")
    for name in spool:
        (folder / name).mkdir()
    lines = [f'{name} = "{folder / name}"' for name in (*spool, "models")]
    settings = folder / "counterpoint.toml"
    settings.write_text("\n".join(["[words]\nenabled = false\n[light]\nkind = 'none'\n[folders]", *lines]))
    return settings


def refused(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """The one line with which a command refuses."""
    assert main(command) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("counterpoint: ")
    return lines[0]


@pytest.fixture(params=BROKEN)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Settings that name a folder with a broken model, which its manifest takes for whole."""
    return models(tmp_path, BROKEN[request.param]())


def test_replay_refuses_it(settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "quiet.wav", np.zeros((1600, 4)), 16_000)
    recording, out = str(tmp_path / "quiet.wav"), str(tmp_path / "out")
    words = ("replay", recording, "--array", "respeaker-usb-v2", "--out", out, "--settings", str(settings))
    assert "install" in refused(capsys, *words)


def test_run_refuses_it_before_it_listens(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sensor, "Microphone", AnyMicrophone)
    assert "install" in refused(capsys, "run", "--settings", str(settings))


def test_verify_refuses_it(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "install" in refused(capsys, "models", "verify", "--settings", str(settings))


def test_the_doctor_says_what_to_do(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--settings", str(settings)]) == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["model"]["state"] == "fail"
    assert "install" in checks["model"]["remedy"]


@pytest.mark.parametrize("command", ["run", "verify"])
def test_a_whole_model_that_the_manifest_does_not_name_is_refused(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = models(tmp_path, read_model("talk_over"), digest="0" * 64)
    monkeypatch.setattr(sensor, "Microphone", AnyMicrophone)
    words = ("run",) if command == "run" else ("models", "verify")
    line = refused(capsys, *words, "--settings", str(settings))
    assert "SHA-256" in line
    assert "install the package again" in line


def test_beliefs_that_are_no_numbers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_number(_detector: Detector, frame: ZoneFrame) -> Activity:
        return Activity(frame.start_s, nan, 0.0, 0.0, frame.start_s)

    monkeypatch.setattr(Detector, "step", no_number)
    with pytest.raises(ModelCorrupt, match="no beliefs"):
        load_detector()
