"""The fleet's pages on a real server, with a store that a test fills, and somebody who is signed in."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Final

import uvicorn

from counterpoint.disclosure.figures import pool_numbers
from counterpoint.fleet.access.guard import DoorRules, guard
from counterpoint.fleet.access.sessions import cookie_name, new_session
from counterpoint.fleet.pages.site_map import page_routes
from counterpoint.fleet.pages.trouble import refuse
from counterpoint.fleet.store.opening import open_store
from counterpoint.fleet.store.rows import Account, Annotation, Fact, Heard
from counterpoint.fleet.store.weeks import weeks_later
from counterpoint.messages.schemas import Birth, HealthReport, SensorHealth, State
from site_summaries import LAST_WEEK, ZONE, drawn, hours_of, numbers, period, weeks_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from counterpoint.fleet.store.opening import Store

TODAY: Final = date(2026, 11, 23)
LOCAL: Final = "127.0.0.1"
STARTS_S: Final = 10.0


SITES: Final = {"aarau": "Aarau Bahnhof", "bern": "Bern Bahnhofplatz", "chur": "Chur Altstadt"}
SMALL: Final = "davos"
NEW: Final = "elm"


def fill(store: Store) -> None:
    """Three sites told by the week, a small one by four weeks, a new one; all pooled; notes, facts and two devices."""
    told = {code: weeks_of(code, better_since=4 if code == "aarau" else 30) for code in SITES}
    with store.writing() as writing:
        for code, name in {**SITES, SMALL: "Davos Platz", NEW: "Elm Dorf"}.items():
            writing.name_site(code, name, ZONE)
        for code, runs in told.items():
            writing.put_summaries([*runs, hours_of(code)], 1)
            writing.note_closed(code, LAST_WEEK, LAST_WEEK)
        weeks = [[run.numbers for run in runs if run.numbers] for runs in zip(*told.values(), strict=True)]
        firsts = [run.first_week for run in told["bern"]]
        pooled = [period("all", first, pool_numbers(of)) for first, of in zip(firsts, weeks, strict=True)]
        small = [
            period(SMALL, weeks_later(LAST_WEEK, -4 * at - 3), numbers(drawn(str(at))), weeks=4) for at in range(6)
        ]
        writing.put_summaries([*pooled, *small], 1)
        writing.note_closed(SMALL, LAST_WEEK, LAST_WEEK)
        writing.annotate(Annotation("aarau", "2026-06-02", "Counter hall rebuilt", "anna", 1))
        writing.annotate(Annotation("aarau", "2026-10-14", "New queue system", "anna", 1))
        chance = drawn("facts")
        visitors = [Fact("aarau", first, "visitors", float(round(900 + 40 * chance.gauss(0, 1)))) for first in firsts]
        writing.put_facts(visitors)
        writing.note_devices([heard for code in SITES for heard in _devices(code)])


def _devices(code: str) -> Iterator[Heard]:
    """Four devices; the first of them has been silent for two days, the second waits."""
    now_s = int(time.time())
    for number in range(4):
        name = f"{zlib.crc32(f'{code} {number}'.encode()):08x}-0000-4000-8000-000000000000"
        at_s = now_s - (2 * 86_400 if code == "bern" and number == 0 else 300)
        waiting = 120 if code == "chur" and number == 1 else 0
        health = HealthReport(
            sensor=SensorHealth(microphone="fine", words="on", light="pins", frames_lost_count=0, disk_free_mb=9000),
            waiting_file_count=waiting,
            clock_set=True,
            certificate_left_days=200,
        )
        birth = Birth(version="0.1.0", timezone=ZONE, fewest_visits=10, fewest_people=5, health_period_s=900)
        for message in (State(state="online"), birth, health):
            yield Heard(code, name, message, at_s)


@dataclass(frozen=True)
class Answer:
    """What a request got."""

    status: int
    headers: dict[str, str]
    text: str


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

    def get(self, path: str, cookie: str = "", language: str = "en") -> Answer:
        """What a GET gets; redirects are not followed."""
        connection = HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        headers = {"Accept-Language": language}
        if cookie:
            headers["Cookie"] = f"{cookie_name(secure=False)}={cookie}"
        connection.request("GET", path, headers=headers)
        reply = connection.getresponse()
        told = {name.lower(): ", ".join(reply.headers.get_all(name, [])) for name in reply.headers}
        answer = Answer(reply.status, told, reply.read().decode())
        connection.close()
        return answer


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
