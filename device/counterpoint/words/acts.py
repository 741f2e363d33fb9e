"""The listening acts of one utterance of the agent, by pattern.

One rule: each utterance by itself, and out come act names only; the words stay with the caller.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from counterpoint.words.english import BACKCHANNELS, CLOSED, GROUPS, NODS, OPEN, PATTERNS, STRONG_NODS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from counterpoint.values import ActKind

LONGEST: Final = 600  # characters: far beyond an utterance; what follows is not read
SENTENCE_END: Final = re.compile(r"[.!;:]+(?=\s|$)|\n")
NO_WORD: Final = re.compile(r"[^\w'?|-]+|(?<!\w)-+|-+(?!\w)|_+")
QUESTION: Final = re.compile(r"\s*\?[\s?]*")


def classify(text: str) -> tuple[ActKind, ...]:
    """Act names of one utterance, sorted, each once; () for none.

    Takes written text and what a recogniser gives (lower case, no punctuation). A question is open or closed, never
    neither; an utterance with several questions can carry both.
    """
    sentences = _sentences(text)
    found: set[ActKind] = set()
    for sentence in sentences:
        found.update(_question(sentence))
        found.update(kind for kind, pattern in _ACTS if pattern.search(sentence))
    if sentences and (_is_nod(sentences) or _STRONG.match(sentences[0])):
        found.add("acknowledgement")
    return tuple(sorted(found))


def _sentences(text: str) -> list[str]:
    plain = text[:LONGEST].casefold().replace("\u2019", "'").replace("\u2018", "'")
    plain = QUESTION.sub("?. ", SENTENCE_END.sub(". ", plain).replace(",", " "))
    return [sentence for part in plain.split(". ") if (sentence := NO_WORD.sub(" ", part.rstrip(".")).strip())]


def _question(sentence: str) -> set[ActKind]:
    found: set[ActKind] = set()
    rest = _OPEN.sub(" | ", sentence)
    if rest != sentence:
        found.add("open_question")
        rest = rest.split(" | ", 1)[0] + " | "  # what follows an open question is its object: "what happened when you did ..."
        return found | ({"closed_question"} if _CLOSED.search(rest.replace(" | ", "")) else set())
    if sentence.endswith("?") or _CLOSED.search(sentence):
        found.add("closed_question")
    return found


def _is_nod(sentences: list[str]) -> bool:
    whole = " ".join(sentences).rstrip("?")
    return bool(_NODDING.fullmatch(whole)) and whole not in BACKCHANNELS - {"yes", "yeah"}


def _compiled(patterns: Iterable[str]) -> re.Pattern[str]:
    alternatives = "|".join(_filled(pattern) for pattern in patterns)
    return re.compile(rf"(?<![\w'])(?:{alternatives})(?:(?<= )|(?!\w))")


def _filled(pattern: str) -> str:
    return pattern.format_map(GROUPS) if "{" in pattern else pattern


_OPEN: Final = _compiled(OPEN)
_CLOSED: Final = _compiled(CLOSED)
_ACTS: Final[tuple[tuple[ActKind, re.Pattern[str]], ...]] = tuple((kind, _compiled(rows)) for kind, rows in PATTERNS)
_NODDING: Final = re.compile(rf"(?:(?:{'|'.join(NODS)})(?: |$))+")
_STRONG: Final = _compiled(STRONG_NODS)
