"""What the recogniser costs and gets right, as shipped and with our model.conf; run it, it is no test.

    python tests/benchmarks/words.py [--speech FOLDER] [--rounds N] [--only VARIANT ...]

Without a folder it says the sentences below with flite (a synthetic voice: it tells nothing about people). A folder may
hold WAV or FLAC, each with its words in a .txt of the same name; without one the error rate is left out.
One rule: every variant runs in a process of its own, on one thread, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
import soxr

from counterpoint.edge.model_manifest import choose, vosk_folder
from counterpoint.edge.recogniser import VoskRecogniser
from counterpoint.settings import Settings
from counterpoint.values import SAMPLE_RATE_HZ, Samples
from counterpoint.words import classify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CHUNK: Final = 3200  # samples, as the words' line gives them
VOICES: Final = ("slt", "rms", "awb")
SENTENCES: Final = (
    "Good morning, how can I help you today?",
    "Tell me more about what happened.",
    "What would you like to discuss?",
    "Is that the blue one?",
    "And what happened then?",
    "So what I'm hearing is that the parcel never arrived.",
    "It sounds like you're having trouble with the form.",
    "Just to make sure I've got everything right, you were overcharged and you would like a refund.",
    "I see. Go on.",
    "I can see how frustrating this must be.",
    "Thank you for bringing this to our attention.",
    "I'll send it to you today.",
    "Shall we call you back, so that you don't have to wait?",
    "I have already done that for you.",
    "You won't need to fill that in again.",
    "How long have you been waiting for the delivery?",
    "Could you tell me your date of birth, please?",
    "That will be twelve pounds and fifty pence.",
    "The office on the second floor is open until five o'clock.",
    "You should have brought the letter with you.",
)
VARIANTS: Final[Mapping[str, Mapping[str, str]]] = {
    "ours": {},
    "kaldi's wide": {"beam": "13.0", "max-active": "7000", "lattice-beam": "6.0"},
    "beam 11": {"beam": "11.0", "max-active": "4000", "lattice-beam": "4.0"},
    "beam 9": {"beam": "9.0", "max-active": "2000"},
    "beam 8": {"beam": "8.0", "max-active": "1500"},
}


@dataclass(frozen=True, slots=True)
class Clip:
    """A piece of speech and, where known, its words."""

    audio: Samples
    words: tuple[str, ...] | None


def main() -> None:
    """Print one table row a variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, help="folder of WAV or FLAC, with .txt beside where known")
    parser.add_argument("--rounds", type=int, default=1, help="how often all of it is heard, to see memory grow")
    parser.add_argument("--only", nargs="*", default=list(VARIANTS), help="variants to run")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measure(given.one, given.speech, given.rounds)))
        return
    print("variant        WER     acts    RTF     to final    RSS loaded   RSS end")
    with tempfile.TemporaryDirectory() as folder:
        speech = given.speech or _say(Path(folder) / "speech")
        for name in given.only:
            with with_options(VARIANTS[name]) as model:
                print(f"{name:<14}{_row(model, speech, given.rounds)}", flush=True)


@contextmanager
def with_options(changes: Mapping[str, str]) -> Iterator[Path]:
    """The installed model with these options of model.conf, in a folder of its own, by links."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model"
        shutil.copytree(
            vosk_folder(Settings()), place, copy_function=lambda source, target: Path(target).symlink_to(source)
        )
        options = dict(line[2:].split("=", 1) for line in choose("", "en").model_conf.split())
        conf = place / "conf/model.conf"
        conf.unlink()
        conf.write_text("".join(f"--{key}={value}\n" for key, value in {**options, **changes}.items()))
        yield place


def _row(model: Path, speech: Path, rounds: int) -> str:
    command = [sys.executable, __file__, "--one", str(model), "--speech", str(speech), "--rounds", str(rounds)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    wer = f"{found['wer']:6.1%}" if found["wer"] is not None else "     -"
    acts = f"{found['acts']:6.0%}" if found["acts"] is not None else "     -"
    return (
        f"{wer}  {acts}  {found['rtf']:5.3f}  {1000 * found['final_s']:6.0f} ms   {found['loaded_mb']:6.0f} MB"
        f"   {found['end_mb']:6.0f} MB   ({found['audio_s']:.0f} s of audio)"
    )


def _measure(model: Path, speech: Path, rounds: int) -> dict[str, float | None]:
    clips = list(_clips(speech)) * rounds
    recogniser = VoskRecogniser(model)
    loaded_mb = _peak_mb()
    began_s = time.process_time()
    heard, finals = zip(*(_hear(recogniser, clip.audio) for clip in clips), strict=True)
    cpu_s = time.process_time() - began_s
    audio_s = sum(len(clip.audio) for clip in clips) / SAMPLE_RATE_HZ
    known = [(clip.words, text) for clip, text in zip(clips, heard, strict=True) if clip.words is not None]
    errors = sum(errors(truth, text.split()) for truth, text in known)
    same = [classify(" ".join(truth)) == classify(text) for truth, text in known]
    return {
        "wer": errors / sum(len(truth) for truth, _ in known) if known else None,
        "acts": sum(same) / len(same) if same else None,
        "rtf": cpu_s / audio_s,
        "final_s": float(np.percentile(finals, 95)),
        "loaded_mb": loaded_mb,
        "end_mb": _peak_mb(),
        "audio_s": audio_s,
    }


def _hear(recogniser: VoskRecogniser, audio: Samples) -> tuple[str, float]:
    """The text, and the seconds that its end took."""
    given = [recogniser.accept(audio[first : first + CHUNK]) for first in range(0, len(audio), CHUNK)]
    began_s = time.perf_counter()
    given.append(recogniser.finish())
    final_s = time.perf_counter() - began_s
    return " ".join(utterance.text for utterance in given if utterance is not None and utterance.words), final_s


def errors(truth: Sequence[str], heard: Sequence[str]) -> int:
    """Words wrong, missing or too many (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(truth, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def _say(folder: Path) -> Path:
    """Say every sentence in every voice; the words lie beside, as a recogniser writes them."""
    folder.mkdir()
    for voice in VOICES:
        for number, sentence in enumerate(SENTENCES):
            file = folder / f"{voice}-{number:02}.wav"
            subprocess.run(["flite", "-voice", voice, "-t", sentence, "-o", str(file)], check=True)
            file.with_suffix(".txt").write_text("".join(c for c in sentence.lower() if c.isalpha() or c in "' "))
    return folder


def _clips(folder: Path) -> Iterator[Clip]:
    quiet = np.zeros(SAMPLE_RATE_HZ // 4, dtype=np.float32)
    for file in sorted(path for path in folder.iterdir() if path.suffix in {".wav", ".flac"}):
        audio, rate = soundfile.read(file, dtype="float32")
        at_rate = np.asarray(soxr.resample(audio, rate, SAMPLE_RATE_HZ), dtype=np.float32)
        text = file.with_suffix(".txt")
        words = tuple(text.read_text(encoding="utf-8").split()) if text.exists() else None
        yield Clip(np.concatenate([quiet, at_rate, quiet]), words)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
