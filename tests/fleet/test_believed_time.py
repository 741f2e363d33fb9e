"""A clock that runs ahead is not believed beyond what passed and what devices say; a right one always is, soon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from counterpoint.fleet.believed_time import SETTLE_S, Belief, BelievedTime
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Taken
from fleet_messages import hour_window
from stores import KINDS, new_store

NOW = 1_795_429_800
HOUR = 3600
DAY = 86_400


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(new_store(request.param, tmp_path))
    yield opened
    opened.close()


@dataclass
class World:
    """True time, how far our clock is off, and the service in it; `restart` begins a new one with the same store."""

    store: Store
    now_s: int = NOW
    off_s: int = 0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, away_s: int = 0) -> None:
        self.now_s += away_s
        self.time = BelievedTime(self.store, lambda: self.now_s + self.off_s, lambda: self.now_s - NOW)

    def window(self, device: str = "dev-1", hours_ago: int = 0) -> int:
        sent = hour_window(hours_ago, self.now_s)
        with self.store.writing() as writing:
            writing.take_windows([Taken("hall", device, sent, self.now_s)])
        return int(sent.end_utc.timestamp())

    def wrong_s(self, after_s: int = 0) -> int:
        """How far what is believed runs before true time (behind it: less than 0), looked at every ten minutes."""
        for _ in range(after_s // 600):
            self.now_s += 600
            self.time.look()
        return self.belief().now_s - self.now_s

    def belief(self) -> Belief:
        found = self.time.look()
        assert found is not None
        return found


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def test_a_new_store_has_nothing_to_doubt(world: World) -> None:
    world.off_s = 30 * DAY
    assert world.belief().ahead_s == 0
    world.restart()
    assert world.belief().ahead_s == 0, "and it was not kept: a wrong first clock is no proof later"


def test_the_first_windows_of_all_close_nothing_while_others_are_on_their_way(world: World) -> None:
    world.window(hours_ago=24 * 9)
    assert world.time.look() is None
    world.now_s += SETTLE_S // 2
    world.window("dev-2", hours_ago=24 * 2)
    assert world.time.look() is None
    assert -3 * DAY <= world.wrong_s(2 * SETTLE_S) <= 0


def test_a_clock_that_jumps_ahead_while_it_runs_is_not_followed(world: World) -> None:
    world.window()
    assert -HOUR <= world.wrong_s(2 * HOUR) <= 0
    world.off_s = 21 * DAY
    assert -HOUR <= world.wrong_s(10 * DAY) <= 0
    assert world.belief().doubted_days == 21


def test_a_start_with_a_clock_that_is_weeks_ahead(world: World) -> None:
    world.window()
    world.wrong_s(2 * HOUR)
    world.restart(away_s=HOUR)
    world.off_s = 40 * DAY
    assert world.wrong_s(3 * DAY) <= 0
    world.window()
    assert -2 * HOUR <= world.wrong_s(2 * HOUR) <= 0, "windows are dated by the devices' own clocks"


def test_a_quiet_fleet_with_a_right_clock_goes_on(world: World) -> None:
    world.window()
    assert -HOUR <= world.wrong_s(20 * DAY) <= 0, "Christmas: nobody comes, the only device may be off"
    assert world.belief().doubted_days == 0


def test_weeks_away_are_caught_up_an_hour_or_two_after_the_first_windows(world: World) -> None:
    world.window()
    world.wrong_s(2 * HOUR)
    world.restart(away_s=15 * DAY)
    assert world.wrong_s() < -14 * DAY
    assert world.belief().doubted_days == 15
    world.window()
    assert world.wrong_s(SETTLE_S // 2) < -14 * DAY, "the others' windows are on their way too"
    assert -3 * HOUR <= world.wrong_s(2 * SETTLE_S) <= 0
    assert world.belief().doubted_days == 0


def test_an_old_backup_is_caught_up_in_the_same_way(world: World) -> None:
    world.window(hours_ago=24 * 40)
    world.wrong_s(2 * HOUR)
    world.restart()
    assert world.wrong_s(DAY) < -39 * DAY
    world.window("dev-2")
    assert -2 * HOUR <= world.wrong_s(2 * HOUR) <= 0


def test_a_clock_that_is_behind_is_only_late(world: World) -> None:
    world.window()
    world.wrong_s(2 * HOUR)
    world.off_s = -200 * DAY
    world.restart()
    assert world.wrong_s(DAY) == -200 * DAY
    world.off_s = 0
    assert -2 * DAY <= world.wrong_s() <= 0, "and what was reached before stays"
