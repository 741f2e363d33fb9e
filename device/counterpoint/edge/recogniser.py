"""Vosk, a recogniser that runs here: no sample and no word leaves the process.

One rule: everything that knows Vosk is in this file; it never asks the network for a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec
import numpy as np

from counterpoint.edge.model_manifest import vosk_folder
from counterpoint.edge.quiet_sound import silence
from counterpoint.errors import ModelCorrupt, ModelError, ModelMissing, PartMissing
from counterpoint.values import SAMPLE_RATE_HZ
from counterpoint.words.port import Utterance, Word

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoint.values import Samples

__all__ = ["VoskRecogniser", "vosk_folder"]

RECYCLE_AFTER_S: Final = 300.0  # seconds of speech: a recogniser keeps what it has decoded, and grows with it
FULL_SCALE: Final = 32767
NO_LOG: Final = -1


class _Kaldi(Protocol):
    """The part of vosk.KaldiRecognizer that is used; vosk publishes no types."""

    def SetWords(self, _on: bool, /) -> None: ...  # noqa: N802 - vosk's own name
    def AcceptWaveform(self, _audio: bytes, /) -> int: ...  # noqa: N802 - vosk's own name
    def Result(self) -> str: ...  # noqa: N802 - vosk's own name
    def FinalResult(self) -> str: ...  # noqa: N802 - vosk's own name


class _Vosk(Protocol):
    """The part of the vosk module that is used."""

    def SetLogLevel(self, _level: int, /) -> None: ...  # noqa: N802 - vosk's own name
    def Model(self, _model_path: str, /) -> object: ...  # noqa: N802 - vosk's own name
    def KaldiRecognizer(self, _model: object, _rate_hz: float, /) -> _Kaldi: ...  # noqa: N802 - vosk's own name


class _VoskWord(msgspec.Struct):
    word: str
    start: float
    end: float
    conf: float


class _VoskResult(msgspec.Struct):
    result: tuple[_VoskWord, ...] = ()


class VoskRecogniser:
    """A Vosk model as a recogniser; loading takes 0.5 to 2 s and about 150 MB.

    Raises:
        ModelMissing: There is no such folder.
        ModelCorrupt: Vosk can't load what is in it.
        PartMissing: vosk or its libatomic is not installed.
    """

    def __init__(self, model_folder: Path, recycle_after_s: float = RECYCLE_AFTER_S) -> None:
        if not model_folder.is_dir():
            raise ModelMissing(
                f"no speech model at {model_folder}: run `counterpoint models pull`, or correct words.model"
            )
        self._folder = model_folder
        self._recycle_after = round(recycle_after_s * SAMPLE_RATE_HZ)
        self._vosk = _vosk()
        self._model = self._load()
        self._kaldi: _Kaldi | None = self._fresh()
        self._given = 0  # samples since this Kaldi recogniser was made
        self._begun = 0  # of these, before the utterance under way

    def accept(self, samples: Samples) -> Utterance | None:
        """Take mono float32 in [-1, 1] at 16 kHz; an utterance where Vosk heard its end."""
        audio = np.clip(samples * FULL_SCALE, -FULL_SCALE, FULL_SCALE).astype(np.int16)
        kaldi = self._ready()
        self._given += len(audio)
        try:
            ended = kaldi.AcceptWaveform(audio.tobytes())
        except Exception as error:
            raise ModelError("the recogniser stopped: run `counterpoint models verify`") from error
        return self._utterance(kaldi.Result()) if ended else None

    def finish(self) -> Utterance | None:
        """End the utterance under way; None when nothing was accepted since the last one."""
        if self._kaldi is None or self._given == self._begun:
            return None
        utterance = self._utterance(self._ready().FinalResult())
        self._begun = self._given
        if self._given >= self._recycle_after:
            self._kaldi = None
        return utterance

    def forget(self) -> None:
        """Let go of all that was heard: the next audio meets a new Kaldi recogniser (60 ms), the model stays."""
        self._kaldi = None

    def close(self) -> None:
        """Give back the recogniser's memory and the model's."""
        self._kaldi = None
        self._model = None

    def _load(self) -> object | None:
        self._vosk.SetLogLevel(NO_LOG)
        with silence():  # Vosk prints its errors whatever the log level; the user gets one line of ours instead
            try:
                return self._vosk.Model(str(self._folder))  # a path, never a language: that would ask the network
            except Exception as error:
                raise _corrupt(self._folder) from error

    def _ready(self) -> _Kaldi:
        if self._kaldi is None:
            self._kaldi = self._fresh()
            self._given = self._begun = 0
        return self._kaldi

    def _fresh(self) -> _Kaldi:
        with silence():
            try:
                kaldi = self._vosk.KaldiRecognizer(self._model, float(SAMPLE_RATE_HZ))
            except Exception as error:
                raise _corrupt(self._folder) from error
        kaldi.SetWords(True)
        return kaldi

    def _utterance(self, text: str) -> Utterance:
        begun_s = self._begun / SAMPLE_RATE_HZ
        try:
            heard = msgspec.json.decode(text, type=_VoskResult)
        except msgspec.MsgspecError:
            # Without its cause: that could quote what was heard.
            raise ModelError("the recogniser's answer can't be read: run `counterpoint models verify`") from None
        return Utterance(
            tuple(
                Word(word.word, max(0.0, word.start - begun_s), max(0.0, word.end - begun_s), min(1.0, word.conf))
                for word in heard.result
            )
        )


def _vosk() -> _Vosk:
    try:
        import vosk  # noqa: PLC0415 - without libatomic1 it does not import: that is a line for the user, not a traceback
    except (ImportError, OSError) as error:
        raise PartMissing(
            f"vosk can't be loaded ({error}): install the package libatomic1, and vosk with pip"
        ) from error
    return cast("_Vosk", vosk)


def _corrupt(folder: Path) -> ModelCorrupt:
    return ModelCorrupt(
        f"the speech model at {folder} can't be loaded: delete the folder, run `counterpoint models pull`"
    )
