"""`counterpoint practice` as people start it: a page for this machine only, a customer who reacts, the light, a card.

Everything goes through the real program, a real WebSocket and the real line, with bundled role audio on both sides.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from counterpoint.practice.role_files import BUNDLED, load_roles
from page_like import RATE_HZ, Browser, Page, sound_of
from sound_server import file_device, write_alsa

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTS_S = 300  # another Python starts in 1 s; where training has priority on all cores it takes far longer
pytestmark = [pytest.mark.timeout(STARTS_S), pytest.mark.real]
ROLE = "late-delivery"


class Program:
    """`counterpoint practice`, running, with a home, a working folder and a temporary folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        (folder / "settings.toml").write_text('[array]\ndevice = "counter"\n[words]\nenabled = false\n')
        environment = {"HOME": str(folder), "TMPDIR": str(folder), "PATH": os.environ["PATH"]}
        environment["ALSA_CONFIG_PATH"] = str(folder / "alsa.conf")  # read only where a test has put one there
        self._running = subprocess.Popen(
            [
                *(sys.executable, "-B", "-m", "counterpoint", "practice", "--no-browser", "--port", "0"),
                *("--settings", "settings.toml", *options),
            ],
            cwd=folder,
            env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._running.stdout is not None
        first = self._running.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", first)
        assert found, first + self.stop()[1]
        self.address = found[0]

    def stop(self) -> tuple[int, str]:
        """Ctrl-C; the exit code, and all that was written to stderr."""
        if self._running.poll() is None:
            self._running.send_signal(signal.SIGINT)
        _, errors = self._running.communicate(timeout=STARTS_S)
        return self._running.returncode, errors


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    running = Program(tmp_path_factory.mktemp("practice"))
    yield running
    running.stop()


@pytest.fixture
def browser(program: Program) -> Browser:
    return Browser.opened(program.address)


def told(socket: Any) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=STARTS_S))
    return message


def test_talking_over_the_customer_lights_stops_them_and_is_on_the_card(browser: Browser) -> None:
    with browser.talk() as socket:
        page = Page(socket, BUNDLED)
        page.send(do="begin", role=ROLE, skill="let-them-finish")
        page.listen(5.5)  # both speak without a pause from here
        page.speak(sound_of(BUNDLED / "upset-visitor" / "opening.ogg")[2 * RATE_HZ : 5 * RATE_HZ])
        assert page.of("say")[0]["line"] == "opening"
        assert page.of("light")[0] == {"do": "light", "cue": "talk_over"}
        assert page.when("stop") - page.when("light") <= 0.4  # a third of a second, and the fifth that is sent at once
        page.listen(2.0)
        resumed = page.of("say")[1]
        assert resumed["line"] == "opening"
        assert resumed["from_s"] < page.when("stop")
        page.hear_out()
        page.send(do="end")
        card = page.card()
    assert card["role"] == ROLE
    assert card["numbers"][0]["value"] == 1
    assert card["numbers"][2]["value"] == 1
    assert {"talked_over", "gave_way", "heard_out"} == {moment["kind"] for moment in card["moments"]}
    assert {span["by"] for span in card["spans"]} == {"agent", "customer"}
    assert not card["words_known"]


def test_who_listens_and_answers_hears_the_whole_story_to_its_goodbye(browser: Browser) -> None:
    with browser.talk() as socket:
        page = Page(socket, BUNDLED)
        page.send(do="begin", role=ROLE, skill="one-breath")
        page.listen(2.0)
        while not page.of("card"):
            page.hear_out()
            page.listen(0.6)
            if not page.is_playing and not page.of("card"):
                page.speak(sound_of(BUNDLED / "upset-visitor" / "yes.ogg"))
            page.listen(2.0)
        card = page.card()
        assert [message["line"] for message in page.of("say")][:3] == ["opening", "two-days", "sunday"]
        assert page.of("say")[-1]["line"] == "goodbye"
        assert page.of("stop") == page.of("light") == []
        assert 0.2 < card["numbers"][0]["value"] < 1.2
        page.send(do="last_try", card=card)
        compared = told(socket)
        while compared["do"] != "compared":
            compared = told(socket)
    assert {change["change"] for change in compared["changes"]} == {"same"}


