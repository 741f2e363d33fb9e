"""Reaching a real Mosquitto that asks for certificates, and all the ways in which that fails."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from counterpoint.edge import broker_reach
from counterpoint.edge.broker_reach import reach_broker
from counterpoint.errors import BrokerRefused, BrokerUnreachable
from counterpoint.settings import BrokerSettings

MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(MOSQUITTO is None, reason="needs Mosquitto: apt-get install mosquitto"),
]


@dataclass
class Authority:
    """A certificate authority of the test's own; writes PEM files into its folder."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        own = self._builder(self.name, self.key).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        own = own.add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
        own = own.add_extension(_signs_certificates(), True)
        self._write("ca", own.sign(self.key, hashes.SHA256()), self.key)

    def issue(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = self._builder(subject, key).add_extension(loopback, False).add_extension(authority, False)
        self._write(name, builder.sign(self.key, hashes.SHA256()), key)

    def file(self, name: str) -> str:
        return str(self.folder / name)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        hour = dt.timedelta(hours=1)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        return (
            builder.serial_number(x509.random_serial_number()).not_valid_before(now - hour).not_valid_after(now + hour)
        )

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(pem))
        (self.folder / f"{name}.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    for name in ("server", "device"):
        authority.issue(name)
    return authority


@pytest.fixture(scope="module")
def broker(authority: Authority) -> Iterator[int]:
    assert MOSQUITTO is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    file = authority.file
    (authority.folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\ncafile {file('ca.pem')}\ncertfile {file('server.pem')}\n"
        f"keyfile {file('server.key')}\nrequire_certificate true\nuse_identity_as_username true\n"
        f"user root\nlog_dest none\n"
    )
    with subprocess.Popen([MOSQUITTO, "-c", file("mosquitto.conf")], stderr=subprocess.DEVNULL) as running:
        _wait_for(port)
        yield port
        running.terminate()


def _wait_for(port: int) -> None:
    give_up_s = time.monotonic() + 5
    while time.monotonic() < give_up_s:
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("mosquitto did not start")


def settings(authority: Authority, port: int, ca: str = "ca.pem", pair: str = "device") -> BrokerSettings:
    return BrokerSettings(
        host="127.0.0.1",
        port=port,
        ca_file=authority.file(ca),
        certificate_file=authority.file(f"{pair}.pem") if pair else "",
        key_file=authority.file(f"{pair}.key") if pair else "",
    )


def test_a_device_with_its_certificate_is_taken(authority: Authority, broker: int) -> None:
    assert reach_broker(settings(authority, broker)) == "TLSv1.3"


def test_without_a_certificate_it_is_refused(authority: Authority, broker: int) -> None:
    with pytest.raises(BrokerRefused, match=r"certificate required\); check broker.certificate_file"):
        reach_broker(settings(authority, broker, pair=""))


def test_a_certificate_of_another_authority_is_refused(authority: Authority, broker: int, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    stranger.issue("device")
    mixed = BrokerSettings(
        host="127.0.0.1",
        port=broker,
        ca_file=authority.file("ca.pem"),
        certificate_file=stranger.file("device.pem"),
        key_file=stranger.file("device.key"),
    )
    with pytest.raises(BrokerRefused, match="ended the TLS handshake"):
        reach_broker(mixed)


def test_a_broker_of_another_authority_is_not_trusted(authority: Authority, broker: int) -> None:
    with pytest.raises(BrokerRefused, match=r"not trusted .*, or set broker.ca_file"):
        reach_broker(settings(authority, broker, ca="device.pem"))


def test_a_missing_or_useless_certificate_file_is_told(authority: Authority, broker: int) -> None:
    with pytest.raises(BrokerRefused, match="a certificate file can't be read"):
        reach_broker(settings(authority, broker, ca="none.pem"))
    with pytest.raises(BrokerRefused, match="can't be used"):
        reach_broker(settings(authority, broker, ca="mosquitto.conf"))


def test_a_port_without_tls_is_told(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    monkeypatch.setattr(broker_reach, "PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(BrokerUnreachable, match="does not answer"):
        reach_broker(settings(authority, mute.getsockname()[1]))


def test_nothing_there_and_no_such_name_are_told(authority: Authority) -> None:
    with pytest.raises(BrokerUnreachable, match=r"127.0.0.1:1 can't be reached .*; check broker.port"):
        reach_broker(settings(authority, 1))
    with pytest.raises(BrokerUnreachable, match="is no known name"):
        reach_broker(BrokerSettings(host="no-such-host.invalid"))


def test_in_the_clear_on_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        assert reach_broker(BrokerSettings(host="127.0.0.1", port=port, tls=False)) == "in the clear"
