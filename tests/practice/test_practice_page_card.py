"""The practice page in a real Chromium: the private card, saved, opened and printed."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

import browser as chrome
from browser import Browser, Tab
from counterpoint.practice.protocol import (
    CardOfOne,
    LastTry,
    Offer,
    Trouble,
)
from practice_pages import (
    CARD,
    COMPARED,
    FOCUS,
    ROLES,
    SKILLS_OFFERED,
    VIEW,
    opened,
    soon,
    to_the_card,
)
from practice_server import PageServer

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(chrome.program() is None, reason="needs Chromium: apt-get install chromium"),
]

# The card


def test_the_card_says_one_good_thing_one_to_try_and_three_numbers(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        to_the_card(tab, server)
        shown = tab.text("#card")
        for words in ("Went well", "You came to the end.", "Try next", "50 %", "aim: nine of ten", "not known"):
            assert words in shown
        assert tab.text("#card-body code") == "counterpoint models pull"
        label = tab.run("document.querySelector('#line svg').getAttribute('aria-label')")
        assert label.startswith("Timeline of 1:02: you spoke 11 s, the customer 49 s; 2 moments are marked.")
        assert tab.run("document.querySelectorAll('#line .bar').length") == 3
        assert tab.run("document.querySelectorAll('#line .together').length") == 1
        assert tab.run("document.querySelectorAll('#line .mark').length") == 2
        tab.click("details summary")
        rows = [row.split("\t") for row in tab.text("details tbody").splitlines()]
        assert rows[1:3] == [["0:19", "0:30", "You spoke"], ["0:19", "", "1. You talked over the customer."]]


def test_without_a_speech_model_the_page_says_what_is_missing(browser: Browser, server: PageServer) -> None:
    server.offer = Offer(ROLES, SKILLS_OFFERED, words=False, at_counter=False)
    deaf = CardOfOne(**{name: getattr(CARD, name) for name in CARD.__struct_fields__} | {"words_known": False})
    with opened(browser, server) as tab:
        assert "counterpoint models pull" in tab.text("#no-words")
        assert tab.text("#skills").count("needs the speech model") == sum(skill.needs_words for skill in SKILLS_OFFERED)
        to_the_card(tab, server, deaf)
        assert "was not understood" in tab.text("#card-body")


def test_a_card_is_saved_as_a_file_and_opened_beside_the_next(
    browser: Browser, server: PageServer, tmp_path: Path
) -> None:
    with opened(browser, server) as tab:
        tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        talk = to_the_card(tab, server)
        tab.click("#save")
        file = wait_for_file(tmp_path)
        assert re.fullmatch(r"practice-let-them-finish-\d{4}-\d\d-\d\d\.json", file.name)
        assert file.name in tab.text("#file-says")
        open_file(tab, file)
        assert talk.heard() == LastTry(CARD)
        talk.say(COMPARED)
        tab.wait(f"{FOCUS} === 'last-title'")
        assert tab.text(".compared tbody").split("\t") == [COMPARED.changes[0].label, "3", "1", "better than last time"]


def wait_for_file(folder: Path) -> Path:
    until = time.monotonic() + 10
    while not (found := list(folder.glob("*.json"))):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found[0]


def open_file(tab: Tab, file: Path) -> None:
    """What the file dialog does when a person chooses a file."""
    root = tab.send("DOM.getDocument")["root"]["nodeId"]
    node = tab.send("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    tab.send("DOM.setFileInputFiles", nodeId=node, files=[str(file)])


@pytest.mark.parametrize(
    "text",
    ["no JSON", "[]", "null", '{"made_by": "counterpoint practice 1"}', " " * 300_000],
    ids=["text", "list", "null", "half a card", "large"],
)
def test_a_file_that_is_no_card_is_refused_here_and_not_sent(
    browser: Browser, server: PageServer, tmp_path: Path, text: str
) -> None:
    (tmp_path / "other.json").write_text(text)
    with opened(browser, server) as tab:
        talk = to_the_card(tab, server)
        open_file(tab, tmp_path / "other.json")
        soon("document.querySelector('#file-says').textContent.startsWith('other.json is no card')", tab)
        talk.say(Trouble("A line of the server."))
        soon("document.querySelector('#file-says').textContent === 'A line of the server.'", tab)
        assert tab.run(VIEW) == "card"


def test_a_card_prints_without_the_buttons(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        to_the_card(tab, server)
        tab.wishes(dark=False, calm=False, media="print")
        assert tab.run("document.querySelector('.after').checkVisibility()") is False
        assert tab.run("document.querySelector('#line svg').checkVisibility()") is True


def test_after_the_talk_the_microphone_is_off(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        tab.run(
            "const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
            "navigator.mediaDevices.getUserMedia = async (asked) => (window.given = await real(asked)); 0"
        )
        talk = to_the_card(tab, server)
        assert tab.run("window.given.getTracks().every((track) => track.readyState === 'ended')")
        sent = len(talk.samples())
        time.sleep(0.3)
        assert len(talk.samples()) == sent
