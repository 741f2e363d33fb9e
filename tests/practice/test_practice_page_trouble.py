"""The practice page in a real Chromium: what it says when something is missing, and how it fits."""

from __future__ import annotations

import json
import re
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import soundfile

import browser as chrome
from browser import Browser, chromium
from counterpoint.practice.documents import COURSE, document
from counterpoint.practice.protocol import (
    TWO_PEOPLE,
    Begin,
    Card,
    Light,
    Offer,
    RoleOffered,
    Say,
    Trouble,
    Voices,
)
from practice_pages import (
    CARD,
    FOCUS,
    HEARS_HZ,
    LONG,
    SKILLS_OFFERED,
    VIEW,
    get_ready,
    opened,
    soon,
    start,
    tone,
)
from practice_server import PageServer

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(chrome.program() is None, reason="needs Chromium: apt-get install chromium"),
]

# Trouble


def test_a_refused_microphone_is_explained(server: PageServer, tmp_path: Path) -> None:
    speech = tmp_path / "hears.wav"
    soundfile.write(speech, tone(HEARS_HZ, 1.0, 48_000, 0.3), 48_000)
    with chromium(tmp_path, speech=speech, microphone="denied") as shy, opened(shy, server) as tab:
        tab.click("#choice [type=submit]")
        tab.click("#microphone-on")
        tab.wait(f"{VIEW} === 'trouble' && {FOCUS} === 'trouble-title'")
        assert tab.text("#trouble-title") == "The browser may not listen"
        tab.click("#trouble-back")
        assert tab.run(VIEW) == "choose"


def test_a_computer_without_a_microphone_is_told_what_to_do(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        refuse = "Promise.reject(new DOMException('', 'NotFoundError'))"
        tab.run(f"navigator.mediaDevices.getUserMedia = () => {refuse}; 0")
        tab.click("#choice [type=submit]")
        tab.click("#microphone-on")
        tab.wait(f"{VIEW} === 'trouble'")
        assert tab.text("#trouble-title") == "No microphone"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("Object.defineProperty(AudioContext.prototype, 'state', { get: () => 'suspended' })", "No sound output"),
        ("AudioWorklet.prototype.addModule = () => Promise.reject(new DOMException(''))", "Practice has stopped"),
        (
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotReadableError'))",
            "in use",
        ),
    ],
    ids=["no output", "no program", "held by another"],
)
def test_sound_that_can_not_begin_is_told(browser: Browser, server: PageServer, fault: str, told: str) -> None:
    with opened(browser, server) as tab:
        tab.run(f"{fault}; 0")
        tab.click("#choice [type=submit]")
        tab.click("#microphone-on")
        tab.wait(f"{VIEW} === 'trouble'")
        assert told in tab.text("#trouble-title")


def test_a_microphone_that_is_pulled_out_ends_the_talk(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        tab.run(
            "const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
            "navigator.mediaDevices.getUserMedia = async (asked) => (window.given = await real(asked)); 0"
        )
        start(tab, server)
        tab.run("window.given.getTracks()[0].dispatchEvent(new Event('ended'))")
        tab.wait(f"{VIEW} === 'trouble'")
        assert tab.text("#trouble-title") == "The microphone is gone"


def test_a_server_that_goes_away_ends_the_talk_with_a_word(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        start(tab, server).hang_up()
        tab.wait(f"{VIEW} === 'trouble'")
        assert tab.text("#trouble-title") == "Practice has stopped"
        tab.click("#trouble-again")
        tab.wait(f"{VIEW} === 'choose'")


def test_the_server_s_own_trouble_is_told_in_its_words(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        start(tab, server).say(Trouble("The model is broken: pull it again."))
        tab.wait(f"{VIEW} === 'trouble'")
        assert tab.text("#trouble-text") == "The model is broken: pull it again."


def test_only_one_tab_practises(browser: Browser, server: PageServer) -> None:
    with ExitStack() as tabs:
        first = tabs.enter_context(opened(browser, server))
        start(first, server)
        second = tabs.enter_context(opened(browser, server))
        get_ready(second)
        second.click("#start")
        second.wait(f"{VIEW} === 'trouble'")
        assert second.text("#trouble-title") == "Another tab is practising"
        first.click(".brand")  # leaves the talk
        first.wait(f"{VIEW} === 'choose'")
        second.click("#trouble-again")
        second.wait("!document.querySelector('#start').disabled")
        second.click("#start")
        second.wait(f"{VIEW} === 'talk'")


def test_the_browser_s_back_leaves_a_talk(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        start(tab, server)
        tab.run("history.back()")
        tab.wait(f"{VIEW} === 'choose'")


JUMPS = 0.02  # of the screen's size: less is not seen

# At the counter, the documents, and every width


def test_at_the_counter_the_page_takes_no_microphone(browser: Browser, server: PageServer) -> None:
    two = RoleOffered(TWO_PEOPLE, "Two people at the counter", "One of you is the customer.")
    server.offer = Offer((two,), SKILLS_OFFERED, words=True, at_counter=True)
    with opened(browser, server) as tab:
        tab.run("navigator.mediaDevices.getUserMedia = () => { throw new Error('asked'); }; 0")
        tab.click("#choice [type=submit]")
        assert tab.run("document.querySelector('#check').hidden")
        tab.click("#start")
        talk = server.talk()
        assert talk.heard() == Begin(TWO_PEOPLE, "let-them-finish")
        talk.say(Voices(agent=False, customer=False))
        time.sleep(0.3)
        assert len(talk.samples()) == 0
        assert tab.text("#listening-says") == "The counter device listens"


def test_the_course_is_a_page_that_needs_no_script(browser: Browser, server: PageServer) -> None:
    text = document(COURSE)
    assert "<script" not in text
    assert not re.findall(r"\{\{|\}\}", text)
    with browser.tab(server.address) as tab:
        tab.run(f"document.write({json.dumps(text)}); document.close()")
        tab.size(360, 740)
        assert tab.text("h1") == COURSE
        assert tab.run("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("width", "height", "dark"), [(360, 640, False), (768, 1024, True), (1024, 600, True), (2560, 1440, False)]
)
def test_every_view_fits_and_nothing_jumps(
    browser: Browser, server: PageServer, width: int, height: int, dark: bool
) -> None:
    fits = "document.documentElement.scrollWidth <= innerWidth"
    with opened(browser, server, width=width, height=height, dark=dark) as tab:
        tab.run(
            "window.shifts = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
            " if (!one.hadRecentInput) shifts += one.value; }).observe({type: 'layout-shift', buffered: true}); 0"
        )
        assert tab.run(fits)
        assert tab.run("window.shifts") < JUMPS
        talk = start(tab, server)
        tab.wait(f"{VIEW} === 'talk'")
        time.sleep(0.2)  # until the change of the view itself has been seen
        tab.run("window.shifts = 0")
        long = "A sentence of the customer that goes on for a while. " * 4
        talk.say(Voices(agent=True, customer=True), Light("talk_over"), Say("opening", LONG, long, 0.0))
        soon("document.querySelector('#caption').textContent.length > 100", tab)
        assert tab.run(fits)
        assert tab.run("document.querySelector('#stop').getBoundingClientRect().bottom <= innerHeight")
        assert tab.run("window.shifts") < JUMPS
        tab.click("#stop")
        talk.say(Card(CARD))
        tab.wait(f"{VIEW} === 'card'")
        assert tab.run(fits)
