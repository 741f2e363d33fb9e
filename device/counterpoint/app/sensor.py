"""`counterpoint run`: the sensor, from the microphone to the light and the outbox.

One rule: the loop reads like the picture in the design. It has no network; what may leave it lays into the outbox,
in moments in which the light can wait.
"""

from __future__ import annotations

import logging
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from secrets import randbits
from typing import TYPE_CHECKING, Final, Literal

from counterpoint.app.calibrate import CounterCalibration
from counterpoint.app.parts import build_pipeline, build_words
from counterpoint.app.quiet_moments import QuietMoments
from counterpoint.app.sign_of_life import SignOfLife
from counterpoint.care.pause import Pause
from counterpoint.edge.array_file import load_array
from counterpoint.edge.calibration import calibration_in_force
from counterpoint.edge.findings import Findings
from counterpoint.edge.first_days import FirstDays
from counterpoint.edge.heard import Heard
from counterpoint.edge.lights import open_light
from counterpoint.edge.microphone import Microphone
from counterpoint.edge.pins import Button, MicrophoneStateLight, MuteSense, say_once
from counterpoint.edge.spool import Spool
from counterpoint.edge.systemd import is_service, notify, status
from counterpoint.errors import CounterpointError, MicrophoneError, StorageError
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, ChannelHealth, Health, Placement

if TYPE_CHECKING:
    from counterpoint.app.pipeline import Pipeline
    from counterpoint.care.pause import Press
    from counterpoint.edge.words_line import WordsLine
    from counterpoint.settings import Settings
    from counterpoint.values import Block, Calibration, Session, Side

