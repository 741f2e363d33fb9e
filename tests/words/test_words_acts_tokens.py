"""An utterance becomes rows of numbers, alike from written text and from a recogniser."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.words.tokens import ENDINGS, FIRST_WORD, LONGEST, UNKNOWN, rows_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("You're not sure. Why?", ["you", "'re", "not", "sure", ".", "why", "?"]),
        ("you're not sure why", ["you", "'re", "not", "sure", "why"]),
        ("I don't", ["i", "do", "n't"]),
        ("Mm-hm...", ["mm", "hm", "."]),
        ("it\u2019s 3.50, isn\u2019t it?", ["it", "'s", "0", "is", "n't", "it", "?"]),
        ("she said 'never'!", ["she", "said", "never", "."]),
        ("what -- the", ["what", "the"]),
        ("", []),
        ("?", []),
        ("...", []),
    ],
)
def test_words_are_lower_case_with_clitics_apart_and_marks_kept(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_row_is_a_word_and_its_ending_and_there_is_one_before_and_after() -> None:
    rows = rows_of(["so", "zzing"], {"<begin>": 2, "<end>": 3, "so": 4})
    assert rows[:, 0].tolist() == [2, 4, UNKNOWN, 3]
    assert rows.shape == (4, 2)


def test_unknown_words_of_one_ending_look_alike() -> None:
    rows = rows_of(["wobbling", "gambling", "table"], {})
    assert rows[1].tolist() == rows[2].tolist() != rows[3].tolist()


def test_what_is_far_too_long_is_cut() -> None:
    assert len(words_of("so " * LONGEST)) <= LONGEST


@given(st.text(max_size=300))
def test_any_text_gives_rows_within_the_tables(text: str) -> None:
    rows = rows_of(words_of(text), {"<begin>": FIRST_WORD})
    assert rows.dtype == np.int64
    assert ((rows[:, 1] >= 1) & (rows[:, 1] < ENDINGS)).all()
