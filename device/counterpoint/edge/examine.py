"""The doctor's looks at the world: one function a thing, each ends in a Check.

One rule: a look changes nothing, and judges nothing: what it saw goes to care/checks.py.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from counterpoint.care.checks import (
    Check,
    FolderSeen,
    Heard,
    judge_channels,
    judge_clock,
    judge_disk,
    judge_error,
    judge_folders,
    judge_inbox,
    judge_listening_sensor,
    judge_microphone,
    judge_placement,
    judge_privacy,
    judge_publisher,
    judge_sides,
    judge_waiting,
)
from counterpoint.care.checks_array import judge_holder, judge_level
from counterpoint.edge.array_file import load_array
from counterpoint.edge.calibration import calibration_in_force
from counterpoint.edge.clock import clock_is_set
from counterpoint.edge.examine_array import capture_holder, look_at_array, look_at_calibration, look_at_mute
from counterpoint.edge.examine_broker import look_at_broker
from counterpoint.edge.examine_machine import (
    SENSOR_UNIT,
    ask_systemd,
    look_at_heat_and_power,
    look_at_light,
    look_at_services,
    look_at_swap,
)
from counterpoint.edge.examine_pins import LIGHT_PINS, look_at_pins
from counterpoint.edge.findings import read_findings
from counterpoint.edge.inbox import Inbox
from counterpoint.edge.microphone import Microphone
from counterpoint.edge.model_files import load_act_model, load_detector, model_folder
from counterpoint.edge.outbox import MESSAGE_NAME, Post, read_dropped
from counterpoint.edge.pins import find_pins
from counterpoint.edge.recogniser import VoskRecogniser, vosk_folder
from counterpoint.edge.sound_in_use import capture_in_use
from counterpoint.errors import CounterpointError, MessageError, ModelMissing
from counterpoint.hearing.channels import ChannelWatch
from counterpoint.hearing.geometry import COMPACT_M, raw_channels, tells_sides_apart
from counterpoint.messages.schemas import SensorHealth, decode_note
from counterpoint.values import BLOCK_S, ChannelHealth

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.hearing.geometry import ArrayGeometry
    from counterpoint.settings import Settings

LISTEN_S: Final = 6.0  # the channel watch calls a channel silent after 5 s
FRESH_PERIODS: Final = 2  # a sensor that runs has reported within its last two periods
BYTES_A_MB: Final = 1_000_000
RUNS: Final = ("active", "activating", "reloading")


@dataclass(frozen=True, slots=True)
class Look:
    """One look: what it is at, how long that takes at most, and the function that looks.

    Attributes:
        at: What it looks at, for the line of progress.
        takes_s: Seconds that it can take; 0 for those that take no time.
        look: Gives the checks that came of it.
    """

    at: str
    takes_s: float
    look: Callable[[Settings], list[Check]]


def look_at_privacy(settings: Settings) -> list[Check]:
    """See whether the settings let anything be published."""
    return [judge_privacy(settings.privacy)]


def look_at_microphone(settings: Settings) -> list[Check]:
    """Listen for a few seconds; nothing is kept of what was heard. Where a sensor is running, take its word instead."""
    try:
        array = load_array(settings.array.name)
        bearings = calibration_in_force(settings, array).bearings
        sides = judge_sides(array.name, apart=tells_sides_apart(array, bearings))
    except CounterpointError as error:
        return [judge_error("sides", str(error)), *_unheard("sides")]
    told = _what_the_running_sensor_says(settings)
    if told is not None:
        return [sides, *judge_listening_sensor(told.microphone, told.frames_lost_count)]
    if _is_a_running_service():
        waits = "the sensor runs, and has not reported yet: see the sensor check, and run doctor again in a minute"
        return [sides, *(Check(name, "skipped", waits) for name in ("microphone", "channels"))]
    try:
        with Microphone(array, settings.array.device) as microphone:
            heard = _listen(microphone, array)
    except CounterpointError as error:
        holder = capture_holder()
        failed = judge_holder(*holder) if holder else judge_error("microphone", str(error))
        return [sides, failed, _unheard("microphone")[-1]]
    compact = not array.one_per_side and array.aperture_m <= COMPACT_M
    level = judge_level(heard.levels_dbfs, heard.loudest_dbfs, compact=compact)
    return [sides, judge_microphone(array.name, heard), judge_channels(heard), level]


def _is_a_running_service() -> bool:
    return ask_systemd(SENSOR_UNIT).get("ActiveState") in RUNS


def _what_the_running_sensor_says(settings: Settings) -> SensorHealth | None:
    """The sensor's last report, None when none is running, or none that has reported lately."""
    if not (capture_in_use() or _is_a_running_service()):
        return None
    post = Post(Path(settings.folders.outbox), Path(settings.folders.receipts))
    try:
        found = post.read_health(time.time(), FRESH_PERIODS * settings.broker.health_minutes * 60)
        note = None if found is None else decode_note(found)
    except (MessageError, OSError):
        return None
    return note if isinstance(note, SensorHealth) else None


def _unheard(needed: str) -> list[Check]:
    what = f"needs the {needed} first"
    return [Check(name, "skipped", what) for name in ("microphone", "channels")]


