"""Speaks what people say at counters, for training: sentences, small words that show listening, and short talk-overs.

One rule: all of a voice comes at one level and sounds alike, so that only what is said tells small words from talk.

    PYTHONPATH=device:. python models/rooms/speak_voices.py --model kokoro.onnx --voices DIR --text FILE --out DIR

Kokoro-82M (Apache-2.0) as in models/demo/make_conversation.py, whose voices are left out here: the demo is never
trained on. Which voice belongs to which part of the split, `models.benchmark.parts` says; all
of them say English sentences. Sentences of both sides are drawn, by the seed, from the Schema-Guided Dialogue
utterances (Google, CC BY-SA 4.0). Lines stand `LINE_GAP_S` apart, which is longer than any pause in a line, so a reader
of the files knows where each ends. About 25 minutes on one core.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
from models.benchmark.parts import SPOKEN
from models.demo.speak import RATE_HZ, Speaker

if TYPE_CHECKING:
    from numpy.typing import NDArray

VOICES: Final = (*SPOKEN["test"], *SPOKEN["valid"], *SPOKEN["train"])
ENGLISH: Final = "ab"
"""First letters of the voices that Kokoro gives English sounds to unasked."""
SMALL_WORDS: Final = (
    *("Mm-hm.", "Mhm.", "Uh-huh.", "Yeah.", "Yes.", "Right.", "I see.", "Okay.", "Oh.", "Sure.", "Of course."),
    *("Hm.", "Ah, okay.", "Really?", "Yeah, yeah.", "Mm.", "That's right."),
)
LONG_SMALL_WORDS: Final = (
    *("Oh okay, I see, right.", "Yeah, that makes sense.", "Mm-hm, mm-hm.", "Oh I see, right.", "Oh, I understand."),
    *("Yeah, yeah, of course.", "Right, right, okay.", "Uh-huh, yeah, sure."),
)
LONG_ONES: Final = 6
MORE_SMALL_WORDS: Final = (
    *("Yep.", "Mm, yeah.", "Ah.", "Oh, right.", "Oh, okay.", "Okay, okay.", "Alright.", "Great.", "Good.", "Fine."),
    *("Exactly.", "Absolutely.", "Definitely.", "True.", "Wow.", "No way.", "Oh no.", "Oh dear.", "Hm, okay."),
    *("Got it.", "Go on.", "Indeed.", "I know.", "Mm, right.", "Yeah, right.", "Yes, yes.", "Ah, yes.", "Oh yeah."),
    *("Is it?", "Did you?", "Were they?", "Uh-huh, uh-huh.", "Yeah, I know.", "Okay, that's fine."),
    *("Oh, that's good.", "Yes, I can see that.", "Mm, yeah, I see.", "Oh, I'm sorry to hear that."),
    *("Right, I get it.", "Yeah, yeah, yeah.", "Ah, got it, okay.", "Yes, that's true.", "Oh, that's terrible."),
    *("Mm-hm, sure, yeah.", "Okay, I follow you.", "Well, of course, yes."),
)
"""Of these, and of `MORE_SHORT_TALK`, the voices that train draw their own: a list known by heart is no ear."""
MORE_SMALL: Final = 16
SHORT_TALK: Final = (
    *("No, wait.", "Sorry, can I just.", "One moment.", "Hang on.", "But that.", "No, no.", "Listen."),
    *("Sorry, which one?", "But I", "Can I just"),
)
MORE_SHORT_TALK: Final = (
    *("Excuse me.", "Actually.", "Wait a minute.", "Wait, wait.", "Just a second.", "Let me see.", "Let me", "So what"),
    *("And then", "But why?", "What time?", "How much?", "Which day?", "You said", "It's not.", "That's wrong."),
    *("I never", "I want", "No, because", "Yes, but", "Do you have", "Could you", "Is there", "Who told you?"),
    *("Not that one.", "It was Monday.", "Your name?", "Have you got", "What if", "Stop.", "Before that", "Look."),
    *("And the card?", "Where is it?"),
)
MORE_SHORT: Final = 10
SMALL_WORD_PACE: Final = 1.1
SENTENCES: Final = 17
SENTENCE_LENGTH: Final = (30, 110)  # characters: 2 to 7 s
LINE_GAP_S: Final = 1.0


def main() -> None:
    """Speak every voice's lines into FLAC files named voice--talk, voice--backchannels and voice--short."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="the joined Kokoro model (ONNX)")
    parser.add_argument("--voices", type=Path, required=True, help="folder with the voices (*.bin)")
    parser.add_argument("--text", type=Path, required=True, help="service-agent-utterances.tsv.gz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kept", type=Path, help="folder of lines spoken before (OUT/kept)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="sentences a voice")
    parser.add_argument("--only", nargs="*", choices=VOICES, help="these voices, to share the work among processes")
    order = parser.parse_args()
    order.out.mkdir(parents=True, exist_ok=True)
    kept = order.kept or order.out / "kept"
    speaker = Speaker(order.model, _english(order.voices, kept / "voices"), kept)
    texts = _sentences(order.text)
    wanted = order.only or VOICES
    for number, voice in enumerate(wanted, 1):
        _speak(order.out, speaker, voice, random.Random(f"{order.seed} {voice}").sample(texts, order.sentences))  # noqa: S311 - a draw of sentences, no secret
        print(f"{number}/{len(wanted)} {voice}", flush=True)


def _speak(out: Path, speaker: Speaker, voice: str, talk: list[str]) -> None:
    """The three files of one voice."""
    long_ones = _drawn(voice, LONG_SMALL_WORDS, LONG_ONES)
    name = _name(voice)
    trains = voice in SPOKEN["train"]
    more_small, more_short = _drawn(voice, MORE_SMALL_WORDS, MORE_SMALL), _drawn(voice, MORE_SHORT_TALK, MORE_SHORT)
    small_words = (*SMALL_WORDS, *long_ones, *(more_small if trains else ()))
    small = [speaker.say(text, name, SMALL_WORD_PACE) for text in small_words]
    short = [speaker.say(text, name) for text in (*SHORT_TALK, *(more_short if trains else ()))]
    _write(out / f"{voice}--talk.flac", [speaker.say(text, name) for text in talk])
    _write(out / f"{voice}--backchannels.flac", small)
    _write(out / f"{voice}--short.flac", short)


def _drawn(voice: str, words: tuple[str, ...], count: int) -> list[str]:
    return random.Random(voice).sample(words, count)  # noqa: S311 - a draw of words, no secret


def _name(voice: str) -> str:
    """How the speaker calls a voice: it takes the language from the first letter, and here everybody speaks English."""
    return voice if voice[0] in ENGLISH else f"a-{voice}"


def _english(voices: Path, folder: Path) -> Path:
    """A folder with the voices needed here, under the names of `_name`."""
    folder.mkdir(parents=True, exist_ok=True)
    for voice in VOICES:
        shutil.copyfile(voices / f"{voice}.bin", folder / f"{_name(voice)}.bin")
    return folder


def _sentences(file: Path) -> list[str]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    said = {row[column].strip() for row in rows for column in ("customer_before", "agent") if row[column]}
    shortest, longest = SENTENCE_LENGTH
    return sorted(text for text in said if shortest <= len(text) <= longest and not any(c.isdigit() for c in text))


def _write(path: Path, lines: list[NDArray[np.float32]]) -> None:
    gap = np.zeros(round(LINE_GAP_S * RATE_HZ), dtype=np.float32)
    sound = np.concatenate([part for line in lines for part in (line, gap)])
    soundfile.write(path, sound, RATE_HZ, subtype="PCM_16")


if __name__ == "__main__":
    main()
