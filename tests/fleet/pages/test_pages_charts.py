"""The drawings: they stretch, they show gaps as gaps, and nothing in them is taken for markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.fleet.pages.charts.hours_grid import Cell, hours_grid, shades
from counterpoint.fleet.pages.charts.pauses import pauses
from counterpoint.fleet.pages.charts.range_dot import range_dot
from counterpoint.fleet.pages.charts.scale import fitting
from counterpoint.fleet.pages.charts.sparkline import line_through, sparkline
from counterpoint.fleet.pages.charts.trend import Mark, Point, Tick, trend
from site_summaries import figure

NUMBERS = st.floats(0, 10_000, allow_nan=False)


def drawn(markup: str) -> ET.Element:
    return ET.fromstring(markup)  # noqa: S314 - our own drawing


def points(*values: float | None) -> list[Point]:
    count = len(values)
    found = []
    for at, value in enumerate(values):
        low, high = (None, None) if value is None else (value - 1, value + 1)
        found.append(Point(at / count, (at + 1) / count, value, low, high, f"week {at}"))
    return found


def plain(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}"


@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_a_scale_holds_all_its_values_and_has_few_round_ticks(values: list[float]) -> None:
    scale = fitting(values, floor=0)
    assert scale.low <= min(values) + 1e-6
    assert scale.high >= max(values) - 1e-6
    assert 2 <= len(scale.ticks) <= 7
    assert all(0 <= scale.share(value) <= 1 for value in values)
    assert list(scale.ticks) == sorted(scale.ticks)


def test_a_share_never_gets_an_axis_beyond_what_there_can_be() -> None:
    scale = fitting([97.0, 99.5], floor=0, ceiling=100)
    assert scale.high == 100
    assert fitting([0.0, 0.4], floor=0).low == 0


def test_a_trend_of_shares_ends_at_a_hundred() -> None:
    wide = [Point(0, 1, 78.0, 38.0, 100.0, "wide")]
    assert ">150<" in trend("label", wide, [], [], plain)
    assert ">100<" in (ended := trend("label", wide, [], [], plain, ceiling=100.0))
    assert ">150<" not in ended


def test_a_gap_lifts_the_pen() -> None:
    assert line_through([(0, 0), None, (1, 1)]) == "M0 0M1000 1000"
    assert line_through([(0, 0), (0.5, 0.5), (1, 1)]) == "M0 0L500 500L1000 1000"


def test_the_band_breaks_where_nothing_could_be_told() -> None:
    chart = trend("label", points(10, 11, None, 12, 13), [], [], plain)
    assert len(re.findall('class="band"', chart)) == 2
    assert len(re.findall('class="hit"', chart)) == 5


def test_a_chart_without_any_figure_is_no_chart() -> None:
    assert trend("label", points(None, None), [], [], plain) == ""
    assert sparkline("label", [None]) == ""


def test_places_across_are_shares_of_the_width() -> None:
    """So that a drawing fits a phone and a wall without a script."""
    chart = drawn(trend("label", points(1, 2, 3), [Tick(0.5, "May")], [Mark(0.25, 1)], plain))
    for element in chart.iter():
        for name in ("x", "x1", "x2", "cx", "width"):
            value = element.get(name)
            assert value is None or value == "0" or value.endswith("%"), (element.tag, name, value)


@pytest.mark.parametrize("text", ['<script>alert("x")</script>', "a & b", '"onload="x'])
def test_what_people_wrote_stays_text(text: str) -> None:
    chart = trend(text, points(1, 2), [Tick(0.5, text)], [], plain)
    assert drawn(chart).get("aria-label") == text
    assert "<script" not in chart


def test_now_and_before_differ_in_shape_and_not_only_in_colour() -> None:
    scale = fitting([60.0, 80.0])
    chart = drawn(range_dot("label", scale, figure(72, 3), figure(70, 3)))
    rows = {element.get("class"): element for element in chart.iter() if "dot" in element.get("class", "")}
    now, before = rows["dot now"], rows["dot before"]
    assert now.get("cy") != before.get("cy")
    assert now.get("r") != before.get("r")


def test_pauses_have_a_bar_each_and_a_line_for_before() -> None:
    chart = pauses("label", ["a", "b", "c"], [20, 50, 30], [25, 45, 30])
    assert chart.count('class="bar"') == chart.count('class="then"') == 3
    assert pauses("label", ["a"], [0], None).count('class="then"') == 0


def test_hours_that_were_told_together_are_one_cell_with_one_number() -> None:
    together = Cell((0, 1, 2, 4), (3,), "71", 3, "Monday to Wednesday and Friday, evening")
    chart = drawn(hours_grid("label", list("MTWTFSS"), list("abcd"), [together]))
    cells = [element for element in chart.iter() if "cell" in element.get("class", "")]
    assert len(cells) == 2  # two places that touch each other not
    assert all("pooled" in cell.get("class", "") for cell in cells)
    assert {cell[2].text for cell in cells} == {"71"}


def test_shades_span_the_places_own_range() -> None:
    assert shades([10.0, 20.0, None, 15.0]) == [1, 5, 3, 3]
    assert shades([7.0, 7.0]) == [3, 3]
    assert shades([]) == []
