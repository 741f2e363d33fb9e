"""Predictions are judged when they are committed, each once."""

from __future__ import annotations

import numpy as np
import pytest
from models.benchmark.belief import Belief, HeardOverlap
from models.benchmark.scores.talk_overs import ASKED, FALSE_RATES, RECALLS, Commit, Curve, judge, shipped, sweep
from models.benchmark.truth import AGENT, CUSTOMER, EntryKind, SecondVoice

from counterpoint.values import FloorEvent

SILENCE = np.zeros((2, 1000), dtype=bool)


def voice(
    kind: EntryKind, onset_s: float, length_s: float, side: int = AGENT, first_end_s: float = 99.0
) -> SecondVoice:
    return SecondVoice(side, onset_s, onset_s + length_s, first_end_s, kind)


def heard(onset_s: float, confidence: list[float], side: int = AGENT) -> HeardOverlap:
    at_s = onset_s + 0.4 + 0.1 * np.arange(len(confidence), dtype=np.float64)
    return HeardOverlap(side, onset_s, at_s, np.array(confidence, np.float32), np.zeros(len(confidence), np.uint8))


def test_a_prediction_within_three_seconds_finds_the_talk_over() -> None:
    verdict = judge([Commit(AGENT, 5.5)], [voice("interruption", 5.0, 2.0)], SILENCE)
    assert (verdict.counts["found"], verdict.counts["found held"]) == (1, 1)
    assert verdict.latencies_s == pytest.approx([0.5])


@pytest.mark.parametrize("commit", [Commit(AGENT, 4.7), Commit(AGENT, 8.1), Commit(CUSTOMER, 5.5)])
def test_too_early_too_late_or_the_other_side_finds_nothing(commit: Commit) -> None:
    verdict = judge([commit], [voice("interruption", 5.0, 2.0)], SILENCE)
    assert (verdict.counts["found"], verdict.counts["takes"]) == (0, 1)
    assert verdict.counts["elsewhere"] == 1


def test_an_attempt_counts_and_a_collision_of_a_moment_does_not() -> None:
    attempt, collision = voice("attempt", 1.0, 0.5), voice("interruption", 8.0, 2.0, first_end_s=8.2)
    verdict = judge([Commit(AGENT, 1.4), Commit(AGENT, 8.5)], [attempt, collision], SILENCE)
    assert (verdict.counts["takes"], verdict.counts["found"]) == (1, 1)
    assert verdict.counts["takes held"] == verdict.counts["elsewhere"] == 0


def test_a_burst_on_a_backchannel_is_one_false_alarm() -> None:
    verdict = judge([Commit(AGENT, 2.1), Commit(AGENT, 2.3)], [voice("backchannel", 2.0, 0.4)], SILENCE)
    assert (verdict.counts["on backchannel"], verdict.counts["backchannels"]) == (1, 1)
    assert verdict.counts["elsewhere"] == 0


def test_an_alarm_just_after_a_backchannel_is_charged_too() -> None:
    assert judge([Commit(AGENT, 2.85)], [voice("backchannel", 2.0, 0.4)], SILENCE).counts["on backchannel"] == 1
    assert judge([Commit(AGENT, 2.95)], [voice("backchannel", 2.0, 0.4)], SILENCE).counts["elsewhere"] == 1


def test_a_right_prediction_is_never_false_as_well() -> None:
    voices = [voice("backchannel", 4.6, 0.3), voice("interruption", 5.0, 2.0)]
    counts = judge([Commit(AGENT, 5.1)], voices, SILENCE).counts
    assert (counts["found"], counts["on backchannel"]) == (1, 0)


def test_while_one_voice_alone_speaks_the_silent_side_talks_over_nobody() -> None:
    active = SILENCE.copy()
    active[CUSTOMER, 100:200] = True
    active[AGENT, 300:330] = True
    counts = judge([Commit(AGENT, 3.0), Commit(CUSTOMER, 3.1)], [], active).counts
    assert (counts["one voice"], counts["on one voice"], counts["elsewhere"]) == (1, 1, 1)


def test_a_transition_is_counted_by_itself() -> None:
    counts = judge([Commit(AGENT, 3.2)], [voice("transition", 3.0, 2.0, first_end_s=3.3)], SILENCE).counts
    assert (counts["transitions"], counts["on transition"], counts["elsewhere"]) == (1, 1, 0)


def test_the_shipped_point_is_what_the_system_committed() -> None:
    event = FloorEvent(1, "talk_over", "agent", 5.0, 5.4, 5.5, 0.7)
    belief = Belief(np.zeros((2, 1000), np.float32), events=(event,))
    assert shipped(belief, [voice("interruption", 5.0, 2.0)], SILENCE).counts["found"] == 1


def curve() -> Curve:
    """Ten scenes with a talk-over heard surely and late, and a backchannel heard at odds that differ."""
    scenes = []
    for number in range(10):
        overlaps = (heard(5.0, [0.3, 0.6, 0.9]), heard(12.0, [0.05 + 0.09 * number]))
        belief = Belief(np.zeros((2, 1000), np.float32), overlaps=overlaps)
        scenes.append(sweep(belief, [voice("interruption", 5.0, 2.0), voice("backchannel", 12.0, 0.5)], SILENCE))
    return Curve(scenes)


def test_asking_for_more_confidence_gives_fewer_alarms_and_later_ones() -> None:
    made = curve()
    rates = made.along(FALSE_RATES["backchannels"])
    assert np.all(np.diff(rates) <= 0)
    assert rates[0] == 1.0
    loose, strict = int(np.searchsorted(ASKED, 0.25)), int(np.searchsorted(ASKED, 0.8))
    assert made.latencies_s(loose).mean() == pytest.approx(0.4)
    assert made.latencies_s(strict).mean() == pytest.approx(0.6)


def test_recall_at_a_rate_of_false_alarms() -> None:
    made = curve()
    found = made.recall_at(FALSE_RATES["backchannels"], 0.1)
    assert (found.value, found.n) == (1.0, 10)
    point = made.working_point(FALSE_RATES["backchannels"], 0.1)
    assert point is not None
    assert made.along(FALSE_RATES["backchannels"])[point] <= 0.1


def test_a_system_that_hears_no_difference_has_no_recall_where_few_alarms_are_allowed() -> None:
    belief = Belief(np.zeros((2, 1000), np.float32), overlaps=(heard(5.0, [0.5]), heard(12.0, [0.5])))
    made = Curve([sweep(belief, [voice("attempt", 5.0, 2.0), voice("backchannel", 12.0, 0.5)], SILENCE)] * 4)
    assert made.recall_at(FALSE_RATES["backchannels"], 0.01).value == 0.0
    assert made.area(FALSE_RATES["backchannels"]) == pytest.approx(0.5)


def test_a_long_recall_is_of_overlaps_that_the_light_waits_for() -> None:
    counts = judge([Commit(AGENT, 1.4)], [voice("attempt", 1.0, 0.5), voice("attempt", 9.0, 0.9)], SILENCE).counts
    assert (counts["found"], counts["takes"], counts["found held"], counts["takes held"]) == (1, 2, 0, 1)
    assert RECALLS["recall"].cases == "takes"
