"""The listening acts of one utterance of the agent, by the patterns of a language.

One rule: each utterance by itself, and out come act names only; the words stay with the caller.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from counterpoint.words.english import ENGLISH
from counterpoint.words.german import GERMAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from counterpoint.values import ActKind
    from counterpoint.words.language import Language

LANGUAGES: Final[Mapping[str, Language]] = {"en": ENGLISH, "de": GERMAN}
LONGEST: Final = 4000  # characters: some four minutes of speech; what follows is not read
WINDOW: Final = 600  # characters given to a pattern at most: its time may grow with their square
OVERLAP: Final = 100  # characters that two windows share: more than an act's own words
CUT: Final = "|"  # where a window was cut: no word, so that what must begin or end a sentence does not there
SENTENCE_END: Final = re.compile(r"[.!;:]+(?=\s|$)|\n")
NO_WORD: Final = re.compile(r"[^\w'?|-]+|(?<!\w)-+|-+(?!\w)|_+")
QUESTION: Final = re.compile(r"(?<!\s)\s*\?[\s?]*")


def classify(text: str, language: str = "en") -> tuple[ActKind, ...]:
    """Act names of one utterance, sorted, each once; () for none. `language` is one of `LANGUAGES`.

    Takes written text and what a recogniser gives (lower case, no punctuation). A question is open or closed, never
    neither; an utterance with several questions can carry both.
    """
    patterns = _patterns(language)
    sentences = _sentences(text)
    found: set[ActKind] = set()
    for piece in (window for sentence in sentences for window in _windows(sentence)):
        found.update(patterns.question(piece))
        found.update(kind for kind, pattern in patterns.acts if pattern.search(piece))
    if sentences and (patterns.is_nod(sentences) or patterns.strong.match(sentences[0])):
        found.add("acknowledgement")
    return tuple(sorted(found))


def _sentences(text: str) -> list[str]:
    plain = text[:LONGEST].casefold().replace("\u2019", "'").replace("\u2018", "'")
    plain = QUESTION.sub("?. ", SENTENCE_END.sub(". ", plain).replace(",", " "))
    sentences = (NO_WORD.sub(" ", part.rstrip(".")).strip() for part in plain.split(". "))
    return [sentence for sentence in sentences if sentence.strip("? ")]


def _windows(sentence: str) -> Iterator[str]:
    """The sentence, a long one in windows that overlap, cut between words where there are any."""
    first, begun = 0, ""
    while len(sentence) - first > WINDOW:
        last = sentence.rfind(" ", first + OVERLAP + 1, first + WINDOW)
        last = first + WINDOW if last < 0 else last
        yield f"{begun}{sentence[first:last]} {CUT}"
        # without a blank to begin after, the windows only touch
        first, begun = sentence.find(" ", last - OVERLAP, last) + 1 or last, f"{CUT} "
    yield begun + sentence[first:]


class _Patterns:
    """A language's tables, compiled."""

    def __init__(self, tables: Language) -> None:
        def compiled(table: str) -> re.Pattern[str]:
            rows = (_filled(row, tables.groups) for row in table.split("\n") if row)
            return re.compile(rf"(?<![\w'])(?:{'|'.join(rows)})(?:(?<= )|(?!\w))")

        self._open = compiled(tables.open_questions)
        self._closed = compiled(tables.closed_questions)
        nods = "|".join(tables.nods.split("\n")[1:-1])
        # each nod once and for all: "uh huh" is one nod or two, and to try both each time takes time without end
        self._nods = re.compile(rf"(?>(?:{nods})(?: |$))++")
        self._no_nod_alone = tables.no_nod_alone
        self.acts = tuple((kind, compiled(rows)) for kind, rows in tables.acts.items())
        self.strong = compiled(tables.strong_nods)

    def question(self, sentence: str) -> set[ActKind]:
        """The kinds of question in a sentence."""
        found: set[ActKind] = set()
        rest = self._open.sub(" | ", sentence)
        if rest != sentence:
            found.add("open_question")
            # What follows an open question is its object: "what happened when you did ..."
            rest = rest.split(" | ", 1)[0]
            return found | ({"closed_question"} if self._closed.search(rest) else set())
        if sentence.endswith("?") or self._closed.search(sentence):
            found.add("closed_question")
        return found

    def is_nod(self, sentences: list[str]) -> bool:
        """Nothing but nods, and no hesitation alone."""
        whole = " ".join(sentences).rstrip("?")
        return bool(self._nods.fullmatch(whole)) and whole not in self._no_nod_alone


@cache
def _patterns(language: str) -> _Patterns:
    return _Patterns(LANGUAGES[language])


def _filled(row: str, groups: Mapping[str, str]) -> str:
    row = f"{row[:-1]} " if row.endswith("_") else row
    return row.format_map(groups) if "{" in row else row
