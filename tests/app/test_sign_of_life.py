"""What counts as a sign of life of the sensor, and what a person reads of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from counterpoint.app.sign_of_life import A_MINUTE, EVERY, SignOfLife
from counterpoint.errors import MicrophoneMissing
from counterpoint.values import BLOCK_SAMPLES, Block
from systemd_ear import SystemdEar, hear

SILENCE = np.zeros((6, BLOCK_SAMPLES), np.float32)
HEARD = Block(SILENCE, 0)
HALF_LOST = Block(SILENCE, 0, lost_samples=BLOCK_SAMPLES // 2)
LOST = Block(SILENCE, 0, lost_samples=BLOCK_SAMPLES)


@pytest.fixture
def ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SystemdEar]:
    with hear(tmp_path, monkeypatch, watchdog_s=30) as ear:
        yield ear


def decide(life: SignOfLife, block: Block, count: int, *, sought: bool = False) -> None:
    for _ in range(count):
        life.decided(block, sought=sought)


def test_frames_that_led_to_a_decision_feed_the_watchdog_every_five_seconds(ear: SystemdEar) -> None:
    decide(SignOfLife(), HEARD, 3 * EVERY)
    said = ear.heard()
    assert said.count("READY=1") == 1
    assert said.count("WATCHDOG=1") == 3


def test_a_room_in_which_nobody_speaks_is_heard_too(ear: SystemdEar) -> None:
    life = SignOfLife()
    decide(life, HEARD, EVERY)
    decide(life, HALF_LOST, EVERY)
    assert life.frames == 2 * EVERY
    assert "WATCHDOG=1" in ear.heard()


def test_silence_in_the_place_of_a_stalled_capture_feeds_nothing(ear: SystemdEar) -> None:
    life = SignOfLife()
    decide(life, HEARD, EVERY)
    ear.heard()
    decide(life, LOST, 10 * EVERY)
    said = ear.heard()
    assert said.count("WATCHDOG=1") == 1  # for what was heard since the last look
    assert not any(line.startswith("WATCHDOG_USEC") for line in said)
    assert life.frames == EVERY


def test_a_device_that_is_away_and_looked_for_is_waited_for(ear: SystemdEar) -> None:
    life = SignOfLife()
    decide(life, HEARD, EVERY + 1)
    ear.heard()
    decide(life, LOST, 2 * EVERY, sought=True)
    said = ear.heard()
    assert "WATCHDOG=1" not in said
    assert sum(line.startswith("WATCHDOG_USEC") for line in said) == 2
    assert "STATUS=microphone missing: waiting for it, 0 min" in said
    decide(life, HEARD, EVERY)
    assert ear.heard() == ["WATCHDOG=1", "WATCHDOG_USEC=30000000", "STATUS=listening, 0 min"]


def test_the_status_tells_for_how_long(ear: SystemdEar) -> None:
    life = SignOfLife()
    said = []
    for minutes in (0, 1, 130):
        life._blocks = minutes * A_MINUTE
        decide(life, HEARD, 1)
        said += ear.statuses()[-1:]
    assert said == ["listening, 0 min", "listening, 1 min", "listening, 2 h 10 min"]


def test_without_a_microphone_the_service_is_up_and_says_what_it_waits_for(ear: SystemdEar) -> None:
    life = SignOfLife()
    ear.heard()
    life.waits(MicrophoneMissing("no microphone is called counter"))
    life.waits(MicrophoneMissing("no microphone is called counter"))
    said = ear.heard()
    assert said[0] == "READY=1"
    assert said.count("READY=1") == 1
    assert "WATCHDOG=1" not in said
    assert "STATUS=no microphone yet: no microphone is called counter; waiting for it" in said
