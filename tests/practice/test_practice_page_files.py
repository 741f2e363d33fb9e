"""What the practice page is made of: its texts are in one place, and it asks nobody for anything."""

from __future__ import annotations

import re

from practice_pictures import DOCS, PICTURES
from practice_server import PAGE

LARGEST_PICTURE = 150_000


def sources(*kinds: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in PAGE.rglob("*") if path.suffix in kinds}


def test_every_sentence_that_the_page_asks_for_is_in_the_one_file_of_texts() -> None:
    texts = dict(re.findall(r'^  (\w+): "(.*)",$', (PAGE / "texts/en.js").read_text(), flags=re.MULTILINE))
    html, scripts = sources(".html")["index.html"], "\n".join(sources(".js").values())
    asked = set(re.findall(r'data-(?:text|label)="(\w+)"', html)) | set(re.findall(r'\bsay\("(\w+)"', scripts))
    assert asked - set(texts) == set()
    spoken_of = html + "".join(text for name, text in sources(".js").items() if name != "en.js")
    composed = {f"light_{cue}" for cue in ("off", "talk_over", "cut_off", "good_listening")}
    composed |= {f"meter_{level}" for level in ("silent", "quiet", "good", "loud")} | {"well_title", "next_title"}
    unused = [
        name for name in texts
        if not re.search(rf"\b{re.sub('_(text|do)$', '', name)}\b", spoken_of) and name not in composed
    ]  # fmt: skip
    assert unused == []


def test_the_page_has_no_word_of_its_own_in_its_markup() -> None:
    html = re.sub(r"<noscript>.*?</noscript>|<title>.*?</title>|<!--.*?-->", "", sources(".html")["index.html"])
    assert re.findall(r">([^<>]*[A-Za-z]{2}[^<>]*)<", html) == []


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    for name, text in sources(".html", ".css", ".js", ".svg").items():
        strange = text.replace("http://www.w3.org/2000/svg", "")
        assert re.findall(r"https?://|@import|@font-face|\bon\w+=|style=|<style|innerHTML|eval\(", strange) == [], name


def test_the_whole_page_weighs_less_than_a_photograph() -> None:
    assert sum(path.stat().st_size for path in PAGE.rglob("*") if path.is_file()) < 120_000


def test_the_guide_shows_every_picture_and_each_is_small() -> None:
    guide = (DOCS / "practice.md").read_text()
    assert {*re.findall(r"\((practice-\w+\.webp)\)", guide)} == {picture.name for picture in PICTURES}
    for picture in PICTURES:
        assert picture.read_bytes()[8:12] == b"WEBP"
        assert picture.stat().st_size < LARGEST_PICTURE
