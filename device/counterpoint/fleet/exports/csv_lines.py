"""Rows as CSV that any spreadsheet opens rightly; one rule: no cell of ours can begin a formula.

UTF-8 with its mark, since spreadsheets take it for Windows-1252 otherwise. Two forms: comma with a decimal point, and
semicolon with a decimal comma, as many countries' spreadsheets want it.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from counterpoint.fleet.exports.columns import Cell

BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""And their full-width forms, which some spreadsheets take for the same."""
GUARD: Final = "'"
MARK: Final = "\ufeff"


def csv_lines(rows: Iterable[Iterable[Cell]], *, decimal_comma: bool) -> str:
    """Some rows as text, lines ended as RFC 4180 says; the file's mark is the caller's."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";" if decimal_comma else ",", lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(value, decimal_comma=decimal_comma) for value in row])
    return written.getvalue()


def _cell(value: Cell, *, decimal_comma: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return GUARD + value if value.lstrip(" \u00a0").startswith(BEGINS_FORMULA) else value
    number = f"{value:.10g}"
    return number.replace(".", ",") if decimal_comma else number
