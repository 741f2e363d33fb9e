"""The benchmark's page says what its code does."""

from __future__ import annotations

import re

from models.benchmark.conditions_table import conditions_table
from models.benchmark.systems import NAMES
from models.benchmark.systems.hashes import MODELS
from models.benchmark.systems.pyannote import FILE as PYANNOTE
from models.benchmark.systems.pyannote import PACKAGE as PYANNOTE_PACKAGE
from models.benchmark.systems.silero import FILE as SILERO
from models.benchmark.systems.silero import PACKAGE as SILERO_PACKAGE

PAGE = (MODELS / "benchmark.md").read_text()
CARD = (MODELS / "talk_over.md").read_text()


def test_every_condition_is_on_the_page_as_it_is_drawn() -> None:
    assert conditions_table().markdown() in PAGE


def test_every_system_is_on_the_page() -> None:
    assert all(f"| `{name}` |" in PAGE for name in NAMES)


def test_the_peers_files_and_packages_are_named() -> None:
    assert all(f"`{word}`" in PAGE for word in (PYANNOTE, PYANNOTE_PACKAGE, SILERO, SILERO_PACKAGE))


def test_the_card_has_a_place_for_every_table() -> None:
    places = re.findall(r"<!-- figures (\w+) -->", CARD)
    assert places == ["targets", "main", "peers", "stress", "arrays", "days", "voices", "shortcuts"]
    assert CARD.count("<!-- end -->") == len(places)
