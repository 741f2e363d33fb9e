"""`counterpoint practice`: the line of the counter, put behind the practice page.

One rule: what listens here is what listens at the counter, but that a practice is one visit and no cue is withheld.
"""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from counterpoint.app.parts import build_pipeline, build_words
from counterpoint.edge.array_file import load_array
from counterpoint.edge.microphone import Microphone
from counterpoint.edge.model_files import load_detector, model_folder
from counterpoint.edge.recogniser import vosk_folder
from counterpoint.errors import ModelMissing, PartMissing
from counterpoint.practice.line import CHANNELS, Line
from counterpoint.practice.patience import PatientWords
from counterpoint.practice.role_files import BUNDLED, load_roles
from counterpoint.values import Calibration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from counterpoint.hearing import ArrayGeometry
    from counterpoint.practice.role_files import RoleFolder
    from counterpoint.settings import Settings

PAGE_ARRAY: Final = "stereo"  # the page gives a microphone a side
WHOLE_PRACTICE_S: Final = 3600.0  # a practice is one visit, however long somebody thinks


@dataclass(frozen=True, slots=True)
class PracticeOrder:
    """What the command line asked for; `roles` None takes the bundled ones, `array` "" the settings' own."""

    port: int
    browser: bool
    roles: Path | None
    at_counter: bool
    array: str


def practice(order: PracticeOrder, settings: Settings) -> int:
    """Serve the practice page until Ctrl-C; return 0.

    Raises:
        PartMissing: The extra `practice` is not installed.
        CounterpointError: The roles, the model, the array or the port can't be used.
    """
    try:
        from counterpoint.practice.server import serve  # noqa: PLC0415 - its packages are an extra
        from counterpoint.practice.talk import Place  # noqa: PLC0415 - the same
    except ImportError as error:
        raise PartMissing(
            f"{error.name} is not installed: run device/set-up practice, or pip install 'counterpoint[practice]'"
        ) from error
    load_detector(model_folder(settings.folders))  # a broken model is told here, not on the page
    plan = _at_counter(order, settings) if order.at_counter else _at_desk(order, settings)
    place = Place(plan.roles, _has_words(settings), plan.open_line, plan.open_microphones)
    with suppress(KeyboardInterrupt):
        serve(place, order.port, lambda address: _opened(address, browser=order.browser))
    return 0


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is practised, and which microphones the line listens to."""

    roles: dict[str, RoleFolder]
    open_line: Callable[[], Line]
    open_microphones: Callable[[], Microphone] | None = None


def _at_desk(order: PracticeOrder, settings: Settings) -> _Plan:
    array = load_array(PAGE_ARRAY)
    roles = load_roles(order.roles or BUNDLED)
    return _Plan(roles, lambda: _line(settings, array, Calibration(), CHANNELS))


def _at_counter(order: PracticeOrder, settings: Settings) -> _Plan:
    array = load_array(order.array or settings.array.name)
    sides = Calibration(settings.array.agent_deg, settings.array.customer_deg)
    with Microphone(array, settings.array.device) as microphone:  # what is wrong with it is told here
        channels = microphone.channels
    return _Plan(
        {},
        lambda: _line(settings, array, sides, channels),
        lambda: Microphone(array, settings.array.device, channels),
    )


def _line(settings: Settings, array: ArrayGeometry, sides: Calibration, channels: int) -> Line:
    """The counter's line: one practice is one visit, and no cue is withheld."""
    practised = replace(
        settings,
        session=replace(settings.session, end_silence_s=WHOLE_PRACTICE_S),
        nudge=replace(settings.nudge, withhold_share=0.0),
    )
    recognised = build_words(practised, wait=False)
    words = PatientWords(recognised) if recognised is not None else None
    return Line(build_pipeline(practised, array, sides, channels=channels, words=words), words)


def _has_words(settings: Settings) -> bool:
    """A speech model will listen.

    Raises:
        ModelCorrupt: There is one, and it is not what the manifest says.
    """
    if not settings.words.enabled:
        return False
    try:
        vosk_folder(settings)
    except ModelMissing as missing:
        print(f"counterpoint: no words: {missing}", file=sys.stderr)
        return False
    return True


def _opened(address: str, *, browser: bool) -> None:
    print(f"Practise at {address}\nOnly this computer can open it, and nothing is kept. Ctrl-C ends it.", flush=True)
    if browser and _has_screen():
        threading.Thread(target=webbrowser.open, args=(address,), name="browser", daemon=True).start()


def _has_screen() -> bool:
    """Without a screen the standard library would start a text browser in this very terminal."""
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
