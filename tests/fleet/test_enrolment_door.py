"""The HTTPS door: whatever is sent to it, it answers with a small JSON object and goes on."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from counterpoint.edge.device_key import make_key, make_request
from counterpoint.errors import EnrolmentUnreachable, StorageError
from counterpoint.fleet.enrolment import service
from counterpoint.fleet.enrolment.desk import Desk
from enrolment_site import Site

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("door") / "site") as site:
        yield site


def ask(site: Site, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    context = ssl.create_default_context(cafile=str(site.folder / "ca.pem"))
    line = http.client.HTTPSConnection("localhost", site.port, context=context, timeout=20)
    line.request(method, path, body)
    answer = line.getresponse()
    found = answer.status, answer.read()
    line.close()
    return found


def request(tmp_path: Path) -> str:
    make_key(tmp_path / "key")
    return make_request(tmp_path / "key", "any")


@pytest.mark.parametrize("path", ["/enrol", "/renew"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b"null",
        b"{}",
        b'{"csr": 7, "token": []}',
        b'{"csr": "\\ud800", "token": "\\ud800"}',
        b'{"token": "t", "csr": "c", "more": 1}',
        b'{"token": "t", "csr": "-----BEGIN CERTIFICATE REQUEST-----"}',
        b"\xff\xfe\x00",
        b"[" * 10_000,
        b" " * 20_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_question_is_refused(site: Site, path: str, body: bytes) -> None:
    status, content = ask(site, "POST", path, body)
    assert status == 400
    assert json.loads(content)["error"]


def test_a_key_that_is_unknown_is_refused_a_renewal(site: Site, tmp_path: Path) -> None:
    status, content = ask(site, "POST", "/renew", json.dumps({"csr": request(tmp_path)}).encode())
    assert (status, "unknown here" in json.loads(content)["error"]) == (403, True)


def test_who_connects_and_says_nothing_is_let_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LONGEST_S", 0.2)
    context = ssl.create_default_context(cafile=str(site.folder / "ca.pem"))
    with (
        socket.create_connection(("localhost", site.port), timeout=20) as line,
        context.wrap_socket(line, server_hostname="localhost", suppress_ragged_eofs=True) as silent,
    ):
        silent.sendall(b"POST /enrol HTTP/1.1\r\nHost: localhost\r\n")
        with suppress(ConnectionResetError):  # an abort may be seen as that
            assert silent.recv(1) == b""


def test_everybody_may_read_the_authority_and_nothing_else(site: Site) -> None:
    assert ask(site, "GET", "/ca") == (200, site.authority.pem.encode())
    assert [ask(site, "GET", path)[0] for path in ("/", "/enrol", "/ca/../enrolment.db", "/docs")] == [
        404,
        405,
        404,
        404,
    ]


@pytest.mark.parametrize("failure", [StorageError("the disk is full"), RuntimeError("a secret in a message")])
def test_a_failure_of_the_server_is_asked_again_and_loses_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    def fails(*_: object) -> None:
        raise failure

    box = site.device(f"PC-{type(failure).__name__}")
    with monkeypatch.context() as patched:
        patched.setattr(Desk, "enrol", fails)
        with pytest.raises(EnrolmentUnreachable, match="can't answer now"):
            box.enrol()
    assert "secret" not in caplog.text
    with pytest.raises(EnrolmentUnreachable, match="has to approve"):
        box.enrol()
