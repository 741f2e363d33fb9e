"""A site for tests: an authority, the enrolment service on HTTPS, a Mosquitto with the generated files, and devices."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from broker_server import free_port, wait_until
from counterpoint.app.enrol import EnrolOrder, enrol
from counterpoint.edge.device_key import make_request
from counterpoint.edge.enrolment_proof import look_at_certificate
from counterpoint.edge.keys import read_certificate
from counterpoint.fleet.enrolment import service
from counterpoint.fleet.enrolment.authority import CERTIFICATE, Authority, make_authority, read_request
from counterpoint.fleet.enrolment.broker_files import BrokerPlan, write_broker
from counterpoint.fleet.enrolment.desk import Desk
from counterpoint.fleet.enrolment.judgement import Certificate, Operator
from counterpoint.fleet.enrolment.office import Office
from counterpoint.fleet.enrolment.store import Store
from counterpoint.fleet.enrolment.tokens import Machine

DUE = 0.01
"""Days until a certificate ends whose renewal is due at once: it is backdated by an hour, so most of it is over."""
MAKER, APPROVER = Operator("anna", "anna"), Operator("ben", "ben")
SETTINGS = """\
[site]
code = "{site}"
[broker]
host = "localhost"
port = {broker_port}
ca_file = "{folder}/ca.pem"
certificate_file = "{folder}/device.pem"
key_file = "{folder}/device.key"
[enrolment]
url = "https://localhost:{port}"
token = "{token}"
ca_sha256 = "{digest}"
# end
"""


class Site:
    """The fleet's side: started with `with`, served from a thread of this process."""

    def __init__(self, folder: Path, name: str = "test site") -> None:
        self.folder = folder / "store"
        self.folder.mkdir(parents=True)
        self.devices = folder / "devices"
        self.authority: Authority = make_authority(self.folder, name, None)
        self.office = Office(self.folder)
        self.desk = Desk(self.folder, self.authority)
        self.port = free_port()
        self.broker_port = 0
        self.served_by = datetime.now(UTC)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        issued, key = self.authority.make_server(["localhost"], self.served_by)
        pair = self.folder / "service.pem", self.folder / "service.key"
        pair[0].write_text(issued.pem)
        pair[1].write_bytes(key)
        app = service.build_app(self.desk, self.authority.pem)
        self._server = service.build_server(app, pair, self.folder / CERTIFICATE)
        self._listener = service.open_port("127.0.0.1", self.port)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started, "the service starts")

    def stop(self) -> None:
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=10)
            self._listener.close()
            self._thread = None

    def tokens(self, *tags: str, site: str = "hall-3", days: float = 14) -> list[str]:
        """Make tokens for machines of one site."""
        tickets = self.office.make_tokens([Machine(tag, site) for tag in tags], MAKER, days)
        return [ticket.token for ticket in tickets]

    def device(self, tag: str, site: str = "hall-3", token: str = "") -> Box:
        """Return a machine whose boot partition has its file."""
        box = Box(self.devices / tag)
        box.write_boot_file(self, token or self.tokens(tag, site=site)[0], site)
        return box

    def enrolled(self, tag: str, site: str = "hall-3", *, days: float = 365) -> Box:
        """Return a machine that has been through it all; its certificate, backdated by an hour, ends after `days`."""
        self.desk._days = days
        box = self.device(tag, site)
        with pytest.raises(ConnectionError, match="has to approve"):
            box.enrol()
        self.office.approve([tag], APPROVER)
        assert box.enrol() == 0
        self.desk._days = 365
        return box

    def end(self, box: Box, *, known: bool = True) -> None:
        """Let a device's certificate have ended half a day ago; without `known`, only on its own disk."""
        request = read_request(make_request(box.key, "any"))
        issued = self.authority.sign_device(request.key, box.id, datetime.now(UTC) - timedelta(days=1), 0.5)
        box.certificate.write_text(issued.pem)
        if known:
            with Store.work(self.folder) as store:
                ended = Certificate(issued.serial, box.id, request.fingerprint, issued.pem, issued.ends, "")
                store.add_certificate(ended)

    def alarms(self) -> list[str]:
        return [what for what, _, _ in self.office.alarms()]

    def state(self, tag: str) -> str:
        return next(one.device.state for one in self.office.devices() if one.device.asset_tag == tag)


