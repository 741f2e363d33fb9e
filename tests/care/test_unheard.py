"""A side that is never heard is told after minutes of the other's talk, and no sooner."""

from __future__ import annotations

from counterpoint.care import UnheardWatch
from counterpoint.values import BLOCK_S, FloorStep, Side


class Talk:
    """Stretches of talk and the pauses between them, into a watch."""

    def __init__(self) -> None:
        self.watch = UnheardWatch()
        self.unheard: Side | None = None
        self._frames = 0

    def say(self, side: Side | None, seconds: float) -> Talk:
        for _ in range(round(seconds / BLOCK_S)):
            at_s = self._frames * BLOCK_S
            self.unheard = self.watch.step(FloorStep(at_s, at_s, side == "agent", side == "customer", None))
            self._frames += 1
        return self

    def half_a_dialogue(self, side: Side, turns: int) -> Talk:
        """One side's turns of 6.5 s, each followed by a pause in which somebody may have answered."""
        for _ in range(turns):
            self.say(side, 6.5).say(None, 2.0)
        return self


def test_a_customer_who_never_answers_can_not_be_heard() -> None:
    talk = Talk()
    assert talk.half_a_dialogue("agent", 36).unheard is None
    assert talk.half_a_dialogue("agent", 5).unheard == "customer"


def test_an_agent_who_is_never_heard_is_told_too() -> None:
    assert Talk().half_a_dialogue("customer", 45).unheard == "agent"


def test_a_dialogue_in_which_both_are_heard_is_well() -> None:
    talk = Talk()
    for _ in range(60):
        talk.say("agent", 6.0).say("customer", 0.4)
    assert talk.unheard is None


def test_a_speech_without_pauses_is_no_dialogue() -> None:
    assert Talk().say("agent", 600).unheard is None


def test_pauses_as_within_a_sentence_make_no_dialogue() -> None:
    talk = Talk()
    for _ in range(60):
        talk.say("agent", 6.5).say(None, 0.5)
    assert talk.unheard is None


def test_it_is_well_again_once_the_other_side_is_heard() -> None:
    talk = Talk().half_a_dialogue("agent", 60)
    assert talk.unheard == "customer"
    assert talk.say("customer", 12).unheard is None


def test_a_customer_who_was_heard_long_ago_does_not_hide_it_for_ever() -> None:
    talk = Talk()
    for _ in range(100):
        talk.say("agent", 3).say("customer", 3)
    assert talk.half_a_dialogue("agent", 300).unheard is None
    assert talk.half_a_dialogue("agent", 900).unheard == "customer"


def test_both_at_once_is_no_talk_of_one() -> None:
    watch = UnheardWatch()
    both = [watch.step(FloorStep(n * BLOCK_S, n * BLOCK_S, True, True, None)) for n in range(50)]
    assert both == [None] * 50
    assert watch._talk_s == {"agent": 0.0, "customer": 0.0}
