"""What an overlap is, told from a script's times alone."""

from __future__ import annotations

from models.rooms.scripts import Span, second_voices, stretches, takes_floor

AGENT_TALKS = Span(0, 0.0, 4.0)


def kinds(*spans: Span) -> list[str]:
    return [one.kind for one in second_voices(stretches(list(spans)))]


def test_a_small_word_takes_nothing_however_long() -> None:
    assert kinds(AGENT_TALKS, Span(1, 1.0, 2.6, "backchannel")) == ["backchannel"]


def test_a_small_word_in_the_others_pause_is_one_too_and_overlaps_nothing() -> None:
    found = second_voices((Span(0, 0.0, 2.0, cut_off=True), Span(1, 2.4, 2.8, "backchannel"), Span(0, 3.2, 5.0)))
    assert [one.kind for one in found] == ["backchannel"]
    assert found[0].both_s == 0.0


def test_the_last_half_second_of_a_turn_that_was_ending_is_a_transition() -> None:
    assert kinds(AGENT_TALKS, Span(1, 3.6, 6.0)) == ["transition"]


def test_the_same_half_second_of_somebody_with_more_to_say_is_an_interruption() -> None:
    assert kinds(Span(0, 0.0, 4.0, cut_off=True), Span(1, 3.6, 6.0)) == ["interruption"]


def test_who_speaks_over_and_gives_up_made_an_attempt() -> None:
    assert kinds(AGENT_TALKS, Span(1, 1.0, 1.5)) == ["attempt"]


def test_speech_into_silence_comes_in_over_nobody() -> None:
    assert kinds(AGENT_TALKS, Span(1, 4.2, 6.0)) == []


def test_of_two_who_begin_together_one_is_the_second_voice() -> None:
    assert len(kinds(Span(0, 1.0, 3.0), Span(1, 1.0, 2.0))) == 1


def test_a_breath_of_under_300_ms_does_not_end_a_stretch() -> None:
    heard = stretches([Span(0, 0.0, 1.0, cut_off=True), Span(0, 1.2, 3.0), Span(1, 0.8, 1.5)])
    assert [(one.side, one.end_s) for one in heard] == [(0, 3.0), (1, 1.5)]
    assert takes_floor(heard, heard[1]) is True
