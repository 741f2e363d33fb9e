"""`counterpoint run`: the sensor, from the microphone to the light and the outbox.

One rule: the loop reads like the picture in the design. It has no network; what may leave it lays into the outbox.
"""

from __future__ import annotations

import logging
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from secrets import randbits
from typing import TYPE_CHECKING, Final

from counterpoint.app.parts import build_pipeline, build_words
from counterpoint.care.pause import Pause
from counterpoint.edge.array_file import load_array
from counterpoint.edge.first_days import FirstDays
from counterpoint.edge.lights import open_light
from counterpoint.edge.microphone import Microphone
from counterpoint.edge.pins import Button, MicrophoneStateLight, MuteSense
from counterpoint.edge.spool import Spool
from counterpoint.edge.systemd import READY, STOPPING, WORKING, notify
from counterpoint.errors import StorageError
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, Calibration, Health

if TYPE_CHECKING:
    from counterpoint.app.pipeline import Moment
    from counterpoint.care.pause import Press
    from counterpoint.edge.words_line import WordsLine
    from counterpoint.settings import Settings
    from counterpoint.values import Block, ChannelHealth, Session

TICK_BLOCKS: Final = round(5 / BLOCK_S)  # every 5 s: windows close on the hour, so this is soon enough
MOST_UNSAVED: Final = 100  # visits kept in memory while the disk is full: a day at a busy counter
log: Final = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Listen until stopped by a signal; return 0.

    Raises:
        CounterpointError: The microphone, the model, the settings or the folders can't be used.
    """
    logging.basicConfig(stream=sys.stderr, format="counterpoint: %(message)s", level=logging.INFO)
    with ExitStack() as stack:
        ending = Sensor(settings, stack).run()
    log.info("%s", ending)  # only now: closing a sound device silences stderr for a moment
    return 0


class Sensor:
    """The parts of the sensor, opened into `stack`, and the loop over its blocks."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        array = load_array(settings.array.name)
        self._settings = settings
        self._spool = stack.enter_context(Spool(settings))
        self._words = build_words(settings, wait=False)
        if self._words is not None:
            stack.callback(self._words.close)
        self._light = open_light(settings.light)
        stack.callback(self._light.close)
        self._state = stack.enter_context(MicrophoneStateLight(settings.state_light))
        self._mute = stack.enter_context(MuteSense(settings.button))
        self._presses: SimpleQueue[Press] = SimpleQueue()
        stack.enter_context(_button(settings, self._presses))
        self._pause = Pause(settings.button)
        self._microphone = stack.enter_context(Microphone(array, settings.array.device))
        calibration = Calibration(settings.array.agent_deg, settings.array.customer_deg)
        self._first_days = FirstDays(Path(settings.folders.state))
        self._pipeline = build_pipeline(
            settings,
            array,
            calibration,
            channels=self._microphone.channels,
            words=self._words,
            dark_until_s=self._first_days.dark_until_s(settings.nudge.dark_days),
            seed=randbits(32),
        )
        self._unsaved: list[Session] = []
        self._blocks = 0

    def run(self) -> str:
        """Take block after block until a signal ends the stream; return what to say of it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._microphone.close())
        log.info("listening")
        notify(READY)
        for block in self._microphone.blocks():
            moment = self._pipeline.step(self._heard(block))
            if moment.cue is not None:
                self._light.show(moment.cue)
            self._keep(moment.visit.closed)
            self._blocks += 1
            if self._blocks % TICK_BLOCKS == 1:
                self._tick(moment)
        notify(STOPPING)
        self._keep(self._pipeline.close().session)
        self._save(self._blocks * BLOCK_S)
        words_dropped = self._words.dropped if self._words is not None else 0
        lost = self._microphone.lost_samples // BLOCK_SAMPLES
        return f"stopped after {self._blocks} frames; {lost} frames lost, {words_dropped} dropped before the recogniser"

    def _heard(self, block: Block) -> Block:
        """The block, or silence in its place while the device is paused; presses take effect here."""
        while not self._presses.empty():
            if self._pause.press(self._presses.get(), block.start_s):
                self._pipeline.leave_out()
        paused = self._pause.paused(block.start_s)
        if paused or self._mute.muted or not self._microphone.is_listening:
            self._state.off()
        else:
            self._state.listening()
        if paused:
            block.samples.fill(0.0)
        return block

    def _keep(self, session: Session | None) -> None:
        if session is not None:
            self._unsaved = [*self._unsaved, session][-MOST_UNSAVED:]

    def _tick(self, moment: Moment) -> None:
        notify(WORKING)
        self._save(moment.floor.at_s)
        health_blocks = round(self._settings.broker.health_minutes * 60 / BLOCK_S)
        if self._blocks % health_blocks <= TICK_BLOCKS:
            self._spool.report(self._health(moment.channels))

    def _save(self, at_s: float) -> None:
        """Write what waits; a full disk loses nothing and stops nothing, it is tried again at the next tick."""
        try:
            while self._unsaved:
                self._spool.add(self._unsaved[0])
                del self._unsaved[0]
            self._spool.tick()
            self._first_days.keep(at_s)
        except StorageError as error:
            log.warning("%s", error)

    def _health(self, channels: ChannelHealth) -> Health:
        return Health(
            frames_lost=self._microphone.lost_samples // BLOCK_SAMPLES,
            channels=channels,
            words=_words_state(self._settings, self._words),
            light=self._light.kind,
        )


def _words_state(settings: Settings, words: WordsLine | None) -> str:
    if words is not None:
        return "on"
    return "missing" if settings.words.enabled else "off"


def _button(settings: Settings, presses: SimpleQueue[Press]) -> Button:
    return Button(settings.button, short_press=lambda: presses.put("short"), long_press=lambda: presses.put("long"))
