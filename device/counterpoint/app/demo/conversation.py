"""The bundled conversation: dry voices from files, put into a room at the start of each visit, as blocks.

One rule: what is heard and what is scored come from the same script, `audio/conversation.toml`, and nowhere else.
"""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
import numpy as np
import soundfile

from counterpoint.errors import RecordingError
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.values import Samples

AUDIO: Final = Path(__file__).with_name("audio")
ARRAY: Final = "respeaker-usb-v2"
"""The room responses are those of its four raw microphones."""
CHANNELS: Final = 4
SCRIPT: Final = "conversation.toml"
NOISE_RMS: Final = 0.001  # -60 dBFS: a quiet office, about 35 dB under the voices
NOISE_SEED: Final = 2026
TAIL_S: Final = 8.0  # silence after the last visit: longer than what ends a visit in the demo
LATE_S: Final = 0.25  # behind the clock by more than this, the demo does not hurry to catch up

ScriptedKind = Literal["talk_over", "cut_off", "backchannel", "transition", "chorus"]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+(\.ogg)?$")]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the script's tables."""


class Visit(_Table, frozen=True):
    """One customer's visit; `*_place` name the room responses."""

    number: int
    title: str
    start_s: Seconds
    end_s: Seconds
    agent_place: Name
    customer_place: Name


class Utterance(_Table, frozen=True):
    """One spoken line, at its place in the demo; seconds on the sample clock."""

    visit: int
    side: Side
    start_s: Seconds
    end_s: Seconds
    file: Name
    text: str


class ScriptedEvent(_Table, frozen=True):
    """One scripted overlap: from `onset_s` to `offset_s` both sides speak."""

    visit: int
    kind: ScriptedKind
    by: Side
    onset_s: Seconds
    offset_s: Seconds


class Conversation(_Table, frozen=True):
    """The whole script."""

    visit: tuple[Visit, ...]
    utterance: tuple[Utterance, ...]
    event: tuple[ScriptedEvent, ...]

    @property
    def length_s(self) -> float:
        """The demo's length in seconds, with the silence at its end."""
        return self.visit[-1].end_s + TAIL_S

    def visit_at(self, at_s: float) -> Visit | None:
        """The visit under way at this time, or None between two."""
        return next((visit for visit in self.visit if visit.start_s <= at_s < visit.end_s), None)

    def lines_at(self, at_s: float) -> tuple[Utterance, ...]:
        """The lines being spoken at this time, in the script's order."""
        return tuple(line for line in self.utterance if line.start_s <= at_s < line.end_s)


def load(folder: Path = AUDIO) -> Conversation:
    """Read the script.

    Raises:
        RecordingError: The script is missing or damaged; the message says what to do.
    """
    try:
        return msgspec.convert(tomllib.loads((folder / SCRIPT).read_text(encoding="utf-8")), Conversation)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RecordingError(
            f"the demo's script can't be used ({error}): install Counterpoint again, or check the folder out anew"
        ) from error


class DemoSource:
    """The conversation as a stream of blocks of the array's raw microphones, paced by the wall clock times `speed`.

    Each visit is mixed when it is reached, so that the first block comes at once.

    Raises:
        RecordingError: A voice or a room response is missing or damaged.
    """

    channels = CHANNELS

    def __init__(self, conversation: Conversation, speed: float, folder: Path = AUDIO) -> None:
        self._conversation = conversation
        self._speed = speed
        self._folder = folder
        self._noise = np.random.default_rng(NOISE_SEED)

    def blocks(self) -> Iterator[Block]:
        """Every block of the demo, each when its time has come."""
        pace = _Pace(self._speed)
        first = 0
        for part in self._parts():
            for start in range(0, part.shape[1], BLOCK_SAMPLES):
                pace.wait()
                yield Block(np.ascontiguousarray(part[:, start : start + BLOCK_SAMPLES]), first)
                first += BLOCK_SAMPLES

    def _parts(self) -> Iterator[Samples]:
        """The demo in pieces of whole blocks, shape (channels, samples): each ends as the next visit begins."""
        visits = self._conversation.visit
        ends_s = [visit.start_s for visit in visits[1:]] + [self._conversation.length_s]
        first = 0
        for visit, end_s in zip(visits, ends_s, strict=True):
            last = _whole_blocks(end_s)
            yield self._mix(visit, first, last)
            first = last

    def _mix(self, visit: Visit, first: int, last: int) -> Samples:
        mixed = self._noise.standard_normal((CHANNELS, last - first), dtype=np.float32) * np.float32(NOISE_RMS)
        rooms = {
            "agent": self._read(f"{visit.agent_place}.flac"),
            "customer": self._read(f"{visit.customer_place}.flac"),
        }
        for line in self._conversation.utterance:
            if line.visit == visit.number:
                wet = convolve(self._read(line.file)[0], rooms[line.side])
                start = round(line.start_s * SAMPLE_RATE_HZ) - first
                wet = wet[:, : max(0, mixed.shape[1] - start)]
                mixed[:, start : start + wet.shape[1]] += wet
        return np.asarray(np.clip(mixed, -1.0, 1.0), dtype=np.float32)

    def _read(self, name: str) -> Samples:
        """A file's samples, shape (channels, samples)."""
        try:
            samples, rate_hz = soundfile.read(self._folder / name, dtype="float32", always_2d=True)
        except (OSError, soundfile.SoundFileError) as error:
            raise RecordingError(f"{name} of the demo can't be read ({error}): install Counterpoint again") from error
        if rate_hz != SAMPLE_RATE_HZ:
            raise RecordingError(f"{name} of the demo is at {rate_hz} Hz, not 16 kHz: install Counterpoint again")
        return np.asarray(samples.T, dtype=np.float32)


def convolve(dry: Samples, responses: Samples) -> Samples:
    """A dry voice (samples,) in a room (channels, taps): shape (channels, samples + taps - 1)."""
    length = len(dry) + responses.shape[1] - 1
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(dry, size) * np.fft.rfft(responses, size, axis=1)
    return np.asarray(np.fft.irfft(spectrum, size, axis=1)[:, :length], dtype=np.float32)


def _whole_blocks(until_s: float) -> int:
    """Samples of the whole blocks before this time."""
    return int(until_s / BLOCK_S) * BLOCK_SAMPLES


class _Pace:
    """Lets blocks through at `speed` times life; after a stall it goes on from there, without hurry."""

    def __init__(self, speed: float) -> None:
        self._every_s = BLOCK_S / speed
        self._next_s = time.monotonic()

    def wait(self) -> None:
        self._next_s += self._every_s
        behind_s = time.monotonic() - self._next_s
        if behind_s < 0:
            time.sleep(-behind_s)
        elif behind_s > LATE_S:
            self._next_s += behind_s
