"""What training learns of a recogniser: words go wrong as often, and for what, as they did when lines were heard."""

from __future__ import annotations

import random

from models.acts.mishear import learn
from models.acts.texts import Ear, Example, compose

PAIRS = [("how long is the wait", "how long as the wait"), ("how is the back", "how the back"), ("see you", "see you")]


def drawn(words: list[str], loud: float = 1.0, draws: int = 400) -> list[str]:
    draw = random.Random(1)  # noqa: S311 - not for secrets
    learnt = learn(PAIRS * 20)
    return [" ".join(learnt.of(words, draw, loud=loud)) for _ in range(draws)]


def test_a_word_that_went_wrong_goes_wrong_in_the_same_ways_and_others_mostly_stay() -> None:
    heard = drawn(["is", "it"])
    assert {"is it", "as it", "it"} <= set(heard)
    assert heard.count("is it") < 100
    assert drawn(["how", "long"]).count("how long") > 350


def test_louder_surroundings_lose_more() -> None:
    assert drawn(["the", "is"], loud=0.1).count("the is") > drawn(["the", "is"], loud=2.0).count("the is")


def test_a_word_that_was_never_said_fares_like_the_mean() -> None:
    wrong = sum(text != "pineapple" for text in drawn(["pineapple"]))
    assert 0 < wrong < 200


def test_a_longer_stretch_that_is_quite_another_tells_of_no_word() -> None:
    learnt = learn([("one two three four five", "a")])
    assert learnt.heard == {}


def test_nothing_heard_is_nothing_learnt() -> None:
    draw = random.Random(1)  # noqa: S311 - not for secrets
    assert learn([]).of(["is", "it"], draw) == ["is", "it"]


def test_a_line_that_was_heard_is_given_so_in_some_of_the_turns_without_marks() -> None:
    line = Example("Is the back any better?", frozenset({"closed_question"}), "clinic")
    ear = Ear({line.text: ["as the bag any better"]}, learn([]))
    turns = [compose([line], random.Random(seed), ear)[0] for seed in range(60)]  # noqa: S311 - not for secrets
    assert "as the bag any better" in turns
    assert any(turn.endswith("Is the back any better?") for turn in turns)
