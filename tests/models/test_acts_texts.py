"""The written examples: whose labels are names of the contract, and what training makes of them."""

from __future__ import annotations

import random

import pytest
from models.acts.judge import Case, confusion, macro, open_against_closed, score, taken_for_an_act, word_errors
from models.acts.texts import KINDS, as_recognised, as_written, compose, read_examples

EXAMPLES = read_examples("examples")
UNSEEN = read_examples("unseen")
QUESTIONS = {"open_question", "closed_question"}


def test_there_are_examples_of_every_act_in_the_hundreds_and_near_misses_too() -> None:
    for kind in KINDS:
        assert sum(kind in one.acts for one in EXAMPLES) >= 100
    assert sum(not one.acts for one in EXAMPLES) > 1000


def test_the_unseen_part_holds_every_act() -> None:
    assert {act for one in UNSEEN for act in one.acts} == set(KINDS)


def test_what_is_written_as_a_question_is_open_or_closed() -> None:
    asked = [one for one in EXAMPLES + UNSEEN if one.text.endswith("?")]
    assert [one.text for one in asked if not one.acts & QUESTIONS] == []


def test_no_line_is_written_with_two_labels() -> None:
    labels: dict[str, set[frozenset[str]]] = {}
    for one in EXAMPLES:
        labels.setdefault(as_recognised(one.text), set()).add(one.acts)
    assert [text for text, acts in labels.items() if len(acts) > 1] == []


def test_a_recogniser_gives_no_marks_and_no_capitals() -> None:
    assert as_recognised("So, you're - what? Twenty.") == "so you're what twenty"


def test_a_line_without_marks_is_given_its_own() -> None:
    assert as_written("you tried that", frozenset({"closed_question"})) == "You tried that?"
    assert as_written("you tried that", frozenset({"paraphrase"})) == "You tried that."
    assert as_written("Done!", frozenset()) == "Done!"


def test_a_turn_carries_the_acts_of_its_lines_and_the_same_seed_makes_the_same_turn() -> None:
    turns = [compose(EXAMPLES, random.Random(seed)) for seed in range(50)]  # noqa: S311 - not for secrets
    assert turns == [compose(EXAMPLES, random.Random(seed)) for seed in range(50)]  # noqa: S311 - nor is this
    assert all(acts <= set(KINDS) for _, acts in turns)


CASES = [
    Case("a", frozenset({"open_question"}), "counter"),
    Case("b", frozenset({"closed_question"}), "counter"),
    Case("c", frozenset(), "counter"),
]
FOUND = [frozenset({"closed_question"}), frozenset({"closed_question"}), frozenset({"promise"})]


def test_a_score_counts_right_wrong_and_missed() -> None:
    closed = score(CASES, FOUND, "closed_question")
    assert (closed.right, closed.wrong, closed.missed) == (1, 1, 0)
    assert score(CASES, FOUND, "question").f1 == 1
    assert macro(CASES, FOUND) == pytest.approx((0 + 2 / 3) / 2)
    assert open_against_closed(CASES, FOUND) == 0.5


def test_a_confusion_says_what_was_found_instead() -> None:
    table = confusion(CASES, FOUND)
    assert table["open_question"]["closed_question"] == 1
    assert table["none"]["promise"] == 1


def test_the_share_of_lines_without_an_act_that_were_given_one() -> None:
    assert taken_for_an_act(CASES, FOUND) == 1
    assert taken_for_an_act(CASES, [frozenset()] * 3) == 0


@pytest.mark.parametrize(
    ("heard", "wrong"), [("tell me more", 0), ("tell more", 1), ("tall me more now", 2), ("", 3), ("me tell more", 2)]
)
def test_a_wrong_word_is_lost_put_in_or_another(heard: str, wrong: int) -> None:
    assert word_errors("tell me more", heard) == wrong
