"""What the doctor makes of the array itself."""

from __future__ import annotations

import pytest

from counterpoint.care.checks import Check, State
from counterpoint.care.checks_array import (
    ArraySeen,
    judge_array,
    judge_calibration,
    judge_holder,
    judge_level,
    judge_mute,
)
from counterpoint.values import Calibration

XVF, USB = "respeaker-xvf3800", "respeaker-usb-v2"


def seen(channels: int = 6, version: tuple[int, ...] | None = (2, 1, 0)) -> ArraySeen:
    return ArraySeen(XVF, "reSpeaker XVF3800", 0x0210, version, channels, 6)


CASES: list[tuple[Check, State, str]] = [
    (judge_array(ArraySeen(XVF, "", 0, None, 0, 6)), "fail", "is not plugged in"),
    (judge_array(ArraySeen(XVF, "", 0, None, 0, 6, USB)), "fail", f"but {USB} is"),
    (judge_array(seen()), "ok", "firmware 2.1.0, 6 channels"),
    (judge_array(seen(version=None)), "ok", "release 2.10"),
    (judge_array(seen(channels=2)), "fail", "2 channels, no raw microphones"),
    (judge_array(seen(channels=0)), "fail", "no sound card"),
    (judge_array(seen(version=(2, 0, 8))), "warn", "silent raw channels"),
    (judge_holder("pulseaudio", 812), "fail", "pulseaudio (process 812) has it"),
    (judge_level((), -30, compact=True), "skipped", "nothing was heard"),
    (judge_level((-50.0, -51.0), -90, compact=True), "skipped", "nothing was heard"),
    (judge_level((-95.0, -96.0), -85, compact=True), "warn", "very faint"),
    (judge_level((-50.0, -51.0, -63.0, -50.0), -30, compact=True), "warn", "microphone 3 is 13 dB fainter"),
    (judge_level((-50.0, -63.0), -30, compact=False), "ok", "13 dB between"),
    (judge_level((-50.0, -52.0), -30, compact=True), "ok", "-30 dB of full scale"),
    (judge_calibration(Calibration(), "assumed", "", "", one_per_side=False), "warn", "only assumed"),
    (
        judge_calibration(Calibration(5, 170), "measured", "", "", one_per_side=False),
        "ok",
        "5 degrees, customer at 170",
    ),
    (judge_calibration(Calibration(5, 170), "settings", "", "", one_per_side=False), "ok", "from the settings"),
    (judge_calibration(Calibration(), "settings", "it was changed", "", one_per_side=False), "warn", "it was changed"),
    (judge_calibration(Calibration(), "assumed", "", "", one_per_side=True), "ok", "needs no bearings"),
    (judge_calibration(Calibration(), "assumed", "", "nobody", one_per_side=True), "warn", "refused: nobody"),
    (judge_mute("muted"), "warn", "muted by its own button"),
    (judge_mute("open"), "ok", "software mute"),
    (judge_mute("sensed"), "ok", "sensed"),
    (judge_mute("unknown"), "ok", "button.mute_pin"),
]


@pytest.mark.parametrize(("check", "state", "what"), CASES)
def test_each_finding_has_its_state_and_its_words(check: Check, state: State, what: str) -> None:
    assert check.state == state
    assert what in check.what


@pytest.mark.parametrize("check", [check for check, state, _ in CASES if state in ("warn", "fail")])
def test_whatever_is_not_fine_has_a_remedy(check: Check) -> None:
    assert check.remedy


def test_another_array_that_is_there_is_named_for_the_settings() -> None:
    assert f'array.name = "{USB}"' in judge_array(ArraySeen(XVF, "", 0, None, 0, 6, USB)).remedy
