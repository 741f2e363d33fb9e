"""What a visit is, and what is counted in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.conversation import Floor, Visits
from counterpoint.settings import SessionRules
from counterpoint.values import ActKind, Cue, FloorStep, ListeningAct, Session, SessionStep, Uncertainty
from talk import Talk

if TYPE_CHECKING:
    from collections.abc import Callable

UNCERTAINTY = Uncertainty("simulation", 2.0, 0.2, {"interruption": 0.8}, {"interruption": 0.7}, 0.05)
RULES = SessionRules()
FRAME_S = 0.021


def fresh(rules: SessionRules = RULES) -> Visits:
    return Visits(rules, UNCERTAINTY)


def ordinary() -> Talk:
    """A visit of 20 s in which everything goes well."""
    return (
        Talk(tail_s=50.0)
        .customer(1.0, 6.0)
        .agent_backchannel(3.0, 0.4)
        .agent(6.4, 10.0)
        .customer(10.5, 13.0)
        .agent(12.8, 18.0)
        .customer(18.2, 21.0)
    )


def visited(talk: Talk, visits: Visits | None = None) -> list[Session]:
    """All visits of a conversation, also the one that the end of the stream closes."""
    floor, found = Floor(talk.rules), []
    visits = visits or fresh()
    for activity in talk.activities():
        closed = visits.step(floor.step(activity)).closed
        if closed:
            found.append(closed)
    last = visits.close(floor.close())
    return [*found, last] if last else found


def the_visit(talk: Talk, visits: Visits | None = None) -> Session:
    (session,) = visited(talk, visits)
    return session


def the_visit_with(happens: Callable[[Visits], None]) -> Session:
    """The ordinary visit, in which something happens 3 s after the last word."""
    visits, found = fresh(), []
    for step in ordinary().steps():
        found.append(visits.step(step).closed)
        if step.at_s == 24.0:
            happens(visits)
    (session,) = [session for session in found if session]
    return session


def walked(talk: Talk, visits: Visits | None = None) -> list[tuple[FloorStep, SessionStep]]:
    visits = visits or fresh()
    return [(step, visits.step(step)) for step in talk.steps()]


# When a visit is


def test_a_visit_begins_with_the_customer_and_ends_with_the_last_word() -> None:
    session = the_visit(ordinary())
    assert session.left_out is None
    assert (session.start_s, session.end_s) == pytest.approx((1.0, 21.0))
    assert session.uncertainty is UNCERTAINTY


def test_a_visit_is_open_from_the_first_word_until_45_s_of_silence() -> None:
    open_s = [step.at_s for step, visit in walked(ordinary()) if visit.is_open]
    assert open_s[0] == pytest.approx(1.2, abs=FRAME_S)
    assert open_s[-1] == pytest.approx(21.0 + 45.0, abs=FRAME_S)


def test_a_shorter_silence_is_part_of_the_visit() -> None:
    talk = ordinary().customer(21.0 + 44.0, 70.0)
    assert the_visit(talk).end_s == pytest.approx(70.0)


def test_two_customers_are_two_visits() -> None:
    talk = ordinary().customer(80.0, 85.0).agent(85.3, 90.0)
    first, second = visited(talk)
    assert (first.end_s, second.start_s) == pytest.approx((21.0, 80.0))
    assert first.left_out is second.left_out is None


def test_colleagues_alone_are_no_visit() -> None:
    assert visited(Talk(tail_s=50.0).agent(0.0, 5.0).agent(7.0, 20.0)) == []


def test_colleagues_keep_no_visit_open_and_fill_none() -> None:
    talk = Talk(tail_s=0.0).customer(1.0, 6.0).agent(6.3, 8.0)
    for start_s in range(11, 120, 4):
        talk.agent(start_s, start_s + 2.0)
    visits, closed = fresh(), {}
    for step, visit in walked(talk, visits):
        if visit.closed:
            closed[step.at_s] = visit.closed
    ((closed_s, session),) = closed.items()
    assert closed_s == pytest.approx(6.0 + 45.0, abs=FRAME_S)
    assert session.end_s == pytest.approx(8.0)
    assert session.agent.talk_s == pytest.approx(1.7)
    assert (session.agent.turns, session.agent.longest_turn_s) == pytest.approx((1, 1.7))
    assert session.left_out is None


def test_colleagues_who_talk_without_a_pause_are_no_answer() -> None:
    session = the_visit(Talk(tail_s=0.0).customer(1.0, 4.0).agent(4.3, 6.0).customer(6.2, 8.0).agent(10.0, 120.0))
    assert (session.end_s, session.agent.turns) == pytest.approx((8.0, 1))
    assert session.agent.talk_s == pytest.approx(1.7)


def test_colleagues_who_begin_later_than_a_farewell_are_no_exchange() -> None:
    session = the_visit(Talk(tail_s=50.0).customer(1.0, 6.0).agent(12.0, 14.0))
    assert session.left_out == "no_exchange"
    assert (session.end_s, session.agent.talk_s) == pytest.approx((6.0, 0.0))


def test_a_farewell_is_the_end_of_the_visit() -> None:
    session = the_visit(ordinary().agent(23.0, 24.5))
    assert session.end_s == pytest.approx(24.5)
    assert session.agent.turns == 3
    assert session.pauses_s == pytest.approx((0.4, -0.2, 2.0))


def test_what_the_agent_said_counts_when_the_customer_is_still_there() -> None:
    session = the_visit(ordinary().agent(21.5, 24.0).agent(30.0, 36.0).agent(40.0, 42.0).customer(50.0, 52.0))
    assert session.agent.talk_s == pytest.approx(9.2 + 2.5 + 6.0 + 2.0)
    assert session.agent.turns == 5
    assert session.end_s == pytest.approx(52.0)


def test_the_end_of_the_stream_ends_the_visit() -> None:
    session = the_visit(replace(ordinary(), tail_s=0.0))
    assert session.left_out is None
    assert session.customer.turns == 3


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        pytest.param(Talk().customer(0.0, 1.0).agent(1.3, 5.0).customer(5.2, 6.5), "too_short", id="2.3 s of customer"),
        pytest.param(Talk().customer(0.0, 10.0), "no_exchange", id="a customer alone"),
        pytest.param(
            Talk().customer(0.0, 10.0).agent_backchannel(4.0, 0.5), "no_exchange", id="nobody takes the floor"
        ),
        pytest.param(
            Talk().customer(0.0, 10.0).agent(2.0, 8.0).agent(10.5, 13.0), "complex", id="six of 12.5 s at once"
        ),
        pytest.param(
            Talk().customer(0.0, 5.0).agent(5.3, 9.0).sides_unclear(6.0, 7.0), "sides_unclear", id="1 of 9 s unclear"
        ),
        pytest.param(Talk().customer(0.0, 3.5).agent(3.8, 5.0), None, id="just enough"),
        pytest.param(Talk().agent(0.0, 2.0).customer(2.3, 6.0), None, id="the agent asks, the customer answers"),
    ],
)
def test_what_is_left_out(talk: Talk, reason: str | None) -> None:
    assert the_visit(talk).left_out == reason


def test_the_button_leaves_out_the_open_visit() -> None:
    assert the_visit_with(lambda visits: visits.leave_out("open_or_next")).left_out == "button"
    assert the_visit_with(lambda visits: visits.leave_out("open")).left_out == "button"


def test_the_button_before_a_visit_leaves_out_the_next_one_only() -> None:
    visits = fresh()
    visits.leave_out("open_or_next")
    first, second = visited(ordinary().customer(80.0, 85.0).agent(85.3, 90.0), visits)
    assert (first.left_out, second.left_out) == ("button", None)


@pytest.mark.parametrize(
    "nobody",
    [
        pytest.param(Talk(tail_s=50.0).customer(1.0, 1.3), id="a noise"),
        pytest.param(Talk(tail_s=50.0).customer(1.0, 5.0), id="someone who was not served"),
    ],
)
def test_the_button_before_a_visit_is_not_used_up_by_what_is_none(nobody: Talk) -> None:
    visits = fresh()
    visits.leave_out("open_or_next")
    talk = nobody.customer(60.0, 65.0).agent(65.3, 70.0).customer(130.0, 135.0).agent(135.3, 140.0)
    _, second, third = visited(talk, visits)
    assert (second.left_out, third.left_out) == ("button", None)


def test_the_button_in_a_visit_is_not_for_the_next_one() -> None:
    visits, talk = fresh(), Talk(tail_s=50.0).customer(1.0, 2.0).customer(60.0, 65.0).agent(65.3, 70.0)
    found = []
    for step in talk.steps():
        if step.at_s == 1.5:
            visits.leave_out("open_or_next")
        found.append(visits.step(step).closed)
    assert [session.left_out for session in found if session] == ["button", None]


def test_a_pause_that_begins_while_nobody_is_there_leaves_nothing_out() -> None:
    visits = fresh()
    visits.leave_out("open")
    assert the_visit(ordinary(), visits).left_out is None


def test_the_open_visit_says_that_it_is_left_out() -> None:
    visits = fresh()
    visits.leave_out("open_or_next")
    told = [(visit.is_open, visit.left_out) for _, visit in walked(ordinary(), visits)]
    assert set(told) == {(False, False), (True, True)}


def test_lost_audio_leaves_the_visit_out() -> None:
    assert the_visit_with(lambda visits: visits.add_lost(16_000)).left_out == "audio_lost"
    assert the_visit_with(lambda visits: visits.add_lost(320)).left_out is None


def test_too_much_overlap_makes_a_visit_complex_while_it_is_open() -> None:
    talk = Talk().customer(0.0, 40.0).agent(5.0, 35.0)
    complex_s = [step.at_s for step, visit in walked(talk) if visit.is_complex]
    assert complex_s[0] == pytest.approx(20.1, abs=FRAME_S)


# What is counted


def test_talk_overlap_and_silence() -> None:
    session = the_visit(ordinary())
    assert session.customer.talk_s == pytest.approx(5.0 + 2.5 + 2.8)
    assert session.agent.talk_s == pytest.approx(0.4 + 3.6 + 5.2)
    assert session.overlap_s == pytest.approx(0.4 + 0.2)
    assert session.silence_s == pytest.approx(0.4 + 0.5 + 0.2)
    assert session.customer_share == pytest.approx(10.3 / 19.5)


def test_turns_and_the_longest_one() -> None:
    session = the_visit(ordinary())
    assert (session.customer.turns, session.agent.turns) == (3, 2)
    assert session.customer.longest_turn_s == pytest.approx(5.0)
    assert session.agent.longest_turn_s == pytest.approx(5.2)
    assert session.turns_per_minute == pytest.approx(15.0)


def test_overlaps_by_side() -> None:
    talk = (
        Talk()
        .customer(0.0, 9.0)
        .agent_backchannel(2.0, 0.4)
        .agent(4.0, 5.5)
        .agent(8.0, 14.0)
        .customer(13.8, 18.0)
        .agent(18.3, 24.0)
        .customer(20.0, 21.5)
    )
    session = the_visit(talk)
    agent, customer = session.agent, session.customer
    assert (agent.backchannels, agent.attempts, agent.interruptions, agent.transitions) == (1, 1, 1, 0)
    assert (customer.backchannels, customer.attempts, customer.interruptions, customer.transitions) == (0, 1, 0, 1)
    assert session.talk_overs == 2
    assert session.cut_offs == 1


def test_pauses_before_the_agents_answers() -> None:
    assert the_visit(ordinary()).pauses_s == pytest.approx((0.4, -0.2))


def test_a_floor_that_was_taken_is_no_answer() -> None:
    session = the_visit(Talk().customer(0.0, 6.0).agent(5.0, 9.0).customer(9.5, 12.0).agent(13.0, 15.0))
    assert session.pauses_s == pytest.approx((1.0,))


def test_an_opening_that_is_let_finish() -> None:
    session = the_visit(ordinary())
    assert session.opening_let_finish is True
    assert session.opening_taken_after_s is None


def test_an_opening_that_is_taken() -> None:
    session = the_visit(Talk().customer(1.0, 8.0).agent(6.5, 12.0))
    assert session.opening_let_finish is False
    assert session.opening_taken_after_s == pytest.approx(5.5)


def test_a_greeting_is_no_opening() -> None:
    hello = Talk().customer(0.0, 0.6).agent(0.9, 2.5)
    assert (
        the_visit(replace(hello, voices=[*hello.voices]).customer(3.0, 9.0).agent(7.5, 12.0)).opening_let_finish
        is False
    )
    assert the_visit(hello).opening_let_finish is None


def test_the_agents_greeting_before_the_first_word_is_not_counted() -> None:
    session = the_visit(Talk().agent(0.0, 2.0).customer(2.3, 6.0).agent(6.3, 8.0))
    assert session.start_s == pytest.approx(2.3)
    assert session.agent.talk_s == pytest.approx(1.7)
    assert session.agent.turns == 1


def hear(kind: ActKind, at_s: float) -> Callable[[Visits], None]:
    return lambda visits: visits.add_act(ListeningAct(kind, at_s))


def test_acts_may_come_late() -> None:
    assert the_visit_with(hear("open_question", 20.9)).acts == {"open_question": 1}


def test_an_act_from_before_the_visit_is_dropped() -> None:
    assert the_visit_with(hear("open_question", 0.5)).acts == {}


def test_an_act_among_colleagues_is_not_counted() -> None:
    talk, visits = Talk(tail_s=50.0).customer(1.0, 6.0).agent(6.3, 8.0).agent(12.0, 14.0), fresh()
    found = []
    for step in talk.steps():
        found.append(visits.step(step).closed)
        if step.at_s == 20.0:
            visits.add_act(ListeningAct("promise", 8.1))
            visits.add_act(ListeningAct("open_question", 13.9))
    assert [session.acts for session in found if session] == [{"promise": 1}]


def test_unknown_words_make_acts_unknown() -> None:
    assert the_visit_with(Visits.words_unknown).acts is None


def test_without_a_recogniser_acts_are_unknown() -> None:
    assert the_visit(ordinary(), Visits(RULES, UNCERTAINTY, words=False)).acts is None


def test_cues_are_counted_by_kind() -> None:
    def light(visits: Visits) -> None:
        for cue in (Cue(5.0, "talk_over", ""), Cue(7.0, "off", ""), Cue(9.0, "talk_over", "")):
            visits.add_cue(cue)

    assert the_visit_with(light).cues == {"talk_over": 2}


def test_outside_a_visit_nothing_is_counted() -> None:
    visits = fresh()
    visits.add_act(ListeningAct("promise", 1.0))
    visits.add_cue(Cue(1.0, "talk_over", ""))
    visits.add_lost(320)
    visits.words_unknown()
    assert visits.close(()) is None
    session = the_visit(ordinary(), visits)
    assert (session.acts, session.cues, session.left_out) == ({}, {}, None)


stretches = st.lists(st.tuples(st.booleans(), st.integers(-30, 100), st.integers(5, 150)), min_size=1, max_size=15)


@given(stretches)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_figures_of_any_visit_add_up(script: list[tuple[bool, int, int]]) -> None:
    talk, at = Talk(tail_s=0.0), 0
    free = {True: 0, False: 0}
    for by_agent, pause, length in script:
        start = max(at + pause, free[by_agent])
        (talk.agent if by_agent else talk.customer)(start * 0.02, (start + length) * 0.02)
        at = free[by_agent] = start + length
    for session in visited(talk, fresh(SessionRules(end_silence_s=2.0))):
        length_s = session.end_s - session.start_s
        anyone_s = session.agent.talk_s + session.customer.talk_s - session.overlap_s
        assert anyone_s + session.silence_s == pytest.approx(length_s)
        assert 0 <= session.overlap_s <= min(session.agent.talk_s, session.customer.talk_s) + 1e-6
        assert 0 <= session.customer_share <= 1
        assert session.cut_offs <= session.talk_overs + session.agent.interruptions
        assert len(session.pauses_s) <= session.agent.turns
        assert max(session.agent.longest_turn_s, session.customer.longest_turn_s) <= length_s + 1e-6
