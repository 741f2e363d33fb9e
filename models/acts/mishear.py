"""What a recogniser makes of words, learnt from pairs of what was said and what was heard.

One rule: a word is lost or taken for another as often, and for what, as the pairs show; a word that they do not hold
fares like the mean of all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LONGEST: Final = 3  # words that are heard for at most as many; longer stretches tell of no word
TRUST: Final = 6.0  # a word said this often is half trusted, half the mean


@dataclass(frozen=True, slots=True)
class Mishearings:
    """For each word said: how often it was said, and what else was heard for it ("" where it was lost)."""

    said: Mapping[str, int]
    heard: Mapping[str, Sequence[str]]
    any_word: Sequence[str]
    rate: float

    def of(self, words: Iterable[str], draw: random.Random, *, loud: float = 1.0) -> list[str]:
        """The words as they may be heard; `loud` scales how often one goes wrong."""
        heard: list[str] = []
        for word in words:
            wrong = self.heard.get(word, ())
            trust = self.said.get(word, 0) / (self.said.get(word, 0) + TRUST)
            own = trust * len(wrong) / max(1, self.said.get(word, 0))
            chance = draw.random() / loud
            if chance < own:
                heard += draw.choice(wrong).split()
            elif chance < own + (1 - trust) * self.rate:
                heard += draw.choice(self.any_word).split()
            else:
                heard.append(word)
        return heard


def learn(pairs: Iterable[tuple[str, str]]) -> Mishearings:
    """From pairs of (said, heard), both lower case without marks."""
    said: defaultdict[str, int] = defaultdict(int)
    heard: defaultdict[str, list[str]] = defaultdict(list)
    for true, told in pairs:
        words = true.split()
        for word in words:
            said[word] += 1
        for word, instead in _taken(words, told.split()):
            heard[word].append(instead)
    any_word = [one for instead in heard.values() for one in instead] or [""]
    rate = sum(map(len, heard.values())) / max(1, sum(said.values()))
    return Mishearings(dict(said), dict(heard), any_word, rate)


def _taken(said: Sequence[str], heard: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each word that was lost or taken for others, with what was heard instead."""
    for kind, first, last, begun, ended in SequenceMatcher(None, said, heard, autojunk=False).get_opcodes():
        if kind not in {"replace", "delete"} or max(last - first, ended - begun) > LONGEST:
            continue
        instead = list(heard[begun:ended])
        for word in said[first : last - 1]:
            yield word, instead.pop(0) if instead else ""
        yield said[last - 1], " ".join(instead)
