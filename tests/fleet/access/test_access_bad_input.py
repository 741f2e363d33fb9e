"""What strangers and broken programs send to the real server: refused early, cheaply, and without a trace inside."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from counterpoint.errors import StorageError
from counterpoint.fleet.access import entrance, forms, patience
from counterpoint.fleet.access.headers import HEADERS
from counterpoint.fleet.access.marks import digest_of
from counterpoint.fleet.notes.routes import note_routes
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.reading import Reading
from fleet_visitors import PASSWORD, Place, home, multipart, open_place, raw

FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", "origin": "null"}
OTHER = "seven slow rivers under ice"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    kept = open_store(str(tmp_path / "fleet.db"))
    with kept.writing() as writing:
        writing.name_site("north", "North", "Europe/Zurich")
    yield kept
    kept.close()


@pytest.fixture
def place(store: Store) -> Iterator[Place]:
    with open_place(store, note_routes(store)) as opened:
        yield opened


def status_of(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    return int(found[1]) if found else 0


def test_every_answer_has_the_headers_refusals_too(place: Place) -> None:
    visitor = place.visitor()
    answers = [visitor.get(path) for path in ("/", "/sign-in", "/static/0/style.css", "/api/v1/sites", "/nowhere")]
    answers += [visitor.ask("GET", "/sign-in", headers={"host": "evil.example"}), visitor.ask("PUT", "/sign-in", b"x")]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "server" not in answer.headers
    assert answers[1].headers["cache-control"] == "no-store"
    assert [answer.status for answer in answers[-2:]] == [421, 405]


def test_a_page_asks_nobody_else_and_has_no_inline_code(place: Place) -> None:
    for page in (
        place.visitor().get("/sign-in").text,
        place.known("ida", "it", "manager", "auditor").get("/accounts").text,
    ):
        assert re.findall(r"\b(?:src|href|action)=\"(?:https?:)?//", page) == []
        assert re.findall(r"<script>|<style|\sstyle=|\son[a-z]+=", page) == []


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "", "127.0.0.1:80 @x"]
)
def test_another_name_in_host_is_refused(place: Place, host: str) -> None:
    assert place.visitor().ask("GET", "/sign-in", headers={"host": host}).status in (400, 421)


def test_two_hosts_are_refused(place: Place) -> None:
    own = f"Host: 127.0.0.1:{place.port}\r\n".encode()
    assert status_of(raw(place.port, b"GET /sign-in HTTP/1.1\r\n" + own + own + b"\r\n")) in (400, 421)
    assert status_of(raw(place.port, b"GET /sign-in HTTP/1.0\r\n\r\n")) in (400, 421)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_another_sites_form_is_refused_though_its_token_is_right(place: Place, headers: dict[str, str]) -> None:
    anna = place.known("anna", "manager")
    body = f"form_token={anna.form_token('/account')}".encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert anna.ask("POST", "/account/sign-out-everywhere", body, kind | headers).status == 403
    assert anna.get("/account").status == 200


def test_a_form_without_its_sessions_token_is_refused(place: Place) -> None:
    anna, ben = place.known("anna", "manager"), place.known("ben", "manager")
    tokens = ["", "x" * 64, ben.form_token("/account"), place.visitor().form_token("/sign-in")]
    for token in tokens:
        assert anna.ask("POST", "/account/sign-out-everywhere", f"form_token={token}".encode(), FORM).status == 403
    assert anna.ask("POST", "/account/sign-out-everywhere", b"", FORM).status == 403
    assert anna.get("/account").status == 200


def test_signing_in_needs_a_token_too(place: Place) -> None:
    place.known("anna", "manager")
    body = f"name=anna&password={PASSWORD.replace(' ', '+')}".encode()
    assert place.visitor().ask("POST", "/sign-in", body, FORM).status == 403


STRANGE = [
    "' OR '1'='1' --",
    "anna'; DROP TABLE account; --",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ config }} ${7*7} %s %n",
    "\u0430nna",
    "\uff21nna\u202e",
    "anna\r\nSet-Cookie: a=b",
    "😀" * 40,
    "a" * 256,
]


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_name_is_wrong_like_any_other(place: Place, name: str) -> None:
    place.known("anna", "manager")
    answer = place.visitor().sign_in(name)
    assert answer.status == 401
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text.split("<main")[1]
    assert answer.headers.get_all("set-cookie") is None
    assert place.visitor().sign_in("anna").status == 303, "the table is still there"


@pytest.mark.parametrize("name", [*STRANGE, "", "-anna", "anna ben", "all sites", "command line"])
def test_no_account_gets_a_strange_name(place: Place, name: str) -> None:
    ida = place.known("ida", "it")
    answer = ida.post("/accounts", [("name", name), ("role", "manager"), ("where", "all")])
    taken = name == "a" * 256 or answer.status == 422
    assert taken
    with place.store.reading() as reading:
        assert [account.name for account in reading.access.accounts()] == ["ida"]


@pytest.mark.parametrize(
    ("role", "sites"),
    [("root", "north"), ("manager", "North!"), ("manager", "all"), ("manager", "../x"), ("", "north")],
)
def test_no_account_gets_strange_rights(place: Place, role: str, sites: str) -> None:
    ida = place.known("ida", "it")
    form = [("name", "ben"), ("role", role), ("where", "named"), ("sites", sites)]
    assert ida.post("/accounts", form).status == 422


def test_a_body_that_is_too_large_is_refused_before_it_is_read(place: Place) -> None:
    visitor = place.visitor()
    assert visitor.ask("POST", "/sign-in", b"x" * 20_000, FORM).status == 413
    anna = place.known("anna", "manager")
    head = f"POST /notes HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nSec-Fetch-Site: same-origin\r\n"
    head += f"Cookie: counterpoint-session={anna.cookies['counterpoint-session']}\r\nContent-Type: text/plain\r\n"
    assert status_of(raw(place.port, f"{head}Content-Length: 99999999999\r\n\r\n".encode())) == 413
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    assert status_of(raw(place.port, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 20)) in (413, 0)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nhalf'),
        ("multipart/form-data; boundary=x", b"--x\r\nno colon here\r\n\r\n"),
        ("multipart/form-data; boundary=x", b"\x00\xff" * 500),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=", b"----"),
        (
            "multipart/form-data; boundary=x; charset=nonsense",
            b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--",
        ),
        ("application/json", b"{}"),
        ("text/plain", b"form_token=x"),
        ("", b"x"),
        ("application/x-www-form-urlencoded", b"\xff\xfe%zz%00&&&===;"),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(2000))),
    ],
)
def test_a_broken_form_is_refused_and_nothing_breaks(place: Place, kind: str, body: bytes) -> None:
    anna = place.known("anna", "manager")
    answer = anna.ask("POST", "/notes/facts", body, {"content-type": kind, "sec-fetch-site": "same-origin"})
    assert answer.status in (400, 403, 415)
    assert anna.get("/account").status == 200


def test_two_files_and_many_fields_are_refused(place: Place) -> None:
    anna = place.known("anna", "manager")
    token = anna.form_token("/account")
    for fields, files in (
        ({"form_token": token}, {"file": b"a", "other": b"b"}),
        ({f"f{n}": "" for n in range(70)}, {}),
    ):
        body, kind = multipart(fields, files)
        answer = anna.ask("POST", "/notes/facts", body, {"content-type": kind, "sec-fetch-site": "same-origin"})
        assert answer.status == 400


def test_a_text_where_a_file_belongs_and_a_file_where_a_text_belongs(place: Place) -> None:
    anna = place.known("anna", "manager")
    token = anna.form_token("/account")
    for fields, files in (
        ({"form_token": token, "site": "north", "file": "text"}, {}),
        ({"form_token": token}, {"site": b"x"}),
    ):
        body, kind = multipart(fields, files)
        answer = anna.ask("POST", "/notes/facts", body, {"content-type": kind, "sec-fetch-site": "same-origin"})
        assert answer.status in (400, 422)


def test_nul_bytes_never_reach_the_store(place: Place) -> None:
    ida = place.known("ida", "it")
    assert ida.post("/notes", {"site": "north", "day": "2026-05-03", "text": "a\0b"}).status == 400
    assert ida.post("/accounts", {"name": "a\0b", "role": "it"}).status == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 40_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_400_and_the_server_lives(place: Place, sent: bytes) -> None:
    assert status_of(raw(place.port, sent, 1.0)) in (0, 400, 421)
    assert place.visitor().get("/sign-in").status == 200


PATHS = [
    "/" + "a" * 5000,
    "/?" + "x=1&" * 2000,
    "/%2e%2e/%2e%2e/etc/passwd",
    "/static/0/..%2f..%2fsite_map.py",
    "/%00",
    "/%ff%fe",
]


@pytest.mark.parametrize("path", PATHS)
def test_strange_addresses_are_refused_and_logged_nowhere(place: Place, path: str) -> None:
    visitor = place.known("anna", "manager")
    assert visitor.get(path).status in (400, 404, 414)


def test_a_websocket_is_refused(place: Place) -> None:
    own = f"Host: 127.0.0.1:{place.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    sent = f"GET / HTTP/1.1\r\n{own}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    assert status_of(raw(place.port, sent.encode(), 2)) in (303, 400, 403)


def test_a_slow_body_is_cut_off_and_holds_nobody_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "LONGEST_S", 1.0)
    head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nSec-Fetch-Site: same-origin\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nname="
    with slow(place.port, head.encode(), 60) as lines:
        started = time.monotonic()
        assert place.visitor().get("/sign-in").status == 200
        assert time.monotonic() - started < 1.0
        answers = [line.recv(4096) for line in lines]
    assert {status_of(answer) for answer in answers} == {408}


def test_slow_headers_are_cut_off(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOKS_S", 0.3)
    with slow(place.port, b"GET / HTTP/1.1\r\nX: y", 30) as lines:
        until = time.monotonic() + 5
        for line in lines:
            line.settimeout(max(0.1, until - time.monotonic()))
            with suppress(ConnectionResetError):
                assert line.recv(10) == b"", "cut, and nothing said"
        assert place.visitor().get("/sign-in").status == 200


@contextmanager
def slow(port: int, sent: bytes, count: int) -> Iterator[list[socket.socket]]:
    """Many who begin, and dawdle."""
    lines = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
    for line in lines:
        line.sendall(sent)
    try:
        yield lines
    finally:
        for line in lines:
            line.close()


def test_tries_are_limited_by_account_and_the_holder_still_gets_in(place: Place) -> None:
    place.known("anna", "manager")
    stranger = {"x-forwarded-for": "203.0.113.7"}
    tries = [
        place.visitor().post("/sign-in", {"name": "anna", "password": "not it at all"}, headers=stranger)
        for _ in range(entrance.BY_ACCOUNT.at_once + 3)
    ]
    assert [answer.status for answer in tries[-3:]] == [429] * 3
    assert int(tries[-1].headers["retry-after"]) > 0
    right = place.visitor().post("/sign-in", {"name": "anna", "password": PASSWORD}, headers=stranger)
    assert right.status == 429, "not even with the right password, from there"
    assert place.visitor().sign_in("anna", address=home("anna")).status == 303, "from where anna has been before"


def test_a_name_that_is_not_there_is_limited_in_the_same_way(place: Place) -> None:
    tries = [place.visitor().sign_in("nobody", "not it at all").status for _ in range(entrance.BY_ACCOUNT.at_once + 2)]
    assert tries == [401] * entrance.BY_ACCOUNT.at_once + [429] * 2


def test_tries_are_limited_by_address(place: Place) -> None:
    count = entrance.BY_ADDRESS.at_once + 25
    started = time.monotonic()
    visitor = place.visitor()
    token = visitor.form_token("/sign-in")
    statuses = [
        visitor.ask("POST", "/sign-in", f"form_token={token}&name=n{number}&password=x".encode(), FORM).status
        for number in range(count)
    ]
    allowed = entrance.BY_ADDRESS.at_once + (time.monotonic() - started) / entrance.BY_ADDRESS.every_s + 2
    assert statuses.count(401) <= allowed
    assert statuses[-1] == 429


def test_a_new_link_lets_somebody_in_who_is_hammered_at(place: Place) -> None:
    place.known("anna", "manager")
    for _ in range(entrance.BY_ACCOUNT.at_once + 1):
        place.visitor().post("/sign-in", {"name": "anna", "password": "x"}, headers={"x-forwarded-for": "203.0.113.7"})
    link = place.known("ida", "it").post("/accounts/link", {"name": "anna"}, shown_on="/accounts")
    path = "/invitation/" + link.text.split("/invitation/")[1].split("<")[0]
    new = {"password": OTHER, "again": OTHER}
    assert place.visitor().post(path, new, headers={"x-forwarded-for": "198.51.100.9"}).status == 303


def test_a_store_that_is_away_is_said_calmly_and_comes_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = place.known("anna", "manager")

    def away(_: Reading) -> None:
        raise StorageError("the store /secret/path can't be used")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "reading", away)
        answer = anna.get("/account")
        assert (answer.status, answer.headers["retry-after"]) == (503, "30")
        assert "secret" not in answer.text
        assert place.visitor().get("/api/v1/openapi.json").status in (200, 404)
    assert anna.get("/account").status == 200


def test_a_full_disk_stops_nobody_from_reading(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = place.known("anna", "manager")
    now_s = int(time.time())
    with place.store.writing() as writing:
        writing.access.touch_session(digest_of(anna.cookies["counterpoint-session"]), now_s - 600, now_s + 60)

    def full(_: Store) -> None:
        raise StorageError("no room")

    monkeypatch.setattr(Store, "writing", full)
    assert anna.get("/account").status == 200
    assert anna.post("/notes", {"site": "north", "day": "2026-05-03", "text": "x"}).status == 503


def test_our_own_failure_tells_nothing_of_the_inside(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = place.known("anna", "manager")

    def breaks(*_: object) -> None:
        raise ZeroDivisionError("with what somebody typed")

    monkeypatch.setattr("counterpoint.fleet.access.own_pages._shown", breaks)
    anna.post("/account/keys", {"label": "x", "scope": "figures"}, shown_on="/account")
    answer = anna.get("/account")
    assert answer.status == 500
    assert "ZeroDivision" not in answer.text
    assert "typed" not in answer.text


def test_many_at_once_are_answered(place: Place) -> None:
    anna = place.known("anna", "manager")
    statuses: list[int] = []

    def click() -> None:
        statuses.extend(anna.get("/account").status for _ in range(5))

    threads = [threading.Thread(target=click) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 100
