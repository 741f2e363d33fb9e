"""The demo's own Mosquitto: real, private, gone afterwards."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import paho.mqtt.publish
import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from counterpoint.app.demo import broker
from counterpoint.app.demo.broker import LOOPBACK, PrivateBroker
from counterpoint.app.demo.receiver import Receiver
from counterpoint.errors import BrokerUnreachable, PartMissing

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real


def answers(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex((LOOPBACK, port)) == 0


def test_a_message_comes_back_over_mqtt_5_as_it_was_sent(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as mosquitto, Receiver(LOOPBACK, mosquitto.port, "a/b") as receiver:
        paho.mqtt.publish.single(
            "a/b", b"hello", qos=1, hostname=LOOPBACK, port=mosquitto.port, protocol=MQTTProtocolVersion.MQTTv5
        )
        received = receiver.wait(5.0)

    assert received is not None
    assert (received.topic, received.payload, received.qos) == ("a/b", b"hello", 1)


def test_nothing_comes_when_nothing_is_sent(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as mosquitto, Receiver(LOOPBACK, mosquitto.port, "a/b") as receiver:
        assert receiver.wait(0.1) is None


def test_the_broker_is_gone_afterwards(tmp_path: Path) -> None:
    with PrivateBroker(tmp_path) as mosquitto:
        assert answers(mosquitto.port)

    assert not answers(mosquitto.port)


def test_two_demos_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()

    with PrivateBroker(tmp_path / "one") as one, PrivateBroker(tmp_path / "two") as two:
        assert one.port != two.port


def test_without_mosquitto_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(broker, "SYSTEM_PATH", str(tmp_path))

    with pytest.raises(PartMissing, match="apt-get install --no-install-recommends mosquitto"):
        PrivateBroker(tmp_path).__enter__()


def test_a_broker_that_dies_at_once_gives_its_own_last_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "mosquitto"
    program.write_text("#!/bin/sh\necho no such listener\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(BrokerUnreachable, match="no such listener"):
        PrivateBroker(tmp_path).__enter__()
