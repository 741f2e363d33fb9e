"""The listening acts of one utterance of the agent, by pattern.

One rule: each utterance by itself, and out come act names only; the words stay with the caller.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from counterpoint.words.english import CLOSED, GROUPS, NO_NOD_ALONE, NODS, OPEN, PATTERNS, STRONG_NODS

if TYPE_CHECKING:
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
    sentences = (NO_WORD.sub(" ", part.rstrip(".")).strip() for part in plain.split(". "))
    return [sentence for sentence in sentences if sentence.strip("? ")]


def _question(sentence: str) -> set[ActKind]:
    found: set[ActKind] = set()
    rest = _OPEN.sub(" | ", sentence)
    if rest != sentence:
        found.add("open_question")
        rest = (
            rest.split(" | ", 1)[0] + " | "
        )  # what follows an open question is its object: "what happened when you did ..."
        return found | ({"closed_question"} if _CLOSED.search(rest.replace(" | ", "")) else set())
    if sentence.endswith("?") or _CLOSED.search(sentence):
        found.add("closed_question")
    return found


def _is_nod(sentences: list[str]) -> bool:
    whole = " ".join(sentences).rstrip("?")
    return bool(_NODDING.fullmatch(whole)) and whole not in NO_NOD_ALONE


def _compiled(table: str) -> re.Pattern[str]:
    rows = (_filled(row) for row in table.split("\n") if row)
    return re.compile(rf"(?<![\w'])(?:{'|'.join(rows)})(?:(?<= )|(?!\w))")


def _filled(row: str) -> str:
    row = f"{row[:-1]} " if row.endswith("_") else row
    return row.format_map(GROUPS) if "{" in row else row


_OPEN: Final = _compiled(OPEN)
_CLOSED: Final = _compiled(CLOSED)
_ACTS: Final[tuple[tuple[ActKind, re.Pattern[str]], ...]] = tuple(
    (kind, _compiled(rows)) for kind, rows in PATTERNS.items()
)
_NODDING: Final = re.compile(rf"(?:(?:{'|'.join(NODS.strip().split(chr(10)))})(?: |$))+")
_STRONG: Final = _compiled(STRONG_NODS)
