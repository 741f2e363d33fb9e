"""A Chromium for all tests of the practice page, and a server for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import soundfile

from browser import Browser, chromium
from practice_pages import (
    HEARS_HZ,
    LINES,
    OFFER,
    tone,
)
from practice_server import PageServer, serving


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium with a microphone that hears a tone."""
    folder = tmp_path_factory.mktemp("chromium")
    soundfile.write(folder / "hears.wav", tone(HEARS_HZ, 2.0, 48_000, 0.3), 48_000)
    with chromium(folder, speech=folder / "hears.wav") as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[PageServer]:
    with serving(OFFER, LINES) as page:
        yield page
