"""The sign for customers is drawn from its words, A5, in both languages."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sign_pictures import DOCUMENTS, TEXTS, sign


@pytest.mark.parametrize("name", TEXTS)
def test_the_sign_in_the_documents_is_the_one_that_is_drawn(name: str) -> None:
    assert (DOCUMENTS / name).read_text(encoding="utf-8") == sign(name)


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_a5_and_every_line_begins_on_it(name: str) -> None:
    drawn = ET.fromstring(Path(DOCUMENTS / name).read_bytes())  # noqa: S314 - our own drawing
    assert (drawn.get("width"), drawn.get("height")) == ("148mm", "210mm")
    lines = drawn.findall("{http://www.w3.org/2000/svg}text")
    assert len(lines) == 12
    assert all(0 < float(line.get("x", "0")) < 148 and 0 < float(line.get("y", "0")) < 210 for line in lines)
