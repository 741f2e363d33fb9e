"""Doubt: a recogniser that does not understand says nothing about the speaker."""

from __future__ import annotations

from counterpoint.settings import WordsSettings
from counterpoint.words import Doubt, Utterance, Word

RULES = WordsSettings(min_confidence=0.5, doubt_s=10.0)


def said(seconds: float, confidence: float) -> Utterance:
    return Utterance((Word("word", 0.0, seconds, confidence),))


def test_understood_speech_leaves_no_doubt() -> None:
    doubt = Doubt(RULES)
    doubt.hear(said(20.0, 0.9), 20.0)
    assert not doubt.words_off


def test_ten_seconds_not_understood_turn_words_off() -> None:
    doubt = Doubt(RULES)
    doubt.hear(said(6.0, 0.3), 6.0)
    assert not doubt.words_off, "not enough was heard yet"
    doubt.hear(said(5.0, 0.3), 5.0)
    assert doubt.words_off


def test_speech_without_a_single_word_is_doubt_too() -> None:
    doubt = Doubt(RULES)
    doubt.hear(Utterance(()), 11.0)
    assert doubt.words_off


def test_a_cough_is_no_doubt() -> None:
    doubt = Doubt(RULES)
    for _ in range(30):
        doubt.hear(Utterance(()), 0.8)
    assert not doubt.words_off


def test_only_the_last_seconds_count() -> None:
    doubt = Doubt(RULES)
    doubt.hear(said(30.0, 0.1), 30.0)
    doubt.hear(said(12.0, 0.9), 12.0)
    assert not doubt.words_off


def test_a_new_visit_begins_without_doubt() -> None:
    doubt = Doubt(RULES)
    doubt.hear(said(30.0, 0.1), 30.0)
    doubt.forget()
    assert not doubt.words_off
