"""Windows in the store: each once, none over another, gaps seen, late ones counted; SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.exc import DataError

from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Counts, Gap, Heard, Taken
from counterpoint.fleet.store.tables import window
from counterpoint.fleet.store.weeks import week_at, weeks_later
from counterpoint.messages.schemas import Birth, HealthReport, State, Window
from fleet_messages import hour_window
from stores import KINDS, new_store

NOW = 1_795_429_800  # Monday, 23 November 2026, 10:30 UTC
SITE, DEVICE = "hall-3", "dev-1"


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(new_store(request.param, tmp_path))
    yield opened
    opened.close()


def ago(hours: int) -> Window:
    return hour_window(hours, NOW)


def taken(*windows: Window, device: str = DEVICE, site: str = SITE) -> list[Taken]:
    return [Taken(site, device, each, NOW) for each in windows]


def take(store: Store, batch: list[Taken]) -> Counts:
    with store.writing() as writing:
        return writing.take_windows(batch)


def test_a_window_counts_once_however_often_it_comes(store: Store) -> None:
    windows = [ago(3), ago(2)]
    assert take(store, taken(*windows)) == Counts(new=2)
    assert take(store, taken(windows[1], ago(1), windows[0])) == Counts(new=1, again=2)
    assert take(store, taken(windows[0], windows[0])) == Counts(again=2)
    assert count(store) == 3


def test_what_overlaps_or_takes_anothers_id_is_kept_apart(store: Store) -> None:
    first = ago(5)
    assert take(store, taken(first)) == Counts(new=1)
    over = replace(ago(4), start_utc=first.start_utc)
    stolen = replace(ago(2), id=first.id)
    assert take(store, taken(over, stolen, ago(5))) == Counts(apart=3)
    assert take(store, taken(replace(first, id=ago(1).id), device="dev-2")) == Counts(new=1)  # another counter's time
    with store.writing() as writing:
        assert len(writing.kept_apart(10)) == 3
        assert writing.told().rejected == 3
        assert {one.id: one.apart_count for one in writing.devices(None)} == {DEVICE: 3, "dev-2": 0}


def test_gaps_are_seen_and_close_when_the_missing_windows_come(store: Store) -> None:
    take(store, taken(ago(9), ago(5)))
    missing = [ago(8), ago(7), ago(6)]
    assert gaps(store) == (gap(missing[0], missing[-1]),)
    take(store, taken(missing[1]))
    assert gaps(store) == (gap(missing[0], missing[0]), gap(missing[2], missing[2]))
    take(store, taken(missing[2], missing[0]))
    assert gaps(store) == ()


def test_whole_weeks_off_are_no_missing_windows(store: Store) -> None:
    until_monday = ago(11)  # ends on Sunday, 23:00 UTC: Monday, 0:00 in Zurich
    week = replace(until_monday, id=ago(1).id)
    week = replace(
        week, start_utc=week.start_utc.fromtimestamp(week.start_utc.timestamp() - 14 * 86_400, week.start_utc.tzinfo)
    )
    week = replace(
        week, end_utc=week.end_utc.fromtimestamp(week.end_utc.timestamp() - 14 * 86_400, week.end_utc.tzinfo)
    )
    after = hour_window(10, NOW)
    take(store, taken(week, after))
    assert [one.is_off for one in gaps(store)] == [True]


def test_a_window_of_a_told_week_is_late_and_never_read(store: Store) -> None:
    take(store, taken(ago(24 * 8)))
    with store.writing() as writing:
        week = week_at(NOW - 7 * 86_400, ZoneInfo("Europe/Zurich"))
        assert len(writing.windows(SITE, weeks_later(week, -1), 2)) == 1
        writing.note_closed(SITE, week, week)
    assert take(store, taken(ago(24 * 7 + 3))) == Counts(new=1, late=1)
    with store.writing() as writing:
        assert len(writing.windows(SITE, weeks_later(week, -1), 2)) == 1
        assert writing.devices([SITE])[0].late_count == 1
        assert writing.told().late == 1


def test_what_devices_say_of_themselves(store: Store) -> None:
    birth = Birth(version="1.2", timezone="Europe/Vienna", fewest_visits=10, fewest_people=4, health_period_s=900)
    health = HealthReport(sensor=None, waiting_file_count=10, clock_set=True, certificate_left_days=30)
    said = [
        Heard(SITE, DEVICE, birth, NOW, retained=True),
        Heard(SITE, DEVICE, State(state="online"), NOW + 1),
        Heard(SITE, DEVICE, health, NOW + 2),
        Heard(SITE, DEVICE, State(state="lost"), NOW + 99),
    ]
    with store.writing() as writing:
        writing.note_devices(said)
    with store.reading() as reading:
        (device,) = reading.devices(None)
        (site,) = reading.sites()
    assert (device.birth, device.health, device.state, device.state_s) == (birth, health, "lost", NOW + 99)
    assert device.last_seen_s == NOW + 2  # the Last Will is the broker's word, not the device's
    assert (site.timezone, site.people, site.counter_count) == ("Europe/Vienna", 4, 1)


def test_no_window_says_when_a_device_was_last_heard_of(store: Store) -> None:
    with store.writing() as writing:
        writing.note_devices([Heard(SITE, DEVICE, State(state="online"), NOW - 600)])
        writing.take_windows(taken(ago(1)))
        (device,) = writing.devices(None)
    assert device.last_seen_s == NOW - 600, "a window comes when customers came"


def test_what_the_database_refuses_to_hold_is_no_trouble_of_the_store(store: Store) -> None:
    with pytest.raises(DataError), store.in_words():
        raise DataError("INSERT", {}, ValueError("it has a NUL"))


def test_an_error_in_a_transaction_leaves_nothing(store: Store) -> None:
    with suppress(RuntimeError), store.writing() as writing:
        writing.take_windows(taken(ago(1)))
        raise RuntimeError
    assert count(store) == 0


def test_a_batch_of_two_thousand_windows(store: Store) -> None:
    batch = [
        Taken(f"s{device // 4}", f"d{device}", ago(hour), NOW) for device in range(100) for hour in range(20, 0, -1)
    ]
    assert take(store, batch) == Counts(new=2000)
    assert take(store, batch) == Counts(again=2000)


def count(store: Store) -> int:
    with store.unchecked() as line:
        return line.scalar(select(func.count()).select_from(window)) or 0


def gaps(store: Store) -> tuple[Gap, ...]:
    with store.reading() as reading:
        return next(one.gaps for one in reading.devices(None) if one.id == DEVICE)


def gap(first: Window, last: Window) -> Gap:
    return Gap(int(first.start_utc.timestamp()), int(last.end_utc.timestamp()), is_off=False)
