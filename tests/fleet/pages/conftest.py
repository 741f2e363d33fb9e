"""The pages on a real server with a filled store, and a Chromium, for all tests of the pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from browser import Browser, chromium
from fleet_served import Served, fill, served


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("fleet")) as running:
        fill(running.store)
        yield running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
