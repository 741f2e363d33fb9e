"""When a voice is speech: hysteresis, bursts, pauses, and what is known when."""

from __future__ import annotations

import pytest

from counterpoint.conversation.speech import Speech
from counterpoint.settings import FloorRules
from counterpoint.values import BLOCK_S

RULES = FloorRules()


def heard(pattern: str) -> list[tuple[float, float]]:
    """The speech in a pattern of 20 ms frames ("x" voice, "-" between the thresholds, "." silence), merged."""
    speech = Speech(RULES)
    spans: list[tuple[float, float]] = []
    for frame, mark in enumerate(pattern):
        certain = speech.step({"x": 0.9, "-": 0.45, ".": 0.1}[mark], frame * BLOCK_S)
        if certain and spans and spans[-1][1] == certain[0]:
            spans[-1] = (spans[-1][0], certain[1])
        elif certain:
            spans.append(certain)
    return [(round(start, 3), round(end, 3)) for start, end in spans]


@pytest.mark.parametrize(
    ("pattern", "speech"),
    [
        pytest.param("....", [], id="silence is no speech"),
        pytest.param("xxxx" + 10 * ".", [], id="80 ms is a burst"),
        pytest.param(".xxxxx" + 10 * ".", [(0.02, 0.12)], id="100 ms is speech, from its real start"),
        pytest.param(5 * "x" + 9 * "." + "x", [(0.0, 0.3)], id="a pause of 180 ms does not end speech"),
        pytest.param(5 * "x" + 10 * "." + 5 * "x", [(0.0, 0.1), (0.3, 0.4)], id="a pause of 200 ms does"),
        pytest.param("x----" + 10 * ".", [(0.0, 0.1)], id="a doubt goes on as it was: speech"),
        pytest.param("-----" + 10 * ".", [], id="a doubt goes on as it was: silence"),
        pytest.param("xx..xxx", [(0.0, 0.14)], id="a burst and a burst close by are speech"),
    ],
)
def test_what_is_speech(pattern: str, speech: list[tuple[float, float]]) -> None:
    assert heard(pattern) == speech


def test_speech_is_known_once_it_has_lasted_and_dated_back() -> None:
    speech = Speech(RULES)
    known = [speech.step(0.9, frame * BLOCK_S) for frame in range(6)]
    assert known[:4] == [None] * 4
    assert known[4] == pytest.approx((0.0, 0.1))
    assert known[5] == pytest.approx((0.1, 0.12))


def test_speech_stays_open_through_a_pause_that_may_be_bridged() -> None:
    speech = Speech(RULES)
    states = []
    for frame in range(20):
        speech.step(0.9 if frame < 8 else 0.0, frame * BLOCK_S)
        states.append(speech.is_open)
    assert states.index(True) == 4
    assert states[4:].index(False) + 4 == 17
    assert speech.until_s == pytest.approx(0.16)


def test_belief_is_the_mean_over_the_voice() -> None:
    speech = Speech(RULES)
    for frame, probability in enumerate((0.6, 0.8, 1.0, 0.1)):
        speech.step(probability, frame * BLOCK_S)
    assert speech.belief == pytest.approx(0.8)
