"""How an overlap is weighed and named; customer first, agent second, onset at 10 s."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.conversation.overlaps import Entry, Outcome, confidence, settlement
from counterpoint.settings import FloorRules

RULES = FloorRules()
FIRST_TURN_S = 8.0


def entry(evidence: float) -> Entry:
    one = Entry("agent", 10.0, 10.0, overlaps=True)
    one.weigh(evidence)
    return one


def ended(first_after_s: float, second_after_s: float, first_turn_s: float = FIRST_TURN_S) -> Outcome:
    """Both voices have ended, so long after the onset."""
    return Outcome(first_turn_s, 10.0 + first_after_s, 10.0 + second_after_s, second_goes_on=False)


def taken(first_after_s: float, second_after_s: float) -> Outcome:
    """The first voice has ended so long after the onset; the second goes on."""
    return Outcome(FIRST_TURN_S, 10.0 + first_after_s, 10.0 + second_after_s, second_goes_on=True)


@pytest.mark.parametrize(
    ("outcome", "evidence", "kind"),
    [
        (ended(3.0, 0.4), 0.2, "backchannel"),
        (ended(3.0, 0.4), 0.6, "attempt"),
        (ended(3.0, 1.5), 0.4, "attempt"),
        (ended(3.0, 1.5), 0.1, "backchannel"),
        (ended(1.5, 1.6), 0.6, "attempt"),
        (ended(0.2, 0.5), 0.2, "backchannel"),
        (ended(0.2, 0.7), 0.2, "transition"),
        (ended(0.7, 0.95), 0.3, "backchannel"),
        (ended(0.5, 0.6, first_turn_s=0.8), 0.6, "transition"),
        (ended(0.8, 1.4), 0.6, "interruption"),
        (taken(0.3, 1.3), 0.6, "transition"),
        (taken(0.3, 1.3), 0.9, "interruption"),
        (taken(0.9, 1.9), 0.4, "interruption"),
        (taken(0.9, 1.9), 0.1, "transition"),
        (taken(0.02, 0.9), 0.2, "transition"),
    ],
)
def test_what_it_is_called(outcome: Outcome, evidence: float, kind: str) -> None:
    assert settlement(entry(evidence), outcome, RULES) == kind


def test_without_evidence_the_odds_are_even() -> None:
    assert Entry("agent", 10.0, 10.0).evidence == 0.5
    assert confidence(Entry("agent", 10.0, 10.0), taken(0.5, 0.5), RULES) == pytest.approx(0.5)


def test_confidence_grows_with_length() -> None:
    beliefs = [confidence(entry(0.4), taken(lasted_s, lasted_s), RULES) for lasted_s in (0.1, 0.3, 0.5, 0.7, 1.0)]
    assert beliefs == sorted(beliefs)
    assert beliefs[2] < 0.5 < beliefs[4]


def test_length_alone_never_makes_it_certain() -> None:
    assert confidence(entry(0.02), taken(60.0, 60.0), RULES) < 0.5


def test_over_a_voice_that_has_hardly_begun_it_is_less_likely() -> None:
    assert confidence(entry(0.7), ended(0.5, 0.5, first_turn_s=0.6), RULES) < 0.5
    assert confidence(entry(0.7), ended(0.5, 0.5), RULES) > 0.5


@settings(max_examples=60, derandomize=True)
@given(st.floats(0, 1), st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e4))
def test_confidence_is_a_probability(evidence: float, first: float, second: float, turn: float) -> None:
    assert 0 <= confidence(entry(evidence), ended(first, second, turn), RULES) <= 1