def _listen(microphone: Microphone, array: ArrayGeometry) -> Heard:
    raw = raw_channels(array, microphone.channels)
    watch = ChannelWatch(raw, one_per_side=array.one_per_side)
    health, samples, loudest = ChannelHealth(), 0, 0.0
    total = np.zeros(len(raw))
    for block in microphone.blocks():
        health = watch.step(block)
        samples += block.samples.shape[1]
        powers = np.mean(np.square(block.samples[list(raw)]), axis=1)
        loudest = max(loudest, float(powers.max()))
        total += powers
        if samples >= LISTEN_S / BLOCK_S * block.samples.shape[1]:
            break
    levels = tuple(_dbfs(power * block.samples.shape[1] / samples) for power in total)
    return Heard(microphone.channels, health, _dbfs(loudest), samples, microphone.lost_samples, levels)


def _dbfs(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-18)))


def look_at_the_array(settings: Settings) -> list[Check]:
    """See the array on USB, its mute, and where the two sides are."""
    return [look_at_array(settings), look_at_mute(settings), look_at_calibration(settings)]


def look_at_placement(settings: Settings) -> list[Check]:
    """Read what the sensor has found in its last run; a few seconds of listening could not."""
    found = read_findings(Path(settings.folders.state))
    if found is None:
        return [Check("placement", "skipped", "nothing from the sensor yet; it needs minutes of speech")]
    return judge_placement(*found)


def look_at_model(settings: Settings) -> list[Check]:
    """Hold the talk-over model and the act model against their hashes, and load them."""
    folder = model_folder(settings.folders)
    try:
        detector = load_detector(folder)
        load_act_model(folder)
    except CounterpointError as error:
        return [judge_error("model", str(error))]
    behind_ms = detector.look_back_s * 1000
    return [Check("model", "ok", f"whole by their hashes; the talk-over model is {behind_ms:.0f} ms behind the room")]


def look_at_recogniser(settings: Settings) -> list[Check]:
    """Load the recogniser and its model."""
    if not settings.words.enabled:
        return [Check("recogniser", "skipped", "words are off in the settings")]
    try:
        folder = vosk_folder(settings)
        VoskRecogniser(folder).close()
    except ModelMissing as error:
        return [judge_error("recogniser", str(error), "warn")]
    except CounterpointError as error:
        return [judge_error("recogniser", str(error))]
    return [Check("recogniser", "ok", f"{folder.name} loads")]


def look_at_pins_and_light(settings: Settings) -> list[Check]:
    """See who holds the pins, and whether the light of the settings is there; a running sensor has both."""
    told = _what_the_running_sensor_says(settings)
    shown = None if told is None else told.light
    pins = look_at_pins(settings, ours=shown == "pins" or _is_a_running_service())
    if pins.state == "ok" and shown is None:
        try:
            find_pins()  # the library for them, that is: the kernel has been asked
        except CounterpointError as error:
            pins = judge_error("pins", str(error))
    if pins.state != "ok" and settings.light.kind in LIGHT_PINS:
        return [pins, Check("light", "skipped", "needs the pins first")]
    return [pins, look_at_light(settings, shown)]


def look_at_clock(settings: Settings) -> list[Check]:
    """Ask the kernel about the clock, and the publisher whether it was set before."""
    return [judge_clock(is_set=clock_is_set() or Inbox(Path(settings.folders.inbox)).clock_set())]


def look_at_folders(settings: Settings) -> list[Check]:
    """See the spool folders, the room on their disk, and what waits in them."""
    folders = settings.folders
    seen = [_folder(key, getattr(folders, key)) for key in ("state", "outbox", "receipts", "inbox")]
    state = _nearest(Path(folders.state))
    checks = [judge_disk(str(state), shutil.disk_usage(state).free // BYTES_A_MB), judge_folders(seen)]
    if all(folder.can_use for folder in seen):
        names = [path.name for path in Path(folders.outbox).iterdir()]
        waiting = sum(MESSAGE_NAME.fullmatch(name) is not None for name in names)
        checks.append(judge_waiting(waiting, read_dropped(Path(folders.outbox))))
        checks += _what_the_publisher_says(Inbox(Path(folders.inbox)))
    return checks


def _what_the_publisher_says(inbox: Inbox) -> list[Check]:
    said = inbox.publisher()
    inbox.clock_set()  # read for what it is worth: a file that is refused is counted
    foreign = judge_inbox(inbox.refused, inbox.unknown_names())
    if said is None:
        return [foreign, Check("publisher", "skipped", "it has not run yet: start `counterpoint publish`")]
    return [foreign, judge_publisher(connected=said.connected, trouble=said.trouble)]


def _folder(key: str, path: str) -> FolderSeen:
    is_there = Path(path).is_dir()
    return FolderSeen(key, path, is_there, is_there and os.access(path, os.R_OK | os.W_OK | os.X_OK))


def _nearest(folder: Path) -> Path:
    """The folder, or the first one above it that is there."""
    return next((place for place in (folder, *folder.absolute().parents) if place.is_dir()), Path("/"))


LOOKS: Final = (
    Look("the settings", 0, look_at_privacy),
    Look("the array", 0, look_at_the_array),
    Look("the microphone", LISTEN_S, look_at_microphone),
    Look("what the sensor found", 0, look_at_placement),
    Look("the talk-over model", 0, look_at_model),
    Look("the recogniser", 10, look_at_recogniser),
    Look("the pins and the light", 0, look_at_pins_and_light),
    Look("heat and power", 0, look_at_heat_and_power),
    Look("the services", 0, look_at_services),
    Look("swap", 0, look_at_swap),
    Look("the clock", 0, look_at_clock),
    Look("the folders", 0, look_at_folders),
    Look("the broker", 15, look_at_broker),
)
