"""What the patterns and the network find together: acts as people say them, also as a recogniser gives them."""

from __future__ import annotations

import re
import statistics
import time
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from counterpoint.edge.model_files import load_act_model, read_model
from counterpoint.errors import ModelCorrupt
from counterpoint.values import ActKind
from counterpoint.words import ActModel, act_model
from counterpoint.words.act_model import ACTS, KIND, MODEL_VERSION
from counterpoint.words.tokens import rows_of
from onnx_made import made_model

MODEL = load_act_model()
QUESTIONS = {"open_question", "closed_question"}

SOUNDS_LIKE = (
    ("open_question", "Tell me more?"),
    ("open_question", "What would you like to discuss?"),
    ("open_question", "Can you share more about what happened?"),
    ("open_question", "What was your favourite part?"),
    ("open_question", "how did you find that out"),
    ("closed_question", "Is that the blue one?"),
    ("closed_question", "have you ever had one of these before"),
    ("closed_question", "how many of those do you take"),
    ("open_question", "I wonder if you could tell me how it began."),
    ("open_question", "tell me about the farm"),
    ("closed_question", "you sent it last week right"),
    ("closed_question", "he isn't coming is he"),
    ("follow_up", "And what happened then?"),
    ("clarification", "When you say late, how late?"),
    ("paraphrase", "So what I'm hearing is that it never came."),
    ("paraphrase", "It sounds like you're having trouble with it."),
    ("paraphrase", "You mentioned you have seen another offer."),
    ("paraphrase", "so you've been feeling pulled in two directions"),
    ("paraphrase", "you're not sure it's worth it"),
    ("paraphrase", "you don't want to end up like him"),
    ("paraphrase", "this year has been tough on you"),
    ("paraphrase", "you're torn between the two"),
    ("summary", "Just to make sure I've got everything right, you were overcharged and you'd like a refund?"),
    ("acknowledgement", "I see"),
    ("acknowledgement", "go on"),
    ("acknowledgement", "mm-hm"),
    ("acknowledgement", "right"),
    ("empathy", "I can see how frustrating this must be"),
    ("empathy", "I understand why that's frustrating"),
    ("empathy", "Thank you for bringing this to our attention"),
    ("promise", "I'll send it today"),
    ("call_back", "Shall we call you back, so that you needn't wait?"),
    ("ease", "I've done that for you"),
    ("ease", "You won't need to fill that in again"),
    ("rush", "Anything else? Next please"),
    ("judgement", "You should have called first"),
)

ONLY_LOOKS_LIKE = (
    ("paraphrase", "you can park behind the building"),
    ("paraphrase", "You need to fill in this form."),
    ("paraphrase", "you take two of these in the morning"),
    ("paraphrase", "so the fee is ten pounds"),
    ("closed_question", "when it turns green you take your ticket"),
    ("open_question", "what you do is you scan the code"),
    ("promise", "I'll need your card."),
    ("judgement", "You should receive an email."),
)

STATEMENTS = ("here is your receipt", "The train leaves at ten past four.", "we are open until five", "good morning")


def as_recognised(text: str) -> str:
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower()).split())


@pytest.mark.parametrize(("act", "text"), SOUNDS_LIKE)
def test_an_act_is_found_as_written_and_as_a_recogniser_gives_it(act: str, text: str) -> None:
    assert act in MODEL.classify(text)
    assert act in MODEL.classify(as_recognised(text))


@pytest.mark.parametrize(("act", "text"), ONLY_LOOKS_LIKE)
def test_a_near_miss_is_no_act(act: str, text: str) -> None:
    assert act not in MODEL.classify(text)


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_is_no_act(text: str) -> None:
    assert MODEL.classify(text) == ()


@pytest.mark.parametrize("text", ["", " ", "?", "...", "\n", "?!"])
def test_nothing_said_is_no_act(text: str) -> None:
    assert MODEL.classify(text) == ()


def test_two_questions_can_be_one_of_each() -> None:
    assert set(MODEL.classify("Is that the blue one? And what happened then?")) >= QUESTIONS


@pytest.mark.parametrize("text", [text for act, text in SOUNDS_LIKE if act in QUESTIONS])
def test_one_question_is_open_or_closed_and_not_both(text: str) -> None:
    assert len(QUESTIONS.intersection(MODEL.classify(text))) == 1


def test_a_long_turn_is_heard_to_its_end() -> None:
    turn = "so the fee is ten pounds and you pay at the desk " * 12 + "what would you like to talk about today"
    assert "open_question" in MODEL.classify(turn)


PIECES = st.sampled_from(sorted({word for _, text in SOUNDS_LIKE for word in text.split()}))


@settings(deadline=None)  # a busy machine is no fault
@given(st.one_of(st.text(max_size=400), st.lists(PIECES, max_size=40).map(" ".join)))
def test_any_text_gives_contract_names_sorted_and_once(text: str) -> None:
    acts = MODEL.classify(text)
    assert list(acts) == sorted(set(acts))
    assert set(get_args(ActKind)).issuperset(acts)


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(PIECES, min_size=1, max_size=30).map(" ".join))
def test_every_question_that_is_written_as_one_is_open_or_closed(text: str) -> None:
    assert QUESTIONS.intersection(MODEL.classify(f"{text.rstrip('?!. ')} so?"))


def test_each_utterance_is_read_by_itself() -> None:
    alone = MODEL.classify("and what happened then")
    MODEL.classify("you should have called first")
    assert MODEL.classify("and what happened then") == alone


def test_the_numbers_of_the_words_are_wiped_after_use(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[NDArray[np.int64]] = []

    def kept(words: list[str], vocabulary: dict[str, int]) -> NDArray[np.int64]:
        made.append(rows_of(words, vocabulary))
        return made[-1]

    monkeypatch.setattr(act_model, "rows_of", kept)
    assert MODEL.classify("tell me more about the crimson walrus") != ()
    assert [rows.any() for rows in made] == [False]


def test_the_model_is_under_5_mb() -> None:
    assert len(read_model("acts")) < 5_000_000


def test_an_utterance_takes_under_2_ms() -> None:
    times_s = []
    for _, text in SOUNDS_LIKE * 5:
        begun_s = time.perf_counter()
        MODEL.classify(text)
        times_s.append(time.perf_counter() - begun_s)
    assert statistics.median(times_s) < 0.002  # measured: 0.15 ms


OURS = {"kind": KIND, "version": MODEL_VERSION, "acts": ",".join(ACTS), "words": "so", "thresholds": "0.5"}


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (b"", "can't be read"),
        (b"no model", "can't be read"),
        (read_model("acts")[:-1000], "can't be read"),
        (read_model("talk_over"), "another kind"),
        (made_model({"rows": (1, 2), "patterns": (1, 2)}, OURS | {"version": "0"}), "version 0"),
        (made_model({"rows": (1, 2), "patterns": (1, 2)}, OURS | {"acts": "weather"}), "install program and model"),
        (made_model({"rows": (1, 2), "patterns": (1, 2)}, OURS), "thresholds"),
    ],
)
def test_bytes_that_are_no_act_model_of_ours_are_refused(model: bytes, says: str) -> None:
    with pytest.raises(ModelCorrupt, match=says):
        ActModel(model)
