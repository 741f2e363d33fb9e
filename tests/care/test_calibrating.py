"""Two people speak in turn: what is measured, what is refused, and what it then says to do."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from counterpoint.care import calibrating as module
from counterpoint.care.calibrating import Calibrating, CalibrationStep
from counterpoint.edge.calibration import hearing_of
from counterpoint.hearing.geometry import BUILT_IN, ArrayGeometry
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, Block, Calibration, Samples, Side
from two_talkers import OFFSETS_DEG, ROOMS, calibrated, from_bearing, off_by, off_by_in_room, two, voice

USB = BUILT_IN["respeaker-usb-v2"]
XVF = BUILT_IN["respeaker-xvf3800"]
LINE = BUILT_IN["respeaker-2mic"]
STEREO = BUILT_IN["stereo"]


def refused(calibrating: Calibrating) -> tuple[str, str]:
    assert calibrating.step_now == "refused"
    assert calibrating.found is None
    assert calibrating.refusal is not None
    return calibrating.refusal.what, calibrating.refusal.remedy


@pytest.mark.parametrize(("array", "offset"), list(product((XVF, USB), OFFSETS_DEG)))
def test_without_a_room_both_bearings_are_right_to_a_degree(array: ArrayGeometry, offset: int) -> None:
    agent, customer = off_by(array, offset, 180 - offset)
    assert abs(agent) < 1
    assert abs(customer) < 1


@pytest.mark.parametrize(("agent_deg", "customer_deg"), [(ROOMS[0][0], ROOMS[1][1]), (ROOMS[0][1], ROOMS[1][2])])
def test_in_the_rooms_of_the_demo_both_are_right_to_five_degrees(agent_deg: int, customer_deg: int) -> None:
    assert max(map(abs, off_by_in_room(agent_deg, customer_deg))) < 5


def test_a_line_of_microphones_gives_one_of_the_two_bearings_that_it_hears_alike() -> None:
    heard = two(LINE, 0, 150)
    found = calibrated(LINE, heard, Calibration(0, 200)).found
    assert found is not None
    assert found.agent_deg == pytest.approx(0, abs=15) or found.agent_deg == pytest.approx(360, abs=15)
    assert found.customer_deg == pytest.approx(210, abs=5), "of 150 and 210, the one nearer to the 200 of the settings"


def test_an_array_turned_by_a_quarter_is_measured_all_the_same() -> None:
    heard = two(USB, 90, 270)
    found = calibrated(USB, heard).found
    assert found is not None
    assert (found.agent_deg, found.customer_deg) == pytest.approx((90, 270), abs=1)


def test_two_in_line_with_the_counter_are_refused_by_a_line_of_microphones() -> None:
    heard = two(LINE, 90, 270)
    what, remedy = refused(calibrated(LINE, heard, Calibration(90, 270)))
    assert "a line along the counter" in what
    assert "turn it by a quarter" in remedy


def test_two_too_near_to_each_other_are_refused_with_what_to_do() -> None:
    heard = two(XVF, 0, 40)
    what, remedy = refused(calibrated(XVF, heard))
    assert "40 degrees apart" in what.replace("39.9", "40")
    assert "at least 60 degrees" in remedy
    assert "same person" in remedy


@pytest.mark.parametrize("silent", ["agent", "customer"])
def test_one_who_does_not_speak_is_named(silent: Side) -> None:
    heard = two(USB, 0, 180)
    del heard[silent]
    calibrating = calibrated(USB, heard)
    assert refused(calibrating)[0] == f"the {silent} was not heard"


def test_noise_from_everywhere_is_no_person() -> None:
    rng = np.random.default_rng(3)
    shape = (4, BLOCK_SAMPLES * 400)
    babble = (rng.normal(0, 0.05, shape) * np.repeat(rng.random(400) > 0.4, BLOCK_SAMPLES)).astype(np.float32)
    what, remedy = refused(calibrated(USB, {"agent": babble, "customer": babble}))
    assert what == "no clear direction while the agent spoke"
    assert "one person speaks at a time" in remedy


def near(side: Side, near_channel: int) -> Samples:
    """Somebody beside one of two microphones, 12 dB louder there than at the other."""
    sound = voice(side)
    gains = np.full((2, 1), 0.25, np.float32)
    gains[near_channel] = 1.0
    heard: Samples = gains * sound
    return heard


def test_a_microphone_a_side_is_fine_when_each_hears_its_own() -> None:
    calibrating = calibrated(STEREO, {"agent": near("agent", 0), "customer": near("customer", 1)})
    assert (calibrating.step_now, calibrating.found) == ("done", Calibration())


def test_exchanged_microphones_are_refused() -> None:
    what, remedy = refused(calibrated(STEREO, {"agent": near("agent", 1), "customer": near("customer", 0)}))
    assert what == "the two microphones are exchanged"
    assert "the first is the agent's" in remedy


def test_two_microphones_that_hear_the_same_are_refused() -> None:
    sides: tuple[Side, Side] = ("agent", "customer")
    same = {side: np.tile(voice(side), (2, 1)) for side in sides}
    assert "both microphones hear the same" in refused(calibrated(STEREO, same))[0]


def test_lost_sound_is_not_measured() -> None:
    calibrating = Calibrating(hearing_of(USB, 4), Calibration())
    rng = np.random.default_rng(1)
    talk = from_bearing(voice("agent"), USB, 0)
    at = 0
    while not calibrating.is_over:
        first = at * BLOCK_SAMPLES % (talk.shape[1] - BLOCK_SAMPLES)
        samples = talk[:, first : first + BLOCK_SAMPLES] * (calibrating.step_now == "agent")
        samples = samples + rng.normal(0, 1e-3, samples.shape).astype(np.float32)
        calibrating.step(Block(samples, at * BLOCK_SAMPLES, lost_samples=320 if at % 10 == 0 else 0))
        at += 1
    assert refused(calibrating)[0] == "too much sound was lost"


def test_it_ends_within_half_a_minute_whatever_is_heard() -> None:
    calibrating = Calibrating(hearing_of(USB, 4), Calibration())
    longest_s = module.READY_S + 2 * module.LONGEST_S + module.PAUSE_S
    assert longest_s < 30
    blocks = 0
    while not calibrating.is_over:
        calibrating.step(Block(np.zeros((4, BLOCK_SAMPLES), np.float32), blocks * BLOCK_SAMPLES))
        blocks += 1
    assert blocks * BLOCK_S <= longest_s + 1


def test_the_steps_come_in_their_order() -> None:
    calibrating = Calibrating(hearing_of(STEREO, 2), Calibration())
    talk: dict[str, Samples] = {"agent": near("agent", 0), "customer": near("customer", 1)}
    steps: list[CalibrationStep] = [calibrating.step_now]
    at = dict.fromkeys(talk, 0)
    while not calibrating.is_over:
        side = calibrating.step_now
        first = at[side] if side in talk else 0
        samples = talk[side][:, first : first + BLOCK_SAMPLES] if side in talk else np.zeros((2, 320), np.float32)
        if side in talk:
            at[side] += BLOCK_SAMPLES
        step = calibrating.step(Block(samples + np.float32(1e-4), 0))
        if step != steps[-1]:
            steps.append(step)
    assert steps == ["ready", "agent", "pause", "customer", "done"]


def test_what_ends_it_from_outside_leaves_nothing_found() -> None:
    calibrating = calibrated(STEREO, {"agent": near("agent", 0), "customer": near("customer", 1)})
    calibrating.give_up("the disk is full", "free some space")
    assert refused(calibrating) == ("the disk is full", "free some space")
