"""Tables into the marked places of a page; one rule: nothing outside a place is touched.

A place is everything between `<!-- figures NAME -->` and the next `<!-- end -->`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.benchmark.tables import Table

PLACE: Final = re.compile(r"(<!-- figures (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(page: Path, tables: Sequence[Table]) -> None:
    """Put every table into its place; a place whose table was not made keeps what it has."""
    made = {table.name: table.markdown() for table in tables}

    def filled(place: re.Match[str]) -> str:
        return f"{place[1]}{made[place[2]]}\n{place[3]}" if place[2] in made else place[0]

    page.write_text(PLACE.sub(filled, page.read_text(encoding="utf-8")), encoding="utf-8")
