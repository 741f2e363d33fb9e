"""The site's authority: its key, its passphrase, what it signs."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from counterpoint.edge.device_key import make_key, make_request
from counterpoint.errors import AuthorityError, MessageError, UsageError
from counterpoint.fleet.enrolment.authority import Authority, make_authority, read_request

NOW = datetime.now(UTC)


def openssl(*words: str | Path) -> str:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=True).stdout


def test_a_key_with_a_passphrase_opens_with_it_alone(tmp_path: Path) -> None:
    made = make_authority(tmp_path, "site", b"a long passphrase")
    assert b"ENCRYPTED" in (tmp_path / "ca.key").read_bytes()
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600
    assert Authority(tmp_path, b"a long passphrase").digest == made.digest
    with pytest.raises(AuthorityError, match="give its passphrase"):
        Authority(tmp_path, None)
    with pytest.raises(AuthorityError, match="the passphrase is another one"):
        Authority(tmp_path, b"another")


def test_an_authority_is_made_once_and_never_replaced(tmp_path: Path) -> None:
    make_authority(tmp_path, "site", None)
    with pytest.raises(AuthorityError, match="already"):
        make_authority(tmp_path, "site", None)
    (tmp_path / "ca.pem").unlink()
    with pytest.raises(AuthorityError, match="already"):
        make_authority(tmp_path, "site", None)
    with pytest.raises(AuthorityError, match="enrolment init"):
        Authority(tmp_path, None)


def test_two_authorities_halves_are_not_one(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        make_authority(tmp_path / name, name, None)
    (tmp_path / "one/ca.pem").write_bytes((tmp_path / "two/ca.pem").read_bytes())
    with pytest.raises(AuthorityError, match="from one backup"):
        Authority(tmp_path / "one", None)


def test_what_it_signs_passes_openssls_strictest_look(tmp_path: Path) -> None:
    authority = make_authority(tmp_path, "site", None)
    make_key(tmp_path / "device.key")
    request = read_request(make_request(tmp_path / "device.key", "any name"))
    issued = authority.sign_device(request.key, "a1b2c3d4", NOW, 365)
    server, _ = authority.make_server(["localhost", "192.0.2.7"], NOW)
    for name, pem, purpose in (("device", issued.pem, "sslclient"), ("server", server.pem, "sslserver")):
        path = tmp_path / f"{name}.pem"
        path.write_text(pem)
        assert "OK" in openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", tmp_path / "ca.pem", path)
    assert "a1b2c3d4" in openssl("x509", "-in", tmp_path / "device.pem", "-noout", "-subject")
    assert "192.0.2.7" in openssl("x509", "-in", tmp_path / "server.pem", "-noout", "-ext", "subjectAltName")


def test_a_revoked_certificate_is_on_the_list(tmp_path: Path) -> None:
    authority = make_authority(tmp_path, "site", None)
    issued, _ = authority.make_client("device", NOW)
    (tmp_path / "device.pem").write_text(issued.pem)
    (tmp_path / "crl.pem").write_bytes(authority.revocation_list([issued.serial], NOW))
    ended = subprocess.run(
        ["openssl", "verify", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "crl.pem", "device.pem"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "certificate revoked" in ended.stderr


@pytest.mark.parametrize("what", ["", "no request", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "é"])
def test_what_is_no_request_is_refused(what: str) -> None:
    with pytest.raises(MessageError, match="no certificate request"):
        read_request(what)


def test_a_request_for_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k", "-out", tmp_path / "r.pem", "-subj", "/CN=x"
    )
    with pytest.raises(MessageError, match="P-256"):
        read_request((tmp_path / "r.pem").read_text())


def test_a_request_that_its_key_has_not_signed_is_refused(tmp_path: Path) -> None:
    make_key(tmp_path / "one")
    lines = make_request(tmp_path / "one", "any").splitlines()
    broken = [*lines[:-2], lines[-2][:4] + ("A" if lines[-2][4] != "A" else "B") + lines[-2][5:], lines[-1]]
    with pytest.raises(MessageError):
        read_request("\n".join(broken) + "\n")


def test_a_host_that_is_no_name_is_refused(tmp_path: Path) -> None:
    authority = make_authority(tmp_path, "site", None)
    with pytest.raises(UsageError, match="no host name"):
        authority.make_server(["Empfang süd"], NOW)
