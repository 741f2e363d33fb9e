"""Takes the pictures of practice.md: the choice, a talk at its first light (three widths), the card of that very talk.

One rule: what they show was said by the real program of a real talk, with a synthetic agent; nothing is made up.

    .venv/bin/python tests/practice_pictures.py      makes device/docs/practice-*.webp anew

It needs Chromium, flite and a speech model (`counterpoint models pull`).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from browser import Tab, chromium
from counterpoint.practice.protocol import Card, CardOfOne, Light, Offer, RoleOffered, Say, Voices
from counterpoint.practice.role_files import BUNDLED
from counterpoint.practice.roles import read_role
from counterpoint.practice.skills import SKILLS
from page_like import RATE_HZ, Browser, Page
from practice_server import LINES_HZ, PageServer, PageTalk, serving

DOCS: Final = Path(__file__).parents[1] / "device/docs"
CHOICE, TALK, CARD = (DOCS / f"practice-{name}.webp" for name in ("choice", "talk", "card"))
NARROW, WIDEST = (DOCS / f"practice-talk_{width}.webp" for width in (360, 1440))
PICTURES: Final = (CHOICE, TALK, NARROW, WIDEST, CARD)
ROLE: Final = "confused-visitor"
SKILL: Final = "open-questions"
WIDE: Final = 1180
SIZES: Final = {TALK: (WIDE, 880), NARROW: (360, 780), WIDEST: (1440, 900)}

# What the agent says when the customer has come to an end, and once before.
ANSWERS: Final = (
    "Good morning. What does the letter say?",
    "So the letter is about the heating allowance. What did you do last winter?",
    "I see. What worries you most about it?",
    "Just to make sure I've got everything right, you need to know what to bring, and where, before the thirtieth?",
    "I'll write it down for you now, and I'll call you back on Monday.",
)
TOO_EARLY: Final = "Well, have you got the bill with you, from the heating?"
EARLY_AFTER_S: Final = 3.0
BREATH_S: Final = 0.6
PATIENCE_S: Final = 6.0
RECOGNISED_S: Final = 12.0  # on a machine that is busy with something else


class PatientPage(Page):
    """A page that waits after each answer until its words are recognised, as they are at once on an idle computer."""

    def speak(self, agent: NDArray[np.float32]) -> None:
        super().speak(agent)
        self.listen(1.0)
        time.sleep(RECOGNISED_S)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        messages, card = talk(folder)
        with serving(offer(), {}) as server, chromium(folder, speech=said(folder, ANSWERS[0])) as browser:
            with browser.tab(server.address, width=WIDE, height=880) as tab:
                take_choice(tab)
                take_talk(tab, server, messages)
            with browser.tab(server.address, width=WIDE, height=880) as tab:
                take_card(tab, server, card)
    for picture in PICTURES:
        print(picture.name, picture.stat().st_size)


def offer() -> Offer:
    """What the program offers: its own roles and skills."""
    texts = {path.stem: path.read_text() for path in sorted(BUNDLED.glob("*.toml"))}
    roles = {name: read_role(name, text) for name, text in texts.items()}
    return Offer(
        roles=tuple(RoleOffered(name, role.title, role.situation) for name, role in roles.items()),
        skills=tuple(skill.offered(name) for name, skill in SKILLS.items()),
        words=True,
        at_counter=False,
    )


def talk(folder: Path) -> tuple[list[tuple[float, dict[str, Any]]], CardOfOne]:
    """A talk with the real program: its messages with their times in seconds, and its card."""
    patient = folder / "settings.toml"
    patient.write_text("[words]\nqueue_s = 60\n")  # on a busy machine words come late, and none is dropped
    with program(folder, "--settings", str(patient)) as (address, roles):
        socket = Browser.opened(address).talk()
        page = PatientPage(socket, roles)
        page.send(do="begin", role=ROLE, skill=SKILL)
        for number, answer in enumerate(ANSWERS):
            until_spoken_to(page)
            if number == 1:
                page.listen(EARLY_AFTER_S)
                page.speak(sound(folder, TOO_EARLY))
                until_spoken_to(page)
            page.hear_out()
            page.listen(BREATH_S)
            page.speak(sound(folder, answer))
        until_spoken_to(page)
        page.hear_out()
        if not page.of("card"):
            page.send(do="end")
        card = page.card()
        socket.close()
    return page.messages, msgspec.convert(card, CardOfOne)


def until_spoken_to(page: Page) -> None:
    waits_until_s = page.now_s + PATIENCE_S
    while not page.is_playing and page.now_s < waits_until_s and not page.of("card"):
        page.listen(0.2)


@contextmanager
def program(folder: Path, *options: str) -> Iterator[tuple[str, Path]]:
    """`counterpoint practice` with the one role; its address, and where the role is."""
    roles = folder / "roles"
    shutil.copytree(BUNDLED / ROLE, roles / ROLE)
    shutil.copy(BUNDLED / f"{ROLE}.toml", roles)
    command = [sys.executable, "-m", "counterpoint", "practice", "--no-browser", "--port", "0", "--roles", str(roles)]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        found = re.search(r"http://\S+", running.stdout.readline())
        assert found is not None
        try:
            yield found[0], roles
        finally:
            running.terminate()


def said(folder: Path, text: str) -> Path:
    """A synthetic voice says it."""
    path = folder / "said.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(path)], check=True)
    return path


def sound(folder: Path, text: str) -> Any:
    samples, rate = soundfile.read(said(folder, text), dtype="float32")
    return 0.5 * soxr.resample(samples, rate, RATE_HZ)


def take_choice(tab: Tab) -> None:
    tab.send("Emulation.setScrollbarsHidden", hidden=True)
    tab.wait("document.body?.dataset.view === 'choose'")
    for chosen in (SKILL, ROLE):
        tab.run(f"document.querySelector('[value={chosen}]').click()")
    tab.picture(CHOICE)


def begin(tab: Tab, server: PageServer) -> PageTalk:
    tab.wait("document.body?.dataset.view === 'choose'")
    for chosen in (SKILL, ROLE):
        tab.run(f"document.querySelector('[value={chosen}]').click()")
    tab.click("#choice [type=submit]")
    tab.click("#microphone-on")
    tab.wait("!document.querySelector('#start').disabled")
    tab.click("#start")
    at_page = server.talk()
    at_page.heard()
    return at_page


def take_talk(tab: Tab, server: PageServer, messages: list[tuple[float, dict[str, Any]]]) -> None:
    """The page at the first light of the talk: what the customer says then, and both who speak."""
    lit = next(number for number, (_, message) in enumerate(messages) if message.get("cue") == "talk_over")
    spoken = next(message for _, message in reversed(messages[:lit]) if message["do"] == "say")
    samples, rate = soundfile.read(BUNDLED / ROLE / Path(spoken["audio"]).name, dtype="float32")
    server.lines[spoken["audio"]] = soxr.resample(samples, rate, LINES_HZ)
    at_page = begin(tab, server)
    tab.wishes(dark=True, calm=False)
    heard = next(message for _, message in messages[lit:] if message["do"] == "voices")
    at_page.say(
        Voices(agent=heard["agent"], customer=heard["customer"]),
        Say(spoken["line"], spoken["audio"], spoken["text"], 0.0),
        Light("talk_over"),
    )
    tab.wait("document.querySelector('.lit').getAnimations().some((one) => one.playState === 'finished')")
    for picture, (width, height) in SIZES.items():
        tab.size(width, height)
        tab.picture(picture)


def take_card(tab: Tab, server: PageServer, card: CardOfOne) -> None:
    tab.send("Emulation.setScrollbarsHidden", hidden=True)
    at_page = begin(tab, server)
    at_page.say(Voices(agent=False, customer=False))
    tab.click("#stop")
    at_page.heard()
    at_page.say(Card(card))
    tab.wait("document.body?.dataset.view === 'card'")
    time.sleep(0.3)
    tab.size(WIDE, int(tab.run("document.documentElement.scrollHeight")))
    tab.picture(CARD)


if __name__ == "__main__":
    main()
