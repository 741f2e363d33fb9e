"""The private card: three numbers of one skill, what went well, what to try, and the last try beside it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from counterpoint.practice.card import build_card, compare
from counterpoint.practice.journal import Course, Journal, Try
from counterpoint.practice.protocol import CardOfOne, LastTry, read_message, write_message
from counterpoint.practice.skills import SKILLS
from counterpoint.values import ActKind, EventKind, FloorEvent, FloorStep, ListeningAct, Side

ROLE = ("late-delivery", "A late delivery")


def event(kind: EventKind, by: Side, onset_s: float, offset_s: float, resolves: int | None = None) -> FloorEvent:
    return FloorEvent(1, kind, by, onset_s, offset_s, offset_s, 0.9, resolves)


def heard(*acts: tuple[ActKind, float]) -> tuple[ListeningAct, ...]:
    return tuple(ListeningAct(kind, at_s) for kind, at_s in acts)


GOOD = Try(
    length_s=60.0,
    spoken={"agent": ((13.0, 15.0), (33.0, 36.0)), "customer": ((1.0, 12.5), (15.6, 32.4), (37.0, 40.0))},
    events=(
        event("turn", "customer", 1.0, 12.5),
        event("turn", "agent", 13.0, 15.0),
        event("turn", "customer", 15.6, 32.4),
        event("turn", "agent", 33.0, 36.0),
        event("turn", "customer", 37.0, 40.0),
    ),
    pauses_s=(0.5, 0.6),
    acts=heard(("open_question", 14.9), ("open_question", 20.0), ("paraphrase", 35.0), ("promise", 36.0)),
    course=Course(confirmed=1, ended=True),
)
ROUGH = replace(
    GOOD,
    events=(
        event("turn", "customer", 1.0, 12.5),
        event("interruption", "agent", 8.0, 12.5, resolves=1),
        event("backchannel", "agent", 3.0, 3.3),
        event("attempt", "customer", 20.0, 21.0, resolves=2),
        event("turn", "customer", 15.6, 32.4),
    ),
    pauses_s=(3.4, -0.2),
    acts=heard(("closed_question", 14.9), ("rush", 20.0)),
    course=Course(gave_way_s=[8.8], hello_s=[44.0]),
)


def values(tried: Try, skill: str) -> list[float | None]:
    return [number.value for number in build_card(tried, ROLE, skill).numbers]


@pytest.mark.parametrize(
    ("skill", "good", "rough"),
    [
        ("let-them-finish", [0, 100.0, 0], [1, 50.0, 1]),
        ("one-breath", [0.55, 100.0, 0], [1.6, 0.0, 2]),
        ("open-questions", [2, 100.0, 16.8], [0, 0.0, 16.8]),
        ("say-it-back", [1, 1, pytest.approx(86.2, abs=0.1)], [0, 0, pytest.approx(86.2, abs=0.1)]),
        ("sum-up", [0, 1, None], [0, 0, None]),
        ("offer-a-call-back", [0, 0, None], [0, 1, None]),
        ("note-a-promise", [1, 28.3, 1], [0, None, 0]),
    ],
)
def test_each_skill_has_its_three_numbers(skill: str, good: list[object], rough: list[object]) -> None:
    assert values(GOOD, skill) == good
    assert values(ROUGH, skill) == rough


def test_without_a_speech_model_what_was_said_is_not_known_and_never_zero() -> None:
    silent = replace(GOOD, acts=None)
    card = build_card(silent, ROLE, "open-questions")
    assert [number.shown for number in card.numbers] == ["not known", "not known", "16.8 s"]
    assert not card.words_known
    assert {moment.kind for moment in card.moments} == {"heard_out"}


def test_one_thing_went_well_and_one_to_try() -> None:
    card = build_card(GOOD, ROLE, "let-them-finish")
    assert card.went_well == "You did not talk over the customer once."
    assert "harder" in card.try_next
    rough = build_card(ROUGH, ROLE, "let-them-finish")
    assert "please, go on" in rough.try_next
    assert rough.went_well


def test_whoever_said_nothing_is_not_praised_for_pauses() -> None:
    nothing = Try(5.0, {"agent": (), "customer": ()}, (), (), (), Course())
    for skill in SKILLS:
        card = build_card(nothing, ROLE, skill)
        assert card.went_well == "You practised, and that is what changes things."


def test_the_timeline_marks_what_the_device_would_count() -> None:
    card = build_card(ROUGH, ROLE, "let-them-finish")
    assert [(moment.at_s, moment.kind) for moment in card.moments] == [
        (8.0, "talked_over"),
        (8.8, "gave_way"),
        (14.9, "closed_question"),
        (20.0, "rush"),
        (32.4, "heard_out"),
        (44.0, "kept_waiting"),
    ]
    assert [(span.by, span.from_s) for span in card.spans][:2] == [("customer", 1.0), ("agent", 13.0)]


def test_two_people_have_no_role_to_confirm_or_say_goodbye() -> None:
    two = replace(ROUGH, course=None)
    assert values(two, "sum-up")[1] is None
    assert values(two, "note-a-promise")[2] is None
    assert [number.value for number in build_card(two, ROLE, "let-them-finish").numbers][2] == 1


def test_the_last_try_stands_beside_it() -> None:
    before, now = (build_card(tried, ROLE, "one-breath") for tried in (ROUGH, GOOD))
    compared = compare(now, before)
    assert [change.change for change in compared.changes] == ["better", "better", "better"]
    assert compared.text == "3 of 3 numbers are better than last time."
    assert [change.change for change in compare(before, now).changes] == ["worse", "worse", "worse"]
    assert {change.change for change in compare(now, now).changes} == {"same"}


def test_what_one_of_the_cards_does_not_know_is_not_compared() -> None:
    before, now = (build_card(tried, ROLE, "open-questions") for tried in (replace(ROUGH, acts=None), GOOD))
    assert [change.change for change in compare(now, before).changes] == ["unknown", "unknown", "same"]


def test_a_card_of_another_skill_is_not_compared() -> None:
    compared = compare(build_card(GOOD, ROLE, "sum-up"), build_card(GOOD, ROLE, "one-breath"))
    assert compared.changes == ()
    assert "another skill (Leave one breath)" in compared.text


def test_a_saved_card_comes_back_as_it_was() -> None:
    card = build_card(ROUGH, ROLE, "say-it-back")
    saved = msgspec.json.encode(card)
    assert msgspec.json.decode(saved, type=CardOfOne) == card
    message = b'{"do":"last_try","card":' + saved + b"}"
    assert read_message(message) == LastTry(card)
    assert write_message(compare(card, card)).startswith('{"do":"compared"')


def test_the_journal_joins_stretches_of_speech_and_keeps_each_side_apart() -> None:
    journal = Journal()
    for number, span in enumerate([(0.0, 0.5), (0.5, 0.9), (2.0, 2.4)]):
        journal.step(FloorStep(number + 1.0, number + 0.9, False, True, None, customer_certain=span))
    tried = journal.finished((), None, words_known=False)
    assert tried.spoken == {"agent": (), "customer": ((0.0, 0.9), (2.0, 2.4))}
    assert tried.talk_s("customer", until_s=2.2) == pytest.approx(1.1)
    assert tried.acts is None


def test_a_card_never_says_what_a_person_is() -> None:
    words = {"you are", "score", "grade", "failed", "wrong", "poor", "bad"}
    for tried in (GOOD, ROUGH):
        for skill in SKILLS:
            text = msgspec.json.encode(build_card(tried, ROLE, skill)).decode().lower()
            assert not [word for word in words if word in text]
