"""The practice page in a real Chromium: a talk, its sound, and the light."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import browser as chrome
from browser import Browser, Tab
from counterpoint.practice.protocol import (
    Begin,
    Card,
    End,
    Light,
    LineEnded,
    LineStopped,
    Say,
    Stop,
    Voices,
)
from practice_pages import (
    BRIEF,
    BRIEF_S,
    CARD,
    FOCUS,
    HEARS_HZ,
    LONG,
    LONG_S,
    RATE_HZ,
    SAYS_HZ,
    SAYS_LEVEL,
    VIEW,
    opened,
    soon,
    start,
    strength,
    until_sound,
)
from practice_pictures import program
from practice_server import PageServer

PATIENCE_S = 60.0

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(chrome.program() is None, reason="needs Chromium: apt-get install chromium"),
]

# A talk


def test_a_whole_practice_by_keyboard_alone(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        tab.press("Tab")
        assert tab.text(":focus") == "Skip to the content"
        tab.run("document.querySelector('[name=skill]').focus()")
        tab.press("ArrowDown")
        tab.press("Tab")
        tab.press("ArrowDown")
        assert tab.text("#chosen") == "Leave one breath, with: Somebody who rambles"
        tab.press("Enter")
        tab.wait(f"{VIEW} === 'ready' && {FOCUS} === 'ready-title'")
        assert "Somebody who rambles" in tab.text("#ready")
        press_until(tab, "microphone-on")
        tab.wait("!document.querySelector('#start').disabled")
        press_until(tab, "start")
        tab.wait(f"{VIEW} === 'talk' && {FOCUS} === 'talk-title'")
        talk = server.talk()
        assert talk.heard() == Begin("rambler", "one-breath")
        press_until(tab, "stop")
        assert talk.heard() == End()
        talk.say(Card(CARD))
        tab.wait(f"{VIEW} === 'card' && {FOCUS} === 'card-title'")
        press_until(tab, "again")
        tab.wait(f"{VIEW} === 'ready' && {FOCUS} === 'start'")  # the microphone is on again, and one key starts


def press_until(tab: Tab, focused: str) -> None:
    """Tab from part to part until this one has the focus, then Enter."""
    for _ in range(30):
        tab.press("Tab")
        if tab.run(FOCUS) == focused:
            tab.press("Enter")
            return
    raise AssertionError(f"the Tab key never comes to {focused}")


def test_both_sides_come_as_one_stream_in_step(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        talk = start(tab, server)
        talk.say(Voices(agent=False, customer=False), Say("yes", BRIEF, "Yes.", 0.0))
        sound = until_sound(talk, 3.0)
        assert talk.frame_bytes == {1280}
        microphone, customer = sound[:, 0], sound[:, 1]
        assert strength(microphone[RATE_HZ:], HEARS_HZ) > 10 * strength(microphone[RATE_HZ:], SAYS_HZ)
        spoken = np.flatnonzero(np.abs(customer) > SAYS_LEVEL / 4)
        assert (spoken[-1] - spoken[0]) / RATE_HZ == pytest.approx(BRIEF_S, abs=0.03)
        middle = customer[spoken[0] + 800 : spoken[-1] - 800]
        assert strength(middle, SAYS_HZ) == pytest.approx(SAYS_LEVEL, rel=0.05)
        assert np.max(np.abs(customer[spoken[-1] + 800 :]), initial=0) == 0
        assert talk.heard() == LineEnded("yes")


def test_the_customer_falls_silent_when_told_and_goes_on_where_they_stopped(
    browser: Browser, server: PageServer
) -> None:
    with opened(browser, server) as tab:
        talk = start(tab, server)
        talk.say(Voices(agent=False, customer=False), Say("opening", LONG, "Hello.", 0.0))
        tab.wait("document.querySelector('#caption').textContent === 'Hello.'")
        until_sound(talk, 2.0)
        talk.say(Stop())
        stopped = talk.heard()
        assert isinstance(stopped, LineStopped)
        assert stopped.line == "opening"
        so_far = len(talk.samples()) / RATE_HZ
        customer = until_sound(talk, so_far + 1.0)[:, 1]
        spoken = np.flatnonzero(np.abs(customer) > SAYS_LEVEL / 4)
        assert (spoken[-1] - spoken[0]) / RATE_HZ == pytest.approx(stopped.at_s, abs=0.15)
        talk.say(Say("opening", LONG, "Hello.", LONG_S - 0.4))
        assert talk.heard() == LineEnded("opening")


def test_a_line_that_never_began_is_stopped_at_its_start(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        talk = start(tab, server)
        talk.say(Say("opening", LONG, "Hello.", 0.0), Stop())
        stopped = talk.heard()
        assert isinstance(stopped, LineStopped)
        assert stopped.at_s < 0.1


def test_while_the_server_gets_ready_no_sound_piles_up(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        talk = start(tab, server)
        time.sleep(1.5)
        assert len(talk.samples()) == pytest.approx(RATE_HZ / 2, abs=320)
        talk.say(Voices(agent=False, customer=False))
        until_sound(talk, 1.0)


def test_a_computer_that_lags_behind_says_so(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        talk = start(tab, server)
        talk.say(Voices(agent=False, customer=False))
        assert tab.run("document.querySelector('#busy').hidden")
        until_sound(talk, 3.0)
        talk.say(Voices(agent=False, customer=False))
        soon("!document.querySelector('#busy').hidden", tab)


def test_who_speaks_is_told_in_words_and_not_by_colour_alone(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        talk = start(tab, server)
        talk.say(Voices(agent=True, customer=False))
        soon("document.querySelector('#you-state').textContent === 'speaking'", tab)
        assert tab.text("#customer-state") == "quiet"


def test_captions_can_be_turned_off_and_stay_off(browser: Browser, server: PageServer) -> None:
    with opened(browser, server) as tab:
        tab.click("#choice [type=submit]")
        tab.click("#captions")
        talk = start(tab, server)
        talk.say(Say("yes", BRIEF, "Yes.", 0.0))
        assert talk.heard() == LineEnded("yes")
        assert tab.run("document.querySelector('#caption-box').hidden")
        tab.click("#captions-now")
        assert tab.text("#caption") == "Yes."


@pytest.mark.timeout(300)  # where training has priority, another Python starts slowly
def test_the_page_and_the_program_understand_each_other(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[words]\nenabled = false\n")
    with (
        program(tmp_path, "--settings", str(tmp_path / "settings.toml")) as (address, _),
        browser.tab(address) as tab,
    ):
        tab.wait(f"{VIEW} === 'choose'", PATIENCE_S)
        assert "token" not in tab.run("location.href")
        tab.click("#choice [type=submit]")
        tab.click("#microphone-on")
        tab.wait("!document.querySelector('#start').disabled")
        tab.click("#start")
        tab.wait("document.querySelector('#caption').textContent.startsWith('Good morning.')", PATIENCE_S)
        tab.wait("document.querySelector('#customer').classList.contains('speaks')", PATIENCE_S)
        tab.click("#stop")
        tab.wait(f"{VIEW} === 'card'", PATIENCE_S)
        assert "times you talked over the customer" in tab.text("#card")
        assert tab.run("document.querySelectorAll('#line .bar.customer').length") >= 1
        assert tab.problems == []


# The light


def brightness(tab: Tab, seconds: float) -> list[float]:
    """How bright the light is, frame after frame."""
    script = f"""new Promise((resolve) => {{
        const seen = [], until = performance.now() + {seconds * 1000};
        const look = (now) => {{
            seen.push([now, Number(getComputedStyle(document.querySelector('.lit')).opacity)]);
            now < until ? requestAnimationFrame(look) : resolve(seen);
        }};
        requestAnimationFrame(look);
    }})"""
    frames: list[tuple[float, float]] = tab.run(script)
    for (at_ms, one), (next_ms, other) in pairwise(frames):
        # A quarter of a sine in 500 ms moves by pi / 1000 a millisecond at most.
        assert abs(other - one) <= (next_ms - at_ms) * 0.0032 + 0.03
    return [level for _, level in frames]


@pytest.mark.parametrize(
    ("cue", "words", "level"),
    [
        ("talk_over", "Let them finish", 1.0),
        ("cut_off", "They had not finished", 1.0),
        ("good_listening", "Well listened", 0.5),
    ],
)
def test_the_light_comes_slowly_says_what_it_is_and_goes_slowly(
    browser: Browser, server: PageServer, cue: str, words: str, level: float
) -> None:
    with opened(browser, server) as tab:
        talk = start(tab, server)
        assert tab.text("#light-says") == "Light off"
        talk.say(Light(cue))  # type: ignore[arg-type]
        soon(f"document.querySelector('#lamp').dataset.cue === '{cue}'", tab)
        seen = brightness(tab, 2.0)
        assert seen[-1] == pytest.approx(level, abs=0.01)
        assert tab.text("#light-says") == words
        assert tab.run("document.querySelector('#light-says').getAttribute('role')") == "status"
        talk.say(Light("off"))
        soon("document.querySelector('#light-says').textContent === 'Light off'", tab)
        assert brightness(tab, 1.0)[-1] == 0


def test_with_little_motion_asked_for_the_light_does_not_swell_twice(browser: Browser, server: PageServer) -> None:
    with opened(browser, server, calm=True) as tab:
        talk = start(tab, server)
        talk.say(Light("cut_off"))
        soon("document.querySelector('#lamp').dataset.cue === 'cut_off'", tab)
        seen = brightness(tab, 1.6)
        assert all(other >= one - 0.01 for one, other in pairwise(seen))
