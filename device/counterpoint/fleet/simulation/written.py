"""A year as files: windows as JSON lines, the sites' own facts and the roster as CSV.

One rule: the roster is written where its option says and nowhere else: it is for the attack, and no part of a fleet.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Final

from counterpoint.messages.schemas import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import TextIO

    from counterpoint.fleet.simulation.places import Place
    from counterpoint.fleet.simulation.year import SiteStory, Year

FACTS: Final = ("week", "visitors", "waiting_min")
ROSTER: Final = ("site", "device", "day", "half", "person")


def write_windows(file: TextIO, places: Sequence[Place], told: Iterable[SiteStory]) -> None:
    """Write each window as a line: when it arrived, site, device, and the message as it was sent."""
    for story in told:
        head = {"site": places[story.site].code}
        for each in story.arrived:
            start = json.dumps({"at_s": each.at_s, **head, "device": each.device})
            file.write(f'{start[:-1]}, "window": {encode(each.window).decode()}}}\n')


def write_facts(folder: Path, year: Year, week: int, told: Iterable[SiteStory]) -> None:
    """Write what the sites count themselves in a week: a file a site, as its manager would import it."""
    for story in told:
        if story.site in year.counting_sites:
            path = folder / f"{year.places[story.site].code}.csv"
            with path.open("a", encoding="utf-8") as file:
                rows = csv.writer(file, lineterminator="\n")
                if week == 0:
                    rows.writerow(FACTS)
                rows.writerow((year.weeks[week].name, story.visitors, round(story.wait_min, 1)))


def write_roster(file: TextIO, year: Year, week: int, told: Iterable[SiteStory]) -> None:
    """Write who served where in a week; with the first week the heading. People are numbers within their site."""
    rows = csv.writer(file, lineterminator="\n")
    if week == 0:
        rows.writerow(ROSTER)
    for story in told:
        code = year.places[story.site].code
        rows.writerows((code, shift.device, shift.day, shift.half, shift.person) for shift in story.shifts)
