"""What a hall does to sound: directions follow the arrays' convention, decay follows the hall's, noise is diffuse."""

import numpy as np
import pytest
from models.benchmark.arrays import ARRAY_OF
from models.benchmark.truth import Sound
from models.halls.ear import Ear, unit
from models.halls.hall import LEAD, Hall, Source, add_heard, loudness
from models.halls.scene import draw_told

from counterpoint.hearing.geometry import SOUND_M_S, arrival_s, tells_sides_apart


def lag_s(later: Sound, earlier: Sound) -> float:
    """How much later one click is than another, by cross-correlation, to a thirty-second of a sample."""
    cross = np.fft.rfft(later, 1024) * np.conj(np.fft.rfft(earlier, 1024))
    fine = np.fft.irfft(cross, 1024 * 32)
    best = int(np.argmax(fine))
    return float((best - len(fine) if best > len(fine) // 2 else best) / 32 / 16_000)


@pytest.mark.parametrize("name", ["respeaker-usb-v2", "respeaker-xvf3800", "respeaker-2mic", "rectangle"])
@pytest.mark.parametrize("bearing", [0.0, 60.0, 180.0, 290.0])
def test_delays_follow_the_geometry(name: str, bearing: float) -> None:
    rng = np.random.default_rng(1)
    geometry = ARRAY_OF[name]
    ear, hall = Ear.draw(rng, geometry, 1.0), Hall.draw(rng, 0.2, 0.0)
    answer = hall.answer(rng, ear, Source(hall.inside(unit(bearing, 20.0) * 1.2)))[:, : LEAD + 90]
    for number, position in enumerate(geometry.positions_m[1:], start=1):
        expected = arrival_s(geometry.positions_m[0], bearing) - arrival_s(position, bearing)
        assert lag_s(answer[number], answer[0]) == pytest.approx(expected, abs=15e-6)


def test_sound_arrives_when_it_has_travelled() -> None:
    rng = np.random.default_rng(2)
    ear, hall = Ear.draw(rng, ARRAY_OF["respeaker-2mic"], 0.0), Hall.draw(rng, 0.3, 0.0)
    answer = hall.answer(rng, ear, Source(unit(90.0) * 1.0))
    assert np.argmax(np.abs(answer[0])) == pytest.approx(LEAD + 16_000 / SOUND_M_S, abs=2)


@pytest.mark.parametrize("t60_s", [0.2, 0.5, 0.8])
def test_a_hall_decays_as_asked(t60_s: float) -> None:
    rng = np.random.default_rng(3)
    ear, hall = Ear.draw(rng, ARRAY_OF["respeaker-usb-v2"], 0.0), Hall.draw(rng, t60_s, 0.0)
    answer = hall.answer(rng, ear, Source(unit(30.0) * 1.5))
    hertz = np.fft.rfftfreq(answer.shape[1], 1 / 16_000)
    band = np.fft.irfft(np.fft.rfft(answer, axis=1) * np.exp(-(((hertz - 800) / 250) ** 2)), answer.shape[1], axis=1)
    left = 10 * np.log10(np.cumsum((band**2).sum(axis=0)[::-1])[::-1] + 1e-12)
    left -= left[0]
    early, late = np.argmax(left < -12), np.argmax(left < -32)
    assert (late - early) / 16_000 * 3 == pytest.approx(t60_s, rel=0.25)


def test_noise_from_everywhere_is_as_alike_as_in_a_diffuse_field() -> None:
    rng = np.random.default_rng(4)
    ear = Ear.draw(rng, ARRAY_OF["respeaker-2mic"], 0.0)
    heard = ear.diffuse([rng.standard_normal(320_000).astype(np.float32) for _ in range(2)])
    frames = np.fft.rfft(heard.reshape(2, -1, 512) * np.hanning(512), axis=2)
    cross = np.mean(frames[0] * np.conj(frames[1]), axis=0).real
    alike = cross / np.sqrt(np.prod(np.mean(np.abs(frames) ** 2, axis=1), axis=0))
    hertz = np.fft.rfftfreq(512, 1 / 16_000)
    expected = np.sinc(2 * hertz * 0.058 / SOUND_M_S)
    assert np.abs(alike - expected)[4:].mean() < 0.05


def test_a_mouth_turned_away_is_duller() -> None:
    rng = np.random.default_rng(5)
    ear, hall = Ear.draw(rng, ARRAY_OF["respeaker-2mic"], 0.0), Hall.draw(rng, 0.2, 0.0)
    place = unit(90.0) * 0.8
    towards, away = (
        np.abs(np.fft.rfft(hall.answer(rng, ear, Source(place, looks))[0, : LEAD + 90], 512))
        for looks in (-place, place)
    )
    assert away[160:].sum() / towards[160:].sum() < away[8:30].sum() / towards[8:30].sum() - 0.2


def test_loudness_is_the_power_that_is_heard() -> None:
    rng = np.random.default_rng(6)
    ear, hall = Ear.draw(rng, ARRAY_OF["respeaker-usb-v2"], 1.0), Hall.draw(rng, 0.4, 0.0)
    answer = hall.answer(rng, ear, Source(unit(10.0) * 0.7))
    out = np.zeros((4, 64_000), np.float32)
    add_heard(out, rng.standard_normal(64_000).astype(np.float32), answer, 0, 1.0)
    assert np.mean(out[:, 16_000:] ** 2) == pytest.approx(loudness(answer, np.ones(257, np.float32)), rel=0.1)


def test_what_falls_outside_a_scene_is_lost_and_no_error() -> None:
    out = np.zeros((1, 100), np.float32)
    click = np.ones((1, 80), np.float32)
    for start in (-500, -20, 90, 5000):
        add_heard(out, np.ones(10, np.float32), click, start, 1.0)
    assert np.isfinite(out).all()


@pytest.mark.parametrize("name", sorted(ARRAY_OF))
def test_the_sides_that_are_told_can_be_told_apart(name: str) -> None:
    rng = np.random.default_rng(7)
    assert all(tells_sides_apart(ARRAY_OF[name], draw_told(rng, ARRAY_OF[name])) for _ in range(20))
