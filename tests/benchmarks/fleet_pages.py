"""How long each page takes at 20 requests a second, from the moment a request is due to its last byte.

Use: python tests/benchmarks/fleet_pages.py --store WHERE [--rate 20] [--seconds 20] [--page PATH ...]
WHERE is a store that `counterpoint fleet simulate` made: --counters 200 into a path (target 50 ms, 95th percentile), or
--counters 10000 into postgresql://... (target 150 ms). `counterpoint fleet serve` runs as in life, in a process of its
own; requests come when they are due, whether or not those before them are answered, for sites drawn at random.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from broker_server import free_port
from counterpoint.fleet.access.sessions import cookie_name, new_session
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Account

FIGURES = ("/", "/hours", "/trends", "/listening", "/try", "/report")
OTHERS = ("/sites", "/devices", "/privacy")
HEADERS = {"Accept-Language": "en", "Accept-Encoding": "gzip"}
READY_S = 60.0
LINES = 40
"""Requests that may be under way at once; one more waits here, and its wait counts."""
PERCENT = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was answered: how long it took, in seconds, its size in bytes, and its status."""

    took_s: float
    size: int
    status: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--page", action="append", help="an address, with its query; default: every page")
    order = parser.parse_args()
    store = open_store(order.store)
    codes, cookie = prepare(store)
    store.close()
    with served(order.store) as port:
        measure = Measure(port, cookie, order.rate, order.seconds)
        print(
            f"{len(codes)} sites, {order.rate:g} requests/s for {order.seconds:g} s each, load {os.getloadavg()[0]:.1f}"
        )
        print(f"{'page':<24}{'of':<10}{'kB':>7}{'n':>6}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8} ms  failed")
        for page in order.page or FIGURES:
            if not order.page:
                report(measure, page, "all", lambda page=page: f"{page}?site=all")  # type: ignore[misc]
            report(measure, page, "a site", lambda page=page: f"{page}?site={random.choice(codes)}")  # type: ignore[misc] # noqa: S311 - no secret
        for page in () if order.page else OTHERS:
            report(measure, page, "", lambda page=page: page)  # type: ignore[misc]
    return 0


def prepare(store: Store) -> tuple[list[str], str]:
    """Return the sites' codes, and the cookie of somebody who may see everything."""
    token, session = new_session("load", int(time.time()))
    roles = frozenset({"manager", "it", "auditor"})
    with store.writing() as writing:
        writing.access.put_account(Account("load", "", roles, None, made_s=int(time.time())))
        writing.access.open_session(session)
    with store.reading() as reading:
        return [site.code for site in reading.sites()], f"{cookie_name(secure=False)}={token}"


@contextmanager
def served(where: str) -> Iterator[int]:
    """The fleet's server on a port of its own."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "counterpoint",
        "fleet",
        "serve",
        "--store",
        where,
        "--listen",
        f"127.0.0.1:{port}",
    ]
    process = subprocess.Popen([*command, "--no-collect"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(READY_S)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + READY_S
    while time.monotonic() < until_s and process.poll() is None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            line.request("GET", "/sign-in", headers=HEADERS)
            line.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            line.close()
    raise SystemExit("the fleet's server did not start")


class Measure:
    """Asks for pages when they are due, each thread on a line of its own."""

    def __init__(self, port: int, cookie: str, rate: float, seconds: float) -> None:
        self._port = port
        self._headers = HEADERS | {"Cookie": cookie}
        self._rate = rate
        self._seconds = seconds
        self._lines = threading.local()

    def run(self, address: Callable[[], str]) -> list[Asked]:
        """Return what became of each request, in the order in which they were due."""
        with ThreadPoolExecutor(LINES) as pool:
            list(pool.map(lambda _: self._ask(address(), time.perf_counter()), range(3)))  # its first times are its own
            began_s = time.perf_counter()
            asked = []
            for number in range(int(self._rate * self._seconds)):
                due_s = began_s + number / self._rate
                time.sleep(max(0.0, due_s - time.perf_counter()))
                asked.append(pool.submit(self._ask, address(), due_s))
            return [each.result() for each in asked]

    def _ask(self, address: str, due_s: float) -> Asked:
        line = getattr(self._lines, "line", None)
        if line is None or was_closed(line):
            line = self._lines.line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            line.request("GET", address, headers=self._headers)
            answer = line.getresponse()
            size, status = len(answer.read()), answer.status
        except (OSError, http.client.HTTPException):
            line.close()
            size, status = 0, 0
        return Asked(time.perf_counter() - due_s, size, status)


def was_closed(line: http.client.HTTPConnection) -> bool:
    """Whether the server has closed a line that was idle for long: browsers look too, before they send."""
    return line.sock is not None and bool(select.select([line.sock], [], [], 0)[0])


def report(measure: Measure, page: str, of: str, address: Callable[[], str]) -> None:
    asked = measure.run(address)
    failed = [each.status for each in asked if each.status != 200]
    took_ms = sorted(each.took_s * 1000 for each in asked)
    told = "".join(f"{percentile(took_ms, percent):8.0f}" for percent in PERCENT)
    size_kb = sum(each.size for each in asked) / len(asked) / 1000
    row = f"{page:<24}{of:<10}{size_kb:7.1f}{len(asked):6}{told}{took_ms[-1]:8.0f}"
    print(f"{row}     {len(failed)} {sorted(set(failed)) or ''}", flush=True)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of all don't exceed."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]


if __name__ == "__main__":
    raise SystemExit(main())
