"""What the doctor makes of what it saw."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from counterpoint.care.checks import (
    Check,
    FolderSeen,
    Heard,
    State,
    judge_channels,
    judge_clock,
    judge_disk,
    judge_error,
    judge_folders,
    judge_inbox,
    judge_listening_sensor,
    judge_microphone,
    judge_placement,
    judge_privacy,
    judge_publisher,
    judge_sides,
    judge_waiting,
)
from counterpoint.settings import PrivacyRules
from counterpoint.values import ChannelHealth, Placement

UNITS = Path(__file__).parents[2] / "systemd"


def heard(
    health: ChannelHealth | None = None, loudest_dbfs: float = -40.0, samples: int = 96_000, lost_samples: int = 0
) -> Heard:
    return Heard(6, health or ChannelHealth(), loudest_dbfs, samples, lost_samples)


CASES: list[tuple[Check, State, str]] = [
    (judge_publisher(connected=True, trouble=""), "ok", "connected"),
    (judge_publisher(connected=False, trouble=""), "ok", "not connected yet"),
    (judge_publisher(connected=False, trouble="refused"), "warn", "refused"),
    (judge_inbox(0, 0), "ok", "nothing foreign"),
    (judge_inbox(0, 2), "warn", "2 of unknown names"),
    (judge_privacy(PrivacyRules()), "ok", "10 visits, 5 people"),
    (judge_privacy(PrivacyRules(pool=4)), "warn", "4 people"),
    (judge_privacy(PrivacyRules(pool=2)), "warn", "2 people"),
    (judge_sides("a", apart=True), "ok", "tells"),
    (judge_sides("a", apart=False), "fail", "alike"),
    (judge_microphone("a", heard()), "ok", "6 channels, 6 s without a loss"),
    (judge_microphone("a", heard(lost_samples=96_000)), "fail", "gives no sound"),
    (judge_microphone("a", heard(lost_samples=960)), "warn", "1.0% of 6 s were lost"),
    (judge_microphone("a", heard(samples=0)), "fail", "no sound"),
    (judge_channels(heard()), "ok", "-40 dB"),
    (judge_channels(heard(loudest_dbfs=-180)), "fail", "silence on every channel"),
    (judge_channels(heard(ChannelHealth(silent=(2,)))), "fail", "silent channel 2"),
    (judge_channels(heard(ChannelHealth(frozen=(1, 3)))), "fail", "frozen channels 1, 3"),
    (judge_channels(heard(ChannelHealth(duplicated=((1, 2),)))), "fail", "channels 1 and 2 carry the same"),
    (judge_channels(heard(ChannelHealth(clipping=(4,)))), "warn", "clipping on channel 4"),
    (judge_clock(is_set=True), "ok", "set"),
    (judge_clock(is_set=False), "fail", "no window"),
    (judge_disk("/", 9000), "ok", "9000 MB"),
    (judge_disk("/", 499), "warn", "499 MB"),
    (judge_disk("/", 99), "fail", "99 MB"),
    (judge_folders([FolderSeen("state", "/s", is_there=True, can_use=True)]), "ok", "state"),
    (judge_folders([FolderSeen("state", "/s", is_there=False, can_use=False)]), "fail", "missing: state (/s)"),
    (judge_folders([FolderSeen("state", "/s", is_there=True, can_use=False)]), "fail", "can't use state (/s)"),
    (judge_waiting(3, 0), "ok", "3 messages wait for the broker"),
    (judge_waiting(3, 2), "warn", "2 were dropped unsent"),
    (judge_waiting(51, 0), "warn", "51 messages"),
    (judge_listening_sensor("fine", 0)[0], "ok", "the running sensor has it"),
    (judge_listening_sensor("fine", 300)[0], "ok", "at least 300 frames lost"),
    (judge_listening_sensor("fine", 0)[1], "ok", "no single one fails"),
    (judge_listening_sensor("fault", 0)[1], "fail", "not well"),
    (judge_placement(Placement(), None)[0], "ok", "nothing against"),
    (judge_placement(Placement(), None)[1], "ok", "no side"),
    (judge_placement(Placement(wrong_order=True), None)[0], "fail", "not in the order of this array"),
    (judge_placement(Placement(turned=True), None)[0], "fail", "moved or turned"),
    (judge_placement(Placement(alike=True), None)[0], "fail", "hear the same"),
    (judge_placement(Placement(), "customer")[1], "fail", "cannot hear the customer"),
    (judge_placement(Placement(), "agent")[1], "fail", "cannot hear the agent"),
]


@pytest.mark.parametrize(("check", "state", "what"), CASES)
def test_each_thing_seen_is_judged(check: Check, state: State, what: str) -> None:
    assert check.state == state
    assert what in check.what


@pytest.mark.parametrize("check", [check for check, _, _ in CASES])
def test_whatever_is_not_fine_has_a_remedy_and_what_is_fine_has_none(check: Check) -> None:
    assert bool(check.remedy) == (check.state in ("warn", "fail"))
    assert "\n" not in check.what + check.remedy


def test_a_remedy_names_units_that_are_there() -> None:
    named = {word for check, _, _ in CASES for word in re.findall(r"counterpoint-[\w.-]+", check.remedy)}
    assert named == {"counterpoint-publisher.service", "counterpoint-sensor.service"}
    if not UNITS.exists():
        pytest.skip("the units are in the repository, not in the installed package")
    assert all((UNITS / name).exists() for name in named)


@pytest.mark.parametrize(
    ("message", "what", "remedy"),
    [
        ("no microphone; set array.device: a, b", "no microphone", "set array.device: a, b"),
        ("PyAudio is not installed: apt-get install it", "PyAudio is not installed", "apt-get install it"),
        ("odd", "odd", "see the message"),
    ],
)
def test_an_error_of_ours_is_split_into_what_and_remedy(message: str, what: str, remedy: str) -> None:
    assert judge_error("x", message) == Check("x", "fail", what, remedy)
