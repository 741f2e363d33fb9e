"""Takes back what the broker keeps of a device that has gone: its retained `state` and `birth`.

One rule: it is done when the broker has said so to each; what it refuses is told.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from counterpoint.errors import BrokerUnreachable, UsageError
from counterpoint.fleet.enrolment.broker_files import OPERATOR
from counterpoint.messages.topics import topic

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoint.fleet.enrolment.judgement import Device

PATIENCE_S: Final = 15.0
TAKEN: Final = (0x00, 0x10)
"""MQTT 5: success, and nobody who listens to it."""


@dataclass(frozen=True, slots=True)
class OperatorLine:
    """How the broker is reached as the operator: host, port, and the certificate of that role."""

    host: str
    port: int
    context: ssl.SSLContext


def clear_retained(device: Device, line: OperatorLine) -> None:
    """Empty the retained messages of a device.

    Raises:
        BrokerUnreachable: The broker does not answer, or refuses; the message says what to do by hand.
    """
    answers: SimpleQueue[int] = SimpleQueue()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False)
    client.tls_set_context(line.context)
    client.on_connect = lambda _client, _, _flags, code, _given: answers.put(code.value)
    client.on_publish = lambda _client, _, _number, code, _given: answers.put(code.value)
    try:
        client.connect(line.host, line.port)
        client.loop_start()
        _expect(answers, "lets nobody in as the operator")
        for leaf in ("state", "birth"):
            client.publish(topic(device.site, device.id, leaf), b"", qos=1, retain=True)
            _expect(answers, f"does not take back the retained {leaf}")
    except OSError as error:
        raise BrokerUnreachable(f"no broker answers at {line.host}:{line.port} ({error}): {_BY_HAND}") from error
    finally:
        client.disconnect()
        client.loop_stop()


def operator_certificate(folder: Path) -> ssl.SSLContext:
    """Return what the folder that `broker` made for the operator holds; UsageError where it can't be used."""
    try:
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        context.load_cert_chain(folder / f"{OPERATOR}.pem", folder / f"{OPERATOR}.key")
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} holds no operator.pem and operator.key ({error}): check --operator") from error
    return context


_BY_HAND: Final = "delete the retained state and birth of this device there by hand"


def _expect(answers: SimpleQueue[int], otherwise: str) -> None:
    try:
        code = answers.get(timeout=PATIENCE_S)
    except Empty as error:
        raise BrokerUnreachable(f"the broker does not answer: {_BY_HAND}") from error
    if code not in TAKEN:
        raise BrokerUnreachable(f"the broker {otherwise} (0x{code:02x}): {_BY_HAND}")
