"""A real Chromium for tests: opens pages, presses keys, takes pictures, and keeps what went wrong in them.

One rule: it speaks the browser's own protocol over one socket, one command at a time; events are kept as they come.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

STARTS_S: Final = 30.0
ANSWERS_S: Final = 20.0
LOOKS_AGAIN_S: Final = 0.05
KEYS: Final = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowDown": 40, "ArrowUp": 38}
TYPED: Final = {"Enter": "\r", " ": " "}


def program() -> str | None:
    """Where Chromium is, or None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def chromium(folder: Path, *, speech: Path | None = None, microphone: str = "granted") -> Iterator[Browser]:
    """A browser with a profile of its own in `folder`.

    Args:
        folder: Where it may write.
        speech: What its microphone hears, over and over (WAV); None gives it no microphone at all.
        microphone: What its person answers when a page asks to listen: "granted" or "denied".
    """
    # As root, as CI is, Chromium has no sandbox; the pages are our own.
    flags = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--mute-audio"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    flags += ["--use-fake-device-for-media-stream" + ("" if speech else "=device-count=0")]
    flags += [f"--use-file-for-fake-audio-capture={speech}"] if speech else []
    flags += [f"--user-data-dir={folder / 'profile'}", "--remote-debugging-port=0", "about:blank"]
    name = program()
    assert name is not None, "apt-get install chromium"
    with subprocess.Popen([name, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            port = _port(folder / "profile" / "DevToolsActivePort")
            yield Browser(port, microphone)
        finally:
            process.terminate()


def _port(told_in: Path) -> int:
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until:
        if told_in.exists() and (lines := told_in.read_text().splitlines()):
            return int(lines[0])
        time.sleep(LOOKS_AGAIN_S)
    raise AssertionError("Chromium did not start")


class Browser:
    """A running Chromium; `tab` opens a page in it."""

    def __init__(self, port: int, microphone: str) -> None:
        self._port = port
        self._microphone = microphone

    @contextmanager
    def tab(
        self, address: str, *, width: int = 1280, height: int = 900, dark: bool = False, calm: bool = False
    ) -> Iterator[Tab]:
        """A page of this size, with the person's wishes: dark colours, little motion."""
        ask = urllib.request.Request(f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(ask, timeout=ANSWERS_S) as answer:  # noqa: S310 - the browser that we started
            target = json.load(answer)
        with connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
            tab = Tab(socket)
            for domain in ("Page", "Runtime", "Log", "Network"):
                tab.send(f"{domain}.enable")
            tab.size(width, height)
            tab.wishes(dark=dark, calm=calm)
            if self._microphone != "asked":
                tab.send("Browser.setPermission", permission={"name": "microphone"}, setting=self._microphone)
            tab.go(address)
            yield tab
            tab.send("Page.close")


class Tab:
    """One page.

    Attributes:
        problems: Errors on the console, exceptions, refused requests: one line each.
        asked: Every address that the page asked for.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._commands = 0
        self.problems: list[str] = []
        self.asked: list[str] = []

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the browser's protocol and its result."""
        self._commands += 1
        self._socket.send(json.dumps({"id": self._commands, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=ANSWERS_S))
            if message.get("id") == self._commands:
                assert "error" not in message, f"{method}: {message['error']}"
                result: dict[str, Any] = message["result"]
                return result
            if "method" in message:
                self._keep(message["method"], message["params"])

    def _keep(self, event: str, params: dict[str, Any]) -> None:
        if event == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif event == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.problems.append(" ".join(str(part.get("value", part.get("description"))) for part in params["args"]))
        elif event == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif event == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif event == "Network.webSocketCreated":
            self.asked.append(params["url"])

    def go(self, address: str) -> None:
        """Opens an address and waits until it has loaded."""
        self.send("Page.navigate", url=address)
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def size(self, width: int, height: int, scale: float = 1) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def wishes(self, *, dark: bool, calm: bool, media: str = "") -> None:
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"},
        ]
        self.send("Emulation.setEmulatedMedia", media=media, features=features)

    def run(self, script: str) -> Any:
        """The value of an expression, awaited if it is a promise; as if the person had just pressed something."""
        found = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in found, f"{script}: {found['exceptionDetails']}"
        return found["result"].get("value")

    def wait(self, condition: str, seconds: float = 10.0) -> None:
        """Waits until the expression is true."""
        until = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < until, f"never came true: {condition}; {self.problems}"
            time.sleep(LOOKS_AGAIN_S)

    def click(self, selector: str) -> None:
        """Clicks in the middle of this element, with the mouse: what lies over it gets the click."""
        middle = (
            "(() => { const it = document.querySelector(%s); it.scrollIntoView({block: 'center'});"
            " const at = it.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        x, y = self.run(middle % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def text(self, selector: str) -> str:
        return str(self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def press(self, key: str, *, shift: bool = False) -> None:
        """One key of the keyboard, down and up."""
        of_key = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": KEYS[key]}
        of_key |= {"modifiers": 8 if shift else 0}
        typed = {"text": TYPED[key]} if key in TYPED else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **of_key, **typed)
        self.send("Input.dispatchKeyEvent", type="keyUp", **of_key)

    def picture(self, path: Path, *, whole: bool = False, quality: int = 80) -> None:
        """Takes a picture of what is seen, or of the whole page; PNG or WebP, by the name's end."""
        kind = path.suffix.removeprefix(".")
        options: dict[str, Any] = {"format": kind} | ({"quality": quality} if kind == "webp" else {})
        taken = self.send("Page.captureScreenshot", captureBeyondViewport=whole, **options)
        path.write_bytes(base64.b64decode(taken["data"]))
