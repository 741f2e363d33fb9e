"""The first simulator on made-up voices: every condition can be drawn, and a seed is a scene."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

for needed in ("scipy", "soundfile", "pyroomacoustics"):
    pytest.importorskip(needed, reason="the simulator runs where models are trained (models/requirements.txt)")

import soundfile  # noqa: E402 - what they need may not be there
from models.benchmark import conditions  # noqa: E402 - what they need may not be there
from models.benchmark.parts import NOISES, POINT_NOISES, SPOKEN, part_of  # noqa: E402 - what they need may not be there
from models.rooms import settings, sounds, voices  # noqa: E402 - what they need may not be there
from models.rooms.scenes import make_scene  # noqa: E402 - what they need may not be there
from models.rooms.simulator import Rooms, pitch_hz  # noqa: E402 - what they need may not be there

RATE = 16_000
CALLS = [f"call-{number}" for number in range(60)]


def tone_words(rng: np.random.Generator, lengths_s: list[float], pitch: float, gap_s: float) -> np.ndarray:
    """Buzzes of these lengths, apart from each other: speech enough for levels and times."""
    parts = []
    for seconds in lengths_s:
        times = np.arange(int(seconds * RATE)) / RATE
        parts += [0.1 * np.sign(np.sin(2 * np.pi * pitch * times)) + 0.002 * rng.standard_normal(len(times))]
        parts += [np.zeros(int(gap_s * RATE))]
    return np.concatenate(parts).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder like the real one, of buzzes, noise and evenly timed calls."""
    root, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(1)
    for name in ("speech/librispeech", "speech/coffee-orders", "speech/counter-voices", "noise", "timings"):
        (root / name).mkdir(parents=True)
    readers = [name for name in map(str, range(400)) if part_of(name) == "test"][:8]
    for name in readers:
        sound = tone_words(rng, [2.0, 1.4, 3.1, 0.8], rng.uniform(90, 240), 0.4)
        soundfile.write(root / "speech" / "librispeech" / f"{name}--1.flac", sound, RATE)
    for name in SPOKEN["test"]:
        pitch = rng.uniform(90, 240)
        for kind, lengths in {"talk": [2.0, 3.0, 4.1], "backchannels": [0.4, 0.5, 1.4], "short": [0.6, 0.8]}.items():
            sound = tone_words(rng, lengths, pitch, 1.0)
            soundfile.write(root / "speech" / "counter-voices" / f"{name}--{kind}.flac", sound, RATE)
    for name in (*NOISES["test"], *POINT_NOISES["test"]):
        soundfile.write(root / "noise" / f"{name}.flac", 0.1 * rng.standard_normal(2 * RATE), RATE)
    write_calls(root / "timings" / "two-party-calls.csv.gz")
    return root


def write_calls(path: Path) -> None:
    with gzip.open(path, "wt") as file:
        table = csv.writer(file)
        table.writerow(["call", "side", "on_s", "off_s", "kind"])
        for call in CALLS:
            for number in range(60):
                on_s = 3.0 * number
                table.writerow([call, "AB"[number % 2], on_s, on_s + 3.4, "talk"])
                table.writerow([call, "BA"[number % 2], on_s + 1.2, on_s + 1.6, "backchannel"])


@pytest.fixture(scope="module")
def rooms(folder: Path) -> Rooms:
    return Rooms(folder, "test")


@pytest.mark.parametrize("condition", conditions.ALL.values(), ids=lambda one: one.name)
def test_every_condition_of_the_benchmark_can_be_heard(rooms: Rooms, condition: conditions.Condition) -> None:
    scene = rooms.scene(condition, 6.0, (1,))
    assert scene.samples.shape == (len(scene.geometry.raw), 6 * RATE)
    assert scene.samples.dtype == np.float32
    assert np.abs(scene.samples).max() <= 1.0
    assert scene.active.shape == (2, 300)
    assert scene.geometry.name in condition.arrays
    dead = np.flatnonzero(~scene.samples.any(axis=1))
    assert len(dead) == condition.dead_microphones


