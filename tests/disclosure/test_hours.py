"""Hours and weeks of a place, on ordinary days and on those when the clocks change."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.disclosure.hours import hour_end, hour_of, week_end, week_start
from visits_at import utc

ZONES = ["UTC", "Europe/Zurich", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"]
moments = st.integers(utc("2020-01-01 00:00"), utc("2035-01-01 00:00"))
zones = st.sampled_from(ZONES).map(ZoneInfo)


@pytest.mark.parametrize(
    ("zone", "at", "start"),
    [
        ("UTC", "2026-11-23 09:59", "2026-11-23 09:00"),
        ("Asia/Kolkata", "2026-11-23 09:29", "2026-11-23 08:30"),
        ("Asia/Kathmandu", "2026-11-23 09:14", "2026-11-23 08:15"),
        ("Europe/Zurich", "2026-10-25 00:30", "2026-10-25 00:00"),
        ("Europe/Zurich", "2026-10-25 01:30", "2026-10-25 01:00"),
        ("Australia/Lord_Howe", "2026-04-04 15:10", "2026-04-04 15:00"),
    ],
)
def test_an_hour_begins_on_the_local_clock(zone: str, at: str, start: str) -> None:
    assert hour_of(utc(at), ZoneInfo(zone)) == utc(start)


def test_where_clocks_change_by_half_an_hour_one_hour_is_short() -> None:
    place = ZoneInfo("Australia/Lord_Howe")
    assert hour_end(utc("2026-04-04 15:00"), place) == utc("2026-04-04 15:30")


@given(moments, zones)
def test_hours_tile_the_time(at: int, zone: ZoneInfo) -> None:
    start = hour_of(at, zone)
    end = hour_end(start, zone)
    assert start <= at < end
    assert hour_of(start, zone) == start
    assert hour_of(end, zone) == end
    assert hour_of(end - 1, zone) == start


@given(moments, zones)
def test_weeks_tile_the_time_and_begin_with_an_hour(at: int, zone: ZoneInfo) -> None:
    start, end = week_start(at, zone), week_end(at, zone)
    assert start <= at < end
    assert week_start(end, zone) == end
    assert week_end(start, zone) == end
    assert hour_of(end, zone) == end


def test_a_week_ends_on_monday_at_midnight_there() -> None:
    assert week_end(utc("2026-11-22 12:00"), ZoneInfo("Asia/Kolkata")) == utc("2026-11-22 18:30")
