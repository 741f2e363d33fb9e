"""The manager's guide shows every picture of the pages, and each is small."""

from __future__ import annotations

import re

from fleet_pictures import DOCS, PICTURES

LARGEST_PICTURE = 150_000


def test_the_guide_shows_every_picture_and_each_is_small() -> None:
    guide = (DOCS / "manager.md").read_text()
    shown = set(re.findall(r"\((fleet-\w+\.webp)\)", guide))
    assert shown == {picture.file.name for picture in PICTURES}
    for picture in PICTURES:
        assert picture.file.read_bytes()[8:12] == b"WEBP"
        assert picture.file.stat().st_size < LARGEST_PICTURE
