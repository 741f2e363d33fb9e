"""A site's own figures out of a CSV as spreadsheets write it; one rule: a line that is not sure is told, never guessed.

A first line with column names, then a line a day or a week. Comma, semicolon or tab; decimal point or comma; UTF-8,
UTF-16 or Windows-1252. Days become weeks: visitors add up, waiting and satisfaction are means, weighted by visitors
where every day of the week says how many came.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

from counterpoint.fleet.store.weeks import monday, week_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Kind = Literal["visitors", "waiting_min", "satisfaction"]
KINDS: Final[tuple[Kind, ...]] = ("visitors", "waiting_min", "satisfaction")
LARGEST: Final[dict[Kind, float]] = {"visitors": 1_000_000.0, "waiting_min": 1440.0, "satisfaction": 100.0}
"""Visitors in a day, minutes of a day, and any scale up to a hundred."""
WEEKS_DAYS: Final = 7
NAMES: Final[dict[str, str]] = {
    "date": "date", "day": "date", "datum": "date", "tag": "date",
    "week": "week", "woche": "week", "kalenderwoche": "week",
    "visitors": "visitors", "besucher": "visitors", "besuche": "visitors", "kunden": "visitors",
    "waiting_min": "waiting_min", "waiting": "waiting_min", "waiting time (min)": "waiting_min",
    "wartezeit": "waiting_min", "wartezeit_min": "waiting_min", "wartezeit (min)": "waiting_min",
    "satisfaction": "satisfaction", "zufriedenheit": "satisfaction",
}  # fmt: skip
WHEN: Final = ("date", "week")
MOST_LINES: Final = 4_000
"""Ten years of days."""
MOST_TOLD: Final = 20
SHOWN: Final = 40
"""Characters of a value that a mistake shows."""
EARLIEST: Final = date(2000, 1, 1)
ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00(?::00)?)?")
GERMAN_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
WEEK: Final = re.compile(r"\d{4}-W\d{2}")
GROUPED: Final = re.compile(r"\d{1,3}(?:([.,'\u2019\u00a0\u202f ])\d{3})(?:\1\d{3})*")
DECIMAL: Final = re.compile(r"\d{1,9}(?:[.,]\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong on a line: `reason` is its text's name under `facts.` in the texts, `value` what stands there."""

    line: int
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class FactsFile:
    """What a file says: figures by week and kind, how many lines, and every mistake (`more` of them not listed).

    Where there is a mistake nothing may be kept. `early` lines were left out: their week is not over yet.
    """

    weeks: Mapping[str, Mapping[Kind, float]] = field(default_factory=dict)
    lines: int = 0
    early: int = 0
    mistakes: tuple[Mistake, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    week: str
    when: str
    values: Mapping[Kind, float]


class _Wrong(Exception):  # noqa: N818 - never leaves this module: it becomes a Mistake
    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value[:SHOWN]


def read_facts(content: bytes, today: date) -> FactsFile:
    """Read a file; days to come are mistakes too, and days of this week are left out."""
    try:
        text = _text(content)
        columns, lines = _table(text)
    except _Wrong as wrong:
        return FactsFile(mistakes=(Mistake(1, wrong.reason, wrong.value),))
    rows: list[_Row] = []
    mistakes: list[Mistake] = []
    seen: dict[str, int] = {}
    for number, cells in lines:
        try:
            row = _row(number, columns, cells, today)
            if row.when in seen:
                raise _Wrong("twice", f"{row.when} ({seen[row.when]})")  # noqa: TRY301 - said where every other mistake is
            seen[row.when] = number
            rows.append(row)
        except _Wrong as wrong:
            mistakes.append(Mistake(number, wrong.reason, wrong.value))
    if not rows and not mistakes:
        mistakes.append(Mistake(2, "empty"))
    told = [row for row in rows if row.week < week_of(today)]
    early = len(rows) - len(told)
    return FactsFile(_by_week(told), len(told), early, tuple(mistakes[:MOST_TOLD]), max(0, len(mistakes) - MOST_TOLD))


def write_facts(facts: FactsFile) -> str:
    """The figures by week as the same kind of file: what a preview hands on to be kept."""
    lines = [",".join(("week", *KINDS))]
    for week in sorted(facts.weeks):
        values = facts.weeks[week]
        lines.append(",".join((week, *(f"{values[kind]:.10g}" if kind in values else "" for kind in KINDS))))
    return "\n".join([*lines, ""])


def _text(content: bytes) -> str:
    if content[:2] == b"PK" or content[:4] == b"\xd0\xcf\x11\xe0":
        raise _Wrong("workbook")
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise _Wrong("no_text")
        return text
    raise _Wrong("no_text")


def _table(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The columns by our names ("" for a strange one), and the lines with something in them."""
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r"sep=(.)\r?", first, re.IGNORECASE)
    skipped = 1 if told else 0
    body = rest if told else text
    delimiter = told[1] if told else _delimiter(body.partition("\n")[0])
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num + skipped, cells))
            if len(rows) > MOST_LINES:
                raise _Wrong("many_lines")
    except csv.Error as error:
        raise _Wrong("no_text") from error
    if not rows:
        raise _Wrong("empty")
    return _columns(rows[0][1]), rows[1:]


def _delimiter(header: str) -> str:
    return max(";\t,", key=header.count)


def _columns(header: Sequence[str]) -> list[str]:
    columns = [NAMES.get(" ".join(cell.split()).lower(), "") for cell in header]
    named = [column for column in columns if column]
    if len(set(named)) < len(named):
        raise _Wrong("column_twice", " ".join(header))
    if len([column for column in named if column in WHEN]) != 1:
        raise _Wrong("no_time", " ".join(header))
    if not set(named) & set(KINDS):
        raise _Wrong("no_kind", " ".join(header))
    return columns


def _row(number: int, columns: Sequence[str], cells: Sequence[str], today: date) -> _Row:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        raise _Wrong("cells", cells[len(columns)])
    said = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column}
    when, week = _when(said, today)
    days = WEEKS_DAYS if "week" in said else 1
    values = {kind: _value(kind, said[kind], days) for kind in KINDS if said.get(kind)}
    if not values:
        raise _Wrong("nothing", when)
    return _Row(number, week, when, values)


def _when(said: Mapping[str, str], today: date) -> tuple[str, str]:
    """The day or week as text, and the week it lies in."""
    if "week" in said:
        week = said["week"].upper()
        if not WEEK.fullmatch(week) or not _is_week(week):
            raise _Wrong("week", said["week"])
        if not monday(week) >= EARLIEST or week >= week_of(today):
            raise _Wrong("time", said["week"])
        return week, week
    day = _day(said.get("date", ""))
    if not EARLIEST <= day <= today:
        raise _Wrong("time", day.isoformat())
    return day.isoformat(), week_of(day)


def _is_week(week: str) -> bool:
    try:
        return week_of(monday(week)) == week
    except ValueError:
        return False


def _day(text: str) -> date:
    iso, german = ISO_DAY.fullmatch(text), GERMAN_DAY.fullmatch(text)
    parts = iso.groups() if iso else german.groups()[::-1] if german else None
    if parts is None:
        raise _Wrong("date", text)
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError as error:
        raise _Wrong("date", text) from error


def _value(kind: Kind, text: str, days: int) -> float:
    plain = text.isascii() or GROUPED.fullmatch(text) is not None
    if plain and kind == "visitors" and GROUPED.fullmatch(text):
        text = re.sub(r"\D", "", text)  # nobody is a thousandth of a visitor: the mark groups thousands
    if not plain or not DECIMAL.fullmatch(text):
        raise _Wrong("number", text)
    value = float(text.replace(",", "."))
    if kind == "visitors" and not value.is_integer():
        raise _Wrong("whole", text)
    if value > LARGEST[kind] * (days if kind == "visitors" else 1):
        raise _Wrong(f"large_{kind}", text)
    return value


def _by_week(rows: Sequence[_Row]) -> dict[str, dict[Kind, float]]:
    weeks: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        weeks[row.week].append(row)
    return {week: dict(_sums(days)) for week, days in sorted(weeks.items())}


def _sums(days: Sequence[_Row]) -> Iterator[tuple[Kind, float]]:
    for kind in KINDS:
        said = [row.values for row in days if kind in row.values]
        if not said:
            continue
        if kind == "visitors":
            yield kind, sum(values[kind] for values in said)
            continue
        weights = [values.get("visitors", 0.0) for values in said]
        weights = weights if all(weights) else [1.0] * len(said)
        mean = sum(values[kind] * weight for values, weight in zip(said, weights, strict=True)) / sum(weights)
        yield kind, round(mean, 2)
