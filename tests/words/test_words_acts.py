"""What each act sounds like, and what only looks like it; written, and as a recogniser gives it."""

from __future__ import annotations

import re
import timeit
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.values import ActKind
from counterpoint.words import classify

KINDS = set(get_args(ActKind))
QUESTIONS = {"open_question", "closed_question"}

SOUNDS_LIKE: dict[str, tuple[str, ...]] = {
    "open_question": (
        "Tell me more?",
        "What would you like to discuss?",
        "Can you share more about what happened?",
        "What was your favourite part?",
        "How did that make you feel?",
        "Why is that important to you?",
        "okay so what happened with the parcel",
        "so what brings you in today",
        "i'd like to hear more about that",
        "how can i help you today",
        "would you mind telling me what went wrong",
        "and what was that like",
        "i wonder if you could tell me how it began",
        "i'm just wondering how that was for you",
        "how'd you find the way",
        "you have been at this all night how do you keep awake",
        "what other routes are there",
    ),
    "closed_question": (
        "Is that the blue one?",
        "When you say late, how late?",
        "Do you have your card with you?",
        "The blue one?",
        "You were here on Monday, right?",
        "thanks for that do you have your card",
        "how long have you been waiting",
        "what's your postcode",
        "could you tell me your date of birth",
        "did you bring the form or did you leave it at home",
        "is there anything else i can help you with",
        "i was wondering if you could sign here",
        "there is no room on those dates can i help you find another",
        "in which city do you live",
        "how about the one in the window",
        "he isn't coming is he",
        "i wonder if you've seen the letter",
        "does everybody have a chair",
        "on a scale of one to ten how loud was it",
        "you want the window open am i right",
    ),
    "follow_up": ("And what happened then?", "tell me more about that", "and what did they say", "what happened next"),
    "clarification": (
        "When you say late, how late?",
        "what do you mean by that",
        "could you clarify that for me",
        "which one did you order",
        "sorry i didn't catch your name",
    ),
    "paraphrase": (
        "So what I'm hearing is that the parcel never came.",
        "so what you're saying is the parcel was late",
        "so what you saying is it was late",
        "It sounds like you're having trouble with the form.",
        "You mentioned you have seen another offer.",
        "so you're not happy with how it was done",
        "you're feeling torn about it",
        "if i understand you right it was late twice",
        "so you want to return the blue one",
    ),
    "summary": (
        "Just to make sure I've got everything right, you were overcharged and you'd like a refund?",
        "let me just recap what we have",
        "to sum up you need two forms",
        "let me read that back to you",
    ),
    "acknowledgement": ("I see", "Go on.", "mm-hm", "right", "okay i see go on", "mm hm", "uh huh", "I hear you."),
    "empathy": (
        "I can see how frustrating this must be.",
        "I understand why that's frustrating",
        "Thank you for bringing this to our attention.",
        "i'm so sorry to hear that",
        "that must have been really difficult",
        "i would be upset too",
    ),
    "promise": (
        "I'll send it today.",
        "we will call you tomorrow",
        "i'm going to check that with my colleague",
        "you'll have it by friday",
        "leave it with me",
    ),
    "call_back": (
        "Shall we call you back, so that you needn't wait?",
        "i can give you a call this afternoon",
        "we could arrange a call back for you",
        "i'll get back to you",
    ),
    "ease": (
        "I've done that for you.",
        "You won't need to fill that in again.",
        "i have already cancelled it",
        "there's no need to come in again",
        "that's all sorted",
    ),
    "rush": ("Anything else? Next please.", "could you hurry up", "we don't have all day", "who's next"),
    "judgement": (
        "You should have brought the form.",
        "why didn't you call us",
        "that's your own fault",
        "you always come too late",
        "i already told you",
        "if you had read the letter you would know",
    ),
}

