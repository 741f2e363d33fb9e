"""The pages as a browser gets them: who may open which, what stands in them, and what never does."""

from __future__ import annotations

import gzip
import re
from itertools import pairwise
from pathlib import Path

import pytest

from counterpoint.fleet.pages.layout import STILL
from counterpoint.fleet.store.rows import Annotation
from fleet_served import SITES, Served, served
from site_summaries import ZONE

FIGURES = ("/", "/hours", "/trends", "/listening", "/report")
MANAGERS = (*FIGURES, "/try", "/sites", "/privacy")
EVERY = (*MANAGERS, "/devices")
FIRST_VISIT = 120_000
SCRIPTS = 60_000
NASTY = "<img src=x onerror=alert(1)>'\"&{{7*7}}"


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_comes_in_both_languages(house: Served, path: str, language: str) -> None:
    answer = house.get(path, house.cookie(), language)
    assert answer.status == 200
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", EVERY)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(house: Served, path: str) -> None:
    text = house.get(path, house.cookie()).text
    assert re.findall(r"https?://|\bon\w+=|style=|<style|javascript:", text) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []


@pytest.mark.parametrize("path", EVERY)
def test_headings_go_down_by_one(house: Served, path: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", house.get(path, house.cookie()).text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_hours_of_a_place_without_any_lead_to_those_that_have_some(house: Served) -> None:
    text = house.get("/hours?number=share", house.cookie()).text
    assert "/hours?site=aarau&amp;number=share" in text
    assert "Where hours are told" not in house.get("/hours?site=aarau", house.cookie()).text


@pytest.mark.parametrize("path", [*FIGURES, "/try"])
def test_it_alone_gets_no_figure(house: Served, path: str) -> None:
    answer = house.get(path, house.cookie("ivo", roles=("it",)))
    assert answer.status == (303 if path == "/" else 403)
    assert "openings" not in answer.text.lower()


def test_it_sees_every_site_by_name_and_no_figure(house: Served) -> None:
    text = house.get("/sites", house.cookie("ivo", roles=("it",))).text
    assert all(name in text for name in SITES.values())
    assert 'class="chart' not in text
    assert "chance" not in text


def test_the_auditor_is_led_to_the_privacy_page(house: Served) -> None:
    cookie = house.cookie("otto", roles=("auditor",))
    assert house.get("/", cookie).headers["location"] == "/privacy"
    assert [house.get(path, cookie).status for path in ("/privacy", "/devices", "/sites")] == [200, 403, 403]


def test_a_manager_sees_their_own_sites_and_no_other(house: Served) -> None:
    cookie = house.cookie("mia", roles=("manager",), sites=frozenset({"bern"}))
    shown = house.get("/", cookie).text
    assert SITES["bern"] in shown
    assert SITES["aarau"] not in shown
    for path in FIGURES:
        statuses = [house.get(f"{path}?site={site}", cookie).status for site in ("bern", "aarau", "all", "no-such")]
        assert statuses == [200, 404, 404, 404]
    assert "/devices" not in shown


def test_a_foreign_site_and_none_at_all_look_the_same(house: Served) -> None:
    cookie = house.cookie("mia", roles=("manager",), sites=frozenset({"bern"}))
    foreign, none = (house.get(f"/?site={site}", cookie).text for site in ("aarau", "no-such"))
    assert foreign.replace("aarau", "no-such") == none


def test_a_stranger_is_sent_to_sign_in(house: Served) -> None:
    answer = house.get("/trends?site=bern")
    assert answer.status == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_sites_stand_by_name_and_never_by_number(house: Served) -> None:
    text = house.get("/sites", house.cookie()).text
    names = re.findall(r"<h2><a [^>]*>([^<]+)</a>", text)
    assert names == sorted(names)
    assert "sort" not in text


@pytest.mark.parametrize(
    "query",
    ["site=bern&weeks=99", "site=bern&weeks=-1", "site=bern&until=2026-W99", "site=bern&number=nothing&span=x&event=y",
     "site=bern&until=1999-W01", "site=bern&until=9999-W52", "q=" + "a" * 400 + "&page=9999999"],
)  # fmt: skip
def test_whatever_stands_in_the_address_gets_a_page(house: Served, query: str) -> None:
    cookie = house.cookie()
    assert {house.get(f"{path}?{query}", cookie).status for path in EVERY} == {200}


def test_the_same_question_gets_the_same_bytes(house: Served) -> None:
    cookie = house.cookie()
    assert len({house.get("/?site=bern&weeks=13", cookie).text for _ in range(3)}) == 1


def test_a_new_site_says_what_will_come_and_when(house: Served) -> None:
    text = house.get("/?site=elm", house.cookie()).text
    assert "No numbers yet" in text
    assert "No counter of this service point has been heard of" in text


def test_who_has_no_site_is_told_who_can_give_one(house: Served) -> None:
    cookie = house.cookie("nobody", roles=("manager",), sites=frozenset())
    assert "No service point yet" in house.get("/", cookie).text


def test_devices_are_silent_ones_first(house: Served) -> None:
    text = house.get("/devices", house.cookie()).text
    assert re.findall(r'id="g-(\w+)"', text) == ["silent", "trouble", "fine"]


def test_what_people_wrote_stays_text(tmp_path: Path) -> None:
    with served(tmp_path) as house:
        with house.store.writing() as writing:
            writing.name_site("x", NASTY, ZONE)
            writing.annotate(Annotation("x", "2026-11-02", NASTY, NASTY, 1))
        cookie = house.cookie()
        for path in EVERY:
            text = house.get(f"{path}?site=x&q={'%3Cscript%3E'}", cookie).text
            assert "<img src=x" not in text
            assert "<script>" not in text
            assert "49" not in text or "{{7*7}}" not in NASTY or "onerror=alert(1)>'\"&49" not in text


def test_a_store_that_went_away_is_told_calmly(tmp_path: Path) -> None:
    with served(tmp_path) as house:
        cookie = house.cookie()
        for file in tmp_path.glob("fleet.db*"):
            file.unlink()
        house.store.close()
        (tmp_path / "fleet.db").write_text("no database")
        answer = house.get("/", cookie)
    assert answer.status == 503
    assert "The numbers are away for a moment" in answer.text
    assert answer.headers["retry-after"]
    assert "fleet.db" not in answer.text


def test_what_is_not_there_is_told_calmly(house: Served) -> None:
    answer = house.get("/nothing", house.cookie())
    assert answer.status == 404
    assert "There is nothing here" in answer.text


def test_the_language_stays_chosen_and_leads_nowhere_else(house: Served) -> None:
    answer = house.get("/language/de?back=/trends%3Fsite%3Dbern")
    assert (answer.status, answer.headers["location"]) == (303, "/trends?site=bern")
    assert "language=de;" in answer.headers["set-cookie"]
    for elsewhere in ("//evil.example", "https://evil.example", "/%5Cevil.example", "javascript:alert(1)", "/a%0d%0ab"):
        assert house.get(f"/language/de?back={elsewhere}").headers["location"] == "/"
    assert house.get("/language/xx").status == 404


@pytest.mark.parametrize("name", ["..%2Flayout.py", "layout.py", "nothing.css", "%2e%2e/texts/en.toml", "style.css%00"])
def test_only_our_own_still_files_are_given(house: Served, name: str) -> None:
    assert house.get(f"/static/x/{name}").status in (303, 404)


@pytest.mark.parametrize("path", EVERY)
def test_a_first_visit_is_light(house: Served, path: str) -> None:
    still = sum(file.stat().st_size for file in STILL.iterdir())
    assert len(house.get(path, house.cookie()).text.encode()) + still < FIRST_VISIT


def test_scripts_are_small() -> None:
    assert sum(len(gzip.compress(file.read_bytes())) for file in STILL.glob("*.js")) < SCRIPTS


def test_still_files_may_be_kept_for_good_because_their_address_changes(house: Served) -> None:
    address = re.search(r'href="(/static/[^"]+style\.css)"', house.get("/", house.cookie()).text)
    assert address is not None
    assert "immutable" in house.get(address[1]).headers["cache-control"]


def test_thousands_of_sites_make_no_page_longer(tmp_path: Path) -> None:
    with served(tmp_path) as house:
        with house.store.writing() as writing:
            for number in range(60):
                writing.name_site(f"s{number:02d}", f"Place {number:02d}", ZONE)
        cookie = house.cookie()
        shown = house.get("/", cookie).text
        assert "All service points" in shown
        assert "Another service point" in shown
        assert "Place 07" not in shown
        assert "Place 55" in house.get("/?site=s55", cookie).text
        assert house.get("/?site=nowhere", cookie).status == 404
        assert house.get("/sites", cookie).text.count('class="sheet place"') == 24
        few = house.cookie("mia", roles=("manager",), sites=frozenset({"s55", "s56"}))
        assert "Place 55" in house.get("/", few).text
        assert house.get("/?site=s01", few).status == 404


def test_how_far_sites_are_told_is_for_who_sees_all_figures(house: Served) -> None:
    """Of a fleet of one site it says whether enough customers came: a figure of that site."""
    says = "every place told until"
    one_site = house.cookie("mia", roles=("manager",), sites=frozenset({"bern"}))
    others = [house.cookie("ivo", roles=("it",)), house.cookie("otto", roles=("auditor",)), one_site]
    assert [says in house.get("/privacy", cookie).text for cookie in others] == [False, False, False]
    assert says in house.get("/privacy", house.cookie()).text


def test_a_report_marks_the_weeks_that_brought_numbers_where_few_do(house: Served) -> None:
    cookie = house.cookie()
    small, weekly = (house.get(f"/report?site={site}", cookie).text for site in ("davos", "bern"))
    assert small.count(": new</option>") == 6
    assert ": new</option>" not in weekly


def test_a_week_without_news_is_said_to_be_one(house: Served) -> None:
    cookie = house.cookie()
    old, new = (house.get(f"/report?site=davos&until=2026-{week}", cookie).text for week in ("W45", "W46"))
    assert "No new numbers this week." in old
    assert "New this week." in new
    assert "No new numbers" not in new


def test_a_report_of_a_week_to_come_is_that_of_the_last_week_told(house: Served) -> None:
    cookie = house.cookie()
    shown = [house.get(f"/report?site=bern{until}", cookie).text for until in ("", "&until=2030-W01")]
    assert all("Week of 9 to 15 November 2026" in text for text in shown)


def test_a_page_of_the_past_leads_to_the_present(house: Served) -> None:
    cookie = house.cookie()
    assert "Later numbers have been told" in house.get("/?site=bern&until=2026-W40", cookie).text
    assert "Later numbers" not in house.get("/?site=bern", cookie).text


def test_a_store_without_sites_says_how_one_comes(tmp_path: Path) -> None:
    with served(tmp_path) as house:
        cookie = house.cookie()
        for path in (*FIGURES, "/sites"):
            assert "shows up by itself when its first device has sent something" in house.get(path, cookie).text