LOOK_AGAIN_S: Final = 2.0  # a microphone that is plugged in is found within seconds
MOST_UNSAVED: Final = 100  # visits kept in memory while the disk is full: a day at a busy counter
log: Final = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Listen until stopped by a signal; return 0.

    Raises:
        CounterpointError: The microphone, the model, the settings or the folders can't be used.
    """
    logging.basicConfig(stream=sys.stderr, format="counterpoint: %(message)s", level=logging.INFO)
    try:
        with ExitStack() as stack:
            ending = Sensor(settings, stack).run()
    except CounterpointError as error:
        notify(status(str(error)))
        raise
    log.info("%s", ending)  # only now: closing a sound device silences stderr for a moment
    return 0


class Sensor:
    """The parts of the sensor, opened into `stack`, and the loop over its blocks."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        array = load_array(settings.array.name)
        self._life = SignOfLife()
        self._settings = settings
        self._spool = stack.enter_context(Spool(settings))
        self._words = build_words(settings, wait=False)
        if self._words is not None:
            stack.callback(self._words.close)
        self._light = open_light(settings.light)
        stack.callback(self._light.close)
        self._state = stack.enter_context(MicrophoneStateLight(settings.state_light))
        self._mute = stack.enter_context(MuteSense(settings.button))
        self._presses: SimpleQueue[Press | Literal["calibrate"]] = SimpleQueue()
        stack.enter_context(_button(settings, self._presses))
        self._pause = Pause(settings.button)
        self._microphone = _open_microphone(Microphone(array, settings.array.device), stack, self._life)
        self._array = array
        self._calibration = CounterCalibration(settings, array, self._microphone.channels, self._light, self._state)
        self._first_days = FirstDays(Path(settings.folders.state))
        self._dark_until_s = self._first_days.dark_until_s(settings.nudge.dark_days)
        self._pipeline = self._build(calibration_in_force(settings, array).bearings)
        self._quiet = QuietMoments()
        self._unsaved: list[tuple[Session, int | None]] = []  # with its hour, fixed when the visit was over
        self._findings = Findings(Path(settings.folders.state))
        self._heard_frames = Heard(Path(settings.folders.state))
        self._channels, self._placement = ChannelHealth(), Placement()
        self._unheard: Side | None = None
        self._trouble: set[str] = set()
        self._blocks = 0
        self._at_s = 0.0
        self._report_at = 0

    def run(self) -> str:
        """Take block after block until a signal ends the stream; return what to say of it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._microphone.close())
        for block in self._microphone.blocks():
            if self._blocks == 0:
                log.info("listening" if self._microphone.is_listening else "the microphone gives no sound yet")
            moment = self._pipeline.step(self._heard(block))
            if (found := self._calibration.take()) is not None:
                self._pipeline = self._build(found)
            if moment.cue is not None:
                self._light.show(moment.cue)
            self._blocks += 1
            self._at_s = block.start_s + BLOCK_S
            self._channels, self._placement = moment.channels, moment.placement
            self._unheard = moment.unheard
            self._keep(moment.visit.closed)
            self._life.decided(block, sought=self._microphone.is_sought)
            self._heard_frames.keep(self._blocks, self._life.frames)
            if self._quiet.step(moment.floor, moment.cue):
                self._write()
        return self._stop()

    def _build(self, calibration: Calibration) -> Pipeline:
        """The line for these bearings; where one is replaced, what was under way in it is left out."""
        return build_pipeline(
            self._settings,
            self._array,
            calibration,
            channels=self._microphone.channels,
            words=self._words,
            dark_until_s=self._dark_until_s,
            seed=randbits(32),
        )

    def _stop(self) -> str:
        self._life.ended()
        self._state.off()
        self._keep(self._pipeline.close().session)
        self._write()
        words_dropped = self._words.dropped if self._words is not None else 0
        return (
            f"stopped after {self._blocks} frames; {self._frames_lost()} frames lost;"
            f" {words_dropped} frames dropped before the recogniser"
        )

    def _heard(self, block: Block) -> Block:
        """The block, or silence in its place while paused, muted or calibrating; presses take effect here."""
        while not self._presses.empty():
            self._press(self._presses.get(), block.start_s)
        shut = self._pause.paused(block.start_s) or self._mute.muted
        if shut or not self._microphone.is_listening:
            self._state.off()
        else:
            self._state.listening()
        if shut:  # the red light holds, whatever a switch leaves in the cables
            block.samples.fill(0.0)
        return self._calibration.step(block, muted=shut)

    def _press(self, press: Press | Literal["calibrate"], at_s: float) -> None:
        if press == "calibrate":
            if self._pause.paused(at_s):  # a very long press has been a long one first
                self._pause.press("short", at_s)
            self._calibration.begin()
        elif which := self._pause.press(press, at_s):
            self._pipeline.leave_out(which)

    def _keep(self, session: Session | None) -> None:
        if session is not None:
            hour = self._spool.hour_of_start(session, self._at_s)
            self._unsaved = [*self._unsaved, (session, hour)][-MOST_UNSAVED:]

    def _write(self) -> None:
        """Write what waits; a full disk loses nothing and stops nothing: the next quiet moment tries again."""
        trouble: set[str] = set()
        for write in (
            self._add_visits,
            self._spool.tick,
            self._count_days,
            self._keep_findings,
            self._heard_frames.check,
            self._report,
        ):
            try:
                write()
            except StorageError as error:
                trouble.add(str(error))
        for line in sorted(trouble - self._trouble):  # the same again every few seconds would fill the log
            log.warning("%s", line)
        self._trouble = trouble

    def _add_visits(self) -> None:
        while self._unsaved:
            self._spool.add(*self._unsaved[0])
            del self._unsaved[0]

    def _count_days(self) -> None:
        self._first_days.keep(self._at_s)

    def _keep_findings(self) -> None:
        self._findings.keep(self._placement, self._unheard)

    def _report(self) -> None:
        """Lay down the health where it is due."""
        if self._blocks >= self._report_at:
            self._spool.report(self._health())
            self._report_at = self._blocks + round(self._settings.broker.health_minutes * 60 / BLOCK_S)

    def _health(self) -> Health:
        return Health(
            frames_lost=self._frames_lost(),
            channels=self._channels,
            words=_words_state(self._settings, self._words),
            light=self._light.kind,
        )

    def _frames_lost(self) -> int:
        """Blocks lost while the device was there: the time that it was away may be a mute, which nobody is told of."""
        return self._microphone.lost_while_open // BLOCK_SAMPLES


def _open_microphone(microphone: Microphone, stack: ExitStack, life: SignOfLife) -> Microphone:
    """Open it; a service waits for one that is missing, with the red light on: nobody sits there to start it again."""
    while True:
        try:
            return stack.enter_context(microphone)
        except MicrophoneError as missing:
            if not is_service():
                raise
            say_once(f"{missing}; it is waited for")
            life.waits(missing)
        time.sleep(LOOK_AGAIN_S)


def _words_state(settings: Settings, words: WordsLine | None) -> str:
    if words is not None:
        return "on"
    return "missing" if settings.words.enabled else "off"


def _button(settings: Settings, presses: SimpleQueue[Press | Literal["calibrate"]]) -> Button:
    return Button(
        settings.button,
        short_press=lambda: presses.put("short"),
        long_press=lambda: presses.put("long"),
        very_long_press=lambda: presses.put("calibrate"),
    )
