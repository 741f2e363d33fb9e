"""Cells of the week: where a window goes, what is told together, and what sums and differences can isolate."""

from __future__ import annotations

from itertools import product
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.disclosure.hours_of_day import (
    PARTS,
    Slot,
    by_part,
    by_weekday,
    hours_of_week,
    place,
    smallest_difference,
)
from counterpoint.disclosure.sums import Told
from counterpoint.messages.schemas import Statistics
from rosters import draw_place, site_windows
from summaries_made import told_windows
from visits_at import utc

OPEN = frozenset((weekday, hour) for weekday in range(1, 6) for hour in range(8, 18))
_rng = np.random.default_rng(1)
SOME: Statistics = told_windows(site_windows(draw_place(1, "fixed", 1, _rng), _rng))[0].statistics


def window(number: int) -> Told:
    return Told(str(number), "counter", number * 3600, (number + 1) * 3600, number, SOME)


def test_a_window_goes_where_most_of_its_open_hours_lie() -> None:
    monday = utc("2026-11-23 09:00")
    hours = hours_of_week(monday, monday + 4 * 3600, ZoneInfo("UTC"))
    assert hours == [(1, 9), (1, 10), (1, 11), (1, 12)]
    assert place(hours[:3], OPEN) == (1, "morning")


def test_of_equals_the_last_wins_for_a_windows_last_hour_has_a_visit() -> None:
    assert place([(1, 9), (1, 10), (1, 11), (1, 12)], OPEN) == (1, "midday")


def test_a_night_between_two_days_does_not_count() -> None:
    monday = utc("2026-11-23 14:00")
    hours = hours_of_week(monday, monday + 20 * 3600, ZoneInfo("UTC"))
    assert place(hours, OPEN) == (1, "afternoon")


slots_of = st.dictionaries(
    st.tuples(st.integers(1, 7), st.sampled_from(PARTS)), st.integers(1, 6), min_size=1, max_size=28
)


@given(slots_of, st.integers(1, 12), st.booleans())
def test_cells_take_every_window_once_and_each_passes(counts: dict[Slot, int], fewest: int, fine: bool) -> None:
    numbers = iter(range(1000))
    slots = {slot: [window(next(numbers)) for _ in range(count)] for slot, count in counts.items()}
    merge = by_weekday if fine else by_part
    cells = merge(slots, lambda windows: len(windows) >= fewest)
    told = sorted(int(each.id) for cell in cells for each in cell.windows)
    every = sorted(int(each.id) for windows in slots.values() for each in windows)
    assert told in ([], every)
    assert bool(told) == (len(every) >= fewest)
    assert all(len(cell.windows) >= fewest for cell in cells)
    named = [slot for cell in cells for slot in product(cell.weekdays, cell.parts)]
    assert len(named) == len(set(named))
    assert not told or set(slots) <= set(named)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=3))
def test_no_weights_of_weeks_and_cells_isolate_fewer_than_the_proven_least(counts: list[list[int]]) -> None:
    least = smallest_difference(counts)
    for rows in product((-2, -1, 0, 1, 2), repeat=len(counts)):
        for columns in product((-2, -1, 0, 1, 2), repeat=3):
            shown = sum(
                count
                for weight, row in zip(rows, counts, strict=True)
                for other, count in zip(columns, row, strict=True)
                if weight + other
            )
            assert shown == 0 or shown >= least


def test_two_cells_that_are_two_weeks_but_for_one_visit_would_show_it() -> None:
    assert smallest_difference([[40, 0], [1, 40]]) == 1
    assert smallest_difference([[40, 40], [40, 40]]) == 80
