"""What a language must give to be listened to: its tables, as data.

One rule: a language is one file of tables (as english.py) and one line in `LANGUAGES` of acts.py; no code knows a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.values import ActKind


@dataclass(frozen=True, slots=True)
class Language:
    """The tables of one language, one pattern a line; written for lower case without punctuation but `?`.

    Attributes:
        groups: Groups of words that a pattern names in braces.
        open_questions: Questions that leave the answer to the other.
        closed_questions: Questions whose answer is yes, no, a choice or one fact.
        acts: The patterns of every other act; an act that is left out is not known in this language.
        nods: What an utterance may be made of that only shows listening.
        strong_nods: Nods that count at the beginning of a longer utterance too.
        no_nod_alone: Nods that are a hesitation when they stand alone.
    """

    groups: Mapping[str, str]
    open_questions: str
    closed_questions: str
    acts: Mapping[ActKind, str]
    nods: str
    strong_nods: str
    no_nod_alone: frozenset[str]
