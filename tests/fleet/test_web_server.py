"""The pages' HTTP server: how long it keeps a line, which decides whether a proxy ever sends into a closed one."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from counterpoint.fleet.access import patience
from counterpoint.fleet.store.opening import open_store
from counterpoint.fleet.web_server import WebServer
from fleet_visitors import Place, open_place

PROXY_S = 60
"""nginx keeps its own lines for so long (keepalive_timeout of upstreams)."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with open_store(str(tmp_path / "fleet.db")) as store, open_place(store) as opened:
        yield opened


async def answers_nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """A server's settings are looked at, nobody asks it."""


def test_a_line_is_kept_longer_than_a_proxy_keeps_its_own() -> None:
    kept_s = WebServer(answers_nothing).config.timeout_keep_alive
    assert PROXY_S < kept_s < patience.LOOKS_S * (patience.LONGEST_LOOKS - 1), "and the looks do not cut it before"


def test_a_line_that_brought_a_request_outlives_the_looks_that_cut_a_silent_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LOOKS_S", 0.1)
    line = http.client.HTTPConnection("127.0.0.1", place.port, timeout=10)
    for _ in range(2):
        line.request("GET", "/sign-in")
        assert line.getresponse().read()
        kept = line.sock
        time.sleep(0.5)  # more looks than one that brings nothing is given
    assert line.sock is kept
    line.close()
