"""A few cues an hour."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from counterpoint.nudge.tokens import Tokens


def test_a_token_comes_back_after_its_time_and_never_more_than_there_were() -> None:
    tokens = Tokens(6, 600.0, 0.6, 0.9)
    tokens.spend(10.0)
    assert tokens.left(10.0) == 5
    assert tokens.left(310.0) == 5.5
    assert tokens.left(610.0) == 6
    assert tokens.left(90_000.0) == 6


def test_the_confidence_asked_rises_from_full_to_the_last_token_and_then_nothing_helps() -> None:
    tokens = Tokens(6, 600.0, 0.6, 0.9)
    asked = []
    for _ in range(6):
        asked.append(tokens.confidence_asked(0.0))
        tokens.spend(0.0)
    assert asked == pytest.approx([0.6, 0.66, 0.72, 0.78, 0.84, 0.9])
    assert tokens.confidence_asked(0.0) is None


@example(size=1, moments=[1448.699799408644])  # a rounding below 0
@given(st.integers(1, 60), st.lists(st.floats(0, 5000), max_size=50))
def test_never_more_spent_than_there_is(size: int, moments: list[float]) -> None:
    tokens = Tokens(size, 600.0, 0.6, 0.9)
    for at_s in sorted(moments):
        asked = tokens.confidence_asked(at_s)
        if asked is not None:
            assert 0.6 <= asked <= 0.9 + 1e-9
            tokens.spend(at_s)
        assert 0.0 <= tokens.left(at_s) <= size
