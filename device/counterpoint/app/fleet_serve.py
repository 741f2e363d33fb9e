"""Wiring of `counterpoint fleet serve`: store, closing, collector and pages in one process with one supervisor.

One rule: each part waits out what it depends on; a part that fails all the same ends the whole service, loudly, so that
systemd starts it again.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.app.fleet_closing import Closing
from counterpoint.edge.keys import load_identity
from counterpoint.edge.systemd import READY, STOPPING, notify
from counterpoint.errors import UsageError
from counterpoint.fleet.access.doors import DoorRules
from counterpoint.fleet.access.guard import guard
from counterpoint.fleet.access.routes import access_routes, first_link
from counterpoint.fleet.collector.collecting import Collector, World
from counterpoint.fleet.exports.routes import export_routes
from counterpoint.fleet.notes.routes import note_routes
from counterpoint.fleet.pages.site_map import page_routes
from counterpoint.fleet.pages.trouble import refuse
from counterpoint.fleet.store.opening import open_store
from counterpoint.fleet.telling.teller import Teller
from counterpoint.fleet.web_server import WebServer, listen

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from counterpoint.fleet.settings import FleetSettings
    from counterpoint.fleet.store.opening import Store

    Work = Callable[[Callable[[], bool]], None]

LOCAL: Final = "127.0.0.1"
FAREWELL_S: Final = 30.0
"""For the parts to end after a signal; a commit under way takes less."""


@dataclass(frozen=True, slots=True)
class ServeOrder:
    """What the command line asked for."""

    collect: bool = True
    pages: bool = True


class Crew:
    """Threads that end together: a signal or one part's failure stops them all."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.failure: BaseException | None = None
        self._threads: list[threading.Thread] = []
        self._at_end: list[Callable[[], None]] = []

    def start(self, name: str, work: Work) -> None:
        """Run a part in a thread of its own until it is told to stop."""
        thread = threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def at_end(self, act: Callable[[], None]) -> None:
        """Call this when the crew is told to stop; at once, where it was already."""
        self._at_end.append(act)
        if self.stop.is_set():
            act()

    def end(self) -> None:
        """Tell every part to stop."""
        self.stop.set()
        for act in self._at_end:
            act()

    def join(self) -> None:
        """Wait for the parts; raise what made one of them fail."""
        until_s = time.monotonic() + FAREWELL_S
        for thread in self._threads:
            thread.join(max(0.0, until_s - time.monotonic()))
        if self.failure is not None:
            raise self.failure

    def _run(self, work: Work) -> None:
        try:
            work(self.stop.is_set)
        except BaseException as failure:  # noqa: BLE001 - kept for the main thread, which raises it
            self.failure = failure
            self.end()


def serve(order: ServeOrder, settings: FleetSettings) -> int:
    """Collect, close weeks and serve the pages until SIGTERM or Ctrl-C; return 0.

    Raises:
        StorageError: The store can't be opened, or is of another revision.
        SettingsError: Certificate, key or authority of the broker can't be used.
        UsageError: The address can't be listened at.
    """
    collects = order.collect and bool(settings.broker.host)
    identity = load_identity(settings.broker) if collects else None
    told_by = load_identity(settings.telling) if settings.telling.host else None
    store = open_store(settings.store.where)
    crew = Crew()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: crew.end())
    try:
        listener = _listen(settings) if order.pages else None
        crew.start("closing", Closing(store, settings, _saying("closing")).run)
        if identity is not None:
            collector = Collector(store, settings, identity, World(say=_saying("collector")))
            crew.start("collector", collector.run)
        if told_by is not None:
            teller = Teller(store, settings.telling, settings.network, told_by)
            crew.start("telling", lambda stopped: teller.run(stopped, _saying("telling")))
        _say("fleet", f"store {store.where}; {_what_collects(order, settings)}")
        notify(READY)
        if listener is None:
            crew.stop.wait()
        else:
            _serve_pages(store, settings, listener, crew)
        notify(STOPPING)
        crew.end()
        crew.join()
    finally:
        store.close()
    return 0


def _what_collects(order: ServeOrder, settings: FleetSettings) -> str:
    if not settings.broker.host:
        return "no broker is set, nothing is collected"
    return f"collecting from {settings.broker.host}" if order.collect else "collecting is off"


def _listen(settings: FleetSettings) -> socket.socket:
    everywhere = settings.page.listen.rpartition(":")[0].strip("[]") in {"0.0.0.0", "::", ""}  # noqa: S104 - a question
    if everywhere and not settings.page.public:
        raise UsageError("pages for other computers need their name: page.public in the settings, as https://name")
    return listen(settings.page.listen)


def _serve_pages(store: Store, settings: FleetSettings, listener: socket.socket, crew: Crew) -> None:
    address = settings.page.public or f"http://{_named(listener)}"
    scheme, _, host = address.partition("://")
    names = {host, host.replace(LOCAL, "localhost")}
    rules = DoorRules(frozenset(names), secure=scheme == "https")
    first = first_link(store)
    routes = [
        *access_routes(store, rules, first),
        *page_routes(store, settings.rules),
        *note_routes(store),
        *export_routes(store),
    ]
    server = WebServer(guard(routes, store, rules, refuse))
    crew.at_end(lambda: setattr(server, "should_exit", True))
    _say("fleet", f"pages at {address}")
    if first is not None:
        print(f"No account yet. Make the first one here, once: {address}{first.path}", flush=True)
    with listener:
        server.run([listener])


def _named(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _saying(part: str) -> Callable[[str], None]:
    return lambda line: _say(part, line)


def _say(part: str, line: str) -> None:
    print(f"{part}: {line}", file=sys.stderr, flush=True)
