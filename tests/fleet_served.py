"""The fleet's pages on a real server, with a store that a test fills, and somebody who is signed in."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final
from urllib.request import Request, urlopen

import uvicorn

from counterpoint.fleet.access.guard import DoorRules, guard
from counterpoint.fleet.access.sessions import cookie_name, new_session
from counterpoint.fleet.pages.site_map import page_routes
from counterpoint.fleet.pages.trouble import refuse
from counterpoint.fleet.store.opening import open_store
from counterpoint.fleet.store.rows import Account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from counterpoint.fleet.store.opening import Store

TODAY: Final = date(2026, 11, 23)
LOCAL: Final = "127.0.0.1"
STARTS_S: Final = 10.0


@dataclass(frozen=True)
class Served:
    """A running server and its store."""

    store: Store
    address: str

    def cookie(
        self, name: str = "anna", *, roles: tuple[str, ...] = ("manager", "it"), sites: frozenset[str] | None = None
    ) -> str:
        """Signs somebody in, and gives the cookie's value."""
        now_s = int(time.time())
        token, session = new_session(name, now_s)
        with self.store.writing() as writing:
            writing.access.put_account(Account(name, "", frozenset(roles), sites, made_s=now_s))
            writing.access.open_session(session)
        return token

    def get(self, path: str, cookie: str = "", language: str = "en") -> str:
        headers = {"Accept-Language": language} | (
            {"Cookie": f"{cookie_name(secure=False)}={cookie}"} if cookie else {}
        )
        with urlopen(Request(self.address + path, headers=headers), timeout=10) as answer:  # noqa: S310 - our own server
            return str(answer.read().decode())


@contextmanager
def served(folder: Path, *, today: date = TODAY, store: Store | None = None) -> Iterator[Served]:
    """The pages on a free port of this machine, until the block ends."""
    kept = store or open_store(str(folder / "fleet.db"))
    with socket.socket() as listener:
        listener.bind((LOCAL, 0))
        host = f"{LOCAL}:{listener.getsockname()[1]}"
        app = guard(page_routes(kept, None, lambda: today), kept, DoorRules(frozenset({host})), refuse)
        with running(app, listener):
            yield Served(kept, f"http://{host}")
    kept.close()


@contextmanager
def running(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    until = time.monotonic() + STARTS_S
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
