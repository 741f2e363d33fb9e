"""What the broker lets this device do, found out with the device's own certificate and without disturbing anybody.

One rule: nothing that is asked here is ever delivered. Each topic is asked with an empty message, not retained, of
QoS 2: the broker judges it in its first answer (PUBREC, whose reason code is 0x87 where it refuses), and a message that
is never released is forgotten with the session. A broker that delivers before the release delivers an empty message,
which says nothing. What others publish is counted by its topic and not read.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING, Final

from paho.mqtt.enums import MQTTErrorCode

from counterpoint.care.checks_broker import CLOSED, Asked
from counterpoint.edge.proxy_client import ProxyClient
from counterpoint.errors import BrokerRefused, BrokerUnreachable
from counterpoint.messages.topics import ROOT, topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from counterpoint.care.checks_broker import Whose
    from counterpoint.edge.keys import Identity
    from counterpoint.messages.topics import Leaf
    from counterpoint.settings import Settings

ANSWER_S: Final = 5.0
OVERHEAR_S: Final = 1.0  # retained messages come at once
STEP_S: Final = 0.1
OWN: Final[tuple[Leaf, ...]] = ("state", "birth", "health", "window", "reply")
NO_CODE: Final = 0  # MQTT 5, 3.5.2.1: an answer that ends after its number is a success
NUMBER_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Rights:
    """The broker's answers, and how many other devices' topics this one could read."""

    asked: tuple[Asked, ...]
    overheard: int


@dataclass
class _Line:
    """What has come back over one connection."""

    code: ReasonCode | None = None
    answers: dict[int, int] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)


class _AskingClient(ProxyClient):
    """A client that never releases a message of QoS 2: paho would, whatever the broker has answered."""

    answers: dict[int, int]

    def _handle_pubrec(self) -> MQTTErrorCode:
        packet = bytes(self._in_packet["packet"])
        code = packet[NUMBER_BYTES] if len(packet) > NUMBER_BYTES else NO_CODE
        self.answers[int.from_bytes(packet[:NUMBER_BYTES], "big")] = code
        return MQTTErrorCode.MQTT_ERR_SUCCESS


def ask_rights(settings: Settings, identity: Identity) -> Rights:
    """Ask for each own topic, for some that must be refused, and listen whether others can be read.

    Only while the publisher is not connected: a broker that takes the certificate's name for the client's would end
    the publisher's connection.

    Raises:
        BrokerUnreachable: Nothing answers as an MQTT 5 broker.
        BrokerRefused: It does not let the device in.
    """
    site, device = settings.site.code, identity.device
    stranger = f"doctor-{token_hex(6)}"  # a device and a site that nobody has
    topics: list[tuple[Whose, str, str]] = [("own", leaf, topic(site, device, leaf)) for leaf in OWN]
    topics += [
        ("foreign", "publishing as another device", topic(site, stranger, "window")),
        ("foreign", "publishing at another site", topic(stranger, device, "window")),
        ("foreign", "giving commands", topic(site, device, "cmd")),
        ("foreign", "publishing a summary", f"counterpoint-summary/v1/{site}/{stranger}"),
    ]
    asked = []
    client, line = _connected(settings, identity)
    for whose, name, where in topics:
        code = _ask(client, line, where)
        asked.append(Asked(whose, name, code))
        if code == CLOSED:
            client, line = _connected(settings, identity)
    overheard = _overheard(client, line, f"{ROOT}/{site}/{device}/")
    client.disconnect()
    return Rights(tuple(asked), overheard)


def _connected(settings: Settings, identity: Identity) -> tuple[_AskingClient, _Line]:
    broker = settings.broker
    where = f"{broker.host}:{broker.port}"
    line = _Line()
    client = _AskingClient(f"{identity.device}-doctor", broker, settings.network, ANSWER_S)
    client.answers = line.answers
    if identity.context is not None:
        client.tls_set_context(identity.context)

    def connected(_c: Client, _d: object, _f: ConnectFlags, code: ReasonCode, _p: Properties | None) -> None:
        line.code = code

    def heard(_c: Client, _d: object, message: MQTTMessage) -> None:
        line.foreign.add(message.topic)

    client.on_connect = connected
    client.on_message = heard
    try:
        client.connect(broker.host, broker.port, clean_start=True)
    except (OSError, ssl.SSLError) as error:
        raise BrokerUnreachable(f"{where} can't be reached ({error}): see the broker check") from error
    if not _served(client, lambda: line.code is not None):
        raise BrokerRefused(f"{where} closed the line before it answered: register this certificate at the broker")
    if line.code is not None and line.code.is_failure:
        raise BrokerRefused(f"{where} refuses {identity.device} ({line.code}): register it at the broker")
    return client, line


def _ask(client: _AskingClient, line: _Line, where: str) -> int:
    number = client.publish(where, b"", qos=2, retain=False).mid
    return line.answers[number] if _served(client, lambda: number in line.answers) else CLOSED


def _overheard(client: _AskingClient, line: _Line, own: str) -> int:
    """How many topics of others come when all are asked for; a broker that refuses to, or sends none, is right."""
    client.subscribe(f"{ROOT}/+/+/birth", qos=0)
    _served(client, lambda: False, OVERHEAR_S)
    return sum(not name.startswith(own) for name in line.foreign)


def _served(client: Client, is_done: Callable[[], bool], longest_s: float = ANSWER_S) -> bool:
    """Serve the line until it is done; False when it was lost, or took too long."""
    until_s = monotonic() + longest_s
    while not is_done():
        if client.loop(STEP_S) != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return is_done()
        if monotonic() > until_s:
            return False
    return True
