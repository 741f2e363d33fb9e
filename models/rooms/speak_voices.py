"""Speaks what people say at counters, for training: sentences, and the small words that show listening, by one voice.

One rule: talk and backchannels come from the same voice and level, so that only what is said tells them apart.

    PYTHONPATH=device:. python models/rooms/speak_voices.py --model kokoro.onnx --voices DIR --text FILE --out DIR

Kokoro-82M (Apache-2.0) as in models/demo/make_conversation.py, whose voices are left out here: the demo is never
trained on. Sentences are drawn, by the seed, from the Schema-Guided Dialogue utterances (Google, CC BY-SA 4.0).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
from models.demo.speak import RATE_HZ, Speaker

if TYPE_CHECKING:
    from numpy.typing import NDArray

VOICES: Final = (
    *("af_alloy", "am_echo", "bf_alice", "bm_daniel", "af_nova", "am_onyx", "bf_lily", "bm_fable"),
    *("af_sky", "bm_lewis", "af_river", "am_eric"),
)
BACKCHANNELS: Final = (
    *("Mm-hm.", "Mhm.", "Uh-huh.", "Yeah.", "Yes.", "Right.", "I see.", "Okay.", "Oh.", "Oh dear.", "Sure."),
    *("Of course.", "Go on.", "Hm.", "Ah, okay.", "Oh no.", "Really?", "Yeah, yeah.", "Okay, right.", "Mm."),
    *("Oh I see, right.", "True.", "Ah.", "Exactly.", "Oh, I understand.", "That's right."),
)
SHORT_TALK: Final = ("No, wait.", "Sorry, can I just.", "One moment.", "Hang on.", "But that.", "No, no.", "Listen.")
PACES: Final = (1.1,)
SENTENCES: Final = 9
SENTENCE_LENGTH: Final = (30, 110)  # characters: 2 to 7 s
GAP_S: Final = 0.35


def main() -> None:
    """Speak every voice's sentences and backchannels into FLAC files named voice--talk and voice--backchannels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="the joined Kokoro model (ONNX)")
    parser.add_argument("--voices", type=Path, required=True, help="folder with the voices (*.bin)")
    parser.add_argument("--text", type=Path, required=True, help="service-agent-utterances.tsv.gz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", nargs="*", choices=VOICES, help="these voices, to share the work among processes")
    order = parser.parse_args()
    order.out.mkdir(parents=True, exist_ok=True)
    speaker = Speaker(order.model, order.voices, order.out / "kept")
    sentences = _sentences(order.text)
    wanted = order.only or VOICES
    for number, voice in enumerate(wanted, 1):
        draw = random.Random(f"{order.seed} {voice}")  # noqa: S311 - a draw of sentences, no secret
        talk = draw.sample(sentences, SENTENCES)
        _write(order.out / f"{voice}--talk.flac", [speaker.say(text, voice) for text in (*talk, *SHORT_TALK)])
        small = [speaker.say(text, voice, pace) for text in BACKCHANNELS for pace in PACES]
        _write(order.out / f"{voice}--backchannels.flac", small)
        print(f"{number}/{len(wanted)} {voice}", flush=True)


def _sentences(file: Path) -> list[str]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    said = {row[column].strip() for row in rows for column in ("customer_before", "agent") if row[column]}
    shortest, longest = SENTENCE_LENGTH
    return sorted(text for text in said if shortest <= len(text) <= longest and not any(c.isdigit() for c in text))


def _write(path: Path, lines: list[NDArray[np.float32]]) -> None:
    gap = np.zeros(round(GAP_S * RATE_HZ), dtype=np.float32)
    sound = np.concatenate([part for line in lines for part in (line, gap)])
    soundfile.write(path, sound, RATE_HZ, subtype="PCM_16")


if __name__ == "__main__":
    main()
