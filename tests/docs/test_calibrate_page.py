"""The page about calibrating says what the program says, and its figures are those of today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from counterpoint.care import calibrating
from counterpoint.care.contradictions import CLOSEST_DEG
from counterpoint.edge.pins import VERY_LONG_S
from counterpoint.hearing.geometry import BUILT_IN
from two_talkers import off_by

PAGE = (Path(__file__).parents[2] / "device/docs/calibrate.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+) \| ([+-][\d.]+), ([+-][\d.]+) \| ([+-][\d.]+), ([+-][\d.]+) \|$", re.MULTILINE)


def test_the_times_are_the_programs() -> None:
    assert VERY_LONG_S == (10.0, 15.0)
    assert (calibrating.SPEECH_S, calibrating.LONGEST_S) == (4.0, 12.0)
    assert CLOSEST_DEG == 60
    for words in ("10 seconds and let go before 15", "four seconds of speech", "after twelve", "at least 60 degrees"):
        assert words in PAGE


@pytest.mark.parametrize("row", [ROW.findall(PAGE)[0], ROW.findall(PAGE)[-1]], ids=lambda row: f"offset {row[0]}")
def test_the_figures_of_the_table_are_of_today(row: tuple[str, ...]) -> None:
    offset, *shown = map(float, row)
    now = [
        *off_by(BUILT_IN["respeaker-xvf3800"], offset, 180 - offset),
        *off_by(BUILT_IN["respeaker-usb-v2"], offset, 180 - offset),
    ]
    assert now == pytest.approx(shown, abs=0.3)
