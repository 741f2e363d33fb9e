"""The second simulator keeps the contract of every simulator: here with voices, noises and calls made of numbers."""

import csv
import gzip
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from models.benchmark.conditions import ALL, OFFICE, QUIET, Condition
from models.benchmark.truth import HeardScene, Sound
from models.halls.calls import Calls
from models.halls.noises import Noises
from models.halls.script import DENSE, Conversation
from models.halls.simulator import Halls
from models.halls.voices import Take, Voice, take

soundfile = pytest.importorskip("soundfile", reason="the halls' noises are FLAC files")


@cache
def line(pitch: float, seconds: float) -> Take:
    """A hum whose syllables come four a second."""
    clock = np.arange(round(seconds * 16_000)) / 16_000
    hum = sum(np.sin(2 * np.pi * pitch * k * clock) / k for k in range(1, 20))
    return take(np.asarray(hum * (0.6 + 0.4 * np.sin(8 * np.pi * clock)), np.float32))


def voice(number: int) -> Voice:
    """A voice that can say all it needs to."""
    pitch = 90.0 + 12 * number
    counters = tuple(tuple(line(pitch, 2.0 + 0.5 * turn) for turn in range(6)) for _ in range(2))
    small = tuple(line(pitch, seconds) for seconds in (0.3, 0.6, 1.2))
    return Voice(f"voice-{number}", counters[0], counters, small, small)


class Hummers:
    """Fourteen voices and six readers."""

    spoken = tuple(f"{number}" for number in range(14))
    readers = tuple(f"{number}" for number in range(14, 20))

    def voice(self, name: str) -> Voice:
        whole = voice(int(name))
        return whole if name in self.spoken else Voice(whole.name, whole.talk)


class Loops(Noises):
    """Hiss for every noise."""

    def __init__(self) -> None:
        super().__init__(Path())

    def around(
        self, rng: np.random.Generator, _kind: str, microphones: int, length: int, _crowd: object
    ) -> list[Sound]:
        return [rng.standard_normal(length, np.float32) for _ in range(microphones)]

    def near(self, rng: np.random.Generator, seconds: float) -> Sound:
        return rng.standard_normal(round(seconds * 16_000), np.float32)


@pytest.fixture(scope="module")
def halls(tmp_path_factory: pytest.TempPathFactory) -> Halls:
    """A simulator without a data folder; its one call is a ping-pong with small words."""
    file = Path(tmp_path_factory.mktemp("timings")) / "calls.csv.gz"
    with gzip.open(file, "wt") as out:
        rows = csv.writer(out)
        rows.writerow(("call", "side", "on_s", "off_s", "kind"))
        for turn in range(80):
            side = "AB"[turn % 2]
            rows.writerow((8, side, 4.0 * turn, 4.0 * turn + (4.8 if turn % 3 == 0 else 3.6), "talk"))
            rows.writerow((8, "BA"[turn % 2], 4.0 * turn + 2.0, 4.0 * turn + 2.4, "backchannel"))
    return Halls(Hummers(), Calls(file), Loops())


def sound_of(scene: HeardScene) -> bool:
    """Whether the samples keep the contract."""
    samples = scene.samples
    whole = samples.dtype == np.float32 and bool(np.isfinite(samples).all()) and float(np.abs(samples).max()) <= 1.0
    return whole and samples.shape == (len(scene.geometry.positions_m), round(scene.seconds * 16_000))


@pytest.mark.parametrize("condition", list(ALL.values()), ids=lambda one: one.name)
def test_every_condition_gives_a_scene(halls: Halls, condition: Condition) -> None:
    scene = halls.scene(condition, 6.0, (4,))
    assert sound_of(scene)
    assert scene.geometry.name in condition.arrays
    assert scene.active.shape == (2, 300)
    assert scene.active.any()
    onsets = [one.onset_s for one in scene.second_voices]
    assert onsets == sorted(onsets)


