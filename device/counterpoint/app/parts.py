"""Puts the stages of the line together from the settings; `run`, `replay` and `demo` all get theirs here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from counterpoint.app.acts import build_act_reader
from counterpoint.app.pipeline import Pipeline
from counterpoint.care import UnheardWatch
from counterpoint.conversation import Floor, Visits
from counterpoint.edge.model_files import load_detector, read_uncertainty
from counterpoint.edge.recogniser import VoskRecogniser, vosk_folder
from counterpoint.edge.words_line import WordsLine
from counterpoint.errors import ArrayUnknown, ModelMissing
from counterpoint.hearing import ChannelWatch, PlacementWatch, Zones, raw_channels
from counterpoint.hearing.geometry import spare_channels, tells_sides_apart
from counterpoint.nudge import Nudge

if TYPE_CHECKING:
    from counterpoint.app.pipeline import WordsPort
    from counterpoint.hearing import ArrayGeometry
    from counterpoint.settings import Settings
    from counterpoint.values import Calibration


def build_pipeline(  # noqa: PLR0913 - what a line is made of, each by its name
    settings: Settings,
    array: ArrayGeometry,
    calibration: Calibration,
    *,
    channels: int,
    words: WordsPort | None,
    dark_until_s: float = 0.0,
    seed: int = 0,
) -> Pipeline:
    """The whole line for an array at these bearings; `channels` is what the source gives.

    The light stays dark until `dark_until_s` on the sample clock; `seed` draws which cues are withheld.

    Raises:
        ArrayUnknown: The array hears both sides alike at these bearings.
        ChannelsMismatch: The source has not the channels that the array needs.
        ModelError: The talk-over model is missing, corrupt or of another version.
    """
    if not tells_sides_apart(array, calibration):
        bearings = f"{calibration.agent_deg:g} and {calibration.customer_deg:g} degrees"
        raise ArrayUnknown(
            f"{array.name} hears both sides alike at {bearings}: turn it, so that its line joins the two"
        )
    folder = Path(settings.folders.models) if settings.folders.models else None
    return Pipeline(
        zones=Zones(array, calibration, channels),
        channels=ChannelWatch(
            raw_channels(array, channels),
            one_per_side=array.one_per_side,
            spare=spare_channels(array, calibration, channels),
        ),
        placement=PlacementWatch(array, calibration, channels),
        detector=load_detector(folder),
        floor=Floor(settings.floor),
        unheard=UnheardWatch(),
        visits=Visits(settings.session, read_uncertainty(folder), words=words is not None),
        nudge=Nudge(settings.nudge, seed, dark_until_s=dark_until_s),
        words=words,
    )


def build_words(settings: Settings, *, wait: bool) -> WordsLine | None:
    """The recogniser's line, or None without a model: one line says so, and everything else works.

    Raises:
        ModelCorrupt: There is a model, of speech or of acts, and it is not what the manifest says.
    """
    if not settings.words.enabled:
        return None
    try:
        recogniser = VoskRecogniser(vosk_folder(settings))
    except ModelMissing as missing:
        print(f"counterpoint: no words: {missing}", file=sys.stderr)
        return None
    folder = Path(settings.folders.models) if settings.folders.models else None
    read_acts = build_act_reader(settings.words.language, folder)
    return WordsLine(recogniser, settings.words, wait=wait, read_acts=read_acts)
