"""The capture devices that PortAudio sees, and one of them opened.

One rule: this is the only file that knows PyAudio; what goes wrong in it becomes one of our microphone errors.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from counterpoint.edge.quiet_sound import silence, turn_off_hooks
from counterpoint.errors import MicrophoneError, MicrophoneLost, MicrophoneMissing, PartMissing
from counterpoint.hearing.geometry import raw_channels
from counterpoint.values import SAMPLE_RATE_HZ

try:
    import pyaudio
except ImportError:  # no Linux wheel: a machine that only replays files need not have it
    pyaudio = None

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from counterpoint.hearing.geometry import ArrayGeometry

PERIOD_S: Final = 0.02  # the device wakes us once a block; PortAudio buffers two periods
READ_S: Final = 0.01  # read in small parts: a source made of a pipe gives no more at once, and repeats itself if asked
NO_OVERFLOWS: Final = False  # as PyAudio's exception_on_overflow
OTHER_RATES_HZ: Final = (48_000, 44_100)
PLACE: Final = re.compile(r" \(hw:\d+,\d+\)$")  # PortAudio adds it to an ALSA card's name; a plug pulled changes it


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """A capture device: PortAudio's index (changes at every plug), name, most channels, and its own rate."""

    index: int
    name: str
    channels: int
    rate_hz: int


class _Stream(Protocol):
    def get_read_available(self) -> int: ...
    def read(self, _frames: int, _overflows_are_errors: bool, /) -> bytes: ...
    def close(self) -> None: ...


class _PortAudio(Protocol):
    def get_device_count(self) -> int: ...
    def get_device_info_by_index(self, _index: int, /) -> dict[str, str | int | float]: ...
    def get_default_input_device_info(self) -> dict[str, str | int | float]: ...
    def open(self, **_settings: object) -> _Stream: ...
    def terminate(self) -> None: ...


class Capture:
    """One open capture stream; int16 frames are read without ever waiting.

    Attributes:
        name: The device's name.
        channels: Channels of a frame.
        rate_hz: The device's rate: 16 kHz where it can, else its own.
    """

    def __init__(self, port: _PortAudio, stream: _Stream, device: SoundDevice) -> None:
        self.name = device.name
        self.channels = device.channels
        self.rate_hz = device.rate_hz
        self._port = port
        self._stream = stream
        self._part = int(READ_S * device.rate_hz)

    def read(self) -> NDArray[np.int16]:
        """Return 10 ms of what is ready, shape (frames, channels); (0, channels) while there is less.

        Nothing is said of frames that the device lost: PyAudio closes a stream for good where it is asked to say so.
        Their time is missing, and the reader's clock finds that.

        Raises:
            MicrophoneLost: The device is gone.
        """
        try:
            ready = self._stream.get_read_available()
            content = self._stream.read(self._part, NO_OVERFLOWS) if ready >= self._part else b""
        except OSError as error:
            raise MicrophoneLost(f"{self.name} went away: {error}") from error
        if ready < 0:  # PyAudio returns PortAudio's error code instead of raising it
            raise MicrophoneLost(f"{self.name} went away (PortAudio error {ready})")
        return np.frombuffer(content, np.int16).reshape(-1, self.channels)

    def close(self) -> None:
        """Close the stream and PortAudio, so that the next opening looks for devices afresh."""
        with silence():
            with suppress(OSError):  # a device that is gone can't be closed politely
                self._stream.close()
            self._port.terminate()


def open_capture(array: ArrayGeometry, wanted: str, channels: int | None) -> Capture:
    """Open the capture device of `array`.

    Args:
        array: Gives the channels and, where `wanted` is empty, the names to look for.
        wanted: Part of the device's name, in any case; empty takes the array's own names, or, for an array that has
            none, the system's default device.
        channels: How many to open; None takes as many as the array has, or only its raw ones where it gives no more.

    Raises:
        MicrophoneMissing: No such device.
        ChannelsMismatch: It has too few channels.
        MicrophoneError: It can't be opened.
        PartMissing: PyAudio is not installed.
    """
    if pyaudio is None:
        raise PartMissing("PyAudio is not installed: apt-get install python3-pyaudio")
    turn_off_hooks()
    need = channels or array.channels
    with silence(), _port_audio() as port:
        device = _choose(port, (wanted,) if wanted else array.device_names, need)
        count = min(need, device.channels)
        raw_channels(array, count)
        return _open(port, SoundDevice(device.index, device.name, count, device.rate_hz))


def open_again(name: str, channels: int) -> Capture:
    """Open the device that bore `name` when it was opened first, wherever it is plugged in now, and no other one.

    Raises:
        MicrophoneMissing: It is not there, or not with so many channels.
        MicrophoneError: It can't be opened.
    """
    turn_off_hooks()
    with silence(), _port_audio() as port:
        for device in _list(port):
            if PLACE.sub("", device.name) == PLACE.sub("", name) and device.channels >= channels:
                return _open(port, SoundDevice(device.index, device.name, channels, device.rate_hz))
        raise MicrophoneMissing(f"{name} is not there: plug it in again")


@contextmanager
def _port_audio() -> Iterator[_PortAudio]:
    """Give a fresh PortAudio, which looks for devices anew; end it only if what it is wanted for fails."""
    try:
        port: _PortAudio = pyaudio.PyAudio()
    except OSError as error:
        raise MicrophoneError(f"PortAudio does not start ({error}): is the sound system installed?") from error
    try:
        yield port
    except MicrophoneError:
        port.terminate()
        raise


def _list(port: _PortAudio) -> tuple[SoundDevice, ...]:
    every = (_device(port.get_device_info_by_index(index)) for index in range(port.get_device_count()))
    return tuple(device for device in every if device.channels > 0)


def _device(facts: dict[str, str | int | float]) -> SoundDevice:
    return SoundDevice(
        int(facts["index"]), str(facts["name"]), int(facts["maxInputChannels"]), int(facts["defaultSampleRate"])
    )


def _choose(port: _PortAudio, names: Sequence[str], need: int) -> SoundDevice:
    """Take the first name that any device bears; among its bearers, the first with enough channels.

    The default device serves only where there is no name: for an array that has one it would be another microphone.
    """
    devices = _list(port)
    for name in names:
        bearers = [device for device in devices if name.lower() in device.name.lower()]
        if bearers:
            return next((device for device in bearers if device.channels >= need), bearers[0])
    if not names:
        with suppress(OSError):  # PortAudio says so where there is no default
            return _device(port.get_default_input_device_info())
    if not names and not devices:
        raise MicrophoneMissing("there is no microphone at all: plug one in")
    there = ", ".join(f'"{device.name}"' for device in devices)
    remedy = f"set array.device to part of one of these: {there}" if there else "there is none at all: plug one in"
    raise MicrophoneMissing(f"no microphone is called {' or '.join(names) or 'the default'}; {remedy}")


def _open(port: _PortAudio, device: SoundDevice) -> Capture:
    """Open at 16 kHz or the first other rate that works."""
    reason = ""
    for rate in dict.fromkeys((SAMPLE_RATE_HZ, device.rate_hz, *OTHER_RATES_HZ)):
        try:
            stream = port.open(
                input=True,
                input_device_index=device.index,
                channels=device.channels,
                rate=rate,
                format=pyaudio.paInt16,
                frames_per_buffer=int(PERIOD_S * rate),
            )
        except (OSError, ValueError) as error:
            reason = str(error)
            continue
        return Capture(port, stream, SoundDevice(device.index, device.name, device.channels, rate))
    raise MicrophoneError(f"{device.name} can't be opened ({reason}): is another program using it?")
