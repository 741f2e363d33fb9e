"""The collector's MQTT 5 connection: a session that the broker keeps, and messages that wait for our word.

One rule: nothing is acknowledged here by itself, and a new connection is a new client: what was not acknowledged on the
old one comes again.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic, time
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage, WebsocketConnectionError
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from counterpoint.edge.proxy_client import ProxyClient
from counterpoint.errors import BrokerError, BrokerRefused, BrokerUnreachable
from counterpoint.fleet.collector.intake import Arrival
from counterpoint.messages.topics import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import Client
    from paho.mqtt.reasoncodes import ReasonCode

    from counterpoint.edge.keys import Identity
    from counterpoint.fleet.settings import FleetSettings

KEEP_ALIVE_S: Final = 30
ANSWER_S: Final = 10.0
STEP_S: Final = 0.2
SESSION_EXPIRY_S: Final = 30 * 86_400
"""The broker keeps what comes while we are away for as long as an outbox keeps a window."""
LARGEST_PACKET_BYTES: Final = 65_536
"""The broker keeps larger ones from us; a message of ours has 8 kB at most."""
MOST_UNANSWERED: Final = 65_535
OWN: Final = ("state", "birth", "health", "reply")
REFUSALS: Final = (0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x90)
"""CONNACK codes that only a person can mend: version, client id, password, not authorised, banned, method, topic."""
FAILED: Final = 0x80
RETAINED_ON_NEW: Final = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
"""Retained states and births come with a new session, and not again with each connection."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that the broker sends again until it is acknowledged."""

    number: int
    qos: int
    arrival: Arrival


class Line:
    """A connection, open from its making until `close` or until a BrokerError.

    Raises:
        BrokerUnreachable: Nothing answers there, or the line was lost.
        BrokerRefused: Our certificate, name or subscription is refused.
    """

    def __init__(self, settings: FleetSettings, identity: Identity) -> None:
        broker = settings.broker
        self._where = f"{broker.host}:{broker.port}"
        self._name = identity.device
        self._waiting: list[Waiting] = []
        self._connected: ReasonCode | None = None
        self._subscribed: list[ReasonCode] | None = None
        self._lost: str | None = None
        self._client = ProxyClient(identity.device, broker, settings.network, ANSWER_S)
        if identity.context is not None:
            self._client.tls_set_context(identity.context)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect
        self._client.manual_ack_set(True)
        self._open(settings)
        self._subscribe(settings.collector.group)

    def step(self, longest_s: float = STEP_S) -> None:
        """Serve the line for a moment."""
        code = self._client.loop(longest_s)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or self._lost is not None:
            raise BrokerUnreachable(f"the line to {self._where} was lost ({self._lost or 'no answer'})")

    @property
    def waiting(self) -> int:
        """How many messages came since the last `take`."""
        return len(self._waiting)

    def take(self, most: int) -> list[Waiting]:
        """Return the oldest messages that came."""
        taken, self._waiting = self._waiting[:most], self._waiting[most:]
        return taken

    def acknowledge(self, taken: Sequence[Waiting]) -> None:
        """Tell the broker that messages are in the store."""
        for one in taken:
            self._client.ack(one.number, one.qos)

    def close(self) -> None:
        """Say good-bye; the broker keeps the session."""
        self._client.disconnect()

    def _open(self, settings: FleetSettings) -> None:
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        kept.SessionExpiryInterval = SESSION_EXPIRY_S
        kept.ReceiveMaximum = min(2 * settings.collector.batch_messages, MOST_UNANSWERED)
        kept.MaximumPacketSize = LARGEST_PACKET_BYTES
        broker = settings.broker
        try:
            self._client.connect(broker.host, broker.port, KEEP_ALIVE_S, clean_start=False, properties=kept)
        except BrokerError:
            raise
        except WebsocketConnectionError as error:
            raise BrokerRefused(f"{self._where} answers, and not as MQTT over WebSocket: check broker.path") from error
        except OSError as error:
            reason = error.strerror or error
            raise BrokerUnreachable(
                f"no broker answers at {self._where} ({reason}): check host, port and TLS"
            ) from error
        self._await(lambda: self._connected is not None, "closed the line before it answered: check our certificate")
        if self._connected is not None and self._connected.is_failure:
            kind = BrokerRefused if self._connected.value in REFUSALS else BrokerUnreachable
            raise kind(f"{self._where} refuses {self._name} ({self._connected}): register it at the broker")

    def _subscribe(self, group: str) -> None:
        shared = SubscribeOptions(qos=1)
        own = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=RETAINED_ON_NEW)
        topics = [(f"$share/{group}/{ROOT}/+/+/window", shared), *((f"{ROOT}/+/+/{leaf}", own) for leaf in OWN)]
        self._client.subscribe(topics)
        self._await(lambda: self._subscribed is not None, "does not answer to a subscription")
        if any(code.value >= FAILED for code in self._subscribed or ()):
            raise BrokerRefused(f"{self._where} refuses {self._name} a subscription: allow it to read the five topics")

    def _await(self, there: Callable[[], bool], what: str) -> None:
        until_s = monotonic() + ANSWER_S
        while not there():
            code = self._client.loop(STEP_S)
            if not there() and (code != MQTTErrorCode.MQTT_ERR_SUCCESS or monotonic() > until_s):
                raise BrokerUnreachable(f"{self._where} {what}")

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._connected = code

    def _on_subscribe(
        self, _client: Client, _data: object, _number: int, codes: list[ReasonCode], _given: Properties | None
    ) -> None:
        self._subscribed = codes

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        arrival = Arrival(topic, bytes(message.payload), int(time()), bool(message.retain))
        self._waiting.append(Waiting(message.mid, message.qos, arrival))

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._lost = str(code)
