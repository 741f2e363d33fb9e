"""What the pages say: every sentence in both languages, none missing, none unused, none in the markup."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date

import pytest

from counterpoint.fleet.pages.language import FLEET, LANGUAGES, PARTS, Language, language, preferred

PAGES = FLEET / "pages"
SAID = re.compile(r"""(?:say|count)\(\s*f?"([\w.-]+)["{]""")


def texts(part: str, code: str) -> dict[str, str]:
    path = FLEET / part / "texts" / f"{code}.toml"
    return dict(flat(tomllib.loads(path.read_text()))) if path.is_file() else {}


def flat(table: dict[str, object], above: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in table.items():
        found += flat(value, f"{above}{name}.") if isinstance(value, dict) else [(above + name, str(value))]
    return found


def sources() -> str:
    files = [*PAGES.glob("*.py"), *(PAGES / "templates").glob("*.html")]
    return "\n".join(path.read_text() for path in files)


@pytest.mark.parametrize("part", PARTS)
def test_both_languages_have_the_same_sentences_with_the_same_gaps(part: str) -> None:
    english, german = texts(part, "en"), texts(part, "de")
    assert set(english) == set(german)
    for name, text in english.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", german[name])), name


def test_no_two_parts_use_the_same_name() -> None:
    names = Counter(name for part in PARTS for name in texts(part, "en"))
    assert [name for name, times in names.items() if times > 1] == []


def test_every_sentence_that_a_page_asks_for_is_there() -> None:
    known = language("en").texts
    asked = set(SAID.findall(sources()))
    missing = {
        name for name in asked
        if name not in known and not any(there.startswith(name) for there in known)
    }  # fmt: skip
    assert missing == set()


def test_no_sentence_is_left_that_no_page_says() -> None:
    said = sources()
    unused = [
        name
        for name in texts("pages", "en")
        if f'"{name}"' not in said and not any(f'"{".".join(name.split(".")[:parts])}' in said for parts in (1, 2))
    ]
    assert unused == []


def test_templates_have_no_word_of_their_own() -> None:
    for path in (PAGES / "templates").glob("*.html"):
        markup = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", path.read_text(), flags=re.DOTALL)
        words = [word for word in re.findall(r">([^<>]*[A-Za-z]{2}[^<>]*)<", markup) if "Counterpoint" not in word]
        assert [word for word in words if word.strip() != "counterpoint practice"] == [], path.name


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("fr,en;q=0.5,de;q=0.9", "de"),
        ("en-GB", "en"),
        ("de;q=0", "en"),
        ("de;q=zero, en;q=0.1", "en"),
        ("*", "en"),
        (";;;,,,", "en"),
    ],
)
def test_the_browsers_wish_chooses_the_language(header: str, code: str) -> None:
    assert preferred(header) == code


def test_numbers_and_days_are_written_as_each_language_does() -> None:
    english, german = (language(code) for code in LANGUAGES)
    assert english.number(1234.5, 1) == "1\N{NARROW NO-BREAK SPACE}234.5"
    assert german.number(1234.5, 1) == "1\N{NARROW NO-BREAK SPACE}234,5"
    assert english.number(-0.04, 1) == "0.0"
    assert english.signed(0.4) == "0"
    assert [english.signed(value) for value in (3, -3)] == ["+3", "\N{MINUS SIGN}3"]
    assert english.days(date(2026, 12, 28), date(2027, 1, 3)) == "28 December 2026 to 3 January 2027"
    assert german.days(date(2026, 11, 9), date(2026, 11, 15)) == "9. bis 15. November 2026"


def test_one_and_many_have_words_of_their_own() -> None:
    english = language("en")
    assert [english.count("ago.days", days) for days in (1, 2)] == ["1 day ago", "2 days ago"]


def test_what_is_filled_in_is_never_read_as_a_gap() -> None:
    assert Language("xx", {"a": "for {name}"}).say("a", name="{name.__class__}") == "for {name.__class__}"
