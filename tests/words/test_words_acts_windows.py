"""A long utterance: read to its end in windows, so that no pattern is ever given more of it than it takes in time."""

from __future__ import annotations

import random
import re

import pytest

from counterpoint.words import acts, classify
from counterpoint.words.acts import CUT, LONGEST, OVERLAP, WINDOW

TALK = "the office is there on the left and the desk was it seems on the right of that "
ASKED = "what would you like to talk about today"


class Given:
    """Stands where the patterns stand, and keeps how much each was given."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.acts = (("promise", self),)
        self.strong = re.compile("x")

    def search(self, text: str) -> None:
        """As a pattern's search that finds nothing."""
        self.lengths.append(len(text))

    def question(self, text: str) -> set[str]:
        """As the tables' questions, of which there are none."""
        self.lengths.append(len(text))
        return set()

    def is_nod(self, _: list[str]) -> bool:
        """Nothing is."""
        return False


@pytest.mark.parametrize("text", [TALK * 60, "so " * 2000, "a" * 9000, f"a {'b' * 9000}", f"{'a' * 550} " * 20])
def test_a_pattern_is_given_a_windows_characters_at_most(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = Given()
    monkeypatch.setattr(acts, "_patterns", lambda _: given)
    classify(text)
    assert max(given.lengths) <= WINDOW + 2 * len(f"{CUT} ")
    # each of the two is given all, and some of it twice: the time of an utterance grows with its length alone
    assert 2 * min(len(text), LONGEST) - 2 * len(given.lengths) < sum(given.lengths)
    assert sum(given.lengths) < 2 * LONGEST * WINDOW / (WINDOW - 2 * OVERLAP) + 2 * WINDOW


@pytest.mark.parametrize("before", range(0, LONGEST - len(ASKED), 61))
def test_an_act_is_found_wherever_in_a_long_utterance_it_is(before: int) -> None:
    words = (TALK * 60)[:before].rpartition(" ")[0]
    assert "open_question" in classify(f"{words} and {ASKED} {TALK}"[:LONGEST])


def test_where_a_window_is_cut_nothing_begins_or_ends() -> None:
    assert classify(TALK) == ()
    for number in range(40):
        assert classify("ten " * number + TALK * 20) == ()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("language", "nods"), [("en", "uh huh "), ("en", "mm hm "), ("de", "ja genau ")])
def test_nods_that_can_be_read_in_two_ways_are_read_in_one(language: str, nods: str) -> None:
    assert "acknowledgement" in classify(nods * 100, language)
    assert "acknowledgement" not in classify(f"the fee is ten {nods * 100} xyz", language)
    classify(f"{nods * 100} xyz", language)


def test_a_text_of_blanks_or_marks_is_no_act() -> None:
    draw = random.Random(1)  # noqa: S311 - not for secrets
    assert classify("".join(draw.choices(" ?.\t", k=LONGEST))) == ()
