"""Takes the pictures of manager.md: the pages at three widths, light and dark.

One rule: they are the real pages on the summaries of invented places that the tests use too; the guide says so.

    .venv/bin/python tests/fleet_pictures.py      makes device/docs/fleet-*.webp anew

It needs Chromium.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from browser import Browser, chromium
from counterpoint.fleet.access.sessions import cookie_name
from fleet_served import Served, fill, served

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
    Picture("overview", "/?site=aarau", 1440),
    Picture("overview_768", "/?site=aarau", 768, dark=True),
    Picture("overview_360", "/?site=aarau", 360),
    Picture("hours", "/hours?site=aarau", 1440),
    Picture("trends", "/trends?site=aarau&span=52", 1440, dark=True),
    Picture("report", "/report?site=aarau", 1440),
    Picture("privacy", "/privacy", 1440),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as house:
        fill(house.store)
        cookie = house.cookie("Anna", roles=("manager",))
        with chromium(Path(name)) as browser:
            for picture in PICTURES:
                take(browser, house, cookie, picture)
                print(picture.file.name, picture.file.stat().st_size)


def take(browser: Browser, house: Served, cookie: str, picture: Picture) -> None:
    with browser.tab(f"{house.address}/static/x/mark.svg", width=picture.width, dark=picture.dark) as tab:
        tab.send("Network.setCookie", name=cookie_name(secure=False), value=cookie, url=house.address)
        tab.send("Emulation.setScrollbarsHidden", hidden=True)
        tab.send("Page.navigate", url=house.address + picture.path)
        tab.wait("document.querySelector('main h1') && document.readyState === 'complete'")
        height = int(tab.run("document.documentElement.scrollHeight"))
        tab.size(picture.width, min(height, TALLEST))
        tab.picture(picture.file, quality=60)


if __name__ == "__main__":
    main()
