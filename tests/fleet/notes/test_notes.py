"""Notes and the site's own figures on the real server: what is kept, what is not, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoint.fleet.notes.routes import note_routes
from counterpoint.fleet.store.opening import open_store
from fleet_visitors import Answer, Place, Visitor, multipart, open_place

GOOD = b"week;visitors;waiting_min\n2026-W40;1204;6,5\n2026-W41;1190;7,1\n"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    store = open_store(str(tmp_path / "fleet.db"))
    with store.writing() as writing:
        writing.name_site("north", "North <b>Hall</b>", "Europe/Berlin")
        writing.name_site("south", "South", "Europe/Berlin")
    with open_place(store, note_routes(store)) as opened:
        yield opened
    store.close()


def note(visitor: Visitor, site: str, text: str, day: str = "2026-05-03") -> Answer:
    return visitor.post("/notes", {"site": site, "day": day, "text": text})


def upload(visitor: Visitor, site: str, content: bytes) -> Answer:
    token = visitor.form_token("/notes/facts")
    body, kind = multipart({"site": site, "form_token": token}, {"file": content})
    return visitor.ask("POST", "/notes/facts", body, {"content-type": kind, "sec-fetch-site": "same-origin"})


def facts(place: Place, site: str = "north") -> dict[tuple[str, str], float]:
    with place.store.reading() as reading:
        return {(fact.week, fact.kind): fact.value for fact in reading.facts([site], "2000-W01", "2030-W01")}


def test_a_note_shows_its_writers_role_and_the_log_their_name(place: Place) -> None:
    anna = place.known("anna", "manager", sites=["north"])
    assert note(anna, "north", "New queue system").goes_to == "/notes?done=added"
    page = anna.get("/notes").text
    assert "New queue system" in page
    assert "manager" in page.split("New queue system")[1]
    with place.store.reading() as reading:
        kept = reading.annotations(["north"], "2026-W01", "2026-W52")
    assert [(one.site, one.day, one.text, one.by) for one in kept] == [
        ("north", "2026-05-03", "New queue system", "manager")
    ]
    assert ("anna", "note.added", "north 2026-05-03") in place.log()
    assert "New queue" not in str(place.log()), "the log holds no text of people"


def test_a_foreign_site_does_not_exist(place: Place) -> None:
    anna, ben = place.known("anna", "manager", sites=["north"]), place.known("ben", "manager", sites=["south"])
    assert [note(anna, site, "x").status for site in ("south", "all", "nowhere", "")] == [404] * 4
    note(ben, "south", "A secret of the south")
    assert "secret" not in anna.get("/notes").text
    with place.store.reading() as reading:
        number = reading.annotations(["south"], "2026-W01", "2026-W52")[0].id
    note(anna, "north", "x")
    assert anna.post("/notes/remove", {"id": str(number)}, shown_on="/notes").status == 404
    assert ben.post("/notes/remove", {"id": str(number)}, shown_on="/notes").status == 303
    assert upload(anna, "south", GOOD).status == 404
    kept = {"site": "south", "kept": GOOD.decode()}
    assert anna.post("/notes/facts/keep", kept, shown_on="/notes/facts").status == 404
    assert facts(place, "south") == {}


def test_every_site_is_noted_for_by_who_has_every_site(place: Place) -> None:
    anna = place.known("anna", "manager")
    assert note(anna, "all", "Summer hours").status == 303
    assert "Summer hours" in anna.get("/notes").text


def test_it_notes_but_brings_no_figures(place: Place) -> None:
    ida = place.known("ida", "it")
    assert note(ida, "north", "New devices").status == 303
    assert [ida.get("/notes/facts").status, place.known("otto", "auditor").get("/notes").status] == [403, 403]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE annotation; --",
        '" onmouseover="x',
        "{{ 7*7 }}",
        "été 😀 ﷽ \uff46\uff55\uff4c\uff4c",
        "=1+1",
        "%00%0a",
    ],
)
def test_strange_text_is_text(place: Place, text: str) -> None:
    anna = place.known("anna", "manager")
    assert note(anna, "north", text).status == 303
    page = anna.get("/notes").text
    assert "<script>alert" not in page
    assert '" onmouseover="x' not in page
    assert "49" not in page.split("</h1>")[1].split("<form")[0]
    with place.store.reading() as reading:
        assert reading.annotations(["north"], "2026-W01", "2026-W52")[0].text == text


@pytest.mark.parametrize("text", ["", "   ", "x" * 161, "a\u202eb", "a\u200bb", "a\x07b", "a\ufffeb"])
def test_text_that_is_none_is_refused(place: Place, text: str) -> None:
    anna = place.known("anna", "manager")
    assert note(anna, "north", text).status == 422
    assert "Nothing yet." in anna.get("/notes").text


@pytest.mark.parametrize("day", ["", "yesterday", "1999-12-31", "2031-01-01", "2026-02-30", "20260503x"])
def test_a_day_that_is_none_is_refused(place: Place, day: str) -> None:
    assert note(place.known("anna", "manager"), "north", "x", day).status == 422


def test_a_file_is_seen_before_it_is_kept_and_replaces_what_was_there(place: Place) -> None:
    anna = place.known("anna", "manager", sites=["north"])
    seen = upload(anna, "north", GOOD)
    assert (seen.status, facts(place)) == (200, {})
    kept = seen.text.split('name="kept" value="')[1].split('"')[0]
    anna.post("/notes/facts/keep", {"site": "north", "kept": kept}, shown_on="/notes/facts")
    assert facts(place) == {
        ("2026-W40", "visitors"): 1204,
        ("2026-W40", "waiting_min"): 6.5,
        ("2026-W41", "visitors"): 1190,
        ("2026-W41", "waiting_min"): 7.1,
    }
    again = upload(anna, "north", b"week,visitors\n2026-W40,9\n").text
    assert '<td class="number">9</td><td class="number">1\u202f204</td>' in again
    assert ("anna", "facts.kept", "north 2026-W40 to 2026-W41") in place.log()


def test_one_bad_line_keeps_everything_out(place: Place) -> None:
    anna = place.known("anna", "manager")
    bad = GOOD + b"2026-W42;<i>many</i>;3\n"
    page = upload(anna, "north", bad)
    assert page.status == 422
    told = "Line 4: no number from 0 on. Write 12.5 or 12,5, without a unit: <code>&lt;i&gt;many&lt;/i&gt;</code>"
    assert told in page.text
    assert (
        anna.post("/notes/facts/keep", {"site": "north", "kept": bad.decode()}, shown_on="/notes/facts").status == 422
    )
    assert facts(place) == {}


def test_a_site_that_was_never_heard_of_takes_no_figures(place: Place) -> None:
    assert upload(place.known("anna", "manager"), "nowhere", GOOD).status == 404
    assert upload(place.known("anna", "manager"), "all", GOOD).status == 404
