"""A site's own figures out of a CSV, as spreadsheets of several countries write it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.fleet.notes.facts_file import MOST_LINES, MOST_TOLD, read_facts, write_facts

TODAY = date(2026, 11, 23)  # a Monday


def weeks(text: str, encoding: str = "utf-8") -> dict[str, dict[str, float]]:
    read = read_facts(text.encode(encoding), TODAY)
    assert read.mistakes == ()
    return {week: {str(kind): value for kind, value in said.items()} for week, said in read.weeks.items()}


def mistakes(text: str | bytes) -> list[tuple[int, str]]:
    read = read_facts(text if isinstance(text, bytes) else text.encode(), TODAY)
    return [(mistake.line, mistake.reason) for mistake in read.mistakes]


def test_weeks_are_taken_as_they_are() -> None:
    said = weeks("week,visitors,waiting_min,satisfaction\n2026-W40,1204,6.5,82\n2026-W41,1190,,\n")
    assert said == {
        "2026-W40": {"visitors": 1204, "waiting_min": 6.5, "satisfaction": 82},
        "2026-W41": {"visitors": 1190},
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_german_spreadsheet_in_each_of_its_encodings(encoding: str, ends: str) -> None:
    text = ends.join(
        ["Datum;Besucher;Wartezeit (min);Größe", "05.10.2026;1.231;6,5;ü", "06.10.2026;198;4;ä", ";;;", ""]
    )
    said = weeks(text, encoding)
    assert said == {"2026-W41": {"visitors": 1429, "waiting_min": round((6.5 * 1231 + 4 * 198) / 1429, 2)}}


def test_what_the_preview_shows_can_be_kept_however_many_came() -> None:
    days = "".join(f"2026-10-{day:02d},1000000,6,80\n" for day in range(5, 12))
    shown = read_facts(f"date,visitors,waiting_min,satisfaction\n{days}".encode(), TODAY)
    assert shown.weeks["2026-W41"]["visitors"] == 7_000_000
    assert read_facts(write_facts(shown).encode(), TODAY).weeks == shown.weeks
    assert mistakes("week,visitors\n2026-W41,7000001\n") == [(2, "large_visitors")]
    assert mistakes("date,visitors\n2026-10-05,1000001\n") == [(2, "large_visitors")]
    assert mistakes("week,waiting_min\n2026-W41,1441\n") == [(2, "large_waiting_min")]


def test_excels_own_first_line_names_the_delimiter() -> None:
    assert weeks("sep=\t\nweek\tvisitors\n2026-W40\t5\n") == {"2026-W40": {"visitors": 5}}
    assert mistakes("sep=;\nweek;visitors\n2026-W40;x\n") == [(3, "number")]


def test_quoted_decimal_commas_in_a_file_with_commas() -> None:
    assert weeks('date,waiting_min\n2026-10-05 00:00:00,"6,5"\n') == {"2026-W41": {"waiting_min": 6.5}}


def test_means_are_plain_where_a_day_does_not_say_how_many_came() -> None:
    text = "date,visitors,satisfaction\n2026-10-05,100,80\n2026-10-06,,60\n"
    assert weeks(text) == {"2026-W41": {"visitors": 100, "satisfaction": 70}}


def test_days_of_this_week_are_left_out_and_counted() -> None:
    read = read_facts(b"date,visitors\n2026-11-22,5\n2026-11-23,9\n", TODAY)
    assert (dict(read.weeks), read.lines, read.early, read.mistakes) == ({"2026-W47": {"visitors": 5}}, 1, 1, ())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("5/3/2026,4", "date"),
        ("03.05.26,4", "date"),
        ("2026-02-30,4", "date"),
        ("31.11.2026,4", "date"),
        (",4", "date"),
        ("1999-12-31,4", "time"),
        ("2026-11-24,4", "time"),
        ("2026-10-05,-4", "number"),
        ("2026-10-05,4 people", "number"),
        ("2026-10-05,#DIV/0!", "number"),
        ("2026-10-05,1e5", "number"),
        ("2026-10-05,nan", "number"),
        ("2026-10-05,٤", "number"),
        ("2026-10-05,=4", "number"),
        ("2026-10-05,4.5", "whole"),
        ("2026-10-05,1000001", "large_visitors"),
        ("2026-10-05,", "nothing"),
        ("2026-10-05,4,5", "cells"),
        ("2026-10-04,5", "twice"),
    ],
)
def test_a_line_that_is_not_sure_is_told_with_its_number(line: str, reason: str) -> None:
    assert mistakes(f"date,visitors\n2026-10-04,3\n{line}\n") == [(3, reason)]


@pytest.mark.parametrize("week", ["2026-W54", "2026-W00", "2025-W53", "2026W40", "W40", "40"])
def test_a_week_that_there_is_not(week: str) -> None:
    assert mistakes(f"week,visitors\n{week},3\n") == [(2, "week")]


def test_this_week_is_not_over_yet() -> None:
    assert mistakes("week,visitors\n2026-W48,3\n") == [(2, "time")]
    assert mistakes("week,visitors\n2026-W47,3\n") == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n;;\n", "empty"),
        (b"PK\x03\x04 a workbook", "workbook"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "workbook"),
        (b"week,visitors\n2026-W40,\x00", "no_text"),
        (b"\xff\xfew", "no_text"),
        (b"\x81\x8d\x8f\x90", "no_text"),
        (b"visitors\n4\n", "no_time"),
        (b"date,week,visitors\n", "no_time"),
        (b"date,day,visitors\n", "column_twice"),
        (b"date,guests\n", "no_kind"),
        (b'date,visitors\n2026-10-05,"' + b"4" * 200_000, "no_text"),
        (b"date,visitors\n" + b"x,y\n" * (MOST_LINES + 1), "many_lines"),
    ],
)
def test_a_file_that_can_not_be_read_at_all(content: bytes, reason: str) -> None:
    assert mistakes(content) == [(1, reason)]


def test_a_first_line_alone_is_empty() -> None:
    assert mistakes("date,visitors\n") == [(2, "empty")]


def test_only_some_mistakes_are_listed_and_long_values_are_cut() -> None:
    read = read_facts(("date,visitors\n" + f"{'<b>' * 50},1\n" * 50).encode(), TODAY)
    assert (len(read.mistakes), read.more) == (MOST_TOLD, 50 - MOST_TOLD)
    assert all(len(mistake.value) <= 40 for mistake in read.mistakes)


@given(st.binary(max_size=400))
def test_no_bytes_break_it(content: bytes) -> None:
    read = read_facts(content, TODAY)
    assert read.weeks or read.mistakes or read.early


rows = st.dictionaries(
    st.integers(1, 52).map(lambda number: f"2025-W{number:02d}"),
    st.tuples(st.integers(0, 1_000_000), st.floats(0, 1440).map(lambda value: round(value, 2)), st.integers(0, 100)),
    min_size=1,
)


@given(rows)
def test_what_a_preview_hands_on_reads_the_same_again(said: dict[str, tuple[int, float, int]]) -> None:
    lines = [
        f"{week};{visitors};{waiting:.2f};{happy}".replace(".", ",")
        for week, (visitors, waiting, happy) in said.items()
    ]
    first = read_facts("\n".join(["week;visitors;waiting_min;satisfaction", *lines]).encode(), TODAY)
    again = read_facts(write_facts(first).encode(), TODAY)
    assert first.mistakes == ()
    assert again.weeks == first.weeks