class Box:
    """A device's disk: its boot partition and its folder of settings and keys."""

    def __init__(self, folder: Path) -> None:
        self.etc = folder / "etc"
        self.etc.mkdir(parents=True)
        self.boot_file = folder / "counterpoint.toml"
        self.settings = self.etc / "counterpoint.toml"
        self.certificate, self.key, self.ca = self.etc / "device.pem", self.etc / "device.key", self.etc / "ca.pem"

    def write_boot_file(self, site: Site, token: str, code: str = "hall-3", digest: str = "") -> None:
        text = SETTINGS.format(
            site=code,
            broker_port=site.broker_port or 8883,
            folder=self.etc,
            port=site.port,
            token=token,
            digest=digest or site.authority.digest,
        )
        self.boot_file.write_text(text)

    def order(
        self, *, patience_s: float | None = 0.0, if_needed: bool = False, renewal_only: bool = False
    ) -> EnrolOrder:
        return EnrolOrder(self.settings, self.boot_file, patience_s, if_needed, renewal_only)

    def enrol(self, *, patience_s: float | None = 0.0, if_needed: bool = False, renewal_only: bool = False) -> int:
        return enrol(self.order(patience_s=patience_s, if_needed=if_needed, renewal_only=renewal_only))

    @property
    def id(self) -> str:
        return read_certificate(self.certificate)[0]

    @property
    def serial(self) -> int:
        seen = look_at_certificate(self.certificate)
        assert seen is not None
        return seen.serial

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.etc.iterdir() if path.name != "enrolment.json"}


class SiteBroker:
    """Mosquitto with exactly the files that `broker` writes; only its user is added, where the tests run as root."""

    def __init__(self, site: Site, folder: Path, *, websockets: bool = False) -> None:
        if not shutil.which("mosquitto"):
            pytest.skip("mosquitto is not installed")
        self.folder = folder
        self.port = site.broker_port = free_port()
        self.websockets_port = free_port() if websockets else None
        self._site = site
        (folder / "kept").mkdir(parents=True)
        self.plan = BrokerPlan(folder / "files", "localhost", self.port, self.websockets_port, folder / "kept")
        self.roles = {path.name: path for path in write_broker(self.plan, site.authority, datetime.now(UTC))}
        site.office.set_broker(self.plan, site.authority)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        conf = self.folder / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        conf.write_text(user + (self.plan.folder / "mosquitto.conf").read_text())
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(["mosquitto", "-c", str(conf)], stdout=log, stderr=subprocess.STDOUT)
        wait_until(lambda: b" running" in (self.folder / "log").read_bytes(), "Mosquitto runs")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def reload(self) -> None:
        """What the path unit does when the rules change."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)
        time.sleep(0.3)

    def device(self, box: Box, **other: str) -> Line:
        return Line(self.port, box.ca, (box.certificate, box.key), **other)

    def device_over_websocket(self, box: Box) -> Line:
        assert self.websockets_port is not None
        return Line(self.websockets_port, box.ca, (box.certificate, box.key), path="/mqtt")

    def role(self, role: str) -> Line:
        folder = self.roles[role]
        return Line(self.port, folder / "ca.pem", (folder / f"{role}.pem", folder / f"{role}.key"))


class Line:
    """A client of the broker that says with which reason code it was answered."""

    def __init__(self, port: int, ca: Path, pair: tuple[Path, Path], **other: str) -> None:
        name, will, path = (other.get(word, "") for word in ("name", "will", "path"))
        self.arrived: list[MQTTMessage] = []
        self._answers: dict[int, int] = {}
        self.code: int | None = None
        self.closed = False
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=MQTTProtocolVersion.MQTTv5,
            transport="websockets" if path else "tcp",
        )
        if path:
            self._client.ws_set_options(path)
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(*pair)
        self._client.tls_set_context(context)
        if will:
            self._client.will_set(will, b"{}", qos=1)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = lambda _c, _d, mid, code, _p: self._answers.update({mid: code.value})
        self._client.on_subscribe = lambda _c, _d, mid, codes, _p: self._answers.update({mid: codes[0].value})
        self._client.on_message = lambda _c, _d, message: self.arrived.append(message)
        self._port = port

    def __enter__(self) -> Self:
        self._client.connect("localhost", self._port)
        self._client.loop_start()
        wait_until(lambda: self.code is not None or self.closed, "the broker answers")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> int:
        """Return the reason code of PUBACK."""
        return self._answer(self._client.publish(topic, payload, qos=1, retain=retain).mid)

    def subscribe(self, topic: str) -> int:
        """Return the reason code of SUBACK."""
        _, mid = self._client.subscribe(topic, qos=1)
        assert mid is not None
        return self._answer(mid)

    def cut(self) -> None:
        """Let the line break, so that the broker publishes the will."""
        self._client.loop_stop()
        line = self._client.socket()
        assert line is not None
        line.close()

    def _answer(self, mid: int) -> int:
        wait_until(lambda: mid in self._answers, "the broker answers")
        return self._answers[mid]

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _given: Properties | None
    ) -> None:
        self.code = code.value

    def _on_disconnect(self, *_: object) -> None:
        self.closed = True
