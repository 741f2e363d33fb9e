"""What holds for every conversation, however strange."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.conversation import Floor
from counterpoint.conversation.statistics import TalkTime
from counterpoint.settings import FloorRules
from counterpoint.values import BLOCK_S, Activity, FloorEvent, FloorStep
from talk import LOOK_BACK_S, Talk

RULES = FloorRules()
many = settings(max_examples=60, deadline=None, derandomize=True)
SETTLEMENTS = {"interruption", "attempt", "transition", "backchannel"}
NEEDED_S = {
    "talk_over": RULES.predict_after_s,
    "backchannel": RULES.min_speech_s + RULES.bridge_s,
    "transition": RULES.min_speech_s,
    "interruption": RULES.min_speech_s + RULES.bridge_s,
    "attempt": RULES.min_speech_s + RULES.bridge_s,
    "turn": RULES.min_speech_s,
}
TINY_S = 1e-6

chances = st.sampled_from([0.0, 0.05, 0.3, 0.42, 0.48, 0.55, 0.9, 1.0])


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    """Two people who speak at any times, with any evidence."""
    talk = Talk(tail_s=draw(st.sampled_from([0.0, 0.5, 3.0])), shaky=draw(st.booleans()))
    for say in (talk.customer, talk.agent):
        at = 0.0
        for pause, length in draw(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 120)), max_size=6)):
            at = round(at + pause * BLOCK_S, 2)
            end = round(at + length * BLOCK_S, 2)
            say(at, end, draw(st.sampled_from([None, 0.0, 0.4, 0.6, 1.0])))
            at = end
    if draw(st.integers(0, 4)) == 0:
        since = draw(st.integers(0, 5))
        talk.sides_unclear(since, since + 1.0)
    return talk


@st.composite
def noises(draw: st.DrawFn) -> list[Activity]:
    """Beliefs of a detector that makes no sense: runs of any probabilities."""
    runs = draw(
        st.lists(st.tuples(st.integers(1, 40), chances, chances, chances, st.integers(0, 19)), min_size=1, max_size=25)
    )
    frames = [run for run in runs for _ in range(run[0])]
    return [
        Activity(i * BLOCK_S - LOOK_BACK_S, agent, customer, takes, (i + 1) * BLOCK_S, clear > 0)
        for i, (_, agent, customer, takes, clear) in enumerate(frames)
    ]


conversations = st.one_of(talks().map(lambda talk: list(talk.activities())), noises())


def played(activities: list[Activity]) -> tuple[list[FloorStep], list[FloorEvent]]:
    floor = Floor(RULES)
    steps = [floor.step(activity) for activity in activities]
    return steps, [*(event for step in steps for event in step.events), *floor.close()]


@given(conversations)
@many
def test_events_are_ordered_unique_and_in_range(activities: list[Activity]) -> None:
    _, events = played(activities)
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert all(a.committed_s <= b.committed_s for a, b in pairwise(events))
    assert all(0 <= event.onset_s < event.offset_s for event in events)
    assert all(0 <= event.confidence <= 1 for event in events)


@given(conversations)
@many
def test_nothing_is_known_before_it_could_be_heard(activities: list[Activity]) -> None:
    steps, events = played(activities)
    heard = {step.at_s for step in steps}
    at_the_end = steps[-1].at_s if steps else 0.0
    for event in events:
        assert event.committed_s in heard
        assert event.offset_s <= event.committed_s + TINY_S
        if event.committed_s < at_the_end and all(step.sides_clear for step in steps):
            assert event.committed_s - event.onset_s >= NEEDED_S[event.kind] - TINY_S


@given(conversations)
@many
def test_each_prediction_is_settled_once_and_later(activities: list[Activity]) -> None:
    steps, events = played(activities)
    predictions = {event.id: event for event in events if event.kind == "talk_over"}
    resolved = Counter(event.resolves for event in events if event.resolves is not None)
    assert resolved == Counter(dict.fromkeys(predictions, 1))
    for event in events:
        if event.resolves is not None:
            prediction = predictions[event.resolves]
            assert event.kind in SETTLEMENTS
            assert (event.by, event.onset_s) == (prediction.by, prediction.onset_s)
            assert event.id > prediction.id
            assert event.committed_s > prediction.committed_s or event.committed_s == steps[-1].at_s


@given(conversations)
@many
def test_each_overlap_is_settled_once(activities: list[Activity]) -> None:
    steps, events = played(activities)
    shown = {(step.overlap.by, step.overlap.since_s) for step in steps if step.overlap}
    settled = Counter((event.by, event.onset_s) for event in events if event.kind in SETTLEMENTS)
    assert shown <= settled.keys()
    assert max(settled.values(), default=1) == 1


@given(conversations)
@many
def test_turns_of_one_side_do_not_overlap(activities: list[Activity]) -> None:
    _, events = played(activities)
    for side in ("agent", "customer"):
        turns = [event for event in events if event.kind == "turn" and event.by == side]
        assert all(a.offset_s <= b.onset_s + TINY_S for a, b in pairwise(turns))


@given(conversations, st.floats(0, 1))
@many
def test_the_future_changes_nothing(activities: list[Activity], share: float) -> None:
    known = round(share * len(activities))
    assert played(activities[:known])[0] == played(activities)[0][:known]


@given(conversations)
@many
def test_talk_time_is_no_longer_than_time(activities: list[Activity]) -> None:
    steps, _ = played(activities)
    talk = TalkTime(0.0)
    for step in steps:
        if step.customer_certain:
            talk.add("customer", step.customer_certain)
        if step.agent_certain:
            talk.add("agent", step.agent_certain)
    length_s = steps[-1].frame_s + BLOCK_S if steps else 0.0
    assert talk.overlap_s <= min(talk.of("agent"), talk.of("customer")) + TINY_S
    assert max(talk.of("agent"), talk.of("customer")) <= talk.anyone_s + TINY_S
    assert talk.anyone_s <= max(length_s, 0.0) + TINY_S
    assert abs(talk.overlap_s - talk_at_once(steps)) < TINY_S


def talk_at_once(steps: list[FloorStep]) -> float:
    """The overlap by brute force, from all stretches of speech."""
    agent = [step.agent_certain for step in steps if step.agent_certain]
    customer = [step.customer_certain for step in steps if step.customer_certain]
    return sum(max(min(a[1], c[1]) - max(a[0], c[0]), 0.0) for a in agent for c in customer)
