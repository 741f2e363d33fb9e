"""A PyAudio capture device as a stream of 20 ms blocks.

One rule: the capture thread only copies into the ring; lost time is judged, filled and counted by the reader.

    capture thread: open ─▶ read ─▶ ring ─┐        lost? close, reopen every half second
    reader:                               └─▶ stream time ─▶ resampler ─▶ blocks
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from contextlib import suppress
from math import inf
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from counterpoint.edge.blocks import BlockCutter, Resampler
from counterpoint.edge.ring import Chunk, Ring
from counterpoint.edge.sound_devices import Capture, open_again, open_capture
from counterpoint.edge.stream_time import START_S, StreamTime
from counterpoint.errors import MicrophoneError, MicrophoneLost
from counterpoint.values import BLOCK_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.hearing.geometry import ArrayGeometry
    from counterpoint.values import Block

RING_S: Final = 4.0  # the pipeline may stand still for so long (a full disk, a page that is swapped in)
REST_S: Final = 0.012  # after audio the device is left alone: the next comes a block later
POLL_S: Final = 0.004  # then it is asked so often: a fifth of a block late at most
STALL_S: Final = 0.6  # no live device is silent for 30 periods
SOUGHT_S: Final = 10.0  # a try to open takes a second or two: one that takes longer hangs
RETRY_S: Final = 0.5  # with START_S: audio is back within 5 s of the device's coming back
PRIORITY: Final = 5  # of the capture thread among real-time ones, where the system allows any
FULL_SCALE: Final = 32768.0

log = logging.getLogger(__name__)


class Microphone:
    """The array as a stream of 20 ms blocks at 16 kHz.

    Use as a context manager. Lost samples are zeros in the stream and counted, so that the sample clock never
    drifts from the room. A device that goes away is reopened when it comes back; meanwhile blocks of zeros keep
    coming, in the room's time; so they do 4 s after the opening where no audio has come at all. No other device takes
    its place. A gap of more than a minute at once (a machine that slept) is jumped over.

    Attributes:
        channels: Channels of each block, known once it is open.
        lost_samples: Samples lost so far.
        lost_while_open: Of these, the ones lost while the device was there; time away, as by a mute switch, is not.
        reopened: How often the device went away and came back.
        is_listening: Audio comes in at this moment.

    Raises:
        MicrophoneMissing: No input device matches the name; the message lists those there are.
        ChannelsMismatch: The device can't give the channels that the array needs.
        MicrophoneError: The device can't be opened.
        PartMissing: PyAudio is not installed.
    """

    def __init__(self, array: ArrayGeometry, device: str, channels: int | None = None) -> None:
        self.channels = 0
        self.lost_samples = 0
        self.lost_while_open = 0
        self.reopened = 0
        self.is_listening = False
        self._array = array
        self._wanted = device
        self._channels = channels
        self._stopping = Event()
        self._ran_away = Event()
        self._ready: deque[Block] = deque()  # cut, and not yielded yet
        self._sought_s = -inf

    def __enter__(self) -> Self:
        """Open the device and begin to listen."""
        capture = open_capture(self._array, self._wanted, self._channels)
        self._time = StreamTime(time.monotonic())
        self.channels = capture.channels
        self._rate_hz = capture.rate_hz
        self._ring = Ring(int(RING_S * capture.rate_hz), capture.channels)
        self._resampler = Resampler(capture.rate_hz, capture.channels)
        self._cutter = BlockCutter(capture.channels)
        self._opening = 0
        self._thread = Thread(target=self._capture, args=(capture,), name="capture", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening and let go of the device."""
        self.close()
        self._thread.join(START_S)

    @property
    def is_sought(self) -> bool:
        """The device is away, and it was tried to open it within the last 10 s."""
        return not self.is_listening and time.monotonic() - self._sought_s < SOUGHT_S

    def close(self) -> None:
        """Stop listening and end `blocks`; from any thread or signal handler, so it waits for nobody."""
        self._stopping.set()
        self._ring.close()

    def blocks(self) -> Iterator[Block]:
        """Wait for and yield block after block until `close`; a second iteration goes on where the first broke off."""
        while not self._stopping.is_set():
            if self._ready:
                yield self._ready.popleft()
                continue
            chunk = self._ring.take(BLOCK_S)
            self._ready.extend(self._away() if chunk is None else self._place(chunk))

    def _place(self, chunk: Chunk) -> Iterator[Block]:
        """Put a chunk at its time: what was lost before it, then itself."""
        if chunk.opening != self._opening:
            self._opening = chunk.opening
            self.reopened += 1
            self._time.reopened(chunk.at_s)
        lost = self._time.dropped(chunk.dropped / self._rate_hz) if chunk.dropped else 0
        lost += self._time.arrived(len(chunk.frames) / self._rate_hz, chunk.at_s)
        if self._time.runs_away:
            self._ran_away.set()
        self.lost_while_open = self._time.lost_while_open
        yield from self._lose(lost)
        frames = chunk.frames.astype(np.float32) / np.float32(FULL_SCALE)
        yield from self._cutter.add(self._resampler.resample(frames))

    def _away(self) -> Iterator[Block]:
        """While the device is away, the room's time goes on."""
        if not self.is_listening:
            yield from self._lose(self._time.away(time.monotonic()))

    def _lose(self, count: int) -> Iterator[Block]:
        self.lost_samples += count
        yield from self._cutter.add_lost(count)

    def _capture(self, capture: Capture | None) -> None:
        """Run the capture thread: listen, and reopen what went away, until stopped."""
        _rise()
        opening = 0
        while capture is not None:
            try:
                with suppress(MicrophoneLost):  # in no log: it may be a mute
                    self._listen(capture, opening)
            finally:
                self.is_listening = False
                capture.close()
            capture = self._reopen(capture.name)
            opening += 1

    def _listen(self, capture: Capture, opening: int) -> None:
        """Copy what comes into the ring until stopped; raise MicrophoneLost when nothing good comes any more."""
        self._ran_away.clear()
        idle_s, patience_s, last_s = 0.0, START_S, time.monotonic()
        while not self._stopping.is_set():
            if self._ran_away.is_set():
                log.warning("the microphone gives more audio than time has passed: it is opened anew")
                raise MicrophoneLost(f"{capture.name} gives more audio than time has passed")
            has_room = self._copy(capture, opening)
            now_s = time.monotonic()
            idle_s = idle_s + min(now_s - last_s, 5 * POLL_S) if has_room is None else 0.0  # a stop of ours is not its
            patience_s = patience_s if has_room is None else STALL_S
            last_s = now_s
            if idle_s > patience_s:
                raise MicrophoneLost(f"{capture.name} has stopped giving audio")
            if not has_room:
                self._stopping.wait(REST_S if idle_s < REST_S else POLL_S)

    def _copy(self, capture: Capture, opening: int) -> bool | None:
        """Copy what is ready; return whether the ring had room for it, None when nothing was ready."""
        frames = capture.read()
        if not len(frames):
            return None
        self.is_listening = True
        return self._ring.put(frames, time.monotonic(), opening)

    def _reopen(self, name: str) -> Capture | None:
        """Try until the device is back; None when stopped."""
        while not self._stopping.wait(RETRY_S):
            self._sought_s = time.monotonic()
            with suppress(MicrophoneError):
                capture = open_again(name, self.channels)
                if capture.rate_hz == self._rate_hz:
                    return capture
                capture.close()  # another program holds it at another rate
        return None


def _rise() -> None:
    """Put this thread before all ordinary ones, where the system allows it: its work is microseconds a block."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
