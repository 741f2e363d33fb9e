"""Whether the light comes when it should."""

from __future__ import annotations

import numpy as np
import pytest
from models.benchmark.belief import BOTH, MAY_LIGHT, PREDICTED, Belief, HeardOverlap
from models.benchmark.scores.cues import DayPart, count_cues, cues_after, cues_before
from models.benchmark.truth import AGENT, CUSTOMER, SecondVoice

ALL = BOTH | PREDICTED | MAY_LIGHT
VOICES = (
    SecondVoice(AGENT, 10.0, 12.0, 20.0, "attempt"),
    SecondVoice(AGENT, 30.0, 30.5, 40.0, "attempt"),
    SecondVoice(CUSTOMER, 50.0, 52.0, 60.0, "attempt"),
)


def overlap(onset_s: float, confidence: float, flags: int = ALL, side: int = AGENT) -> HeardOverlap:
    at_s = onset_s + np.arange(0.42, 1.5, 0.02)
    many = len(at_s)
    return HeardOverlap(side, onset_s, at_s, np.full(many, confidence, np.float32), np.full(many, flags, np.uint8))


def heard(*overlaps: HeardOverlap) -> Belief:
    return Belief(np.zeros((2, 50), np.float32), overlaps=overlaps)


def test_a_sure_overlap_of_the_agent_lights_when_it_has_been_held() -> None:
    assert cues_before(heard(overlap(10.0, 0.8))) == pytest.approx([10.7], abs=0.021)


@pytest.mark.parametrize(
    "no_cause", [overlap(10.0, 0.55), overlap(10.0, 0.8, side=CUSTOMER), overlap(10.0, 0.8, flags=ALL & ~BOTH)]
)
def test_an_unsure_one_a_customers_or_one_that_is_over_does_not(no_cause: HeardOverlap) -> None:
    assert cues_before(heard(no_cause)) == []


def test_before_ignores_what_was_lit_and_whether_a_visit_is_open() -> None:
    belief = heard(overlap(10.0, 0.8, flags=BOTH | PREDICTED), overlap(14.0, 0.8))
    assert len(cues_before(belief)) == 2


def test_after_has_to_rest_and_needs_a_visit() -> None:
    part = DayPart(VOICES, heard(overlap(10.0, 0.8), overlap(14.0, 0.8), overlap(50.0, 0.8, flags=BOTH)), 60.0)
    assert [len(lit) for lit in cues_after([part])] == [1]


def test_tokens_are_short_through_the_scenes_of_a_day_and_full_the_next() -> None:
    busy = DayPart(VOICES, heard(*(overlap(30.0 * n, 0.95) for n in range(1, 19))), 600.0)
    lit = [len(one) for one in cues_after([busy] * 49)]
    assert lit[0] > 3
    assert lit[1] <= 2
    assert lit[48] == lit[0]


def test_a_cue_is_true_on_a_talk_over_that_lasts_and_false_elsewhere() -> None:
    counts = count_cues([10.75, 30.75, 70.0], VOICES, 3600.0)
    assert (counts["cueable"], counts["cued"], counts["false cues"], counts["too short"]) == (1, 1, 2, 1)
