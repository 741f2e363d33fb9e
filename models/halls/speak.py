"""Speaks the halls' lines with three engines; one rule: a file that exists is not spoken again.

`PYTHONPATH=device:. python -m models.halls.speak --model kokoro.onnx --voices VOICES --out DIR/speech/hall-voices`
Needs kokoro-onnx, soxr and soundfile, and Debian's `flite` and `espeak-ng`. Writes VOICE/KIND-NUMBER.flac, dry, 16 kHz.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from models.benchmark.parts import SPOKEN
from models.demo.speak import Speaker
from models.halls.lines import COUNTERS, CUTS, SMALL

RATE: Final = 16_000
FLITE: Final = ("kal16", "awb", "rms", "slt")
ESPEAK: Final = {"espeak-1": "en-us", "espeak-2": "en-gb-scotland", "espeak-3": "en-029"}
SILENT: Final = 0.02  # of the loudest sample: below it a line has not begun
EDGE: Final = 160  # samples kept before and after

Say = Callable[[str], "np.ndarray[tuple[int], np.dtype[np.float32]]"]


def wanted() -> dict[str, str]:
    """Name of a recording to its text; the short ones first."""
    talk = chain.from_iterable(COUNTERS)
    parts = {"small": SMALL, "cut": CUTS, "talk": tuple(talk)}
    return {f"{kind}-{number:02d}": text for kind, texts in parts.items() for number, text in enumerate(texts)}


def by_command(command: list[str], text: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """What a command that takes the text and then writes to `FILE` says, without silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "said.wav"))
        subprocess.run([file if word == "FILE" else text if word == "TEXT" else word for word in command], check=True)
        samples, rate = soundfile.read(file, dtype="float32")
    samples = soxr.resample(samples, rate, RATE)
    loud = np.flatnonzero(np.abs(samples) > SILENT * np.abs(samples).max())
    return np.asarray(samples[max(0, loud[0] - EDGE) : loud[-1] + EDGE] / np.abs(samples).max() / 2, dtype=np.float32)


def engines(speaker: Speaker) -> dict[str, Say]:
    """Every voice's name and how it speaks; the quick engines first."""

    def flite(voice: str) -> Say:
        return lambda text: by_command(["flite", "-voice", voice, "-t", "TEXT", "-o", "FILE"], text)

    def espeak(voice: str) -> Say:
        return lambda text: by_command(["espeak-ng", "-v", voice, "-s", "165", "-w", "FILE", "TEXT"], text)

    def kokoro(voice: str) -> Say:
        return lambda text: speaker.say(text, voice)

    return {
        **{f"flite-{voice}": flite(voice) for voice in FLITE},
        **{name: espeak(voice) for name, voice in ESPEAK.items()},
        **{voice: kokoro(voice) for voice in SPOKEN["halls"]},
    }


def main() -> None:
    """Speak what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--model", "--voices", "--out"):
        parser.add_argument(name, type=Path, required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as kept:
        voices = engines(Speaker(given.model, given.voices, Path(kept)))
        for name, text in wanted().items():
            for voice, say in voices.items():
                file = given.out / voice / f"{name}.flac"
                if not file.exists():
                    file.parent.mkdir(parents=True, exist_ok=True)
                    soundfile.write(file, say(text), RATE)


if __name__ == "__main__":
    main()
