"""A model is used only when its bytes are those that the manifest names."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pytest

from counterpoint.edge.model_files import bundled_folder, load_detector, model_folder, read_model
from counterpoint.errors import ModelCorrupt, ModelMissing
from counterpoint.hearing.detector import Detector
from counterpoint.settings import FolderSettings
from counterpoint.values import Activity, SettledActivity


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ears.onnx").write_bytes(b"ears")
    digest = hashlib.sha256(b"ears").hexdigest()
    (tmp_path / "manifest.toml").write_text(f'[ears]\nfile = "ears.onnx"\nsha256 = "{digest}"\n[half]\nfile = "h"\n')
    return tmp_path


def test_the_bundled_talk_over_model_matches_its_manifest() -> None:
    assert len(read_model("talk_over")) < 2_000_000


def test_a_model_is_read_when_it_is_the_one_named(folder: Path) -> None:
    assert read_model("ears", folder) == b"ears"


@pytest.mark.parametrize("content", [b"", b"ear", b"earz"])
def test_any_other_bytes_are_refused(folder: Path, content: bytes) -> None:
    (folder / "ears.onnx").write_bytes(content)
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        read_model("ears", folder)


def test_a_missing_file_says_so(folder: Path) -> None:
    (folder / "ears.onnx").unlink()
    with pytest.raises(ModelMissing, match=r"ears\.onnx"):
        read_model("ears", folder)


def test_a_model_that_nobody_names_says_so(folder: Path) -> None:
    with pytest.raises(ModelMissing, match="nose"):
        read_model("nose", folder)


def test_a_missing_manifest_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"manifest\.toml"):
        read_model("ears", tmp_path)


@pytest.mark.parametrize("text", ["[ears", "[ears]\nfile = 3\nsha256 = 'x'"])
def test_a_broken_manifest_is_corrupt(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.toml").write_text(text)
    with pytest.raises(ModelCorrupt, match=r"manifest\.toml"):
        read_model("ears", tmp_path)


def test_an_entry_without_its_hash_is_corrupt(folder: Path) -> None:
    with pytest.raises(ModelCorrupt, match="half"):
        read_model("half", folder)


def test_the_settings_may_name_another_folder(tmp_path: Path) -> None:
    assert model_folder(FolderSettings(models=str(tmp_path))) == tmp_path
    assert model_folder(FolderSettings()) == bundled_folder()


@pytest.mark.parametrize(("agent", "customer"), [(math.nan, 0.5), (0.5, math.inf), (-0.1, 0.5), (0.5, 1.1)])
def test_settled_beliefs_that_are_no_probabilities_are_refused(
    monkeypatch: pytest.MonkeyPatch, agent: float, customer: float
) -> None:
    wrong = Activity(0.0, 0.1, 0.1, 0.1, 0.02, settled=SettledActivity(0.0, agent, customer))
    monkeypatch.setattr(Detector, "step", lambda _self, _frame: wrong)
    with pytest.raises(ModelCorrupt, match="no beliefs that this program knows"):
        load_detector()


def test_the_bundled_model_believes_in_probabilities() -> None:
    assert load_detector().look_back_s > 0
