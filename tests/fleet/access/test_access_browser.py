"""Signing in and writing a note in a real browser: forms pass our own doors, and the page's policy stops none of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser, Tab, chromium, program
from counterpoint.fleet.exports.routes import export_routes
from counterpoint.fleet.notes.routes import note_routes
from counterpoint.fleet.store.opening import open_store
from fleet_visitors import PASSWORD, Place, open_place

pytestmark = [pytest.mark.real, pytest.mark.skipif(program() is None, reason="no Chromium: device/set-up tests")]
WIDTHS = (360, 1280, 2560)
FIELDS = "main input:not([type=hidden]):not([hidden]), main select, main textarea"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    store = open_store(str(tmp_path / "fleet.db"))
    with store.writing() as writing:
        writing.name_site("north", "Hill", "Europe/Zurich")
    with open_place(store, [*note_routes(store), *export_routes(store)]) as opened:
        yield opened
    store.close()


def write(tab: Tab, name: str, text: str) -> None:
    tab.run(f"document.querySelector('[name={name}]').value = '{text}'")


def sign_in(tab: Tab) -> None:
    write(tab, "name", "ida")
    write(tab, "password", PASSWORD)
    tab.run("document.querySelector('main form button').click()")
    tab.wait("location.pathname !== '/sign-in' && document.readyState === 'complete'")


def test_somebody_signs_in_notes_something_and_signs_out(browser: Browser, place: Place) -> None:
    place.known("ida", "it", "manager", "auditor")
    address = f"http://127.0.0.1:{place.port}"
    with browser.tab(f"{address}/notes") as tab:
        tab.wait("location.pathname === '/sign-in'")
        sign_in(tab)
        assert tab.run("location.pathname") == "/notes"
        write(tab, "text", "New <b>queue</b>")
        tab.run("document.querySelector('main form button').click()")
        tab.wait("document.body?.innerText.includes('New <b>queue</b>')")
        tab.go(f"{address}/account")
        tab.run("document.querySelector('form[action=\"/sign-out\"] button').click()")
        tab.wait("location.pathname === '/sign-in'")
        tab.go(f"{address}/account")
        assert tab.run("location.pathname") == "/sign-in"
        assert tab.problems == []
        assert [asked for asked in tab.asked if not asked.startswith((address, "data:"))] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_of_accounts_fits_each_width(browser: Browser, place: Place, width: int) -> None:
    place.known("otto.with-a-long-name@branch-office.example.org", "manager", sites=["north"])
    place.known("ida", "it", "manager", "auditor")
    with browser.tab(f"http://127.0.0.1:{place.port}/sign-in", width=width) as tab:
        sign_in(tab)
        for path in ("/account", "/accounts", "/audit", "/notes", "/notes/facts", "/export"):
            tab.go(f"http://127.0.0.1:{place.port}{path}")
            tab.wait(f"location.pathname === '{path}' && document.readyState === 'complete'")
            assert tab.run("document.documentElement.scrollWidth") <= width, path
            assert tab.run("document.querySelectorAll('main h1').length") == 1, path
            assert (
                tab.run(f"[...document.querySelectorAll('{FIELDS}')].filter((one) => !one.labels.length).length") == 0
            )
        assert tab.problems == []
