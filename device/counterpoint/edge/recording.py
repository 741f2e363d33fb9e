"""A WAV or FLAC file as the same stream of blocks that the microphone gives.

One rule: a file is read a second at a time, and a file that is not whole is refused, never guessed.
"""

from __future__ import annotations

from stat import S_ISDIR
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import soundfile

from counterpoint.edge.blocks import BlockCutter, Resampler
from counterpoint.edge.wav_length import missing_bytes
from counterpoint.errors import ChannelsMismatch, RecordingError
from counterpoint.hearing.geometry import raw_channels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from counterpoint.hearing.geometry import ArrayGeometry
    from counterpoint.values import Block, Samples

FORMATS: Final = frozenset({"WAV", "WAVEX", "RF64", "FLAC"})
UNKNOWN_LENGTH: Final = 2**62  # libsndfile says so of a FLAC stream that was written without its length
LOWEST_HZ: Final = 8_000  # below telephone quality nobody's speech can be told apart
HIGHEST_HZ: Final = 384_000


class Recording:
    """A recording of an array as 20 ms blocks at 16 kHz.

    Use as a context manager. The file's rate may be anything from 8 to 384 kHz; its channels are all of the
    device's or only the raw ones. The last block is padded with zeros: blocks = ceil(samples / 320).

    Attributes:
        channels: Channels of the file, known once it is open.
        samples: Samples at 16 kHz so far; the whole count once `blocks` has ended.
        duration_s: What the file promises, in seconds; 0 when it does not say.

    Raises:
        RecordingError: The file is missing, not audio, empty, truncated or holds values that are no numbers.
        ChannelsMismatch: The file has not the channels that the array needs.
    """

    def __init__(self, path: Path, geometry: ArrayGeometry) -> None:
        self.channels = 0
        self.samples = 0
        self.duration_s = 0.0
        self._path = path
        self._geometry = geometry

    def __enter__(self) -> Self:
        """Open the file and check that it is whole."""
        self._file = _open(self._path)
        try:
            self._check()
        except (RecordingError, ChannelsMismatch):
            self._file.close()
            raise
        self.channels = self._file.channels
        if self._file.frames < UNKNOWN_LENGTH:
            self.duration_s = self._file.frames / self._file.samplerate
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    def blocks(self) -> Iterator[Block]:
        """Yield every block of the file, oldest first."""
        cutter = BlockCutter(self.channels)
        resampler = Resampler(self._file.samplerate, self.channels)
        for frames in self._seconds():
            yield from cutter.add(resampler.resample(frames))
            self.samples = cutter.position
        rest = resampler.resample(np.zeros((0, self.channels), np.float32), last=True)
        yield from cutter.add(rest)
        self.samples = cutter.position
        yield from cutter.finish()

    def _seconds(self) -> Iterator[Samples]:
        """Yield the frames about a second at a time; raise where the file breaks off."""
        rate = self._file.samplerate
        done = 0
        while len(frames := self._read(rate)):
            if not np.isfinite(frames).all():
                raise RecordingError(
                    f"{self._path}: values that are no numbers after {done / rate:.0f} s: export the audio again"
                )
            done += len(frames)
            yield frames
        if done < self._file.frames < UNKNOWN_LENGTH:
            raise self._truncated()

    def _read(self, count: int) -> Samples:
        try:
            frames: Samples = self._file.read(count, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise self._truncated() from error
        return frames

    def _check(self) -> None:
        file = self._file
        if file.format not in FORMATS:
            raise RecordingError(f"{self._path} is {file.format}: convert it to WAV or FLAC")
        if not LOWEST_HZ <= file.samplerate <= HIGHEST_HZ:
            raise RecordingError(f"{self._path}: {file.samplerate} Hz can't be used: record at 16000 Hz or more")
        raw_channels(self._geometry, file.channels)
        if file.format != "FLAC" and missing_bytes(self._path):
            raise self._truncated()
        if file.frames == 0:
            raise RecordingError(f"{self._path} holds no audio (zero length): record again")
        if file.format == "FLAC" and file.frames < UNKNOWN_LENGTH:
            self._reach_the_end()

    def _reach_the_end(self) -> None:
        """Raise at once where a FLAC file has lost its end, before anything is made of its beginning."""
        try:
            self._file.seek(self._file.frames - 1)
            last = self._file.read(1, always_2d=True)
            self._file.seek(0)
        except soundfile.LibsndfileError as error:
            raise self._truncated() from error
        if len(last) != 1:
            raise self._truncated()

    def _truncated(self) -> RecordingError:
        return RecordingError(
            f"{self._path} is truncated or damaged: it promises more audio than it holds; copy it again"
        )


def _open(path: Path) -> soundfile.SoundFile:
    try:
        kind = path.stat().st_mode
    except FileNotFoundError as error:
        raise RecordingError(f"{path} does not exist: check the path") from error
    except OSError as error:
        raise RecordingError(f"{path} can't be reached ({error.strerror}): check the path and its rights") from error
    if S_ISDIR(kind):
        raise RecordingError(f"{path} is a folder: name one WAV or FLAC file")
    try:
        return soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise RecordingError(f"{path} is not audio that can be read: give a WAV or FLAC file") from error
