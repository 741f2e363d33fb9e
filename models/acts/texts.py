"""The written examples and what they become for training: turns of several sentences, with and without punctuation.

One rule: a line of a file belongs to the acts in the brackets above it, and nothing else decides its labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from counterpoint.values import ActKind

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence

    from models.acts.mishear import Mishearings

HERE: Final = Path(__file__).resolve().parent
KINDS: Final[tuple[ActKind, ...]] = get_args(ActKind)
OPENINGS: Final = (
    "so", "so", "so", "okay", "okay", "okay so", "um", "uh", "well", "yeah", "right", "and", "and", "but",
    "you know", "alright", "all right", "now", "um so", "yeah so", "i mean", "oh", "okay and", "right so",
    "yeah okay", "and so", "mm okay", "no", "yes", "good", "great", "okay um", "actually", "well you know",
    "and uh",
)  # fmt: skip
NOT_OPENED: Final = frozenset({"acknowledgement"})  # "so mm-hm" is nothing that anybody says
ANYWHERE: Final = "facts"  # the file whose lines go with every kind of conversation
WRITTEN: Final = 0.4  # share of turns with punctuation: the recogniser gives none
OPENED: Final = 0.25
SLIPPED: Final = 0.08
LOST: Final = 0.05  # share of words that a recogniser drops
CONFUSED: Final = 0.1  # share of the words below that a recogniser takes for another
ALIKE: Final = {
    "you're": ("your", "you", "you are"), "your": ("you're",), "you've": ("you", "you have"),
    "you'd": ("you", "you had"), "i'll": ("i", "all", "i will"), "we'll": ("will", "well"),
    "i've": ("i have", "i"), "it's": ("its", "it is", "it"), "there": ("their",),
    "they're": ("there", "they are"), "that's": ("that is", "that"), "what's": ("what is", "was"),
    "who's": ("whose",), "he's": ("his",), "and": ("in", "an"), "in": ("and",), "is": ("as", "his"),
    "do": ("to", "due"), "did": ("do",), "have": ("of", "if"), "can": ("and", "can't"), "could": ("good",),
    "how": ("i", "who"), "why": ("i",), "what": ("but", "that"), "would": ("with",), "are": ("our", "a"),
    "was": ("is",), "were": ("where", "we're"), "where": ("were",), "so": ("sir", "the"), "mm": ("hmm", "m"),
    "hm": ("m", "home"), "hmm": ("mm",), "the": ("a",), "a": ("the", "of"), "for": ("from", "four"),
    "to": ("two", "the"), "right": ("write",), "know": ("no",), "by": ("buy",), "feel": ("fill",),
    "want": ("won't",), "been": ("being", "in"), "don't": ("do", "though"), "about": ("but",), "else": ("as",),
    "shall": ("should",), "tell": ("tall",), "sorry": ("story",), "call": ("cold",), "next": ("neck",),
}  # fmt: skip
SHORT: Final = 4  # words; a shorter turn keeps them all
HEARD: Final = 0.5  # share of the lines that were heard that are given so, where a turn is as recognised
MISHEARD: Final = 0.75  # share of the turns as recognised whose words go wrong as they did for the recogniser
LOUD: Final = (0.3, 2.0)  # how much oftener words go wrong than they did on the mean
SLIPS: Final = ("um", "uh", "you know", "like", "sort of", "kind of", "er")


@dataclass(frozen=True, slots=True)
class Ear:
    """What a recogniser made of lines (by the line), and what it makes of words."""

    heard: Mapping[str, Sequence[str]]
    mishearings: Mishearings


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance, the acts it carries, and the kind of conversation it is from (its file's name)."""

    text: str
    acts: frozenset[str]
    kind: str


def read_examples(folder: str) -> list[Example]:
    """All lines of a folder beside this file, in the files' order; an act that is no act is an error."""
    return [example for file in sorted((HERE / folder).glob("*.txt")) for example in _lines(file)]


def _lines(file: Path) -> Iterator[Example]:
    acts: frozenset[str] = frozenset()
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            acts = frozenset(line.strip("[] ").split())
            if not acts <= set(KINDS):
                raise SystemExit(f"{file.name}: {line} names no act of ours")
        elif line and not line.startswith("#"):
            yield Example(line, acts, file.stem)


def as_recognised(text: str) -> str:
    """The text as an errorless recogniser would give it: lower case, no punctuation."""
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower()).split())


def as_written(text: str, acts: frozenset[str]) -> str:
    """A line that is written without punctuation gets its end mark, and a capital."""
    if text[-1] in ".?!":
        return text
    asks = bool(acts & {"open_question", "closed_question"})
    return text[0].upper() + text[1:] + ("?" if asks else ".")


def compose(examples: Sequence[Example], draw: random.Random, ear: Ear | None = None) -> tuple[str, frozenset[str]]:
    """One to four lines of one kind of conversation as a turn, written or as recognised, and all their acts."""
    first = draw.choice(examples)
    count = draw.choices((1, 2, 3, 4), (60, 22, 12, 6))[0]
    near = [first]
    for _ in range(200):
        if len(near) == count:
            break
        other = draw.choice(examples)
        if other.kind == first.kind or ANYWHERE in (other.kind, first.kind):
            near.append(other)
    if len(near) > 1 and any("acknowledgement" in one.acts for one in near):
        near.sort(key=lambda one: "acknowledgement" not in one.acts)  # a nod comes first
    written = draw.random() < WRITTEN
    if written:
        turn = " ".join(as_written(_spoken(one, draw), one.acts) for one in near)
    else:
        turn = _recognised(near, draw, ear)
    acts = frozenset().union(*(one.acts for one in near))
    if len(near) > 1 and not (near[0].acts & NOT_OPENED):
        acts -= NOT_OPENED
    return turn, acts


def _spoken(one: Example, draw: random.Random) -> str:
    text = one.text
    if not (one.acts & NOT_OPENED) and draw.random() < OPENED:
        first = text[0] if text.startswith(("I ", "I'")) else text[0].lower()
        text = f"{draw.choice(OPENINGS)} {first}{text[1:]}"
    if draw.random() < SLIPPED:
        words = text.split()
        words.insert(draw.randrange(len(words)), draw.choice(SLIPS))
        text = " ".join(words)
    return text


def _recognised(near: Sequence[Example], draw: random.Random, ear: Ear | None) -> str:
    """The lines as a recogniser gives them: some as one did, the others with words lost and taken for others."""
    parts: list[str] = []
    chosen = draw.random()
    loud = draw.uniform(*LOUD)
    for one in near:
        given = ear.heard.get(one.text, ()) if ear else ()
        if given and draw.random() < HEARD:
            parts.append(draw.choice(given))
            continue
        said = as_recognised(_spoken(one, draw))
        if ear and chosen < MISHEARD:
            parts.append(" ".join(ear.mishearings.of(said.split(), draw, loud=loud)))
        else:
            parts.append(_misheard(said, draw))
    return " ".join(part for part in parts if part)


def _misheard(turn: str, draw: random.Random) -> str:
    words = [draw.choice(ALIKE[word]) if word in ALIKE and draw.random() < CONFUSED else word for word in turn.split()]
    if len(words) >= SHORT:
        words = [word for word in words if draw.random() >= LOST]
    return " ".join(words)
