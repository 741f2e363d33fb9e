"""The disk is written when the light can wait for it."""

from __future__ import annotations

from counterpoint.app.quiet_moments import AT_MOST, EVERY, QuietMoments
from counterpoint.values import Cue, FloorStep, OpenOverlap

CALM = FloorStep(0.0, 0.0, agent=False, customer=True, holder="customer", overlap=None, events=())
BOTH = FloorStep(
    0.0,
    0.0,
    agent=True,
    customer=True,
    holder="customer",
    overlap=OpenOverlap("agent", 0.0, 0.9, None, True),
    events=(),
)
AMBER = Cue(0.0, "talk_over", "")
OFF = Cue(0.0, "off", "")


def until_a_write(moments: QuietMoments, floor: FloorStep) -> int:
    frames = 1
    while not moments.step(floor, None):
        frames += 1
    return frames


def written_once() -> QuietMoments:
    moments = QuietMoments()
    assert moments.step(CALM, None)
    return moments


def test_the_first_frame_is_written_and_then_one_every_five_seconds() -> None:
    moments = written_once()
    assert [until_a_write(moments, CALM) for _ in range(3)] == [EVERY] * 3


def test_nothing_is_written_while_both_speak() -> None:
    moments = written_once()
    assert not any(moments.step(BOTH, None) for _ in range(2 * EVERY))
    assert moments.step(CALM, None)


def test_nothing_is_written_while_a_cue_is_lit() -> None:
    moments = written_once()
    moments.step(BOTH, AMBER)
    assert not any(moments.step(CALM, None) for _ in range(2 * EVERY))
    assert moments.step(CALM, OFF)


def test_a_room_that_is_never_quiet_is_written_once_a_minute() -> None:
    moments = written_once()
    assert [until_a_write(moments, BOTH) for _ in range(2)] == [AT_MOST] * 2