def test_the_same_seed_is_the_same_scene_and_another_is_not(rooms: Rooms) -> None:
    first, again, other = (rooms.scene(conditions.OFFICE, 5.0, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    assert np.array_equal(first.samples, again.samples)
    assert first.second_voices == again.second_voices
    assert first.samples.shape != other.samples.shape or not np.array_equal(first.samples, other.samples)


def test_a_scene_has_overlaps_of_every_kind(rooms: Rooms) -> None:
    found = {one.kind for seed in range(6) for one in rooms.scene(conditions.QUIET, 60.0, (seed,)).second_voices}
    assert found == {"backchannel", "transition", "interruption", "attempt"}


def test_a_second_voice_is_heard_when_it_is_said_to_be(rooms: Rooms) -> None:
    scene = rooms.scene(conditions.QUIET, 40.0, (4,))
    for one in scene.second_voices:
        frames = scene.active[one.side, round(one.onset_s * 50) : round(min(one.end_s, 40.0) * 50)]
        assert frames.mean() > 0.9


def test_the_louder_side_leads_by_what_the_condition_says(rooms: Rooms) -> None:
    apart = replace(conditions.QUIET, gap_db=(10.0, 10.0), gain_db=0.0, arrays=("respeaker-xvf3800",), t60_s=(0.2, 0.2))
    scene = rooms.scene(apart, 40.0, (2,))
    power = np.mean(scene.samples.reshape(4, -1, 320) ** 2, axis=(0, 2))
    agent, customer = (power[scene.active[side] & ~scene.active[1 - side]].mean() for side in (0, 1))
    assert abs(10 * np.log10(agent / customer)) == pytest.approx(10, abs=2)


def test_nobody_is_there_between_the_visits_of_a_day(rooms: Rooms) -> None:
    scene = rooms.scene(conditions.DAYS[0], 240.0, (3,))
    silent = voices.runs(np.asarray(~scene.active.any(axis=0)))
    assert max(end - start for start, end in silent) > 40 * 50


def test_training_scenes_can_be_of_anything_but_the_unseen_array(folder: Path) -> None:
    library, rng = voices.read_library(folder, "test"), np.random.default_rng(3)
    for _ in range(12):
        scene = make_scene(rng, library, 4.0, "mixed", "staff")
        assert scene.takes.shape == scene.overlap_known.shape == (200,)
        assert not (scene.takes & ~scene.overlap_known).any()
        assert scene.counter.geometry.name != conditions.NEVER_TRAINED


def test_training_draws_every_extra_of_the_benchmark() -> None:
    rng = np.random.default_rng(5)
    heard = {kind for _ in range(400) for kind, _ in settings.at_random(rng).extras}
    assert heard >= set(settings.LEVELS_DB)


@pytest.mark.parametrize("maker", [sounds.mouth_sound, sounds.hands_sound, sounds.gong, sounds.telephone])
def test_no_made_up_sound_is_heard_twice(maker: sounds.Maker) -> None:
    rng = np.random.default_rng(6)
    drawn = [maker(rng) for _ in range(20)]
    assert all(np.isfinite(sound).all() and sound.any() for sound in drawn)
    assert len({sound.tobytes() for sound in drawn}) == 20


def test_pauses_under_200_ms_do_not_end_speech_and_longer_ones_do() -> None:
    rng = np.random.default_rng(7)
    sound = tone_words(rng, [1.0, 1.0], 120, 0.16)
    assert len(voices.runs(voices.active_frames(sound, -50.0))) == 1
    sound = tone_words(rng, [1.0, 1.0], 120, 0.3)
    assert len(voices.runs(voices.active_frames(sound, -50.0))) == 2


def test_the_pitch_of_a_buzz_is_its_own() -> None:
    assert pitch_hz(tone_words(np.random.default_rng(8), [2.0], 125, 0.1)) == pytest.approx(125, rel=0.02)
