"""What the tests of the practice page share: an offer, a card, lines that are tones, and the way through the page.

One rule: whoever opens the page here also sees at the end that it had no problem, asked nobody else, and kept nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np

from browser import Browser, Tab
from counterpoint.practice.protocol import (
    Begin,
    Card,
    CardOfOne,
    Change,
    Compared,
    End,
    MarkedMoment,
    Number,
    Offer,
    RoleOffered,
    SpokenSpan,
)
from counterpoint.practice.skills import SKILLS
from practice_server import PageServer, PageTalk

RATE_HZ: Final = 16_000
SAYS_HZ: Final = 440.0
HEARS_HZ: Final = 700.0
SAYS_LEVEL: Final = 0.2
LONG: Final = "/audio/late-delivery/opening.ogg"
BRIEF: Final = "/audio/late-delivery/yes.ogg"
LONG_S: Final = 20.0
BRIEF_S: Final = 0.5
VIEW: Final = "document.body?.dataset.view"  # no body while a page loads
FOCUS: Final = "document.activeElement.id"

ROLES = (
    RoleOffered("late-delivery", "A late delivery", "A parcel was promised for Tuesday. Today is Friday."),
    RoleOffered("rambler", "Somebody who rambles", "A friendly customer, and a long way to the point."),
)
SKILLS_OFFERED = tuple(skill.offered(name) for name, skill in SKILLS.items())
OFFER = Offer(ROLES, SKILLS_OFFERED, words=True, at_counter=False)
CARD = CardOfOne(
    made_by="counterpoint practice 1",
    role="late-delivery",
    role_title="A late delivery",
    skill="let-them-finish",
    skill_title="Let them finish",
    length_s=62.0,
    words_known=True,
    spans=(SpokenSpan("customer", 1.0, 21.0), SpokenSpan("agent", 19.0, 30.0), SpokenSpan("customer", 31.0, 60.0)),
    moments=(
        MarkedMoment(19.0, "talked_over", "You talked over the customer."),
        MarkedMoment(60.0, "heard_out", "Heard."),
    ),
    numbers=(
        Number("talk-overs", "times you talked over the customer", 1.0, "", "1", "none", "fewer"),
        Number("let-finish", "of the customer's turns came to their own end", 50.0, "%", "50 %", "nine of ten", "more"),
        Number("pause", "usual pause", None, "s", "not known", "about half a second", "near"),
    ),
    went_well="You came to the end.",
    try_next="Run `counterpoint models pull`, then breathe in once.",
)
COMPARED = Compared(
    (Change("times you talked over the customer", "3", "1", "better", "better than last time"),), "Better."
)


def tone(hz: float, seconds: float, rate_hz: int, level: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    sine: np.ndarray[tuple[int], np.dtype[np.float32]] = np.asarray(
        level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz), dtype=np.float32
    )
    return sine


LINES = {LONG: tone(SAYS_HZ, LONG_S, 24_000, SAYS_LEVEL), BRIEF: tone(SAYS_HZ, BRIEF_S, 24_000, SAYS_LEVEL)}


@contextmanager
def opened(
    browser: Browser,
    server: PageServer,
    *,
    width: int = 1280,
    height: int = 900,
    dark: bool = False,
    calm: bool = False,
) -> Iterator[Tab]:
    """The page, which at the end must have had no problem, asked nobody else, and kept nothing."""
    with browser.tab(server.address, width=width, height=height, dark=dark, calm=calm) as tab:
        tab.wait(f"{VIEW} === 'choose'")
        yield tab
        kept = "localStorage.length + sessionStorage.length + document.cookie.length"
        assert tab.run(f"indexedDB.databases().then((databases) => databases.length + {kept})") == 0
        assert tab.problems == []
        assert [asked for asked in tab.asked if not asked.startswith((server.address, "data:", "blob:"))] == [
            server.address.replace("http", "ws", 1) + "talk"
        ] * sum(asked.startswith("ws") for asked in tab.asked)


def get_ready(tab: Tab) -> None:
    tab.click("#choice [type=submit]")
    tab.click("#microphone-on")
    tab.wait("!document.querySelector('#start').disabled")


def start(tab: Tab, server: PageServer) -> PageTalk:
    get_ready(tab)
    tab.click("#start")
    talk = server.talk()
    assert talk.heard() == Begin("late-delivery", "let-them-finish")
    return talk


def to_the_card(tab: Tab, server: PageServer, card: CardOfOne = CARD) -> PageTalk:
    talk = start(tab, server)
    tab.click("#stop")
    assert talk.heard() == End()
    talk.say(Card(card))
    tab.wait(f"{VIEW} === 'card'")
    return talk


def soon(condition: str, tab: Tab, seconds: float = 3.0) -> None:
    tab.wait(condition, seconds)


def strength(sound: np.ndarray[tuple[int], np.dtype[np.float64]], hz: float) -> float:
    """The amplitude of this tone in a piece of sound."""
    turning = np.exp(-2j * np.pi * hz * np.arange(len(sound)) / RATE_HZ)
    return float(2 * abs(np.mean(sound * turning)))


def until_sound(talk: PageTalk, seconds: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """What came until there are so many seconds of it, in [-1, 1]."""
    until = time.monotonic() + 20
    while len(talk.samples()) < seconds * RATE_HZ:
        assert time.monotonic() < until, f"only {len(talk.samples()) / RATE_HZ:.1f} s came"
        time.sleep(0.05)
    return talk.samples() / 32768
