"""Takes the pictures of manager.md: the pages of a simulated year, at three widths, light and dark.

One rule: what they show is told by the real program of a year that it simulated; nobody's counter, and nothing drawn by
hand.

    .venv/bin/counterpoint fleet simulate --store year.db --counters 60 --until 2026-W46
    .venv/bin/python tests/fleet_pictures.py year.db      makes device/docs/fleet-*.webp anew

It needs Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from browser import Browser, chromium
from counterpoint.fleet.access.sessions import cookie_name
from counterpoint.fleet.store.opening import Store, open_store
from fleet_served import TODAY, Served, served

DOCS: Final = Path(__file__).parents[1] / "device/docs"
TALLEST: Final = 1500


@dataclass(frozen=True)
class Picture:
    """One picture: its name, the page, how wide, in which light."""

    name: str
    path: str
    width: int
    dark: bool = False

    @property
    def file(self) -> Path:
        return DOCS / f"fleet-{self.name}.webp"


PICTURES: Final = (
    Picture("overview", "/?site={site}&weeks=13", 1440),
    Picture("overview_768", "/?site={site}&weeks=13", 768, dark=True),
    Picture("overview_360", "/?site={site}&weeks=13", 360),
    Picture("hours", "/hours?site={site}", 1440),
    Picture("trends", "/trends?site={site}&span=52", 1440, dark=True),
    Picture("report", "/report?site={site}", 1440),
    Picture("privacy", "/privacy", 1440),
)


def main() -> None:
    store = open_store(sys.argv[1])
    site = most_told(store)
    with tempfile.TemporaryDirectory() as name, served(Path(name), store=store, today=TODAY) as house:
        cookie = house.cookie("Anna", roles=("manager",))
        with chromium(Path(name)) as browser:
            for picture in PICTURES:
                take(browser, house, cookie, picture, site)
                print(picture.file.name, picture.file.stat().st_size)


def most_told(store: Store) -> str:
    """The site with hours that were told and the most notes and runs: there is most to see."""
    with store.reading() as reading:
        told = {
            hours.site
            for site in reading.sites()
            for hours in reading.hours([site.code], "2026-W01", "2026-W53")
            if any(cell.numbers for cell in hours.cells)
        }
        runs = {code: len(reading.periods([code], "2025-W47", "2026-W46")) for code in sorted(told)}
        return max(runs, key=lambda code: (runs[code], len(reading.annotations([code], "2025-W47", "2026-W46"))))


def take(browser: Browser, house: Served, cookie: str, picture: Picture, site: str) -> None:
    with browser.tab(f"{house.address}/static/x/mark.svg", width=picture.width, dark=picture.dark) as tab:
        tab.send("Network.setCookie", name=cookie_name(secure=False), value=cookie, url=house.address)
        tab.send("Emulation.setScrollbarsHidden", hidden=True)
        tab.send("Page.navigate", url=house.address + picture.path.format(site=site))
        tab.wait("document.querySelector('main h1') && document.readyState === 'complete'")
        height = int(tab.run("document.documentElement.scrollHeight"))
        tab.size(picture.width, min(height, TALLEST))
        tab.picture(picture.file, quality=60)


if __name__ == "__main__":
    main()