def test_a_seed_is_a_scene(halls: Halls) -> None:
    one, same, other = (halls.scene(OFFICE, 10.0, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    assert np.array_equal(one.samples, same.samples)
    assert one.second_voices == same.second_voices
    assert one.calibration == same.calibration
    assert one.samples.shape != other.samples.shape or not np.array_equal(one.samples, other.samples)


def test_a_dead_microphone_is_silent_and_no_other(halls: Halls) -> None:
    scene = halls.scene(replace(OFFICE, dead_microphones=1, arrays=("respeaker-usb-v2",)), 8.0, (5,))
    assert sorted(np.abs(scene.samples).max(axis=1) > 0) == [False, True, True, True]


def test_the_louder_voice_leads_by_the_gap(halls: Halls) -> None:
    leads = []
    for seed in range(3):
        scene = halls.scene(replace(QUIET, gap_db=(8.0, 8.0), arrays=("respeaker-usb-v2",)), 20.0, (6, seed))
        power = (scene.samples**2).mean(axis=0).reshape(-1, 320).mean(axis=1)
        agent, customer = (power[scene.active[side] & ~scene.active[1 - side]].mean() for side in (0, 1))
        leads.append(abs(10 * np.log10(agent / customer)))
    assert np.median(leads) == pytest.approx(8.0, abs=1.5)


def test_noise_has_its_level(halls: Halls) -> None:
    below = []
    for seed in range(3):
        scene = halls.scene(
            replace(OFFICE, gap_db=(0.0, 0.0), t60_s=(0.15, 0.2), arrays=("respeaker-2mic",)), 30.0, (7, seed)
        )
        power = (scene.samples**2).mean(axis=0).reshape(-1, 320).mean(axis=1)
        anybody = scene.active.any(axis=0)
        nobody = ~anybody & ~np.roll(anybody, 12) & ~np.roll(anybody, -3)
        if nobody.sum() > 10:
            below.append(10 * np.log10(power[scene.active[0] ^ scene.active[1]].mean() / power[nobody].mean()))
    assert np.median(below) == pytest.approx(15.0, abs=1.5)


def test_mouths_are_no_further_beside_than_said(halls: Halls) -> None:
    for seed in range(10):
        scene = halls.scene(replace(QUIET, placement_deg=5.0), 1.0, (8, seed))
        told, truly = scene.calibration, scene.true_calibration
        for a, b in ((told.agent_deg, truly.agent_deg), (told.customer_deg, truly.customer_deg)):
            assert abs((a - b + 180) % 360 - 180) <= 5.0


def test_a_dense_minute_has_some_of_everything() -> None:
    counts: Counter[tuple[str, int]] = Counter()
    for seed in range(20):
        talk = Conversation(np.random.default_rng(seed), (voice(0), voice(3)), DENSE, None)
        counts.update((one.kind, one.side) for one in talk.play(0.5, 60.0).kept(60.0).second_voices())
    for side in (0, 1):
        assert 1.2 <= (counts["interruption", side] + counts["attempt", side]) / 20 <= 3.0
    assert 4.5 <= sum(counts["backchannel", side] for side in (0, 1)) / 20 <= 9.0
    assert 0.7 <= sum(counts["transition", side] for side in (0, 1)) / 20 <= 3.0


def test_what_a_second_voice_does_keeps_its_definition() -> None:
    for seed in range(10):
        talk = Conversation(np.random.default_rng(seed), (voice(1), voice(4)), DENSE, None)
        plan = talk.play(0.5, 60.0).kept(60.0)
        for one in plan.second_voices():
            left = one.first_end_s - one.onset_s
            if one.kind == "transition":
                assert left <= 0.5
            if one.kind == "attempt":
                assert any(off > one.end_s for _, off in plan.stretches()[1 - one.side])
            if one.kind == "interruption":
                assert 0.1 < left < 1.5
                assert one.end_s > one.first_end_s - 0.5


def test_pauses_are_added_inside_turns() -> None:
    def silence(pauses: tuple[float, float] | None) -> float:
        talk = Conversation(np.random.default_rng(1), (voice(0), voice(3)), DENSE, pauses)
        return float(1 - np.stack(talk.play(0.0, 120.0).kept(120.0).active(6000)).any(axis=0).mean())

    assert silence((1.0, 3.0)) > silence(None) + 0.1


def test_a_day_has_waits_without_a_customer(halls: Halls) -> None:
    scene = halls.scene(replace(ALL["office day"], arrays=("respeaker-2mic",)), 320.0, (9,))
    heard = [*(np.flatnonzero(scene.active[1]) * 0.02), scene.seconds]
    assert np.diff(heard).max() >= 50.0
