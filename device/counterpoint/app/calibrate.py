"""`counterpoint calibrate`, and the same by the counter's button: two people speak in turn, their places are measured.

One rule: who has the microphone measures. A running sensor is asked and does it itself; only where none answers does
the command listen.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.care.calibrating import Calibrating
from counterpoint.edge.array_file import load_array
from counterpoint.edge.calibration import calibration_in_force, hearing_of, keep_calibration
from counterpoint.edge.calibration_lights import CalibrationLights
from counterpoint.edge.calibration_request import (
    BUTTON,
    Progress,
    ask_sensor,
    read_progress,
    take_request,
    tell_progress,
    withdraw,
)
from counterpoint.edge.lights import open_light
from counterpoint.edge.microphone import Microphone
from counterpoint.edge.pins import MicrophoneStateLight, MuteSense
from counterpoint.errors import CalibrationRefused, StorageError
from counterpoint.hearing import ChannelWatch, raw_channels
from counterpoint.values import BLOCK_S, Block, Calibration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from counterpoint.care.calibrating import CalibrationStep
    from counterpoint.edge.lights import Light
    from counterpoint.hearing import ArrayGeometry
    from counterpoint.settings import Settings
    from counterpoint.values import ChannelHealth

PICKED_UP_S: Final = 3.0  # a sensor looks for the request every second
LONGEST_S: Final = 60.0
SHOWN_S: Final = 3.0  # the last signal stays so long
LOOK_EVERY: Final = round(1 / BLOCK_S)  # blocks
POLL_S: Final = 0.1
SAYS: Final[dict[CalibrationStep, str]] = {
    "ready": "ready: one person on each side, quiet for a moment (the white light breathes)",
    "agent": "AGENT: speak now, in an ordinary voice (amber light)",
    "pause": "thank you, that will do",
    "customer": "CUSTOMER: speak now, where customers stand (the white light breathes)",
}


class OneCalibration:
    """One calibration from its first block to its end: lights, progress, and what was found kept in its file."""

    def __init__(
        self, settings: Settings, array: ArrayGeometry, channels: int, tell: Callable[[Progress], None], number: str
    ) -> None:
        expected = calibration_in_force(settings, array).bearings
        self._settings = settings
        self._array = array
        self._calibrating = Calibrating(hearing_of(array, channels), expected)
        self._watch = ChannelWatch(raw_channels(array, channels), one_per_side=array.one_per_side)
        self._tell = tell
        self._number = number
        self._told: CalibrationStep | None = None

    @property
    def found(self) -> Calibration | None:
        """Where the two are, once it has ended well."""
        return self._calibrating.found

    def step(self, block: Block, lights: CalibrationLights, *, muted: bool = False) -> bool:
        """Take one block; return whether it is over. What was found is kept before anybody is told of it."""
        health = self._watch.step(block)
        if muted and not self._calibrating.is_over:
            self._calibrating.give_up(
                "the microphone is muted or paused", "unmute it, or press the button, and try again"
            )
        step = self._calibrating.step(block)
        if step != self._told:
            self._told = step = self._kept(health) if step == "done" else step
            lights.show(step, block.start_s)
            self._tell(self._progress(step))
        return self._calibrating.is_over

    def _kept(self, health: ChannelHealth) -> CalibrationStep:
        """Keep what was found; a dead channel, or a disk that can't be written, turns it into a refusal."""
        found = self._calibrating.found
        if not health.sides_clear:
            self._calibrating.give_up("a channel of the array is not well", "see which: counterpoint doctor")
        elif found is not None:
            try:
                keep_calibration(self._settings, self._array.name, found)
            except StorageError as error:
                self._calibrating.give_up("what was measured can't be kept", str(error))
        return self._calibrating.step_now

    def _progress(self, step: CalibrationStep) -> Progress:
        found, refusal = self._calibrating.found, self._calibrating.refusal
        if refusal is not None:
            return Progress(self._number, step, what=refusal.what, remedy=refusal.remedy)
        if step == "done" and found is not None:
            return Progress(self._number, step, found.agent_deg, found.customer_deg)
        return Progress(self._number, step)


