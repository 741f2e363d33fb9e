"""An utterance as the numbers that the act model takes: one row a word.

One rule: written text and a recogniser's give the same words; only the marks `.` and `?` of written text are extra.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LONGEST: Final = 4000  # characters: some four minutes of speech; what follows is not read
ENDINGS: Final = 1024
"""Rows of the table of word endings: a word that the model never saw still tells what it may be by its last letters."""
ENDING_LETTERS: Final = 3
UNKNOWN: Final = 1  # 0 fills a batch up in training
FIRST_WORD: Final = 2
BEGIN: Final = "<begin>"
END: Final = "<end>"
MARKS: Final = (".", "?")

_NO_WORD: Final = re.compile(r"[^\w'?.]+|_+|(?<!\w)'|'(?!\w)")
_ENDS: Final = re.compile(r"[!;:]+|\.{2,}|\n+")
_MARKS: Final = re.compile(r"([?.])[?.\s]*(?=\s|$)")
_CLITIC: Final = re.compile(r"(?<=\w)(n't|'\w+)\b")
_DIGITS: Final = re.compile(r"\d[\d.]*")


def words_of(text: str) -> list[str]:
    """The words of an utterance, lower case, clitics apart ("you 're"), with `.` and `?` where they were written.

    Nothing but marks is no utterance: [].
    """
    plain = text[:LONGEST].casefold().replace("\u2019", "'").replace("\u2018", "'")
    plain = _MARKS.sub(r" \1 ", _ENDS.sub(". ", _DIGITS.sub("0", plain)))
    plain = _CLITIC.sub(r" \1", _NO_WORD.sub(" ", plain))
    words = [word for word in plain.split() if word.strip("'.") or word == "."]
    return words if any(word not in MARKS for word in words) else []


def rows_of(words: list[str], vocabulary: Mapping[str, int]) -> NDArray[np.int64]:
    """Words as rows of (word, ending), with a row before and after: shape (words + 2, 2)."""
    return np.array([_row(word, vocabulary) for word in (BEGIN, *words, END)], dtype=np.int64)


def _row(word: str, vocabulary: Mapping[str, int]) -> tuple[int, int]:
    ending = zlib.crc32(word[-ENDING_LETTERS:].encode()) % (ENDINGS - 1)
    return vocabulary.get(word, UNKNOWN), ending + 1
