"""What is true of a scene of the halls: when a dry voice sounds, and what a second voice is."""

import numpy as np
import pytest
from models.benchmark.truth import Sound
from models.halls.labels import flags, joined, kind_in_call, second_voice, spans_of
from models.halls.plan import Plan, Said
from models.halls.voices import Take, take


def voiced(*on_off: tuple[float, float], seconds: float = 4.0) -> Sound:
    """A rough hum that sounds between moments, over faint hiss."""
    clock = np.arange(round(seconds * 16_000)) / 16_000
    hum = sum(np.sin(2 * np.pi * 140 * k * clock) / k for k in range(1, 30))
    gate = sum(((clock >= on) & (clock < off)).astype(float) for on, off in on_off)
    return np.asarray(hum * gate + 1e-3 * np.random.default_rng(0).standard_normal(len(clock)), np.float32)


def test_a_line_sounds_where_it_sounds() -> None:
    spans = spans_of(voiced((0.5, 1.5), (2.0, 3.2)))
    assert np.allclose(spans, [(0.5, 1.5), (2.0, 3.2)], atol=0.015)


def test_a_pause_under_a_fifth_of_a_second_is_filled() -> None:
    assert len(spans_of(voiced((0.5, 1.5), (1.65, 3.0)))) == 1
    assert len(spans_of(voiced((0.5, 1.5), (1.75, 3.0)))) == 2
    assert joined([(0.0, 1.0), (1.19, 2.0), (2.3, 3.0)]) == ((0.0, 2.0), (2.3, 3.0))


def test_a_click_is_no_speech() -> None:
    assert np.allclose(spans_of(voiced((0.5, 0.505), (1.5, 2.5))), [(1.5, 2.5)], atol=0.015)


def test_a_frame_counts_when_half_of_it_sounds() -> None:
    assert flags([(0.03, 0.07)], 5).tolist() == [False, True, True, True, False]
    assert flags([(0.031, 0.069)], 5).tolist() == [False, False, True, False, False]
    assert flags([(0.05, 9.0)], 4).tolist() == [False, False, True, True]


def test_a_take_has_power_one_and_no_silence_around_it() -> None:
    line = take(3 * voiced((0.5, 1.5), (2.5, 3.0)))
    assert line.seconds == pytest.approx(2.56, abs=0.04)
    sounding = np.concatenate([line.samples[round(on * 16_000) : round(off * 16_000)] for on, off in line.spans])
    assert np.mean(sounding**2) == pytest.approx(1.0, rel=0.02)


def test_a_line_cut_short_is_true_until_the_cut() -> None:
    cut = take(voiced((0.5, 3.5))).part(0.0, 1.0)
    assert cut.seconds == 1.0
    assert cut.spans[-1][1] == pytest.approx(1.0)


def test_silence_is_no_line() -> None:
    with pytest.raises(ValueError, match="record it again"):
        take(np.zeros(16_000, np.float32))


@pytest.mark.parametrize(
    ("own", "first", "again", "kind"),
    [
        ((4.6, 8.0), (0.0, 5.0), 9.0, "transition"),
        ((3.0, 8.0), (0.0, 4.0), 9.0, "interruption"),
        ((3.0, 3.6), (0.0, 5.0), 9.0, "attempt"),
        ((3.0, 8.0), (0.0, 4.0), 4.4, "attempt"),
    ],
)
def test_talk_over_talk_in_a_real_call(
    own: tuple[float, float], first: tuple[float, float], again: float, kind: str
) -> None:
    assert kind_in_call(own, first, again) == kind


def test_a_small_word_in_a_pause_overlaps_nothing() -> None:
    word = second_voice("backchannel", 1, 2.0, (((0.0, 1.5), (2.9, 4.0)), ((2.0, 2.5),)))
    assert (word.first_end_s, word.end_s, word.both_s, word.takes_floor) == (2.0, 2.5, 0.0, False)


def test_truth_is_read_off_the_plan() -> None:
    def line(seconds: float) -> Take:
        return Take(np.ones(round(seconds * 16_000), np.float32), ((0.0, seconds),))

    plan = Plan()
    customer, agent = Said(1, 0.0, line(3.0)), Said(0, 2.0, line(2.0))
    plan.say(customer, agent)
    plan.enter("interruption", agent)
    (only,) = plan.second_voices()
    assert (only.side, only.onset_s, only.end_s, only.first_end_s, only.both_s) == (0, 2.0, 4.0, 3.0, 1.0)
    active = np.stack(plan.active(250))
    assert active.sum(axis=1).tolist() == [100, 150]
    assert plan.kept(2.5).end_s == pytest.approx(2.5)
    assert plan.kept(2.5).entries == []
