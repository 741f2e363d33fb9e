"""Takes the pictures of manager.md: the pages at three widths, light and dark.

One rule: they are the real pages on the year that `counterpoint fleet simulate --counters 40` makes, through the real
filter, looked at on the Monday after it; which place is shown follows from what was told, not from a name. The same
code gives the same pictures.

    .venv/bin/python tests/fleet_pictures.py      makes device/docs/fleet-*.webp anew, in about two minutes

It needs Chromium.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from browser import Browser, chromium
from counterpoint.fleet.access.sessions import cookie_name
from counterpoint.fleet.pages.hours import hours, last_told
from counterpoint.fleet.pages.language import language
from counterpoint.fleet.pages.measures import MEASURES
from counterpoint.fleet.simulation.seasons import Week
from counterpoint.fleet.simulation.year import YearPlan
from fleet_served import Served, served
from fleet_year import year_in

if TYPE_CHECKING:
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.reading import Reading

DOCS: Final = Path(__file__).parents[1] / "device/docs"
TALLEST: Final = 1500
YEAR: Final = YearPlan(counters=40, weeks=52, last=Week(date(2026, 11, 9)), seed=1)
MONDAY: Final = date(2026, 11, 23)
ENGLISH: Final = language("en")
EVER: Final = ("2025-W01", "2026-W53")


@dataclass(frozen=True)
class Picture:
    """One picture: its name, the page, how wide, in which light; {shown}, {by_hours} are places, {number} a number."""

    name: str
    path: str
    width: int
    dark: bool = False
    tallest: int = TALLEST

    @property
    def file(self) -> Path:
        return DOCS / f"fleet-{self.name}.webp"


PICTURES: Final = (
    Picture("overview", "/?site=all", 1440),
    Picture("overview_768", "/?site=all", 768, dark=True),
    Picture("overview_360", "/?site=all", 360),
    Picture("hours", "/hours?site={by_hours}&number={number}", 1440),
    Picture("trends", "/trends?site={shown}&span=52", 1440, dark=True, tallest=2200),
    Picture("report", "/report?site={shown}", 1440),
    Picture("privacy", "/privacy", 1440),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        store = year_in(Path(name) / "year.db", YEAR)
        places = choose(store)
        with served(Path(name), today=MONDAY, store=store) as house, chromium(Path(name)) as browser:
            cookie = house.cookie("Anna", roles=("manager",))
            for picture in PICTURES:
                take(browser, house, cookie, picture.path.format(**places), picture)
                print(picture.file.name, picture.path.format(**places), picture.file.stat().st_size)


def choose(store: Store) -> dict[str, str]:
    """The places that have most to show: numbers with notes and figures of their own, and parts of the week."""
    with store.reading() as reading:
        codes = [site.code for site in reading.sites()]
        shown = max(codes, key=lambda code: _richness(reading, code))
        told = {code: last for code in codes if (last := last_told(reading.hours([code], *EVER)))}
    by_hours = max(told, key=lambda code: (told[code].first_week, len(told[code].cells)))
    differ = [name for name, measure in MEASURES.items() if hours(ENGLISH, told[by_hours], measure).differs]
    return {"shown": shown, "by_hours": by_hours, "number": next(iter(differ or MEASURES))}


def _richness(reading: Reading, code: str) -> tuple[bool, bool, int, int]:
    """Told to the last, with notes of its own; then how often it was told anew, and how many counters it has."""
    runs = reading.periods([code], *EVER)
    own = [note for note in reading.annotations([code], *EVER) if note.site == code]
    told = [run for run in runs if run.numbers and not run.held_since]
    return bool(runs[-1].numbers), bool(own) and bool(reading.facts([code], *EVER)), len(told), runs[-1].counter_count


def take(browser: Browser, house: Served, cookie: str, path: str, picture: Picture) -> None:
    with browser.tab(f"{house.address}/static/x/mark.svg", width=picture.width, dark=picture.dark) as tab:
        tab.send("Network.setCookie", name=cookie_name(secure=False), value=cookie, url=house.address)
        tab.send("Emulation.setScrollbarsHidden", hidden=True)
        tab.send("Page.navigate", url=house.address + path)
        tab.wait("document.querySelector('main h1') && document.readyState === 'complete'")
        height = int(tab.run("document.documentElement.scrollHeight"))
        tab.size(picture.width, min(height, picture.tallest))
        tab.picture(picture.file, quality=60)


if __name__ == "__main__":
    main()
