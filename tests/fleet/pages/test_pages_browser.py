"""The pages in a real Chromium: at four widths, by keyboard, without script, on paper, without a shift or an error."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from browser import Browser, Tab, program
from counterpoint.fleet.access.sessions import cookie_name
from counterpoint.fleet.store.rows import Annotation, Fact
from counterpoint.fleet.store.weeks import weeks_later
from counterpoint.messages.summaries import Figure
from fleet_served import Served, served
from site_summaries import LAST_WEEK, ZONE, drawn, numbers, period

PATHS = (
    "/?site=aarau",
    "/hours?site=aarau",
    "/trends?site=aarau&span=52",
    "/listening?site=aarau",
    "/report?site=aarau",
    "/try",
    "/sites",
    "/devices",
    "/privacy",
    "/?site=elm",
    "/?site=davos",
    "/report?site=davos&until=2026-W45",
)
WIDTHS = (360, 768, 1440, 2560)
MOST_SHIFT = 0.02
AXE = os.environ.get("COUNTERPOINT_AXE", "")
WIDE_LETTERS = '* { font-family: "DejaVu Sans" !important; }'
"""What a machine without fonts of its own prints with: the widest letters that are usual."""
WATCH = """
window.shifts = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifts += one.value; })
  .observe({type: "layout-shift", buffered: true});
"""

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(180),
    pytest.mark.skipif(program() is None, reason="needs Chromium"),
]


@contextmanager
def opened(
    browser: Browser, house: Served, path: str, *, width: int = 1440, dark: bool = False, script: bool = True
) -> Iterator[Tab]:
    """A page of somebody who is signed in; at its end it had no problem and asked nobody else."""
    with browser.tab(f"{house.address}/static/x/mark.svg", width=width, height=900, dark=dark) as tab:
        tab.send("Network.setCookie", name=cookie_name(secure=False), value=house.cookie(), url=house.address)
        tab.send("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        tab.send("Emulation.setScrollbarsHidden", hidden=True)
        tab.send("Emulation.setScriptExecutionDisabled", value=not script)
        tab.problems.clear()
        tab.send("Page.navigate", url=house.address + path)
        tab.wait("document.querySelector('main h1') && document.readyState === 'complete'")
        yield tab
        own = [problem for problem in tab.problems if "/favicon.ico" not in problem]  # asked for by the bare picture
        assert own == []
        assert [asked for asked in tab.asked if not asked.startswith(house.address)] == []


@pytest.mark.parametrize("path", PATHS)
def test_no_page_is_wider_than_its_window(browser: Browser, house: Served, path: str) -> None:
    with opened(browser, house, path) as tab:
        for width in WIDTHS:
            tab.size(width, 900)
            assert tab.run("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("path", PATHS)
def test_nothing_moves_while_a_page_comes(browser: Browser, house: Served, path: str) -> None:
    with opened(browser, house, path, width=360) as tab:
        assert tab.run("window.shifts") < MOST_SHIFT


def test_the_keyboard_reaches_the_content_first(browser: Browser, house: Served) -> None:
    with opened(browser, house, "/?site=aarau") as tab:
        tab.press("Tab")
        assert tab.run("document.activeElement.className") == "skip"
        tab.press("Enter")
        tab.wait("document.activeElement.id === 'main'")


def test_on_a_phone_the_menu_opens_without_script(browser: Browser, house: Served) -> None:
    with opened(browser, house, "/?site=aarau", width=360, script=False) as tab:
        assert not tab.run("document.querySelector('#menu').checkVisibility()")
        tab.click(".menu-button")
        tab.wait("document.querySelector('#menu').checkVisibility()")
        tab.press("Escape")
        tab.wait("!document.querySelector('#menu').checkVisibility()")


def test_a_choice_is_sent_by_its_button_without_script(browser: Browser, house: Served) -> None:
    with opened(browser, house, "/?site=aarau", script=False) as tab:
        tab.run("document.querySelector('[name=site]').value = 'bern'")
        tab.click("[data-choice] button")
        tab.wait("document.querySelector('h1')?.textContent === 'Bern Bahnhofplatz'")
        assert "site=bern" in str(tab.run("location.search"))


def test_a_chart_says_what_lies_under_the_pointer(browser: Browser, house: Served) -> None:
    with opened(browser, house, "/trends?site=aarau") as tab:
        tab.run("document.querySelector('.chart-box').scrollIntoView()")
        x, y = tab.run(
            "(() => { const at = document.querySelectorAll('.hit')[3].getBoundingClientRect();"
            " return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        tab.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        tab.wait("document.querySelector('.readout').textContent.includes('%')")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A small place with the longest report: wide ranges, then too little, notes and figures of its own, late."""
    rate = Figure(value=10, low=5, high=15, base=100)
    told = msgspec.structs.replace(numbers(drawn("a")), talk_overs_per_100_min=rate)
    first = weeks_later(LAST_WEEK, -40)
    with served(tmp_path_factory.mktemp("full")) as running:
        with running.store.writing() as writing:
            writing.name_site("long", "Weinfelden Schalterhalle am Bahnhof, Erdgeschoss", ZONE)
            runs = [period("long", weeks_later(first, 12 * at), told if at < 2 else None, weeks=12) for at in range(3)]
            writing.put_summaries(runs, 1)
            for at in range(9):
                writing.annotate(Annotation("long", f"2026-10-{at + 10}", "A new queue system, " * 8, "anna", 1))
            for kind in ("visitors", "waiting_min", "satisfaction", "Beschwerden am Schalter", "Formulare", "Anrufe"):
                writing.put_facts([Fact("long", weeks_later(LAST_WEEK, -at), kind, 1234.5) for at in (0, 1)])
        yield running


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("site", ["aarau", "davos", "long"])
def test_the_report_is_one_sheet_of_paper(
    browser: Browser, house: Served, full: Served, site: str, language: str
) -> None:
    where = full if site == "long" else house
    with opened(browser, where, "/try") as tab:
        tab.send("Network.setCookie", name="language", value=language, url=where.address)
        tab.send("Page.navigate", url=f"{where.address}/report?site={site}")
        tab.wait("document.querySelector('.report') && document.readyState === 'complete'")
        for sheet in ("", WIDE_LETTERS):
            tab.run("document.adoptedStyleSheets = [new CSSStyleSheet()]; 0")
            tab.run(f"document.adoptedStyleSheets[0].replaceSync({json.dumps(sheet)}); 0")
            printed = tab.send("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
            assert len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"]))) == 1


@pytest.mark.skipif(not AXE, reason="COUNTERPOINT_AXE names no axe.min.js (axe-core is others' code, not kept here)")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(browser: Browser, house: Served, path: str, dark: bool) -> None:
    with opened(browser, house, path, dark=dark) as tab:
        tab.run(Path(AXE).read_text() + ";0")
        for width in (360, 1440):
            tab.size(width, 900)
            found = tab.run("axe.run().then((all) => all.violations.map((one) => one.id + one.nodes[0].html))")
            assert found == []
