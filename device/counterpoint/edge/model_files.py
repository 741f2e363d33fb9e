"""Models on disk; one rule: no byte of a model is used before its SHA-256 has matched the manifest."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from counterpoint.errors import ModelCorrupt, ModelMissing
from counterpoint.hearing.detector import Detector
from counterpoint.hearing.zones import FEATURES
from counterpoint.values import BLOCK_SAMPLES, Uncertainty, ZoneFrame
from counterpoint.words import ActModel

if TYPE_CHECKING:
    from counterpoint.settings import FolderSettings
    from counterpoint.values import Activity

MANIFEST: Final = "manifest.toml"
UNCERTAINTY: Final = "uncertainty.json"
_PACKAGE: Final = Path(__file__).resolve().parents[1]


class _Entry(msgspec.Struct, frozen=True):
    """What the manifest must say of a model that is one file."""

    file: str
    sha256: str


def bundled_folder() -> Path:
    """The folder that came with the package, or `models/` of the source tree."""
    installed = _PACKAGE / "bundled_models"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "models"


def model_folder(folders: FolderSettings) -> Path:
    """Where the models are: the folder that the settings name, else the bundled one."""
    return Path(folders.models) if folders.models else bundled_folder()


def read_model(name: str, folder: Path | None = None) -> bytes:
    """The bytes of the model `name` of the manifest in `folder`, or the bundled one where it has no manifest.

    Raises:
        ModelMissing: There is no such model or no manifest.
        ModelCorrupt: The manifest can't be read, or the bytes are not those that it names.
    """
    here = _with_manifest(folder)
    entry = _entry(name, here / MANIFEST)
    path = here / Path(entry.file).name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelMissing(f"the model {path} can't be read ({error.strerror}): install the package again") from error
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise ModelCorrupt(f"{path} is not the model that {MANIFEST} names (SHA-256): install the package again")
    return content


def load_detector(folder: Path | None = None) -> Detector:
    """The detector with the talk-over model of `folder` (default: the bundled one), tried on a frame of silence.

    Raises:
        ModelMissing: There is no such model or no manifest.
        ModelCorrupt: It is not the model that the manifest names, is of another version, or gives no beliefs.
    """
    model = read_model("talk_over", folder)
    _try_on_silence(model)
    return Detector(model)


def load_act_model(folder: Path | None = None) -> ActModel:
    """The act model of `folder` (default: the bundled one), tried on an utterance.

    Raises:
        ModelMissing: There is no such model or no manifest.
        ModelCorrupt: It is not the model that the manifest names, is of another version, or gives no probabilities.
    """
    model = ActModel(read_model("acts", folder))
    problem = "the act model gives no acts that this program knows: install program and model together"
    try:
        likely = model.likely(["so"], frozenset())
    except Exception as error:  # onnxruntime's own errors have no common base but Exception
        raise ModelCorrupt(problem) from error
    if not all(0 <= p <= 1 for p in likely):
        raise ModelCorrupt(problem)
    return model


def _try_on_silence(model: bytes) -> None:
    """A model may take our features and still give something else than five probabilities and its next state."""
    silence = ZoneFrame(0.0, np.zeros(FEATURES, np.float32), np.zeros(BLOCK_SAMPLES, np.float32))
    problem = "the talk-over model gives no beliefs that this program knows: install program and model together"
    try:
        detector = Detector(model)
        beliefs = [detector.step(silence) for _ in range(2)]  # the second takes the state that the first gave
    except ModelCorrupt:
        raise
    except Exception as error:  # onnxruntime's own errors have no common base but Exception
        raise ModelCorrupt(problem) from error
    if not all(0 <= p <= 1 for one in beliefs for p in _probabilities(one)):  # NaN is not between 0 and 1 either
        raise ModelCorrupt(problem)


def _probabilities(belief: Activity) -> list[float]:
    """All that is believed, at once and settled."""
    settled = [belief.settled.agent, belief.settled.customer] if belief.settled else []
    return [belief.agent, belief.customer, belief.takes_floor, *settled]


def read_uncertainty(folder: Path | None = None) -> Uncertainty:
    """The measured error of the talk-over model in `folder` (default: the bundled one), from its judgement.

    Raises:
        ModelMissing: There is no such file.
        ModelCorrupt: It does not hold the figures.
    """
    path = _with_manifest(folder) / UNCERTAINTY
    try:
        return msgspec.json.decode(path.read_bytes(), type=Uncertainty)
    except OSError as error:
        raise ModelMissing(f"{path} can't be read ({error.strerror}): install the package again") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelCorrupt(f"{path} holds no measured errors ({error}): install the package again") from error


def _with_manifest(folder: Path | None) -> Path:
    """A folder of models of our own kind; one that only holds speech models is none."""
    return folder if folder is not None and (folder / MANIFEST).exists() else bundled_folder()


def _entry(name: str, manifest: Path) -> _Entry:
    """The manifest's entry of a model."""
    try:
        tables = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelMissing(f"{manifest} can't be read ({error.strerror}): set folders.models to the models") from error
    except ValueError as error:
        raise ModelCorrupt(f"{manifest} is no manifest ({error}): install the package again") from error
    if name not in tables:
        raise ModelMissing(f"{manifest} names no model {name!r}: install the package again")
    try:
        return msgspec.convert(tables[name], _Entry)
    except msgspec.ValidationError as error:
        raise ModelCorrupt(f"{manifest}, [{name}]: {error}; install the package again") from error
