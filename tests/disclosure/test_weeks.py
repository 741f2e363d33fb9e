"""Weeks as text, and the blocks of twelve."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from counterpoint.disclosure.weeks import BLOCK_WEEKS, block_start, ends_month, later, week_at, weeks_to
from visits_at import utc


def test_a_week_is_that_of_the_sites_own_calendar() -> None:
    late_on_sunday = utc("2026-11-22 23:30")
    assert week_at(late_on_sunday, ZoneInfo("UTC")) == "2026-W47"
    assert week_at(late_on_sunday, ZoneInfo("Europe/Berlin")) == "2026-W48"


def test_weeks_go_on_over_the_years_end() -> None:
    assert later("2026-W53", 1) == "2027-W01"
    assert weeks_to("2026-W52", "2027-W01") == 3
    assert weeks_to("2026-W10", "2026-W09") == 0


@given(st.integers(0, 3000))
def test_blocks_tile_time_in_three_months_of_four_weeks(number: int) -> None:
    week = later("2000-W01", number)
    start = block_start(week)
    assert block_start(start) == start <= week < later(start, BLOCK_WEEKS)
    assert sum(ends_month(later(start, each)) for each in range(BLOCK_WEEKS)) == 3
    assert ends_month(later(start, BLOCK_WEEKS - 1))