def test_one_practice_at_a_time_whatever_tab_it_is_in(browser: Browser) -> None:
    begin = {"do": "begin", "role": ROLE, "skill": "one-breath"}
    with browser.talk() as first, browser.talk() as second:
        page = Page(first, BUNDLED)
        page.send(**begin)
        page.listen(0.4)
        second.send(json.dumps(begin))
        assert "another tab" in told(second)["text"]
        page.send(do="end")
        page.card()
        other = Page(second, BUNDLED)
        other.send(**begin)
        other.listen(1.4)
        assert other.of("say")


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ("{", "can't be used"),
        ('{"do":' + "[" * 5000, "can't be used"),
        ('{"do":"dance"}', "can't be used"),
        ('{"do":"begin","role":"nobody","skill":"one-breath"}', "no role nobody"),
        ('{"do":"begin","role":"rambler","skill":"juggling"}', "no skill juggling"),
        ('{"do":"last_try","card":{}}', "is it a card that was saved here"),
        (b"\x00" * 1279, "pieces that can't be used"),
        (b"\x00" * 1280 * 51, "pieces that can't be used"),
        (b"", "pieces that can't be used"),
    ],
)
def test_what_the_page_would_never_send_is_one_line_and_the_end(
    browser: Browser, frame: str | bytes, said: str
) -> None:
    with browser.talk() as socket:
        socket.send(frame)
        assert said in told(socket)["text"]
        with pytest.raises(ConnectionClosed):
            told(socket)


def test_a_frame_beyond_all_measure_ends_the_connection(browser: Browser) -> None:
    with browser.talk() as socket:
        socket.send("x" * 300_000)
        with pytest.raises(ConnectionClosed):
            told(socket)


def test_the_pages_are_there_and_the_browser_is_kept_to_them(browser: Browser) -> None:
    for path in ("/", "/static/style.css", "/course", "/trainer", f"/audio/{ROLE}/opening.ogg"):
        answer = browser.get(path)
        assert answer.status == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
    offer = json.loads(browser.get("/roles").body)
    assert [role["id"] for role in offer["roles"]] == list(load_roles())
    assert len(offer["skills"]) == 7
    assert (offer["words"], offer["at_counter"]) == (False, False)


@pytest.mark.parametrize("path", ["/audio/late-delivery/../late-delivery.toml", "/audio/x/y.ogg", "/static/../talk.py"])
def test_no_other_file_comes_out(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 404


def test_only_the_printed_address_opens_it(program: Program, browser: Browser) -> None:
    stranger = Browser(browser.port)
    assert stranger.get("/").status == 403
    assert stranger.get("/?token=guess").status == 403
    assert stranger.get("/roles").status == 403
    with pytest.raises(InvalidStatus):
        stranger.talk()
    assert Browser.opened(program.address).cookie


def test_another_site_is_refused_even_in_the_same_browser(browser: Browser) -> None:
    assert browser.get("/", Host=f"evil.example:{browser.port}").status == 403  # a name that was bent to 127.0.0.1
    assert browser.get("/roles", Origin="https://evil.example").status == 403
    with pytest.raises(InvalidStatus):
        browser.talk(origin="https://evil.example")


def test_a_second_one_on_the_same_port_is_told_so(browser: Browser, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "counterpoint", "practice", "--no-browser", "--port", str(browser.port)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=STARTS_S, check=False)
    assert done.returncode == 2
    assert "is in use: is practice open already?" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_written_and_ctrl_c_is_a_good_end(tmp_path: Path) -> None:
    """Run last on a program of its own: a whole practice leaves no file and no line."""
    running = Program(tmp_path)
    with Browser.opened(running.address).talk() as socket:
        page = Page(socket, BUNDLED)
        page.send(do="begin", role=ROLE, skill="sum-up")
        page.listen(3.0)
        page.speak(sound_of(BUNDLED / "upset-visitor" / "yes.ogg"))
        page.send(do="end")
        page.card()
    assert running.stop() == (0, "")
    assert [path.name for path in tmp_path.rglob("*")] == ["settings.toml"]


def test_two_people_at_the_counter_are_heard_by_its_own_microphones(tmp_path: Path) -> None:
    noise = (np.random.default_rng(1).standard_normal((RATE_HZ, 6)) * 300).astype(np.int16)
    (tmp_path / "noise.raw").write_bytes(noise.tobytes())
    write_alsa(tmp_path, {"counter": file_device(tmp_path / "noise.raw")})
    running = Program(tmp_path, "--at-counter", "--array", "respeaker-usb-v2")
    browser = Browser.opened(running.address)
    offer = json.loads(browser.get("/roles").body)
    assert [role["id"] for role in offer["roles"]] == ["two-people"]
    assert offer["at_counter"]
    with browser.talk() as socket:
        socket.send('{"do":"begin","role":"two-people","skill":"let-them-finish"}')
        assert [told(socket)["do"] for _ in range(5)] == ["voices"] * 5
        socket.send('{"do":"end"}')
        while (last := told(socket))["do"] == "voices":
            pass
    assert last["card"]["role_title"] == "Two people"
    assert last["card"]["length_s"] >= 1.0
    assert running.stop()[0] == 0


def test_roles_that_cant_be_used_are_told_before_anybody_practises(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "counterpoint", "practice", "--no-browser", "--roles", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=STARTS_S, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"counterpoint: {tmp_path} holds no role")
