"""Speaks the lines of the practice roles with Kokoro-82M (Apache-2.0), as Opus beside each role's TOML.

One rule: a role's file says everything about its voice; the same file gives the same audio.

    PYTHONPATH=device:. python models/practice/speak_roles.py --model kokoro.onnx --voices DIR --roles DIR --kept DIR

Only lines whose audio is missing are spoken; delete a file to have it spoken again. A trainer who records lines instead
needs none of this: see device/docs/practice.md. About three minutes on one core for ten roles.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import soundfile
from models.demo.speak import RATE_HZ, Speaker


def main() -> None:
    """Speak what is missing of every role in a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="the joined Kokoro model (ONNX)")
    parser.add_argument("--voices", type=Path, required=True, help="folder with the voices (*.bin)")
    parser.add_argument("--roles", type=Path, required=True, help="folder with the roles (*.toml)")
    parser.add_argument("--kept", type=Path, required=True, help="folder for what was spoken before")
    asked = parser.parse_args()
    speaker = Speaker(asked.model, asked.voices, asked.kept)
    for path in sorted(asked.roles.glob("*.toml")):
        speak_role(path, speaker)


def speak_role(path: Path, speaker: Speaker) -> None:
    """Speak each line of the role that has no audio yet into ROLE/LINE.ogg beside the file."""
    role = tomllib.loads(path.read_text(encoding="utf-8"))
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    for line in role["line"]:
        audio = folder / f"{line['id']}.ogg"
        if not audio.exists():
            samples = speaker.say(line["text"], role["voice"], role["pace"])
            soundfile.write(audio, samples, RATE_HZ, format="OGG", subtype="OPUS")


if __name__ == "__main__":
    main()
