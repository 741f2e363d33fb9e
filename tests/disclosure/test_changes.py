"""Against its own earlier weeks: what changed, or that nothing did."""

from __future__ import annotations

import numpy as np
import pytest

from counterpoint.disclosure.changes import Change, compare, move_to_see, weeks_to_see
from counterpoint.disclosure.figures import FIGURE_NAMES
from counterpoint.messages.summaries import Figure, FiveNumbers


def figure(value: float, error: float) -> Figure:
    return Figure(value=value, low=value - 1.96 * error, high=value + 1.96 * error, base=500)


def numbers(*values: float, error: float = 2.0) -> FiveNumbers:
    named = dict(zip(FIGURE_NAMES, [figure(value, error) for value in values], strict=True))
    return FiveNumbers(visit_count=500, left_out_count=10, pauses=None, **named)


QUIET = numbers(70, 40, 15, 30, 55)


def test_a_clear_fall_is_said_with_its_interval() -> None:
    change = compare(QUIET, numbers(70, 20, 15, 30, 55))
    assert change.foremost is not None
    assert change.foremost.name == "talk_overs_per_100_min"
    assert change.foremost.difference == -20
    assert change.foremost.low < -20 < change.foremost.high < 0


def test_nothing_changed_is_said_too() -> None:
    change = compare(QUIET, numbers(71, 42, 14, 31, 54))
    assert change.foremost is None
    assert len(change.figures) == len(FIGURE_NAMES)


def test_one_figure_outside_its_own_interval_is_no_change_among_five() -> None:
    change = compare(QUIET, numbers(76.2, 40, 15, 30, 55))
    assert change.figures[0].low > 0
    assert change.foremost is None


def test_a_figure_that_one_side_lacks_is_not_compared() -> None:
    lacks = FiveNumbers(
        visit_count=500,
        left_out_count=0,
        openings_let_finish_percent=None,
        talk_overs_per_100_min=figure(40, 2),
        cut_offs_per_100_min=None,
        customer_talk_percent=None,
        pauses=None,
    )
    assert [one.name for one in compare(QUIET, lacks).figures] == ["talk_overs_per_100_min"]
    assert compare(lacks, numbers(0, 0, 0, 0, 0, error=0)).foremost is not None
    assert Change(()).foremost is None


def test_quiet_weeks_stay_quiet() -> None:
    rng = np.random.default_rng(7)
    base = np.array([70, 40, 15, 30, 55])
    false = sum(
        compare(numbers(*rng.normal(base, 2.0)), numbers(*rng.normal(base, 2.0))).foremost is not None
        for _ in range(3000)
    )
    assert false / 3000 < 0.016


def test_weeks_to_see_a_tenth_are_those_that_do_it() -> None:
    rng = np.random.default_rng(3)
    weeks = weeks_to_see(figure(40, 4.0), weeks=1)
    assert weeks is not None
    error = 4.0 / weeks**0.5
    differences = rng.normal(4.0, error * 2**0.5, 4000)
    assert 0.78 < np.mean(differences > 1.96 * error * 2**0.5) < 0.85


def test_a_surer_figure_needs_fewer_weeks() -> None:
    assert weeks_to_see(figure(40, 1.0), weeks=4) == 4
    assert weeks_to_see(figure(40, 0.1), weeks=1) == 1
    assert weeks_to_see(figure(0, 1.0), weeks=4) is None


def test_what_stands_moves_by_halves_of_its_interval() -> None:
    assert move_to_see(figure(40, 1.0), stands=4.0) == pytest.approx(4 * 1.96 / 40)
    assert move_to_see(figure(0, 1.0), stands=4.0) is None
