"""A private Mosquitto on loopback with TLS, client certificates and one rule a device; and a listener to it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from queue import Empty, Queue
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from counterpoint.settings import BrokerSettings

START_S = 10.0
ARRIVES_S = 10.0
COLLECTOR = "collector"
WRITES = ("state", "birth", "health", "window", "reply")


class Authority:
    """A certificate authority of our own, in a folder."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        constraint = x509.BasicConstraints(ca=True, path_length=0)
        certificate = self._builder(self._name, self._key).add_extension(constraint, critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(_pem(certificate.sign(self._key, hashes.SHA256())))

    def issue(self, name: str, *, days: int = 30) -> tuple[Path, Path]:
        """Return the files of a new certificate and its key; the name is its common name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Counters"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        certificate = self._builder(subject, key, days).add_extension(names, critical=False)
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        files[0].write_bytes(_pem(certificate.sign(self._key, hashes.SHA256())))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 30) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=days))
        )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


class BrokerServer:
    """Mosquitto, private: started and killed at will, on the same port each time."""

    def __init__(self, folder: Path, *, tls: bool = True) -> None:
        if not shutil.which("mosquitto"):
            pytest.skip("mosquitto is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.tls = tls
        self.port = free_port()
        self.authority = Authority(folder / "keys")
        self._process: subprocess.Popen[bytes] | None = None
        self._rules = [f"user {COLLECTOR}", "topic readwrite counterpoint/#"]
        self._write_settings()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def allow(self, site: str, device: str) -> None:
        """Write the one rule that a device has: its own topics of its own site."""
        own = f"counterpoint/v1/{site}/{device}"
        self._rules += [f"user {device}", *(f"topic write {own}/{leaf}" for leaf in WRITES), f"topic read {own}/cmd"]
        self._write_rules()

    def forbid(self, line: str) -> None:
        """Take one rule away."""
        self._rules.remove(line)
        self._write_rules()

    def start(self) -> None:
        with (self.folder / "mosquitto.log").open("ab") as log:
            said_before = log.tell()
            command = [_mosquitto(), "-c", str(self.folder / "mosquitto.conf")]
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        until_s = time.monotonic() + START_S
        while time.monotonic() < until_s:
            if b" running" in (self.folder / "mosquitto.log").read_bytes()[said_before:]:
                return  # not when the port is open: a signal just before this line ends Mosquitto
            time.sleep(0.02)
        self.kill()
        raise RuntimeError((self.folder / "mosquitto.log").read_text())

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def settings(self, device: str, **other: object) -> BrokerSettings:
        """Return the settings of a device with a certificate of ours."""
        if not self.tls:
            return BrokerSettings(host="127.0.0.1", port=self.port, tls=False, device_id=device)
        certificate, key = self.authority.issue(device)
        files = {"ca_file": str(self.authority.file), "certificate_file": str(certificate), "key_file": str(key)}
        return BrokerSettings(**{"host": "127.0.0.1", "port": self.port, **files, **other})  # type: ignore[arg-type] # words

    def _write_rules(self) -> None:
        (self.folder / "acl").write_text("\n".join(self._rules) + "\n")
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)
            time.sleep(0.2)

    def _write_settings(self) -> None:
        self._write_rules()
        certificate, key = self.authority.issue("localhost")
        secured = [
            f"cafile {self.authority.file}",
            f"certfile {certificate}",
            f"keyfile {key}",
            "require_certificate true",
            "use_identity_as_username true",
            "allow_anonymous false",
            f"acl_file {self.folder / 'acl'}",
        ]
        lines = [
            *(["user root"] if os.geteuid() == 0 else []),
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {self.folder}/",
            "autosave_interval 1",
            "autosave_on_changes true",
            *(secured if self.tls else ["allow_anonymous true"]),
        ]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")


class Listener:
    """A collector: subscribes with its own certificate and keeps what arrives."""

    def __init__(self, server: BrokerServer, topics: str = "counterpoint/v1/#", name: str = COLLECTOR) -> None:
        self.arrived: Queue[MQTTMessage] = Queue()
        self._subscribed: Queue[list[ReasonCode]] = Queue()
        self._kept: list[MQTTMessage] = []
        self._topics = topics
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5)
        if server.tls:
            certificate, key = server.authority.issue(COLLECTOR)
            context = ssl.create_default_context(cafile=str(server.authority.file))
            context.load_cert_chain(certificate, key)
            self._client.tls_set_context(context)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda _client, _data, _mid, codes, _given: self._subscribed.put(codes)
        self._client.on_message = lambda _client, _data, message: self.arrived.put(message)
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        kept.SessionExpiryInterval = 3600
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", server.port, clean_start=False, properties=kept)
        self._client.loop_start()
        self._subscribed.get(timeout=ARRIVES_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def next(self, leaf: str, *, within_s: float = ARRIVES_S) -> MQTTMessage:
        """Return the next message of a kind; others stay for whoever asks for them."""
        until_s = time.monotonic() + within_s
        while True:
            for message in self._kept:
                if message.topic.endswith(f"/{leaf}"):
                    self._kept.remove(message)
                    return message
            try:
                self._kept.append(self.arrived.get(timeout=max(0.0, until_s - time.monotonic())))
            except Empty:
                raise AssertionError(f"no {leaf} message within {within_s} s") from None

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, _code: ReasonCode, _given: Properties | None
    ) -> None:
        client.subscribe(self._topics, qos=1)


def _mosquitto() -> str:
    return shutil.which("mosquitto") or "mosquitto"


def free_port() -> int:
    """Return a port below the ephemeral ones: among those, a client may happen to connect to itself."""
    while True:
        port = secrets.choice(range(20_000, 30_000))
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def wait_until(true: object, what: str, within_s: float = ARRIVES_S) -> None:
    """Wait for something to become true, and fail with words when it does not."""
    assert callable(true)
    until_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until_s, f"not within {within_s} s: {what}"
        time.sleep(0.05)
