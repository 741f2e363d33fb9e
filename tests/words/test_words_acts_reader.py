"""Which reader of acts a language gets, and what happens when the model is away or not whole."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pytest

from counterpoint.app.acts import acts, build_act_reader
from counterpoint.app.cli import main
from counterpoint.edge.model_files import load_act_model, read_model
from counterpoint.errors import ModelCorrupt
from counterpoint.words.act_model import ACTS, KIND, MODEL_VERSION
from onnx_made import made_model

REFLECTION = "so you've been feeling pulled in two directions"


def models(folder: Path, model: bytes | None, *, named: bytes | None = None) -> Path:
    """A folder with a manifest that names an act model, and these bytes in its place."""
    digest = hashlib.sha256(named or model or b"").hexdigest()
    (folder / "manifest.toml").write_text(f'[acts]\nfile = "acts.onnx"\nsha256 = "{digest}"\n')
    if model is not None:
        (folder / "acts.onnx").write_bytes(model)
    return folder


def test_english_is_read_by_patterns_and_network() -> None:
    assert "paraphrase" in build_act_reader("en")(REFLECTION)


def test_german_is_read_by_its_patterns() -> None:
    assert build_act_reader("de")("was führt sie zu uns") == ("open_question",)


def test_without_the_model_the_patterns_do_it_and_one_line_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = build_act_reader("en", models(tmp_path, None))
    assert read("and what happened then") == ("follow_up", "open_question")
    assert capsys.readouterr().err.startswith("counterpoint: acts by patterns alone: the model ")


def test_a_model_that_is_not_the_one_named_is_never_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        build_act_reader("en", models(tmp_path, b"something", named=b"else"))


def test_a_model_that_gives_no_acts_is_refused(tmp_path: Path) -> None:
    says = {"kind": KIND, "version": MODEL_VERSION, "acts": ",".join(ACTS), "words": "so"}
    says |= dict.fromkeys(("thresholds", "thresholds_alone"), ",".join(["0.5"] * len(ACTS)))
    with pytest.raises(ModelCorrupt, match="install program and model together"):
        load_act_model(models(tmp_path, made_model({"rows": (1, 2), "patterns": (1, 2)}, says)))


def test_the_command_answers_line_by_line_with_the_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "said.txt").write_text(f"{REFLECTION}\n\nIs that the blue one?\n")
    assert main(["acts", str(tmp_path / "said.txt")]) == 0
    answers = [json.loads(line)["acts"] for line in capsys.readouterr().out.splitlines()]
    assert "paraphrase" in answers[0]
    assert answers[1:] == [[], ["closed_question"]]


def test_the_command_reads_german_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "said.txt").write_text("Haben Sie die Rechnung dabei?\n")
    assert main(["acts", "--language", "de", str(tmp_path / "said.txt")]) == 0
    assert capsys.readouterr().out == '{"acts":["closed_question"]}\n'


def test_the_model_reads_a_line_at_a_time() -> None:
    out = io.StringIO()
    acts(io.StringIO("go on\n"), out, load_act_model().classify)
    assert out.getvalue() == '{"acts":["acknowledgement"]}\n'


def test_the_bundled_model_matches_its_manifest() -> None:
    assert len(read_model("acts")) > 0
