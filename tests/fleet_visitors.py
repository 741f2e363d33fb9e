"""The fleet's whole web side on a real server on loopback, and people who visit it as browsers do.

One rule: a visitor speaks real HTTP, keeps cookies, and posts the form that the page showed.
"""

from __future__ import annotations

import http.client
import re
import secrets
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from counterpoint.fleet.access.doors import DoorRules
from counterpoint.fleet.access.guard import guard
from counterpoint.fleet.access.passwords import Passwords
from counterpoint.fleet.access.routes import access_routes
from counterpoint.fleet.pages.site_map import page_routes
from counterpoint.fleet.pages.trouble import refuse
from counterpoint.fleet.store.rows import Account
from counterpoint.fleet.web_server import WebServer, listen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.routing import BaseRoute

    from counterpoint.fleet.access.house import FirstLink
    from counterpoint.fleet.store.opening import Store

PASSWORD: Final = "three quiet herons at noon"  # noqa: S105 - of accounts that live as long as a test
CHEAP: Final = Passwords(passes=1, memory_kib=64)
"""Right for a test, which has other things to wait for."""
STARTS_S: Final = 10.0
TOKEN: Final = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def goes_to(self) -> str:
        return self.headers.get("location", "")


def home(name: str) -> str:
    """Where this person signs in from: one address may not do so as often as a whole file of tests does."""
    return f"192.0.2.{sum(name.encode()) % 255}"


@dataclass
class Visitor:
    """Somebody with a browser of their own."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(
        self,
        path: str,
        form: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        *,
        shown_on: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Posts a form as the page shown at `shown_on` (the same address, unless told) would."""
        fields = [
            *(form.items() if hasattr(form, "items") else form),
            ("form_token", self.form_token(shown_on or path)),
        ]
        sent = {"content-type": "application/x-www-form-urlencoded", "origin": "null", "sec-fetch-site": "same-origin"}
        return self.ask("POST", path, urlencode(fields).encode(), sent | dict(headers or {}))

    def form_token(self, path: str) -> str:
        found = TOKEN.search(self.get(path).text)
        assert found is not None, f"no form on {path}"
        return found[1]

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            own = (
                {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
            )
            line.request(method, path, body, own | dict(headers or {}))
            answer = line.getresponse()
            got = Answer(answer.status, answer.headers, answer.read())
        finally:
            line.close()
        for text in got.headers.get_all("set-cookie", []):
            for name, morsel in SimpleCookie(text).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return got

    def sign_in(self, name: str, password: str = PASSWORD, address: str = "127.0.0.1") -> Answer:
        return self.post("/sign-in", {"name": name, "password": password}, headers={"x-forwarded-for": address})


@dataclass
class Place:
    """The running server."""

    store: Store
    port: int

    def visitor(self) -> Visitor:
        return Visitor(self.port)

    def known(self, name: str, *roles: str, sites: Sequence[str] | None = None) -> Visitor:
        """Somebody who has an account and has signed in."""
        codes = None if sites is None else frozenset(sites)
        with self.store.writing() as writing:
            writing.access.put_account(Account(name, CHEAP.keep(PASSWORD), frozenset(roles), codes, made_s=1))
        visitor = self.visitor()
        answer = visitor.sign_in(name, address=home(name))
        assert answer.status == 303, answer.text
        return visitor

    def log(self) -> list[tuple[str, str, str]]:
        """The audit log, oldest first."""
        with self.store.reading() as reading:
            return [(line.who, line.what, line.about) for line in reversed(reading.access.audit(1000))]


@contextmanager
def open_place(
    store: Store, routes: Sequence[BaseRoute] = (), first: FirstLink | None = None, *, secure: bool = False
) -> Iterator[Place]:
    """The web side on a port of its own, until the block ends."""
    listener = listen("127.0.0.1:0")
    port = listener.getsockname()[1]
    rules = DoorRules(frozenset({f"127.0.0.1:{port}"}), secure=secure)
    own = access_routes(store, rules, first, CHEAP)
    server = WebServer(guard([*page_routes(store), *own, *routes], store, rules, refuse))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    until = time.monotonic() + STARTS_S
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    try:
        yield Place(store, port)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def multipart(fields: Mapping[str, str], files: Mapping[str, bytes]) -> tuple[bytes, str]:
    """A form with files, as browsers send it: the body, and its content type."""
    edge = secrets.token_hex(12)
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields.items()
    ]
    for name, content in files.items():
        place = f'Content-Disposition: form-data; name="{name}"; filename="x.csv"'
        head = f"--{edge}\r\n{place}\r\nContent-Type: text/csv\r\n\r\n"
        parts.append(head.encode() + content + b"\r\n")
    return b"".join([*parts, f"--{edge}--\r\n".encode()]), f"multipart/form-data; boundary={edge}"


def raw(port: int, sent: bytes, seconds: float = 5.0) -> bytes:
    """Sends bytes as they are; what comes back until the other side closes, cuts, or the time is over."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line, suppress(OSError):
        line.sendall(sent)
        while part := line.recv(65_536):
            got += part
    return got
