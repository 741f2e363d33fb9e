"""Who the device is to the broker, and what is said when a file is not right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization

from broker_server import Authority
from counterpoint.edge.keys import load_identity, read_certificate
from counterpoint.errors import SettingsError
from counterpoint.settings import BrokerSettings

DEVICE = "0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("keys"))


def settings(authority: Authority, device: str = DEVICE, **other: str) -> BrokerSettings:
    certificate, key = authority.issue(device)
    files = {"ca_file": str(authority.file), "certificate_file": str(certificate), "key_file": str(key)}
    return msgspec.convert({"host": "broker.example", **files, **other}, BrokerSettings)


def test_the_device_is_the_common_name_of_its_certificate(authority: Authority) -> None:
    identity = load_identity(settings(authority))
    assert identity.device == DEVICE
    assert identity.context is not None
    assert identity.context.check_hostname


@pytest.mark.parametrize("days", [30, 40_000])
def test_the_end_of_the_certificate_is_known(authority: Authority, days: int) -> None:
    certificate, _ = authority.issue("ends", days=days)
    _, end = read_certificate(certificate)
    assert abs(end - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=1)


def test_without_tls_only_loopback_is_allowed() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        assert load_identity(BrokerSettings(host=host, tls=False, device_id="demo")).context is None
    for host in ("broker.example", "192.168.1.4", "127.0.0.1.example", "0.0.0.0"):  # noqa: S104 - refused, not bound
        with pytest.raises(SettingsError, match=r"set broker\.tls = true"):
            load_identity(BrokerSettings(host=host, tls=False, device_id="demo"))


def test_without_a_certificate_the_device_needs_an_id() -> None:
    with pytest.raises(SettingsError, match="device_id is empty"):
        load_identity(BrokerSettings(host="localhost", tls=False))


def test_another_id_than_the_certificates_is_refused(authority: Authority) -> None:
    with pytest.raises(SettingsError, match="leave device_id empty"):
        load_identity(settings(authority, device_id="other"))


def test_a_common_name_that_is_no_code_is_refused(authority: Authority) -> None:
    with pytest.raises(SettingsError, match="must be a code"):
        load_identity(settings(authority, "Front desk+#"))


@pytest.mark.parametrize("name", ["certificate_file", "key_file"])
def test_a_file_that_is_not_set_is_named(authority: Authority, name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_identity(settings(authority, **{name: ""}))


@pytest.mark.parametrize("name", ["ca_file", "certificate_file", "key_file"])
def test_a_missing_file_is_named(authority: Authority, name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"{name}"):
        load_identity(settings(authority, **{name: str(tmp_path / "nothing.pem")}))


@pytest.mark.parametrize("name", ["ca_file", "certificate_file", "key_file"])
@pytest.mark.parametrize(
    "content", ["", "hello", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "\u00e9"]
)
def test_a_file_that_is_something_else_is_named(authority: Authority, name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.pem").write_text(content)
    with pytest.raises(SettingsError, match=f"{name}"):
        load_identity(settings(authority, **{name: str(tmp_path / "wrong.pem")}))


def test_of_a_chain_the_first_certificate_counts(authority: Authority, tmp_path: Path) -> None:
    certificate, _ = authority.issue("first")
    (tmp_path / "chain.pem").write_text("Bag Attributes\n" + certificate.read_text() + authority.file.read_text())
    assert read_certificate(tmp_path / "chain.pem")[0] == "first"


def test_a_certificate_that_is_cut_off_is_refused(authority: Authority, tmp_path: Path) -> None:
    certificate, _ = authority.issue("cut")
    lines = certificate.read_text().splitlines()
    (tmp_path / "cut.pem").write_text("\n".join([*lines[:4], lines[-1]]) + "\n")
    with pytest.raises(SettingsError, match="no certificate"):
        read_certificate(tmp_path / "cut.pem")


def test_the_key_of_another_certificate_is_refused(authority: Authority) -> None:
    _, other_key = authority.issue("other")
    with pytest.raises(SettingsError, match="certificate's own key"):
        load_identity(settings(authority, key_file=str(other_key)))


def test_an_encrypted_key_is_refused_and_does_not_ask(authority: Authority, tmp_path: Path) -> None:
    _, key_file = authority.issue(DEVICE)
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (tmp_path / "locked.key").write_bytes(locked)
    with pytest.raises(SettingsError, match="unencrypted"):
        load_identity(settings(authority, key_file=str(tmp_path / "locked.key")))
