"""A site's numbers: near the truth, within their intervals, and moved little by any one stretch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from counterpoint.disclosure.site_numbers import NumbersOf, Softness
from counterpoint.disclosure.sums import Told, sums_of
from rosters import draw_place, site_windows
from summaries_made import told_windows

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN = Softness(blur=0.0, count_blur=0.0)
BLURRED = Softness(blur=0.1, count_blur=0.02)


def numbers(windows: Sequence[Told], softness: Softness = PLAIN) -> NumbersOf:
    return NumbersOf(sums_of(windows, 0.5), softness)


def some(seed: int, weeks: int = 4, worst: float = 1.0) -> list[Told]:
    rng = np.random.default_rng(seed)
    return told_windows(site_windows(draw_place(3, "rotating", weeks, rng, worst=worst), rng, week_sd=0.0))


def test_without_blur_a_percentage_is_that_of_the_windows() -> None:
    windows = some(1)
    finished = sum(each.statistics.visit_count * (each.statistics.opening_let_finish_percent or 0) for each in windows)
    visits = sum(each.statistics.visit_count for each in windows)
    figure = numbers(windows).five().openings_let_finish_percent
    assert figure is not None
    assert abs(figure.value - finished / visits) < 2
    assert numbers(windows).five().visit_count == visits


def test_rare_events_rounded_to_5_are_still_counted() -> None:
    windows = some(3, weeks=12)
    counted = sum(each.statistics.cut_off_count for each in windows)
    minutes = sum(each.statistics.customer_talk_s for each in windows) / 60
    figure = numbers(windows).five().cut_offs_per_100_min
    assert figure is not None
    assert abs(figure.value - 100 * counted / minutes) < 0.1 * figure.value


def test_the_same_windows_give_the_same_numbers() -> None:
    windows = some(1)
    assert numbers(windows, BLURRED).five() == numbers(windows[::-1], BLURRED).five()


def test_one_wild_stretch_moves_a_number_by_less_than_its_bound() -> None:
    windows = some(2)
    wild = [
        Told(
            each.id,
            each.device,
            each.start_s,
            each.end_s,
            each.day,
            msgspec.structs.replace(each.statistics, talk_over_count=500),
        )
        if at < 2
        else each
        for at, each in enumerate(windows)
    ]
    calm, moved = (numbers(each).five().talk_overs_per_100_min for each in (windows, wild))
    assert calm is not None
    assert moved is not None
    assert abs(moved.value - calm.value) < 0.02 * calm.value


def test_nineteen_of_twenty_intervals_hold_with_blur_and_rounding() -> None:
    held = 0
    for seed in range(60):
        windows = some(seed)
        plain = numbers(windows).five().customer_talk_percent
        blurred = numbers(windows, BLURRED).five().customer_talk_percent
        assert plain is not None
        assert blurred is not None
        held += blurred.low <= plain.value <= blurred.high
    assert held >= 55


def test_words_that_were_unknown_give_no_acts() -> None:
    assert numbers(some(1)).acts() is None


def test_acts_are_shares_of_visits() -> None:
    windows = [
        Told(
            each.id,
            each.device,
            each.start_s,
            each.end_s,
            each.day,
            msgspec.structs.replace(each.statistics, act_visits_percent={"promise": 40}),
        )
        for each in some(1)
    ]
    acts = numbers(windows).acts()
    assert acts is not None
    assert (acts["promise"], acts["empathy"]) == (40, 0)


def test_three_days_are_too_few_for_a_figure() -> None:
    first = min(each.day for each in some(1))
    windows = [each for each in some(1) if each.day <= first + 2]
    told = numbers(windows).five()
    assert told.talk_overs_per_100_min is None
    assert told.pauses is None
