"""The same on PostgreSQL, where it could differ: strange text, one link used by many, a database that goes away."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from counterpoint.errors import AccountRefused
from counterpoint.fleet.access.accounts import add_account, make_link, take_link
from counterpoint.fleet.exports.routes import export_routes
from counterpoint.fleet.notes.routes import note_routes
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Account
from fleet_visitors import PASSWORD, Place, open_place
from postgresql_server import PostgresqlServer

pytestmark = pytest.mark.real
STRANGE = ["'; DROP TABLE annotation; --", "<script>alert(1)</script>", "été 😀 \uff46", "%s %(x)s :x $1 {0}", "\\'"]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with PostgresqlServer() as opened:
        yield opened


@pytest.fixture
def place(server: PostgresqlServer) -> Iterator[Place]:
    store = open_store(server.database())
    with store.writing() as writing:
        writing.name_site("north", "Hill", "Europe/Zurich")
    with open_place(store, [*note_routes(store), *export_routes(store)]) as opened:
        yield opened
    store.close()


def test_strange_text_is_text(place: Place) -> None:
    anna = place.known("anna", "manager", "it")
    for text in STRANGE:
        assert anna.post("/notes", {"site": "north", "day": "2026-05-03", "text": text}).status == 303
        anna.post("/account/keys", {"label": text, "scope": "figures"}, shown_on="/account")
        assert place.visitor().sign_in(text).status == 401
    with place.store.reading() as reading:
        assert [note.text for note in reading.annotations(["north"], "2026-W01", "2026-W52")] == STRANGE
        assert {key.name for key in reading.access.tokens("anna")} == set(STRANGE)
    assert anna.post("/notes", {"site": "north", "day": "2026-05-03", "text": "a\0b"}).status == 400
    assert "<script>alert" not in anna.get("/notes").text


def test_a_link_that_many_use_at_once_is_used_once(place: Place) -> None:
    with place.store.writing() as writing:
        add_account(writing, Account("ben", "", frozenset({"manager"}), None, made_s=1), "test")
        token = make_link(writing, "ben", "test", 100)
    taken: list[str] = []
    threads = [threading.Thread(target=_take, args=(place.store, token, f"hash {n}", taken)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with place.store.reading() as reading:
        ben = reading.access.account("ben")
    assert ben is not None
    assert [ben.password_hash] == taken


def _take(store: Store, token: str, kept: str, taken: list[str]) -> None:
    try:
        with store.writing() as writing:
            take_link(writing, token, kept, 200)
    except AccountRefused:
        return
    taken.append(kept)


def test_a_database_that_goes_away_and_comes_back(place: Place, server: PostgresqlServer) -> None:
    anna = place.known("anna", "manager")
    server.stop("immediate")
    try:
        away = anna.get("/account")
        signing = place.visitor()
        token = signing.form_token("/sign-in")
        body = f"name=anna&password={PASSWORD.replace(' ', '+')}&form_token={token}".encode()
        kind = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
        refused = signing.ask("POST", "/sign-in", body, kind)
        asked = place.visitor().get("/api/v1/sites", authorization="Bearer cpk_x")
    finally:
        server.start()
    assert [away.status, refused.status, asked.status] == [503, 503, 503]
    assert "counterpoint-pg" not in away.text + refused.text + asked.text, "no path of the inside"
    assert anna.get("/account").status == 200
