"""Errors of a visit's statistics."""

from __future__ import annotations

import numpy as np
import pytest
from models.benchmark.scores.visits import count_visits, true_sessions
from models.benchmark.truth import AGENT, SecondVoice

FRAMES = 50 * 200


def visit() -> np.ndarray:
    """Two minutes of exchange (the customer 8 s, the agent 4 s, by turns), then silence."""
    active = np.zeros((2, FRAMES), dtype=bool)
    for start in range(0, 50 * 120, 50 * 14):
        active[1, start : start + 400] = True
        active[0, start + 450 : start + 650] = True
    return active


def test_the_truth_of_a_visit_is_found_without_error() -> None:
    active = visit()
    true = true_sessions(active, ())
    assert len(true) == 1
    rows = count_visits(true, true, active)
    assert rows[-1] == {"visits": 1, "visits found": 1, "visits invented": 0}
    assert rows[0]["talk share error"] == pytest.approx(0, abs=0.2)
    assert rows[0]["pause error"] == rows[0]["talk-overs error"] == 0


def test_a_customer_half_heard_moves_the_share_of_talk() -> None:
    active = visit()
    half = active.copy()
    half[1, 200:400] = False
    rows = count_visits(true_sessions(active, ()), true_sessions(half, ()), active)
    assert 1 < rows[0]["talk share error"] < 5


def test_a_visit_that_nobody_made_is_invented_and_one_not_heard_is_missed() -> None:
    active = visit()
    true = true_sessions(active, ())
    assert count_visits((), true, active) == [{"visits": 0, "visits found": 0, "visits invented": 1}]
    assert count_visits(true, (), active) == [{"visits": 1, "visits found": 0, "visits invented": 0}]


def test_a_talk_over_of_the_truth_is_counted_in_the_reference() -> None:
    active = visit()
    active[0, 200:300] = True
    over = SecondVoice(AGENT, 4.0, 6.0, 8.0, "attempt")
    assert true_sessions(active, (over,))[0].talk_overs == 1
