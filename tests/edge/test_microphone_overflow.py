"""A device that lost frames is read on: PyAudio would close it if it were asked to tell."""

from __future__ import annotations

import numpy as np

from counterpoint.edge.sound_devices import Capture, SoundDevice


class Overflowing:
    """A stream after an overrun, as PyAudio 0.2.13 treats it: told as an error it is closed for good."""

    def __init__(self) -> None:
        self.closed = False

    def get_read_available(self) -> int:
        return 160

    def read(self, frames: int, overflows_are_errors: bool = True, /) -> bytes:
        if overflows_are_errors or self.closed:
            self.closed = True
            raise OSError(-9981, "Input overflowed")
        return b"\x01\x00" * 2 * frames

    def close(self) -> None:
        self.closed = True


def test_an_overflow_costs_the_frames_and_not_the_stream() -> None:
    stream = Overflowing()
    capture = Capture(None, stream, SoundDevice(0, "counter", 2, 16_000))  # type: ignore[arg-type] # not closed here
    for _ in range(3):
        np.testing.assert_array_equal(capture.read(), np.ones((160, 2)))
    assert not stream.closed
