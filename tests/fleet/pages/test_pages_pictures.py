"""The manager's guide shows every picture of the pages, and says what the calculator says."""

from __future__ import annotations

import re

from counterpoint.disclosure.calculator import CLOSING_DAYS, Place, foresee
from counterpoint.disclosure.sites import SiteRules
from fleet_pictures import DOCS, PICTURES

LARGEST_PICTURE = 150_000


def test_the_guide_shows_every_picture_and_each_is_small() -> None:
    guide = (DOCS / "manager.md").read_text()
    shown = set(re.findall(r"\((fleet-\w+\.webp)\)", guide))
    assert shown == {picture.file.name for picture in PICTURES}
    for picture in PICTURES:
        assert picture.file.read_bytes()[8:12] == b"WEBP"
        assert picture.file.stat().st_size < LARGEST_PICTURE


def test_the_guides_table_is_the_calculators() -> None:
    rows = re.findall(r"^\| (\d+) \| .*$", (DOCS / "manager.md").read_text(), re.MULTILINE)
    assert len(rows) >= 6
    for counters in map(int, rows):
        assert _row(counters) in (DOCS / "manager.md").read_text()


def _row(counters: int) -> str:
    seen = foresee(Place(people=3 * counters + 3, counters=counters, visits_a_day=54 * counters), SiteRules())
    assert seen.weeks is not None
    assert seen.first_after_days is not None
    first, every = (_weeks((seen.first_after_days - CLOSING_DAYS) // 7), _weeks(seen.weeks).removeprefix("1 "))
    then = f"every {every}, whether they still stand" if seen.stands else f"anew every {every}"
    hours = "yes" if seen.hours_told else "no"
    return f"| {counters} | {first} | {then} | {seen.blur_percent} % | {seen.change_seen_percent} % | {hours} |"


def _weeks(count: int) -> str:
    return f"{count} week" if count == 1 else f"{count} weeks"
