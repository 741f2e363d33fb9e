"""The pages in a real Chromium: at four widths, by keyboard, without script, on paper, without a shift or an error."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from browser import Browser, Tab, program
from counterpoint.fleet.access.sessions import cookie_name
from fleet_served import Served

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
)
WIDTHS = (360, 768, 1440, 2560)
MOST_SHIFT = 0.02
AXE = os.environ.get("COUNTERPOINT_AXE", "")
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


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_report_is_one_sheet_of_paper(browser: Browser, house: Served, language: str) -> None:
    with opened(browser, house, "/try") as tab:
        tab.send("Network.setCookie", name="language", value=language, url=house.address)
        tab.send("Page.navigate", url=f"{house.address}/report?site=aarau")
        tab.wait("document.querySelector('.report') && document.readyState === 'complete'")
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
