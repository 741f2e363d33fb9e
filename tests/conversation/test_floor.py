"""The definitions of the floor, one conversation each."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import pytest

from counterpoint.conversation import Floor
from counterpoint.settings import FloorRules
from counterpoint.values import BLOCK_S, Activity, FloorEvent
from talk import LOOK_BACK_S, Talk

TURN, OVER, TAKEN, TRIED, SHIFT, LISTEN = "turn", "talk_over", "interruption", "attempt", "transition", "backchannel"


def told(talk: Talk) -> list[tuple[str, str]]:
    """Every event but turns as (kind, by)."""
    return [(event.kind, event.by) for event in talk.events() if event.kind != TURN]


def turns(talk: Talk) -> list[tuple[str, float, float]]:
    return [(e.by, round(e.onset_s, 2), round(e.offset_s, 2)) for e in talk.events() if e.kind == TURN]


def only(talk: Talk, kind: str) -> FloorEvent:
    (event,) = [event for event in talk.events() if event.kind == kind]
    return event


# What is what


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        pytest.param(Talk(), [], id="silence"),
        pytest.param(Talk().customer(0.0, 6.0), [], id="one voice"),
        pytest.param(Talk().customer(0.0, 6.0).agent(6.2, 9.0), [], id="an answer after a pause"),
        pytest.param(Talk().customer(0.0, 6.0).agent(6.0, 9.0), [], id="an answer without a pause"),
        pytest.param(Talk().customer(0.0, 6.0).agent(3.0, 3.08), [], id="a click during speech"),
        pytest.param(
            Talk().customer(0.0, 6.0).agent_backchannel(2.0, 0.4),
            [(LISTEN, "agent")],
            id="mm-hm while the other speaks",
        ),
        pytest.param(
            Talk().customer(0.0, 6.0).agent_backchannel(2.0, 0.8), [(LISTEN, "agent")], id="oh, I see, while they speak"
        ),
        pytest.param(
            Talk().customer(0.0, 3.0).agent_backchannel(3.3, 0.4).customer(4.0, 7.0),
            [(LISTEN, "agent")],
            id="mm-hm in a pause of the other's turn",
        ),
        pytest.param(
            Talk().customer(0.0, 3.0).agent_backchannel(3.3, 0.5).customer(3.6, 7.0),
            [(LISTEN, "agent")],
            id="mm-hm in a pause, into the other's going on",
        ),
        pytest.param(
            Talk().agent(0.0, 6.0).customer_backchannel(5.8, 0.5),
            [(LISTEN, "customer")],
            id="mm-hm, short and isolated",
        ),
        pytest.param(
            Talk().customer(0.0, 6.0).agent(5.0, 9.0),
            [(OVER, "agent"), (TAKEN, "agent")],
            id="takes the floor from someone who had not finished",
        ),
        pytest.param(
            Talk().agent(0.0, 6.0).customer(5.0, 9.0),
            [(OVER, "customer"), (TAKEN, "customer")],
            id="the customer takes it from the agent",
        ),
        pytest.param(
            Talk().customer(0.0, 4.0).agent(3.7, 7.0, takes_floor=0.95),
            [(OVER, "agent"), (TAKEN, "agent")],
            id="cut off, and the other yields at once",
        ),
        pytest.param(
            Talk().customer(0.0, 5.6).agent(5.0, 6.4),
            [(OVER, "agent"), (TAKEN, "agent")],
            id="takes the floor and finishes soon after",
        ),
        pytest.param(
            Talk().customer(0.0, 8.0).agent(3.0, 4.5),
            [(OVER, "agent"), (TRIED, "agent")],
            id="speaks over and does not get the floor",
        ),
        pytest.param(
            Talk().customer(0.0, 8.0).agent(3.0, 3.7),
            [(OVER, "agent"), (TRIED, "agent")],
            id="a short try to get the floor",
        ),
        pytest.param(
            Talk().customer(0.0, 5.0).agent(4.0, 7.0).customer(5.4, 9.0),
            [(OVER, "agent"), (TRIED, "agent")],
            id="the first pauses under it, and goes on",
        ),
        pytest.param(
            Talk().customer(0.0, 6.0).agent(5.7, 9.0), [(SHIFT, "agent")], id="begins in the last 0.5 s of a turn"
        ),
        pytest.param(
            Talk().agent(0.0, 0.6).customer(0.2, 0.8).agent(1.6, 4.0), [(SHIFT, "customer")], id="greetings in chorus"
        ),
        pytest.param(
            Talk().agent(0.0, 3.0).customer(3.4, 5.0).agent(3.9, 8.0),
            [(OVER, "agent"), (TAKEN, "agent")],
            id="goes on after all while the other answers, and drowns them out",
        ),
        pytest.param(
            Talk().customer(0.0, 6.0).agent(5.8, 6.5), [(SHIFT, "agent")], id="a short reply to the end of a turn"
        ),
        pytest.param(
            Talk().customer(0.0, 4.0).agent(2.0, 2.6).agent(3.0, 3.7),
            [(OVER, "agent"), (TRIED, "agent"), (OVER, "agent"), (TRIED, "agent")],
            id="two tries are two overlaps",
        ),
    ],
)
def test_definitions(talk: Talk, expected: list[tuple[str, str]]) -> None:
    assert told(talk) == expected


def test_long_speech_is_a_backchannel_only_if_the_detector_is_sure() -> None:
    assert told(Talk().customer(0.0, 8.0).agent(3.0, 4.4, takes_floor=0.02)) == [(LISTEN, "agent")]
    assert told(Talk().customer(0.0, 8.0).agent(3.0, 4.4, takes_floor=0.35))[-1] == (TRIED, "agent")


# Turns


def test_a_turn_ends_with_silence() -> None:
    turn = only(Talk().customer(0.5, 4.0), TURN)
    assert (turn.onset_s, turn.offset_s) == pytest.approx((0.5, 4.0))
    assert turn.committed_s == pytest.approx(4.0 + 1.5 + LOOK_BACK_S)


def test_a_shorter_silence_does_not_end_a_turn() -> None:
    assert turns(Talk().customer(0.0, 2.0).customer(3.4, 5.0)) == [("customer", 0.0, 5.0)]
    assert turns(Talk().customer(0.0, 2.0).customer(3.6, 5.0)) == [("customer", 0.0, 2.0), ("customer", 3.6, 5.0)]


def test_a_turn_ends_as_the_floor_changes() -> None:
    assert turns(Talk().customer(0.0, 2.0).agent(2.3, 5.0)) == [("customer", 0.0, 2.0), ("agent", 2.3, 5.0)]


def test_a_word_of_answer_is_a_turn() -> None:
    talk = Talk().agent(0.0, 3.0).customer(3.3, 3.9).agent(4.2, 7.0)
    assert turns(talk) == [("agent", 0.0, 3.0), ("customer", 3.3, 3.9), ("agent", 4.2, 7.0)]


def test_a_backchannel_leaves_the_turn_whole() -> None:
    talk = Talk().customer(0.0, 3.0).agent_backchannel(3.3, 0.4).customer(4.0, 7.0)
    assert turns(talk) == [("customer", 0.0, 7.0)]


def test_an_interruption_ends_one_turn_inside_the_other() -> None:
    assert turns(Talk().customer(0.0, 6.0).agent(5.0, 9.0)) == [("customer", 0.0, 6.0), ("agent", 5.0, 9.0)]


def test_the_stream_may_end_inside_a_turn() -> None:
    assert turns(Talk(tail_s=0.0).customer(0.0, 2.0)) == [("customer", 0.0, 2.0)]


def test_of_two_voices_that_begin_together_the_earlier_one_is_first() -> None:
    talk = Talk().agent(0.04, 4.0).customer(0.0, 6.0)
    assert {event.by for event in talk.events() if event.kind != TURN} == {"agent"}


# What is known when


def test_a_prediction_comes_while_the_overlap_is_open() -> None:
    over = only(Talk().customer(0.0, 6.0).agent(5.0, 9.0), OVER)
    assert over.onset_s == pytest.approx(5.0)
    assert 5.3 <= over.committed_s <= 5.6
    assert over.offset_s == over.committed_s


def test_a_doubtful_overlap_is_predicted_later() -> None:
    sure = only(Talk().customer(0.0, 9.0).agent(5.0, 7.0), OVER)
    doubtful = only(Talk().customer(0.0, 9.0).agent(5.0, 7.0, takes_floor=0.35), OVER)
    assert doubtful.committed_s > sure.committed_s + 0.1


def test_an_interruption_is_known_when_the_first_voice_has_stayed_silent() -> None:
    taken = only(Talk().customer(0.0, 6.0).agent(5.0, 9.0), TAKEN)
    assert (taken.onset_s, taken.offset_s) == pytest.approx((5.0, 6.0))
    assert taken.committed_s == pytest.approx(6.0 + 1.0 + LOOK_BACK_S)


def test_an_interruption_is_known_when_the_second_voice_has_finished() -> None:
    taken = only(Talk().customer(0.0, 5.6).agent(5.0, 6.4), TAKEN)
    assert taken.committed_s == pytest.approx(6.4 + 0.2 + LOOK_BACK_S)


def test_a_backchannel_is_known_when_it_has_ended() -> None:
    listened = only(Talk().customer(0.0, 6.0).agent_backchannel(2.0, 0.4), LISTEN)
    assert (listened.onset_s, listened.offset_s) == pytest.approx((2.0, 2.4))
    assert listened.committed_s == pytest.approx(2.4 + 0.2 + LOOK_BACK_S)


def test_an_overlap_is_shown_while_it_is_open() -> None:
    steps = Talk().customer(0.0, 6.0).agent(5.0, 9.0).steps()
    shown = [step for step in steps if step.overlap]
    assert shown[0].at_s == pytest.approx(5.0 + 0.1 + LOOK_BACK_S)
    assert shown[-1].at_s < 6.0 + 1.0 + LOOK_BACK_S
    assert all(step.overlap and step.overlap.by == "agent" and step.overlap.since_s == 5.0 for step in shown)
    both = [step.at_s for step in shown if step.overlap and step.overlap.both]
    assert both[-1] == pytest.approx(6.0 + LOOK_BACK_S)


def test_the_holder_follows_the_floor() -> None:
    steps = Talk().customer(1.0, 3.0).agent(3.3, 6.0).steps()
    holders = [holder for holder, _ in groupby(steps, key=lambda step: step.holder)]
    assert holders == [None, "customer", "agent", None]


def test_frames_before_the_stream_are_ignored() -> None:
    floor = Floor(FloorRules())
    for frame in range(-50, 0):
        step = floor.step(Activity(frame * BLOCK_S, 1.0, 1.0, 1.0, frame * BLOCK_S + LOOK_BACK_S))
        assert not step.agent
        assert not step.events
    assert floor.close() == ()


# The end, and sides that can't be told apart


def test_the_end_settles_what_was_predicted() -> None:
    talk = Talk(tail_s=0.0).customer(0.0, 6.0).agent(5.0, 6.0)
    assert told(talk) == [(OVER, "agent"), (TRIED, "agent")]


def test_closing_twice_says_nothing_twice() -> None:
    floor = Floor(FloorRules())
    for activity in Talk(tail_s=0.0).customer(0.0, 2.0).activities():
        floor.step(activity)
    assert len(floor.close()) == 1
    assert floor.close() == ()


def test_nothing_opens_or_closes_while_the_sides_are_unclear() -> None:
    steps = Talk().customer(0.0, 6.0).agent(4.0, 6.0).sides_unclear(3.0, 6.0).steps()
    unclear = [step for step in steps if not step.sides_clear]
    assert len(unclear) == 150
    assert not any(step.events or step.overlap or step.agent or step.customer for step in unclear)


def test_what_was_open_as_the_sides_became_unclear_is_settled_once_they_are_clear() -> None:
    talk = Talk().customer(0.0, 9.0).agent(4.0, 9.0).sides_unclear(5.0, 6.0)
    events = talk.events()
    assert [event.kind for event in events[:3]] == [OVER, TRIED, TURN]
    assert events[2].offset_s == pytest.approx(5.0)
    assert events[1].committed_s == events[2].committed_s == pytest.approx(6.0 + BLOCK_S + LOOK_BACK_S)


def test_rules_are_settings() -> None:
    calm = Talk(rules=FloorRules(predict_after_s=1.0)).customer(0.0, 6.0).agent(3.0, 6.0)
    assert only(calm, OVER).committed_s >= 4.0
    assert only(replace(calm, rules=FloorRules()), OVER).committed_s < 4.0
