"""The picture in the README is what the demo shows: made anew here, and held against the one in the repository."""

from __future__ import annotations

import re
from collections import defaultdict
from xml.etree import ElementTree as ET

import pytest

from demo_picture import PICTURE, draw

SVG = "{http://www.w3.org/2000/svg}"
LABEL_ENDS = 130.0  # left of it are the names of the rows; right of it what a model's small change may move


@pytest.fixture(scope="module")
def made() -> str:
    return draw()


def rows(picture: str) -> list[str]:
    """The text of the picture, from top to bottom."""
    return ["".join(said).replace("\xa0", " ") for said in _texts(picture).values()]


def labels(picture: str) -> list[str]:
    """The names of the rows, from top to bottom."""
    return ["".join(said).strip("\xa0") for said in _texts(picture, before=LABEL_ENDS).values()]


def _texts(picture: str, before: float = float("inf")) -> dict[float, list[str]]:
    found: dict[float, list[str]] = defaultdict(list)
    for text in ET.fromstring(picture).iter(f"{SVG}text"):  # noqa: S314 - our own file
        if float(text.get("x", 0)) < before:
            found[float(text.get("y", 0))].append(text.text or "")
    return found


def frame(picture: str) -> list[str]:
    """What does not depend on what was heard: sizes, fonts, styles, names of the rows, the state of the light."""
    style = re.search("<style>.*?</style>", picture, flags=re.DOTALL)
    assert style is not None
    return [
        *re.findall("viewBox=.*", picture),
        style[0],
        *labels(picture),
        *(row for row in rows(picture) if row.startswith("light ") and "was" not in row),
    ]


def test_it_shows_a_talk_over_that_is_lit(made: str) -> None:
    shown = "\n".join(rows(made))
    for row in ("the agent's talk-over begins", "AMBER  let them finish", "0.7 of 0.7 s", "lights: 1"):
        assert row in shown


def test_it_is_the_same_twice(made: str) -> None:
    assert draw() == made


def test_it_asks_nothing_of_a_network(made: str) -> None:
    for picture in (made, PICTURE.read_text(encoding="utf-8")):
        shown = picture.replace(f'xmlns="{SVG[1:-1]}"', "")
        assert re.findall(r"https?:|url\((?!#)|@import|@font-face|href|<script|<image", shown) == []


def test_the_one_in_the_repository_is_of_today(made: str) -> None:
    assert frame(PICTURE.read_text(encoding="utf-8")) == frame(made), "make it anew: python tests/demo_picture.py"
