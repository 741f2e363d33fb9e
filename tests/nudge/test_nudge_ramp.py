"""The shape of a cue: slow, never flashing, told apart without colour."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.nudge import fade, level
from counterpoint.nudge.ramp import settled_s
from counterpoint.values import CueKind

CUES: list[CueKind] = ["talk_over", "cut_off", "good_listening"]
cues = st.sampled_from(CUES)
ramps = st.floats(0.3, 3.0)


@given(cues, st.floats(0, 10), ramps)
def test_brightness_is_a_share(cue: CueKind, since_s: float, ramp_s: float) -> None:
    assert 0.0 <= level(cue, since_s, ramp_s) <= 1.0


@given(cues, st.floats(0, 10), st.floats(0, 0.05), ramps)
def test_nothing_changes_faster_than_one_ramp(cue: CueKind, since_s: float, dt: float, ramp_s: float) -> None:
    change = abs(level(cue, since_s + dt, ramp_s) - level(cue, since_s, ramp_s))
    assert change <= math.pi / 2 * dt / ramp_s + 1e-9


@pytest.mark.parametrize("cue", CUES)
def test_begins_dark_and_stays_steady_once_settled(cue: CueKind) -> None:
    assert level(cue, 0.0, 0.5) == 0.0
    steady = level(cue, settled_s(cue, 0.5), 0.5)
    assert steady > 0.4
    assert level(cue, settled_s(cue, 0.5) + 1.7, 0.5) == pytest.approx(steady)


def test_a_talk_over_only_rises_and_a_cut_off_sinks_once_in_between() -> None:
    def turns(cue: CueKind) -> int:
        curve = [level(cue, index / 100, 0.5) for index in range(300)]
        slopes = [later - earlier for earlier, later in pairwise(curve) if later != earlier]
        return sum((before < 0) != (after < 0) for before, after in pairwise(slopes))

    assert turns("talk_over") == 0
    assert turns("cut_off") == 2
    assert min(level("cut_off", index / 100, 0.5) for index in range(50, 300)) == pytest.approx(0.25)


def test_off_is_dark_and_fades_from_where_the_light_was() -> None:
    assert level("off", 1.0, 0.5) == 0.0
    assert fade(0.6, 0.0, 0.5) == pytest.approx(0.6)
    assert fade(0.6, 0.5, 0.5) == pytest.approx(0.0)
