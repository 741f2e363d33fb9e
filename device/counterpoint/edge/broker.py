"""One MQTT 5 connection to the broker, over paho.

One rule: it connects once, hands over every answer with its reason code, and says when the line is lost; it never
reconnects and never judges. A new connection is a new client, so nothing of the old one is sent twice behind our back.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, WebsocketConnectionError
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from counterpoint.edge.proxy_client import ProxyClient
from counterpoint.edge.proxy_inspection import distrust
from counterpoint.errors import BrokerError, BrokerRefused, BrokerUnreachable
from counterpoint.messages.channels import (
    CMD,
    CONTENT_TYPE,
    SCHEMA_PROPERTY,
    SESSION_EXPIRY_S,
    STATE,
    WILL_DELAY_S,
    Channel,
)
from counterpoint.messages.schemas import State, encode
from counterpoint.messages.topics import topic
from counterpoint.settings import NetworkSettings

if TYPE_CHECKING:
    from paho.mqtt.reasoncodes import ReasonCode

    from counterpoint.edge.keys import Identity
    from counterpoint.settings import BrokerSettings

KEEP_ALIVE_S: Final = 60
ANSWER_S: Final = 10.0
"""Time for the connection, and again for the broker's answer to it."""
STEP_S: Final = 0.2
STRAIGHT: Final = NetworkSettings()
"""No proxy between."""
REFUSALS: Final = (0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x90)
"""CONNACK codes that only a person can mend: version, client id, password, not authorised, banned, method, topic."""


RECEIVE_MOST: Final = 8
"""Commands that the broker may send before one is acknowledged; the others wait there."""
LARGEST_PACKET_BYTES: Final = 65_536
"""A command has 16 kB at most; the broker keeps what is larger than this from us, whoever sent it."""


@dataclass(frozen=True, slots=True)
class Received:
    """What came on our command topic; the broker sends it again until it is acknowledged."""

    message: int
    qos: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The broker's answer to a published message: the number that `publish` gave, and the reason code."""

    message: int
    code: int


class Broker:
    """A connection, open from its making until `close` or until a BrokerError.

    Raises:
        BrokerUnreachable: Nothing answers there, or the line was lost.
        BrokerRefused: Our certificate or name is refused, or we do not trust the broker's certificate.
        ProxyRefused: The proxy between does not let us through.
    """

    def __init__(
        self, settings: BrokerSettings, site: str, identity: Identity, network: NetworkSettings = STRAIGHT
    ) -> None:
        self._where = f"{settings.host}:{settings.port}"
        self._site = site
        self._device = identity.device
        self._answers: list[Answer] = []
        self._received: list[Received] = []
        self._connect_code: ReasonCode | None = None
        self._lost: str | None = None
        self._client = self._new_client(settings, identity, network)
        self._open(settings, network)
        self._await_welcome()

    def publish(self, channel: Channel, payload: bytes, expiry_s: int | None = None) -> int:
        """Send a message; return the number that its answer will carry."""
        sent = self._client.publish(
            topic(self._site, self._device, channel.leaf),
            payload,
            qos=channel.qos,
            retain=channel.retain,
            properties=_properties(PacketTypes.PUBLISH, channel, expiry_s),
        )
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerUnreachable(self._line_lost())
        return sent.mid

    def step(self, longest_s: float = STEP_S) -> tuple[Answer, ...]:
        """Serve the line for a moment; return the answers that came."""
        code = self._client.loop(longest_s)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or self._lost is not None:
            raise BrokerUnreachable(self._line_lost())
        answers, self._answers = tuple(self._answers), []
        return answers

    def listen(self) -> None:
        """Ask for the commands to this device, those that came while it was away too."""
        self._client.subscribe(topic(self._site, self._device, CMD.leaf), qos=CMD.qos)

    def received(self) -> tuple[Received, ...]:
        """Return the commands that came since the last call."""
        received, self._received = tuple(self._received), []
        return received

    def acknowledge(self, received: Received) -> None:
        """Tell the broker that a command is safe here."""
        self._client.ack(received.message, received.qos)

    def close(self, *, for_good: bool = False) -> None:
        """Say good-bye, so that the broker does not send our Last Will; `for_good` ends the session too."""
        if not for_good:
            self._client.disconnect()
            return
        ended = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        ended.SessionExpiryInterval = 0
        self._client.disconnect(properties=ended)

    def _new_client(self, settings: BrokerSettings, identity: Identity, network: NetworkSettings) -> Client:
        client = ProxyClient(identity.device, settings, network, ANSWER_S)
        if identity.context is not None:
            client.tls_set_context(identity.context)
        client.will_set(
            topic(self._site, self._device, STATE.leaf),
            encode(State(state="lost")),
            qos=STATE.qos,
            retain=STATE.retain,
            properties=_properties(PacketTypes.WILLMESSAGE, STATE, None),
        )
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.manual_ack_set(True)
        client.on_disconnect = self._on_disconnect
        return client

    def _open(self, settings: BrokerSettings, network: NetworkSettings) -> None:
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        kept.SessionExpiryInterval = SESSION_EXPIRY_S
        kept.ReceiveMaximum = RECEIVE_MOST
        kept.MaximumPacketSize = LARGEST_PACKET_BYTES
        try:
            self._client.connect(settings.host, settings.port, KEEP_ALIVE_S, clean_start=False, properties=kept)
        except BrokerError:
            raise
        except WebsocketConnectionError as error:
            raise BrokerRefused(
                f"{self._where} answers, and not as MQTT over WebSocket at {settings.path}: check broker.path and port"
            ) from error
        except ssl.SSLCertVerificationError as error:
            raise BrokerRefused(distrust(self._where, error, settings, network, ANSWER_S)) from error
        except ssl.SSLError as error:
            raise BrokerRefused(
                f"{self._where} does not agree on TLS ({error.reason}): check port and certificates"
            ) from error
        except OSError as error:
            raise BrokerUnreachable(
                f"no broker answers at {self._where} ({error.strerror or error}): check host, port and network"
            ) from error

    def _await_welcome(self) -> None:
        until_s = monotonic() + ANSWER_S
        while self._connect_code is None:
            code = self._client.loop(STEP_S)
            if monotonic() > until_s:
                raise BrokerUnreachable(f"{self._where} does not answer as an MQTT 5 broker: check host and port")
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS and self._connect_code is None:
                raise BrokerRefused(
                    f"{self._where} closed the line before it answered: it does not accept our certificate,"
                    " or it is no MQTT 5 broker, or broker.transport is another there"
                )
        if self._connect_code.is_failure:
            kind = BrokerRefused if self._connect_code.value in REFUSALS else BrokerUnreachable
            raise kind(f"{self._where} refuses {self._device} ({self._connect_code}): register it at the broker")

    def _line_lost(self) -> str:
        return f"the line to {self._where} was lost ({self._lost or 'no answer'}): it is opened again"

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._connect_code = code

    def _on_publish(
        self, _client: Client, _data: object, message: int, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._answers.append(Answer(message, code.value))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._received.append(Received(message.mid, message.qos, bytes(message.payload)))

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._lost = str(code)


def _properties(packet: int, channel: Channel, expiry_s: int | None) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call] # paho leaves it untyped
    properties.ContentType = CONTENT_TYPE
    properties.UserProperty = (SCHEMA_PROPERTY, channel.schema)
    if packet == PacketTypes.WILLMESSAGE:
        properties.WillDelayInterval = WILL_DELAY_S
    if expiry_s is not None:
        properties.MessageExpiryInterval = expiry_s
    return properties