class CounterCalibration:
    """The sensor's side: begins when the button or a request asks, and lets silence through while it measures.

    Attributes:
        found: Where the two are now, for whoever builds the line anew; taken by `take`.
    """

    def __init__(
        self, settings: Settings, array: ArrayGeometry, channels: int, light: Light, state: MicrophoneStateLight
    ) -> None:
        self._settings = settings
        self._array = array
        self._channels = channels
        self._lights = CalibrationLights(light, state)
        self._state = Path(settings.folders.state)
        self._one: OneCalibration | None = None
        self._over_s: float | None = None
        self._blocks = 0
        self.found: Calibration | None = None

    def begin(self, number: str = BUTTON) -> None:
        """Begin, unless one is under way."""
        if self._one is None:
            self._one = OneCalibration(
                self._settings, self._array, self._channels, lambda now: tell_progress(self._state, now), number
            )

    def step(self, block: Block, *, muted: bool) -> Block:
        """Take the room's block; return it, or silence in its place while a calibration is under way."""
        self._blocks += 1
        if self._blocks % LOOK_EVERY == 0 and (number := take_request(self._state)):
            self.begin(number)
        if self._one is None:
            return block
        if self._over_s is None:
            if self._one.step(block, self._lights, muted=muted):
                self._over_s = block.start_s
        elif block.start_s - self._over_s >= SHOWN_S:
            self._end(block.start_s)
        return Block(block.samples * 0, block.first_sample)

    def take(self) -> Calibration | None:
        """What was found since the last time, once its lights are out; None else."""
        found, self.found = self.found, None
        return found

    def _end(self, at_s: float) -> None:
        self._lights.end(at_s)
        self.found = self._one.found if self._one is not None else None
        self._one = self._over_s = None
        if self.found is not None and read_progress(self._state, BUTTON):
            withdraw(self._state)  # nobody waits for it; a refusal stays, for doctor


def calibrate(settings: Settings) -> int:
    """Guide two people through it; print what was found; return 0.

    Raises:
        CalibrationRefused: The two can't be told apart, or were not heard; the message says what to do.
        CounterpointError: The microphone, the settings or the folder can't be used.
    """
    array = load_array(settings.array.name)
    state = Path(settings.folders.state)
    number = ask_sensor(state)
    try:
        steps = _of_sensor(state, number) if _is_picked_up(state, number) else _of_own(settings, array, state)
        ending = _say_steps(steps)
    finally:
        withdraw(state)
    if ending is None:
        raise CalibrationRefused("the sensor has stopped in the middle of it: see counterpoint doctor, and try again")
    if ending.step == "refused":
        raise CalibrationRefused(f"nothing was changed: {ending.what}; {ending.remedy}")
    print(_found_line(array, ending), flush=True)
    return 0


def _is_picked_up(state: Path, number: str) -> bool:
    until_s = time.monotonic() + PICKED_UP_S
    while time.monotonic() < until_s:
        if read_progress(state, number) is not None:
            return True
        time.sleep(POLL_S)
    return False


def _of_sensor(state: Path, number: str) -> Iterator[Progress]:
    """What the running sensor tells, step by step."""
    until_s, last = time.monotonic() + LONGEST_S, None
    while time.monotonic() < until_s:
        now = read_progress(state, number)
        if now is not None and now != last:
            last = now
            yield now
        if now is not None and now.step in ("done", "refused"):
            return
        time.sleep(POLL_S)


def _of_own(settings: Settings, array: ArrayGeometry, state: Path) -> Iterator[Progress]:
    """No sensor has answered: measure here, with its lights."""
    withdraw(state)
    told: list[Progress] = []
    with ExitStack() as stack:
        light = open_light(settings.light)
        stack.callback(light.close)
        state_light = stack.enter_context(MicrophoneStateLight(settings.state_light))
        mute = stack.enter_context(MuteSense(settings.button))
        microphone = stack.enter_context(Microphone(array, settings.array.device))
        lights = CalibrationLights(light, state_light)
        one = OneCalibration(settings, array, microphone.channels, told.append, "own")
        state_light.listening()
        for block in microphone.blocks():
            over = one.step(block, lights, muted=mute.muted)
            yield from told
            told.clear()
            if over:
                break
        time.sleep(SHOWN_S)


def _say_steps(steps: Iterator[Progress]) -> Progress | None:
    """Print each step as it comes; return the last one, None where it has none."""
    ending = None
    for progress in steps:
        if line := SAYS.get(progress.step, ""):
            print(line, file=sys.stderr, flush=True)
        ending = progress if progress.step in ("done", "refused") else None
    return ending


def _found_line(array: ArrayGeometry, ending: Progress) -> str:
    if array.one_per_side:
        return "each microphone hears its own person"
    return f"agent at {ending.agent_deg:g} degrees, customer at {ending.customer_deg:g}: kept, and in force"
