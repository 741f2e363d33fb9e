"""Signing in, links, sessions and passwords, on the real server with a real store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from counterpoint.fleet.access.entrance import Entrance, Wrong
from counterpoint.fleet.access.house import FirstLink
from counterpoint.fleet.access.marks import digest_of
from counterpoint.fleet.access.routes import first_link
from counterpoint.fleet.access.sessions import IDLE_S, LONGEST_S, session_end
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Invitation, SignedIn
from fleet_visitors import CHEAP, PASSWORD, Place, open_place

OTHER = "seven slow rivers under ice"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    kept = open_store(str(tmp_path / "fleet.db"))
    yield kept
    kept.close()


@pytest.fixture
def place(store: Store) -> Iterator[Place]:
    with open_place(store) as opened:
        yield opened


def test_a_stranger_is_sent_to_sign_in_and_comes_back_to_the_page(place: Place) -> None:
    place.known("anna", "manager")
    visitor = place.visitor()
    sent = visitor.get("/trends?site=north&weeks=4")
    assert (sent.status, sent.goes_to) == (303, "/sign-in?next=/trends%3Fsite%3Dnorth%26weeks%3D4")
    answer = visitor.post("/sign-in", {"name": " Anna ", "password": PASSWORD, "next": "/trends?site=north&weeks=4"})
    assert (answer.status, answer.goes_to) == (303, "/trends?site=north&weeks=4")
    assert visitor.get("/account").status == 200


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x=y"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(place: Place, next_: str) -> None:
    place.known("anna", "manager")
    answer = place.visitor().post("/sign-in", {"name": "anna", "password": PASSWORD, "next": next_})
    assert (answer.status, answer.goes_to) == (303, "/")


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(place: Place) -> None:
    place.known("anna", "manager")
    wrong, unknown = place.visitor(), place.visitor()
    answers = [wrong.sign_in("anna", "not it at all"), unknown.sign_in("nobody", "not it at all")]
    assert [answer.status for answer in answers] == [401, 401]
    texts = [answer.text.replace("anna", "X").replace("nobody", "X") for answer in answers]
    tokens = [wrong.form_token("/sign-in"), unknown.form_token("/sign-in")]
    assert texts[0].replace(tokens[0], "T") == texts[1].replace(tokens[1], "T")
    until_s = time.monotonic() + 10.0
    while ("anna", "sign_in_failed", "") not in place.log() and time.monotonic() < until_s:
        time.sleep(0.02)
    assert place.log().count(("anna", "sign_in_failed", "")) == 1
    assert "nobody" not in str(place.log())


def test_a_wrong_password_costs_no_write_before_its_answer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.known("anna", "manager")
    entrance = Entrance(place.store, CHEAP)
    with monkeypatch.context() as full:
        full.setattr(Store, "writing", lambda _: pytest.fail("an unknown name writes nothing"))
        answers = [entrance.sign_in(name, "not it at all", "", 0.0) for name in ("anna", "nobody", "?")]
    assert answers == [Wrong("anna"), Wrong(""), Wrong("")]


def test_the_cookie_is_random_and_only_its_digest_is_kept(place: Place, tmp_path: Path) -> None:
    visitor = place.known("anna", "manager")
    token = visitor.cookies["counterpoint-session"]
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(token) == 43
    assert token.encode() not in files
    assert digest_of(token).encode() in files
    assert PASSWORD.encode() not in files


def test_under_tls_the_cookie_belongs_to_this_host_alone(store: Store) -> None:
    with open_place(store, secure=True) as place:
        place.known("anna", "manager")
        answer = place.visitor().sign_in("anna")
        assert "strict-transport-security" in answer.headers
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-counterpoint=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=lax", "Secure"}


def test_signing_out_ends_the_session_on_the_server(place: Place) -> None:
    visitor = place.known("anna", "manager")
    kept = dict(visitor.cookies)
    assert visitor.post("/sign-out", shown_on="/account").goes_to == "/sign-in"
    visitor.cookies = kept
    assert visitor.get("/account").status == 303


def test_signing_out_everywhere_ends_every_session(place: Place) -> None:
    first, second = place.known("anna", "manager"), place.visitor()
    second.sign_in("anna")
    first.post("/account/sign-out-everywhere", shown_on="/account")
    assert [visitor.get("/account").status for visitor in (first, second)] == [303, 303]


def test_a_new_password_ends_the_other_sessions_and_the_old_one_is_over(place: Place) -> None:
    first, second = place.known("anna", "manager"), place.visitor()
    second.sign_in("anna")
    form = {"old": PASSWORD, "password": OTHER, "again": OTHER}
    assert first.post("/account/password", form, shown_on="/account").goes_to == "/account?done=password"
    assert [visitor.get("/account").status for visitor in (first, second)] == [200, 303]
    assert place.visitor().sign_in("anna").status == 401
    assert place.visitor().sign_in("anna", OTHER).status == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("not it at all", OTHER, OTHER, "The password so far was not right"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "a" * 300, "a" * 300, "too long"),
        (PASSWORD, "anna anna anna anna", "anna anna anna anna", "too easy"),
        (PASSWORD, "abababababababab", "abababababababab", "too easy"),
        (PASSWORD, OTHER, OTHER + "x", "not the same"),
    ],
)
def test_a_password_that_breaks_a_rule_changes_nothing(place: Place, old: str, new: str, again: str, said: str) -> None:
    visitor = place.known("anna", "manager")
    answer = visitor.post("/account/password", {"old": old, "password": new, "again": again}, shown_on="/account")
    assert (answer.status, said in answer.text) == (422, True)
    assert place.visitor().sign_in("anna").status == 303


def test_a_session_ends_two_hours_after_its_use_and_twelve_after_sign_in(place: Place) -> None:
    visitor = place.known("anna", "manager")
    digest, now_s = digest_of(visitor.cookies["counterpoint-session"]), int(time.time())
    with place.store.reading() as reading:
        session = reading.access.session(digest)
    assert session is not None
    assert session.ends_s - session.made_s == IDLE_S
    assert session_end(0, LONGEST_S - 60) == LONGEST_S
    with place.store.writing() as writing:
        writing.access.touch_session(digest, now_s - 600, now_s + 60)
    assert visitor.get("/account").status == 200
    with place.store.reading() as reading:
        used = reading.access.session(digest)
    assert used is not None
    assert used.ends_s >= now_s + IDLE_S, "use prolongs it"
    with place.store.writing() as writing:
        writing.access.touch_session(digest, now_s - IDLE_S, now_s)
    assert visitor.get("/account").status == 303


def test_a_shut_account_is_out_at_once(place: Place) -> None:
    visitor = place.known("anna", "manager")
    with place.store.writing() as writing:
        account = writing.access.account("anna")
        assert account is not None
        writing.access.put_account(replace(account, is_shut=True))
    assert visitor.get("/account").status == 303
    assert place.visitor().sign_in("anna").status == 401


def test_an_old_way_of_keeping_a_password_is_renewed_at_sign_in(place: Place) -> None:
    place.known("anna", "manager")
    with place.store.writing() as writing:
        account = writing.access.account("anna")
        assert account is not None
        weaker = type(CHEAP)(passes=2, memory_kib=32)
        writing.access.put_account(replace(account, password_hash=weaker.keep(PASSWORD)))
    assert place.visitor().sign_in("anna").status == 303
    with place.store.reading() as reading:
        renewed = reading.access.account("anna")
    assert renewed is not None
    assert "m=64,t=1,p=1" in renewed.password_hash
    assert place.visitor().sign_in("anna").status == 303


def test_the_first_link_makes_the_first_account_and_only_one(store: Store) -> None:
    first = first_link(store)
    assert isinstance(first, FirstLink)
    with open_place(store, first=first) as place:
        visitor, late = place.visitor(), place.visitor()
        assert "first account" in late.get(first.path).text
        form = {"name": "Anna", "password": OTHER, "again": OTHER}
        taken = visitor.post(first.path, form)
        assert (taken.status, taken.goes_to) == (303, "/")
        assert visitor.get("/accounts").status == 200
        assert late.get(first.path).status == 410
    assert first_link(store) is None


def test_an_invitation_works_once_for_seven_days(place: Place) -> None:
    it, guest = place.known("ida", "it"), place.visitor()
    page = it.post(
        "/accounts", [("name", "ben@example.org"), ("role", "manager"), ("where", "named"), ("sites", "north")]
    )
    link = page.text.split("/invitation/")[1].split("<")[0]
    assert guest.get(f"/invitation/{link}").text.count("ben@example.org") >= 1
    form = {"password": OTHER, "again": OTHER}
    assert guest.post(f"/invitation/{link}", form).goes_to == "/"
    assert guest.get("/account").status == 200
    assert place.visitor().get(f"/invitation/{link}").status == 410
    assert ("ida", "account.added", "ben@example.org: manager; north") in place.log()
    with place.store.writing() as writing:
        token = "x" * 43
        writing.access.invite(Invitation(digest_of(token), "ben@example.org", int(time.time()) - 1))
    assert place.visitor().get(f"/invitation/{token}").status == 410


def test_a_session_of_somebody_else_opens_nothing(place: Place) -> None:
    place.known("anna", "manager")
    visitor = place.visitor()
    for cookie in ("", "x", "x" * 5000, "ünïcode", "' OR 1=1 --"):
        assert (
            visitor.ask(
                "GET", "/account", headers={"cookie": f"counterpoint-session={cookie}".encode().decode("latin-1")}
            ).status
            == 303
        )
    now_s = int(time.time())
    with place.store.writing() as writing:
        writing.access.open_session(SignedIn(digest_of("long gone"), "anna", now_s - 100, now_s - 100, now_s))
    assert visitor.ask("GET", "/account", headers={"cookie": "counterpoint-session=long gone"}).status == 303
