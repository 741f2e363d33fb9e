"""`counterpoint run` with a recording for a sound card: python sensor_in_steps.py RECORDING SECONDS,... ARGUMENTS...

At each of these seconds of the recording it stops itself (SIGSTOP), so that whoever continues it may look at it first.
One rule: only the microphone is another one; every other line of the sensor is the shipped one.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import soundfile

from counterpoint.app import cli, sensor
from counterpoint.edge.blocks import BlockCutter
from counterpoint.values import BLOCK_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.edge.words_line import WordsLine
    from counterpoint.values import Block

FULL_SCALE: Final = np.float32(32768)
AT_MOST_WAITING: Final = 10  # pieces of 0.2 s: far from a full queue, so that nothing is dropped
PATIENCE_S: Final = 300  # a machine that others keep busy


class RecordedRoom:
    """What the sensor needs of a microphone, at any pace: a word that outran the recogniser would prove nothing."""

    is_listening = True
    lost_while_open = 0
    reopened = 0
    is_sought = False

    def __init__(self, *_: object) -> None:
        self.channels = soundfile.info(sys.argv[1]).channels
        self._stops_s = [float(at) for at in sys.argv[2].split(",")]
        self._shut = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._shut = True

    def blocks(self) -> Iterator[Block]:
        cutter = BlockCutter(self.channels)
        with soundfile.SoundFile(sys.argv[1]) as file:
            for _ in range(file.frames // BLOCK_SAMPLES):
                if self._shut:
                    return
                for block in cutter.add(file.read(BLOCK_SAMPLES, dtype="int16").astype(np.float32) / FULL_SCALE):
                    self._stop(block.start_s)
                    yield block
                    _let_words_come_near()

    def _stop(self, now_s: float) -> None:
        if self._stops_s and now_s >= self._stops_s[0]:
            del self._stops_s[0]
            _let_words_come_near(idle=True)
            os.kill(os.getpid(), signal.SIGSTOP)


_words: list[WordsLine] = []


def _let_words_come_near(*, idle: bool = False) -> None:
    for line in _words:
        with line._changed:
            is_near = line._is_idle if idle else lambda: len(line._queue) < AT_MOST_WAITING  # noqa: B023 - called at once
            assert line._changed.wait_for(is_near, PATIENCE_S), "the recogniser did not come near: look at nothing yet"


def _remember(sensor_class: type[sensor.Sensor]) -> None:
    begin = sensor_class.__init__

    def begin_and_remember(self: sensor.Sensor, *given: object) -> None:
        begin(self, *given)  # type: ignore[arg-type] # as it was called
        _words.extend([self._words] if self._words is not None else [])

    sensor_class.__init__ = begin_and_remember  # type: ignore[method-assign,assignment] # to look on


if __name__ == "__main__":
    sensor.Microphone = RecordedRoom  # type: ignore[attr-defined,assignment] # the one thing that is another
    _remember(sensor.Sensor)
    sys.exit(cli.main(sys.argv[3:]))
