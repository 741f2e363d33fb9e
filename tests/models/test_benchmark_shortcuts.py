"""A rule that does not listen must fail where the scenes are fair, and is caught where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from models.benchmark.scores.shortcuts import LENGTH, PLAIN, SOUND, Case, Sounded, cases, shortcuts, sounded
from models.benchmark.truth import AGENT, RATE, SecondVoice

RNG = np.random.default_rng(1)


def case(number: int, takes: bool, both_s: float, level_db: float = -20.0) -> Case:
    return Case(number // 4, takes, both_s, both_s, Sounded(level_db, 3000.0, level_db + 20, 0.0))


def test_where_every_talk_over_is_long_duration_alone_gives_it_away() -> None:
    found = [case(n, n % 2 == 0, 2.0 if n % 2 == 0 else 0.4) for n in range(100)]
    reached = shortcuts(found, (0.1, 0.01))
    assert reached[PLAIN].area == reached[LENGTH].area == reached[PLAIN].recall_at[0.01] == 1.0
    assert (reached[PLAIN].takes, reached[PLAIN].backchannels) == (50, 50)


def test_where_backchannels_are_softer_their_level_gives_it_away() -> None:
    found = [case(n, n % 2 == 0, 1.0, level_db=-20.0 - 6.0 * (n % 2) + RNG.normal()) for n in range(200)]
    reached = shortcuts(found, (0.1,))
    assert reached[SOUND].area > 0.95
    assert reached[PLAIN].area == 0.5


def test_where_nothing_differs_nothing_is_reached() -> None:
    found = [case(n, n % 2 == 0, RNG.uniform(0.3, 2), RNG.normal(-20, 3)) for n in range(400)]
    reached = shortcuts(found, (0.1, 0.01))
    assert reached[PLAIN].area == pytest.approx(0.5, abs=0.1)
    assert reached[SOUND].area == pytest.approx(0.5, abs=0.12)
    assert reached[PLAIN].recall_at[0.01] < 0.1


def test_without_dry_sound_nothing_is_said_of_it() -> None:
    found = cases(0, [SecondVoice(AGENT, 1.0, 2.0, 3.0, "attempt")], ())
    assert SOUND not in shortcuts(found, (0.1,))


def test_level_and_bandwidth_are_measured_of_the_voice_alone() -> None:
    dry = np.zeros((2, 4 * RATE), dtype=np.float32)
    time_s = np.arange(RATE) / RATE
    dry[AGENT, :RATE] = 0.5 * np.sin(2 * np.pi * 3000 * time_s)
    dry[AGENT, 2 * RATE : 3 * RATE] = 0.05 * np.sin(2 * np.pi * 500 * time_s)
    (quiet,) = sounded([SecondVoice(AGENT, 2.0, 3.0, 4.0, "backchannel")], dry)
    assert quiet.level_db == pytest.approx(-29, abs=0.2)
    assert quiet.own_level_db == pytest.approx(-17, abs=0.3)
    assert quiet.bandwidth_hz == pytest.approx(530, abs=40)
    assert quiet.own_bandwidth < -2


def test_only_what_the_model_is_judged_on_is_a_case() -> None:
    voices = [
        SecondVoice(AGENT, 1.0, 2.0, 1.2, "interruption"),
        SecondVoice(AGENT, 3.0, 4.0, 3.3, "transition"),
        SecondVoice(AGENT, 5.0, 5.4, 5.0, "backchannel"),
    ]
    assert [one.takes for one in cases(0, voices, ())] == [False]
