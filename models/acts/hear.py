"""Says lines of a part with flite, lets Vosk hear them, and keeps what it heard as a table; the sound is thrown away.

    PYTHONPATH=device:. python models/acts/hear.py unseen models/acts/heard/unseen.tsv [--most N] [--noise FOLDER]

One rule: the table is added to, never rewritten, so that a run can be broken off and taken up; a line's place in the
order decides its voice, its words its noise. flite is a synthetic voice: it tells nothing about people.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
import soxr
from models.acts.texts import Example, read_examples

from counterpoint.edge.model_manifest import vosk_folder
from counterpoint.edge.recogniser import VoskRecogniser
from counterpoint.settings import Settings
from counterpoint.values import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from counterpoint.values import Samples

VOICES: Final = ("slt", "rms", "awb")
AROUND_S: Final = 0.3  # of silence before and after, as the gate's pre-roll leaves it
NOISE_DB: Final = (10.0, 20.0)  # speech over noise, for every second line
SEED: Final = 4


def main() -> None:
    """Hear what of the part is not in the table yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", help="folder of examples beside this file")
    parser.add_argument("table", type=Path)
    parser.add_argument("--most", type=int, default=10_000, help="lines at most")
    parser.add_argument("--noise", type=Path, help="folder of FLAC; every second line gets some")
    parser.add_argument("--voices", nargs="+", default=VOICES, help="flite's voices, by turns")
    given = parser.parse_args()
    lines = read_examples(given.part)
    random.Random(SEED).shuffle(lines)  # noqa: S311 - not for secrets
    done = {row.split("\t")[1] for row in given.table.read_text().splitlines()} if given.table.exists() else set()
    noises = sorted(given.noise.rglob("*.flac")) if given.noise else []
    given.table.parent.mkdir(exist_ok=True)
    recogniser = VoskRecogniser(vosk_folder(Settings()))
    with given.table.open("a", encoding="utf-8") as table:
        for number, line in enumerate(lines[: given.most]):
            if line.text in done:
                continue
            draw = random.Random(f"{SEED} {line.text}")  # noqa: S311 - not for secrets
            noise = draw.choice(noises) if noises and number % 2 else None
            voice = given.voices[number % len(given.voices)]
            audio = say(line.text, voice)
            if noise:
                audio = _in_noise(audio, noise, draw.uniform(*NOISE_DB), draw)
            table.write("\t".join((_condition(voice, noise), line.text, hear(recogniser, audio))) + "\n")
            table.flush()


def _condition(voice: str, noise: Path | None) -> str:
    return f"{voice}+noise" if noise else voice


def read_heard(table: Path, part: str) -> list[tuple[Example, str, str]]:
    """Each line of the table with its example, the condition, and what was heard."""
    by_text = {example.text: example for example in read_examples(part)}
    rows = (row.split("\t") for row in table.read_text(encoding="utf-8").splitlines())
    return [(by_text[text], condition, heard) for condition, text, heard in rows if text in by_text]


def say(text: str, voice: str) -> Samples:
    """The line in one of flite's voices, with a short silence around it, at 16 kHz."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", file.name], check=True)
        audio, rate_hz = soundfile.read(file.name, dtype="float32")
    around = np.zeros(round(AROUND_S * SAMPLE_RATE_HZ), np.float32)
    return np.concatenate([around, soxr.resample(audio, rate_hz, SAMPLE_RATE_HZ), around])


def _in_noise(audio: Samples, noise: Path, level_db: float, draw: random.Random) -> Samples:
    sound, rate_hz = soundfile.read(noise, dtype="float32")
    sound = sound if sound.ndim == 1 else sound.mean(axis=1)
    if rate_hz != SAMPLE_RATE_HZ:
        sound = soxr.resample(sound, rate_hz, SAMPLE_RATE_HZ)
    sound = np.resize(sound, max(len(sound), len(audio)))
    first = draw.randrange(len(sound) - len(audio) + 1)
    sound = sound[first : first + len(audio)]
    gain = np.sqrt(np.mean(audio**2) / (np.mean(sound**2) + 1e-12)) / 10 ** (level_db / 20)
    return np.asarray(audio + gain * sound, dtype=np.float32)


def hear(recogniser: VoskRecogniser, audio: Samples) -> str:
    """All that is heard in it, as one text."""
    found = [recogniser.accept(audio), recogniser.finish()]
    return " ".join(utterance.text for utterance in found if utterance and utterance.words)


if __name__ == "__main__":
    main()
