"""When a new release may stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.care.counters import Counters
from counterpoint.care.trial import (
    AWAY_S,
    FIRST_FRAMES_S,
    HEALTHY_FRAMES,
    PATIENCE_S,
    CareState,
    Returning,
    Seen,
    Trial,
    Verdict,
    decode_state,
    encode_state,
    judge,
    kept_releases,
    look,
)

MINUTE_OF_FRAMES = 3000
BEGAN = Trial(7, "0.2.0", "0.1.5", reachable=True, boot="one", starts=1, looked_s=5000.0)


def verdicts(*seen: Seen, trial: Trial = BEGAN) -> list[Verdict]:
    said = []
    for each in seen:
        trial = look(trial, each)
        said.append(judge(trial, each))
    return said


def minutes(count: int, *, boot: str = "one", from_s: float = 5000.0, reached: bool = True) -> list[Seen]:
    return [Seen(boot, from_s + 60 * n, n * MINUTE_OF_FRAMES, reached) for n in range(1, count + 1)]


def test_ten_minutes_of_frames_are_good() -> None:
    assert verdicts(*minutes(10)) == ["wait"] * 9 + ["good"]


def test_ten_minutes_of_time_are_not_enough() -> None:
    slow = [Seen("one", 5000.0 + 60 * n, n * 1500, reached=True) for n in range(1, 11)]
    assert "good" not in verdicts(*slow)


def test_a_sensor_that_says_nothing_is_given_up_after_five_minutes() -> None:
    silent = [Seen("one", 5000.0 + 60 * n, None, reached=True) for n in range(1, 7)]
    assert FIRST_FRAMES_S == 300
    assert verdicts(*silent) == ["wait"] * 5 + ["bad"]


def test_a_sensor_that_restarts_begins_anew() -> None:
    restarting = [Seen("one", 5000.0 + 60 * n, (n % 3) * MINUTE_OF_FRAMES, reached=True) for n in range(1, 27)]
    said = verdicts(*restarting)
    assert "good" not in said
    assert said[-1] == "bad"


def test_a_sensor_that_hangs_is_given_up() -> None:
    hangs = [Seen("one", 5000.0 + 60 * n, MINUTE_OF_FRAMES, reached=True) for n in range(1, 27)]
    assert verdicts(*hangs)[-1] == "bad"


def muted(count: int, *, from_s: float, frames: int | None = None, run: str = "first") -> list[Seen]:
    return [Seen("one", from_s + 60 * n, frames, reached=True, run=run) for n in range(1, count + 1)]


def test_a_microphone_that_is_away_is_waited_for() -> None:
    heard = [Seen("one", 20_000.0 + 60 * n, n * MINUTE_OF_FRAMES, reached=True, run="first") for n in range(1, 11)]
    assert verdicts(*muted(240, from_s=5000.0), *heard) == ["wait"] * 249 + ["good"]


def test_muted_in_between_it_counts_on() -> None:
    before, after = (
        [Seen("one", from_s + 60 * n, n * MINUTE_OF_FRAMES, reached=True, run="first") for n in minutes_heard]
        for from_s, minutes_heard in ((5000.0, range(1, 5)), (12_000.0, range(5, 11)))
    )
    assert verdicts(*before, *muted(110, from_s=5300.0, frames=4 * MINUTE_OF_FRAMES), *after)[-1] == "good"


def test_a_release_that_never_finds_a_microphone_goes_in_the_end() -> None:
    hours = [Seen("one", 5000.0 + 3600 * n, None, reached=True, run="first") for n in range(1, 100)]
    assert AWAY_S == 96 * 3600
    said = verdicts(*muted(1, from_s=5000.0), *hours)[1:]
    assert set(said[:96]) == {"wait"}
    assert said[-1] == "bad"


def test_without_the_broker_a_mute_is_no_excuse() -> None:
    alone = [Seen("one", 5000.0 + 60 * n, None, reached=False, run="first") for n in range(1, 7)]
    assert verdicts(*alone)[-1] == "bad"


def test_a_reboot_begins_anew_and_can_still_be_good() -> None:
    again = minutes(10, boot="two", from_s=30.0)
    assert verdicts(*minutes(8), *again) == ["wait"] * 17 + ["good"]


def test_reboot_after_reboot_is_a_crash_loop() -> None:
    boots = [Seen(f"boot {n}", 60.0, None, reached=False) for n in range(3)]
    assert verdicts(*boots) == ["wait", "wait", "bad"]


def test_a_release_that_no_longer_reaches_the_broker_goes() -> None:
    assert set(verdicts(*minutes(25, reached=False))) == {"wait"}
    assert verdicts(*minutes(26, reached=False))[-1] == "bad"
    offline = Trial(7, "0.2.0", "", reachable=False, boot="one", starts=1, looked_s=5000.0)
    assert verdicts(*minutes(10, reached=False), trial=offline)[-1] == "good"


def test_the_broker_may_come_late() -> None:
    assert verdicts(*minutes(12, reached=False), *minutes(13)[12:])[-1] == "good"


@given(
    st.lists(
        st.builds(
            Seen,
            st.sampled_from(["one", "two", "three"]),
            st.floats(0, 1e6),
            st.none() | st.integers(0, 10**6),
            st.booleans(),
            st.sampled_from(["", "first", "second"]),
        ),
        max_size=60,
    )
)
def test_nothing_is_good_before_its_frames(seen: list[Seen]) -> None:
    trial = BEGAN
    for each in seen:
        trial = look(trial, each)
        if judge(trial, each) == "good":
            assert trial.healthy_frames >= HEALTHY_FRAMES
            assert trial.spent_s <= PATIENCE_S
            assert each.reached


def test_the_state_is_read_as_it_was_written() -> None:
    counted = CareState(9, counters=Counters({"0f" * 8: 9}, 3, ("ab" * 32,)))
    for state in (
        counted,
        CareState(),
        CareState(4, BEGAN),
        CareState(5, Returning(5, "roll_back", "", "done", None), "one"),
    ):
        assert decode_state(encode_state(state)) == state
    with pytest.raises(ValueError, match="JSON"):
        decode_state(b"\x00" * 40)


def test_no_release_that_may_still_run_is_deleted() -> None:
    assert kept_releases(CareState(7, BEGAN), ("0.1.5", "")) == {"0.1.5", "0.2.0"}
    assert kept_releases(CareState(7), ("0.2.0", "0.1.5")) == {"0.2.0", "0.1.5"}
    assert kept_releases(CareState(7, Returning(7, "update", "0.1.4", "done", None)), ("", "")) == {"0.1.4"}
