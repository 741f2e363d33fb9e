"""Every address, set of roles and set of sites, on the real server: what is not somebody's does not exist for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from starlette.routing import Route

from counterpoint.fleet.access.doors import DoorRules
from counterpoint.fleet.access.people import ROLES, Role
from counterpoint.fleet.access.routes import access_routes
from counterpoint.fleet.access.sessions import OPEN
from counterpoint.fleet.exports.routes import export_routes
from counterpoint.fleet.notes.routes import note_routes
from counterpoint.fleet.pages.site_map import page_routes
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Annotation, Fact, Heard
from counterpoint.messages.schemas import State
from fleet_visitors import CHEAP, Place, open_place
from site_summaries import hours_of, weeks_of

FOREIGN = ("south", "Quayside")
"""Nothing of these may be in an answer to who has only the north."""
FILLED = {
    "token": "x" * 43,
    "fingerprint": "0",
    "name": "style.css",
    "code": "en",
    "rest:path": "v2/sites",
    "site": "north",
}
MANAGERS: tuple[Role, ...] = ("manager",)


def every_route(store: Store) -> list[Route]:
    rules = DoorRules(frozenset({"x"}))
    return [*page_routes(store), *access_routes(store, rules, None, CHEAP), *note_routes(store), *export_routes(store)]


def addresses(store: Store, method: str) -> list[str]:
    """Every path that answers to this method, its parts filled in."""
    found = []
    for route in every_route(store):
        if method in (route.methods or ()):
            path = route.path
            for name, value in FILLED.items():
                path = path.replace(f"{{{name}}}", value)
            assert "{" not in path, f"tell this test what to fill into {path}"
            found.append(path)
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("rights")
    store = open_store(str(folder / "fleet.db"))
    with store.writing() as writing:
        for code, name in (("north", "Hill"), ("south", "Quayside")):
            writing.name_site(code, name, "Europe/Zurich")
            writing.annotate(Annotation(code, "2026-10-05", f"Changed at {name}", "manager", 1))
            writing.put_facts([Fact(code, "2026-W40", "visitors", 100.0)])
            writing.note_devices([Heard(code, f"device-{code}", State(state="online"), 1_790_000_000)])
        for code in ("north", "south", "all"):
            writing.put_summaries([*weeks_of(code), hours_of(code)], 1)
    with open_place(store, [*note_routes(store), *export_routes(store)]) as opened:
        yield opened
    store.close()


def sees_nothing_of(foreign: Sequence[str], text: str, asked: str) -> bool:
    """The address that was asked for stands in links back to it; nothing else may."""
    for echo in (asked, asked.replace("=", "%3D")):
        text = text.replace(echo, "")
    return not any(word in text for word in foreign)


def test_a_stranger_gets_the_way_in_and_nothing_else(place: Place) -> None:
    stranger = place.visitor()
    for path in addresses(place.store, "GET"):
        answer = stranger.get(path)
        if path.startswith(("/api/v1/openapi", *OPEN)):
            continue
        expected = (401, 404) if path.startswith("/api/") else (303,)
        assert answer.status in expected, path
        assert sees_nothing_of(("north", "Hill", *FOREIGN), answer.text, "/sites/north"), path


def test_a_stranger_changes_nothing(place: Place) -> None:
    for path in addresses(place.store, "POST"):
        answer = place.visitor().ask("POST", path, b"", {"content-type": "application/x-www-form-urlencoded"})
        assert answer.status == (403 if path.startswith(OPEN) else 303), path


@pytest.mark.parametrize("site", ["south", "all", "nowhere", "north' OR '1'='1", "north/..", "NORTH", "north%00"])
def test_a_manager_of_the_north_meets_no_other_site_anywhere(place: Place, site: str) -> None:
    manager = place.known("nora", "manager", sites=["north"])
    for path in addresses(place.store, "GET"):
        query = f"site={site}".replace(" ", "%20")
        answer = manager.get(f"{path}?{query}")
        assert answer.status < 500, path
        assert sees_nothing_of(FOREIGN, answer.text, query), path
    for path in ("/", "/hours", "/trends", "/listening", "/report", "/export/periods.csv", "/export/hours.csv"):
        assert manager.get(f"{path}?{query}").status == 404, path


def test_a_foreign_site_and_one_that_is_not_there_give_the_same_answer(place: Place) -> None:
    manager = place.known("nora", "manager", sites=["north"])
    for path in addresses(place.store, "GET"):
        foreign, nowhere = (manager.get(f"{path}?site={site}") for site in ("south", "nowhr"))
        assert foreign.status == nowhere.status, path
        own = manager.form_token("/account")
        texts = [answer.text.replace(own, "T") for answer in (foreign, nowhere)]
        texts = [text.replace("south", "X").replace("nowhr", "X") for text in texts]
        assert texts[0] == texts[1], path


ROLE_SETS = [roles for count in range(1, len(ROLES) + 1) for roles in itertools.combinations(ROLES, count)]
PEOPLE = [(roles, None) for roles in ROLE_SETS] + [
    (roles, sites) for roles in ROLE_SETS if "manager" in roles for sites in (["north"], [])
]


@pytest.mark.parametrize(("roles", "sites"), PEOPLE)
def test_each_role_opens_its_own_pages_and_no_others(
    place: Place, roles: tuple[Role, ...], sites: list[str] | None
) -> None:
    visitor = place.known("somebody", *roles, sites=sites)
    for path in addresses(place.store, "GET"):
        answer = visitor.get(path)
        assert answer.status < 500, path
        if answer.status != 200 or path.startswith(("/api/", *OPEN)):
            continue
        assert path in _own_pages(roles), path
        if sites is not None and "it" not in roles and path != "/audit":  # the log names every site
            assert sees_nothing_of(FOREIGN, answer.text, ""), path
        if "manager" not in roles:
            assert "100" not in _figures(answer.text), path


def _own_pages(roles: Sequence[str]) -> set[str]:
    pages = {"/account", "/privacy"}
    figures = {"/", "/hours", "/trends", "/listening", "/try", "/report", "/export/periods.csv", "/export/hours.csv"}
    pages |= figures | {"/notes/facts", "/sites", "/notes", "/export"} if "manager" in roles else set()
    pages |= {"/devices", "/sites", "/accounts", "/notes", "/export"} if "it" in roles else set()
    return pages | ({"/audit"} if "auditor" in roles else set())


def _figures(text: str) -> str:
    """What stands in charts: none for who sees no figures."""
    return "".join(part.split("</svg>")[0] for part in text.split("<svg")[1:] if "chart" in part.split(">")[0])


def test_rights_that_were_taken_away_are_gone_at_the_next_click(place: Place) -> None:
    ida, nora = place.known("ida", "it"), place.known("nora", "manager", sites=["north"])
    assert nora.get("/?site=north").status == 200
    form = [("name", "nora"), ("role", "auditor"), ("where", "named"), ("sites", "")]
    assert ida.post("/accounts/rights", form, shown_on="/accounts").status == 303
    assert nora.get("/?site=north").status == 303
    assert ("ida", "account.rights", "nora: auditor; no site") in place.log()


def test_nobody_gives_rights_to_themselves_or_deletes_themselves(place: Place) -> None:
    ida = place.known("ida", "it")
    form = [("name", "ida"), ("role", "it"), ("role", "manager"), ("where", "all")]
    assert ida.post("/accounts/rights", form, shown_on="/accounts").status == 422
    assert ida.post("/accounts/remove", {"name": "ida"}, shown_on="/accounts").status == 422
    assert ida.get("/hours").status == 403


def test_who_is_deleted_is_out_at_once(place: Place) -> None:
    ida, guest = place.known("ida", "it"), place.known("guest", "manager")
    assert ida.post("/accounts/remove", {"name": "guest"}, shown_on="/accounts").status == 303
    assert guest.get("/account").status == 303
    assert place.visitor().sign_in("guest").status == 401


def test_a_manager_sees_neither_the_log_nor_the_accounts(place: Place) -> None:
    nora = place.known("nora", "manager")
    assert [nora.get(path).status for path in ("/audit", "/accounts", "/devices")] == [403, 403, 403]


def test_the_log_tells_the_auditor_who_did_what_and_never_who_looked(place: Place) -> None:
    nora = place.known("nora", "manager", sites=["north"])
    before = len(place.log())
    for path in ("/?site=north", "/hours?site=north", "/trends?site=north", "/account"):
        nora.get(path)
    assert len(place.log()) == before
    page = place.known("otto", "auditor").get("/audit").text
    assert "127.0.0.1" not in page.split("<main")[1]
    assert "nora" in page


def test_a_language_of_the_account_goes_with_the_person(place: Place) -> None:
    anna = place.known("anna", "manager")
    assert '<html lang="en">' in anna.get("/account").text
    assert anna.post("/account/language", {"language": "de"}, shown_on="/account").goes_to == "/account?done=language"
    page = anna.get("/account?done=language", accept_language="en").text
    assert '<html lang="de">' in page
    assert '<option value="de" lang="de" selected>' in page
    assert 'href="/language/' not in page, "a link that would change nothing"
    anna.cookies["language"] = "en"
    assert '<html lang="de">' in anna.get("/privacy").text, "the account's goes before the browser's"
    other = place.visitor()
    other.sign_in("anna", address="192.0.2.77")
    assert '<html lang="de">' in other.get("/privacy", accept_language="en").text
    assert '<html lang="en">' in place.known("ida", "it").get("/privacy").text
    assert anna.post("/account/language", {"language": "xx"}, shown_on="/account").status == 400
    anna.post("/account/language", {"language": ""}, shown_on="/account")
    assert '<html lang="en">' in anna.get("/privacy").text
    assert [what for _, what, _ in place.log()].count("account.language") == 2