ONLY_LOOKS_LIKE: tuple[tuple[str, str], ...] = (
    ("open_question", "that's what i did"),
    ("open_question", "what i can do is send it again"),
    ("open_question", "i don't know what you mean"),
    ("open_question", "how long have you been waiting"),
    ("open_question", "that is how we do it"),
    ("closed_question", "here you are"),
    ("closed_question", "let me know if you have questions"),
    ("closed_question", "thank you have a nice day"),
    ("closed_question", "your appointment has been made"),
    ("closed_question", "what would you like to discuss"),
    ("follow_up", "the follow up appointment is on monday"),
    ("clarification", "it was a mean thing to say"),
    ("paraphrase", "the sounds of the city"),
    ("paraphrase", "they said it was late"),
    ("summary", "the sum is ten pounds"),
    ("acknowledgement", "right away"),
    ("acknowledgement", "i see the problem"),
    ("acknowledgement", "go on to the next page"),
    ("acknowledgement", "um"),
    ("empathy", "sorry could you repeat that"),
    ("empathy", "i understand you need the form"),
    ("promise", "i'll be honest with you"),
    ("promise", "we'll see"),
    ("promise", "i'll need your card"),
    ("call_back", "what do you call it"),
    ("ease", "you need to fill this in"),
    ("rush", "the person who is next to you"),
    ("rush", "is there anything else i can help you with"),
    ("judgement", "you should have received an email"),
    ("judgement", "you should have a look at this"),
    ("judgement", "why did you choose this one"),
)


def as_recognised(text: str) -> str:
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower()).split())


@pytest.mark.parametrize(("act", "text"), [(act, text) for act, texts in SOUNDS_LIKE.items() for text in texts])
def test_an_act_is_found_as_written(act: str, text: str) -> None:
    assert act in classify(text)


NEEDS_ITS_MARK = {"The blue one?"}


@pytest.mark.parametrize(
    ("act", "text"),
    [(act, text) for act, texts in SOUNDS_LIKE.items() for text in texts if text not in NEEDS_ITS_MARK],
)
def test_an_act_is_found_without_punctuation(act: str, text: str) -> None:
    assert act in classify(as_recognised(text))


@pytest.mark.parametrize(("act", "text"), ONLY_LOOKS_LIKE)
def test_a_near_miss_is_no_act(act: str, text: str) -> None:
    assert act not in classify(text)


@pytest.mark.parametrize("text", [text for kind in sorted(QUESTIONS) for text in SOUNDS_LIKE[kind]])
def test_a_question_is_open_or_closed_and_one_question_is_not_both(text: str) -> None:
    assert len(QUESTIONS.intersection(classify(text))) == 1


def test_two_questions_can_be_one_of_each() -> None:
    assert set(classify("Is that the blue one? And what happened then?")) >= QUESTIONS


def test_an_utterance_can_carry_several_acts() -> None:
    assert classify("Shall we call you back, so that you needn't wait?") == ("call_back", "closed_question", "ease")


@pytest.mark.parametrize("text", ["", " ", "?", "...", "\n", "here is your receipt"])
def test_nothing_said_is_no_act(text: str) -> None:
    assert classify(text) == ()


@pytest.mark.parametrize("text", ["I\u2019ll send it today", "I'LL SEND IT TODAY", "i'll  send\tit today"])
def test_quotes_case_and_blanks_do_not_matter(text: str) -> None:
    assert "promise" in classify(text)


PIECES = st.sampled_from(sorted({word for texts in SOUNDS_LIKE.values() for text in texts for word in text.split()}))


@given(st.one_of(st.text(max_size=1000), st.lists(PIECES, max_size=60).map(" ".join)))
def test_any_text_gives_contract_names_sorted_and_once(text: str) -> None:
    acts = classify(text)
    assert list(acts) == sorted(set(acts))
    assert KINDS.issuperset(acts)


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_every_question_that_is_written_as_one_is_open_or_closed(text: str) -> None:
    if text.rstrip().endswith("?") and any(letter.isalnum() for letter in text):
        assert QUESTIONS.intersection(classify(text))


def test_an_utterance_takes_far_under_a_millisecond() -> None:
    texts = [text for texts in SOUNDS_LIKE.values() for text in texts]
    best_s = min(timeit.repeat(lambda: [classify(text) for text in texts], number=1, repeat=5))
    assert best_s / len(texts) < 0.001  # measured: 0.07 ms; the limit is for a busy machine


@pytest.mark.parametrize("begin", ["so what you are saying", "what i'm hearing"])
def test_what_was_said_given_back_is_no_question(begin: str) -> None:
    assert classify(f"{begin} is that the parcel was late") == ("paraphrase",)


def test_what_was_said_given_back_as_a_question_is_both() -> None:
    assert classify("So what you are saying is that the parcel was late?") == ("closed_question", "paraphrase")
