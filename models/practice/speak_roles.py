"""Speaks the lines of the practice roles with Kokoro-82M (Apache-2.0), as Opus beside each role's TOML.

One rule: a role's file says everything about its voice; the same file gives the same audio.

    PYTHONPATH=device:. python models/practice/speak_roles.py --model kokoro.onnx --voices DIR --kept DIR --roles DIR
    PYTHONPATH=device:. python models/practice/speak_roles.py --draft --roles DIR

Only lines that have no audio, or only a draft, are spoken; delete a file to have it spoken again. A draft is flite's
voice: done in seconds, to try a role that is being written; nobody wants to listen to it for long. A trainer who
records lines instead needs none of this: see device/docs/practice.md. About 15 minutes on one core for ten roles.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
import soxr

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Speak = Callable[[str, str, float], NDArray[np.float32]]
    """Text, voice and pace to float32 mono at 16 kHz."""

RATE_HZ: Final = 16_000
DRAFT: Final = "draft"
"""The comment in a draft's file."""
DRAFT_VOICES: Final = ("slt", "rms", "awb")
DRAFT_RMS: Final = 10 ** (-23 / 20)  # loud parts, as of Kokoro's lines


def main() -> None:
    """Speak what is missing of every role in a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roles", type=Path, required=True, help="folder with the roles (*.toml)")
    parser.add_argument("--draft", action="store_true", help="flite instead of Kokoro, for lines without any audio")
    parser.add_argument("--model", type=Path, help="the joined Kokoro model (ONNX)")
    parser.add_argument("--voices", type=Path, help="folder with the voices (*.bin)")
    parser.add_argument("--kept", type=Path, help="folder for what was spoken before")
    asked = parser.parse_args()
    if asked.draft:
        speak: Speak = draft
    elif asked.model and asked.voices and asked.kept:
        from models.demo.speak import Speaker  # noqa: PLC0415 - a draft needs no Kokoro

        speak = Speaker(asked.model, asked.voices, asked.kept).say
    else:
        parser.error("name --model, --voices and --kept, or --draft")
    for path in sorted(asked.roles.glob("*.toml")):
        speak_role(path, speak, is_draft=asked.draft)


def speak_role(path: Path, speak: Speak, *, is_draft: bool) -> None:
    """Speak each line of the role that has no audio of this kind yet into ROLE/LINE.ogg beside the file."""
    role = tomllib.loads(path.read_text(encoding="utf-8"))
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    for line in role["line"]:
        audio = folder / f"{line['id']}.ogg"
        if audio.exists() and (is_draft or not is_a_draft(audio)):
            continue
        samples = speak(line["text"], role["voice"], role["pace"])
        with soundfile.SoundFile(audio, "w", RATE_HZ, 1, format="OGG", subtype="OPUS") as file:
            if is_draft:
                file.comment = DRAFT
            file.write(samples)


def is_a_draft(audio: Path) -> bool:
    """The file was spoken with `--draft`."""
    with soundfile.SoundFile(audio) as file:
        return bool(file.comment == DRAFT)


def draft(text: str, voice: str, pace: float) -> NDArray[np.float32]:
    """The line in one of flite's voices; which one follows from the name of the voice that it stands for."""
    chosen = DRAFT_VOICES[sum(voice.encode()) % len(DRAFT_VOICES)]
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        stretch = f"duration_stretch={1 / pace:.2f}"
        subprocess.run(["flite", "-voice", chosen, "--setf", stretch, "-t", text, "-o", file.name], check=True)
        samples, rate = soundfile.read(file.name, dtype="float32")
    line = soxr.resample(samples, rate, RATE_HZ) if rate != RATE_HZ else samples
    return np.asarray(line * DRAFT_RMS / np.sqrt(np.percentile(line**2, 90)), np.float32).clip(-1, 1)


if __name__ == "__main__":
    main()
