"""Words that nobody says at a counter, spoken there by four voices from four places: what a device must not keep.

One rule: what is played and what is searched for are made here, from the same lines. The rooms are the demo's.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import soundfile
import soxr

from counterpoint.app.demo.conversation import AUDIO, convolve
from counterpoint.values import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from counterpoint.values import Samples

    Frames = NDArray[np.int16]

Place = Literal["agent", "customer", "queue", "telephone"]

SPEECH_RMS: Final = 0.05
NOISE_RMS: Final = 0.001  # -60 dB of full scale, as in the demo
TELEPHONE_HZ: Final = (300.0, 3400.0)
LEVELS: Final[dict[Place, float]] = {"agent": 1.0, "customer": 0.8, "queue": 0.3, "telephone": 0.3}
ROOMS: Final[dict[Place, tuple[str, ...]]] = {
    "agent": ("agent-0",),
    "customer": ("customer-180",),
    "queue": ("customer-165",),
    "telephone": ("agent-8", "customer-192"),  # flat on the counter, between the two
}
VOICES: Final[dict[Place, str]] = {"agent": "rms", "customer": "slt", "queue": "awb", "telephone": "kal"}


@dataclass(frozen=True, slots=True)
class Line:
    """What is said from a place, and the rare words in it, empty where there are none."""

    place: Place
    text: str
    canary: str = ""


# What the agent says is an open question; what the others say would be other acts, were it recognised.
VISIT: Final = (
    Line("customer", "Good morning. I have come about a parcel that was to arrive on Monday, and it has not."),
    Line("agent", "Good morning. I am sorry to hear that."),
    Line("customer", "I will call you back about the golden umbrella.", "golden umbrella"),
    Line("agent", "Tell me more about the crimson walrus.", "crimson walrus"),
    Line("queue", "I will send the velvet kangaroo today.", "velvet kangaroo"),
    Line("telephone", "Thank you for bringing the silver pineapple to our attention.", "silver pineapple"),
    Line("customer", "Yes, it was a very heavy one."),
    Line("agent", "What happened with the crimson walrus?", "crimson walrus"),
    Line("customer", "It never came. Thank you, good bye."),
)
PAUSE_S: Final = 0.5
LEAD_IN_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class Said:
    """A line as it reaches the four raw microphones.

    Attributes:
        line: What is said.
        start_s: When it begins, in seconds from the first frame.
        end_s: When it ends, without its echo.
        dry: As spoken, at 16 kHz.
    """

    line: Line
    start_s: float
    end_s: float
    dry: Samples


def speak(line: Line, folder: Path) -> Samples:
    """One line in its place's voice (flite), at 16 kHz; a telephone's is of a narrow band."""
    file = folder / "line.wav"
    subprocess.run(["flite", "-voice", VOICES[line.place], "-t", line.text, "-o", str(file)], check=True)
    audio, rate_hz = soundfile.read(file, dtype="float32")
    dry = np.asarray(soxr.resample(audio, rate_hz, SAMPLE_RATE_HZ), dtype=np.float32)
    file.unlink()
    if line.place == "telephone":
        spectrum, hertz = np.fft.rfft(dry), np.fft.rfftfreq(len(dry), 1 / SAMPLE_RATE_HZ)
        spectrum[(hertz < TELEPHONE_HZ[0]) | (hertz > TELEPHONE_HZ[1])] = 0
        dry = np.fft.irfft(spectrum, len(dry)).astype(np.float32)
    return dry * np.float32(SPEECH_RMS * LEVELS[line.place] / np.sqrt(np.mean(dry**2)))


def visit(folder: Path, silence_s: float) -> tuple[Frames, list[Said]]:
    """The visit as the array's six channels (0 processed, 1 to 4 raw, 5 playback), silence after it; and its lines."""
    said, at_s = [], LEAD_IN_S
    for line in VISIT:
        dry = speak(line, folder)
        said.append(Said(line, at_s, at_s + len(dry) / SAMPLE_RATE_HZ, dry))
        at_s = said[-1].end_s + PAUSE_S
    raw = np.random.default_rng(1).standard_normal((4, round((at_s + silence_s) * SAMPLE_RATE_HZ)), dtype=np.float32)
    raw *= np.float32(NOISE_RMS)
    for one in said:
        first = round(one.start_s * SAMPLE_RATE_HZ)
        for room in ROOMS[one.line.place]:
            wet = convolve(one.dry, soundfile.read(AUDIO / f"{room}.flac", dtype="float32", always_2d=True)[0].T)
            raw[:, first : first + wet.shape[1]] += wet
    six = np.vstack([raw.mean(axis=0), raw, np.zeros(raw.shape[1], dtype=np.float32)]).T
    return (np.clip(six, -1, 1) * 32767).astype(np.int16), said
