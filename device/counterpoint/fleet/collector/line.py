"""The collector's MQTT 5 connection: a session that the broker keeps, and messages that wait for our word.

One rule: nothing is acknowledged here by itself, and a new connection is a new client: what was not acknowledged on the
old one comes again. Of what asks for no acknowledgement only the newest waits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Final

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from counterpoint.errors import BrokerRefused
from counterpoint.fleet.broker_line import STEP_S, BrokerLine
from counterpoint.fleet.collector.intake import Arrival
from counterpoint.messages.topics import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paho.mqtt.client import Client, MQTTMessage
    from paho.mqtt.reasoncodes import ReasonCode

    from counterpoint.edge.keys import Identity
    from counterpoint.fleet.settings import FleetSettings

KEEP_ALIVE_S: Final = 30
ANSWER_S: Final = 10.0
SESSION_EXPIRY_S: Final = 30 * 86_400
"""The broker keeps what comes while we are away for as long as an outbox keeps a window."""
LARGEST_PACKET_BYTES: Final = 65_536
"""The broker keeps larger ones from us; a message of ours has 8 kB at most."""
MOST_UNANSWERED: Final = 65_535
MOST_FLEETING: Final = 1000
"""Messages of QoS 0, which the broker does not hold back, that wait while the store is away."""
FLEETING_PART: Final = 4
"""So many parts of a batch, one of them for those, so that neither kind keeps the other waiting."""
OWN: Final = ("state", "birth", "health", "reply")
FAILED: Final = 0x80
RETAINED_ON_NEW: Final = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
"""Retained states and births come with a new session, and not again with each connection."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that the broker sends again until it is acknowledged; one of QoS 0 it does not."""

    number: int
    qos: int
    arrival: Arrival


class Line:
    """A connection, open from its making until `close` or until a BrokerError.

    Attributes:
        dropped: How many messages of QoS 0 were dropped since it opened, because too many waited.

    Raises:
        BrokerUnreachable: Nothing answers there, or the line was lost.
        BrokerRefused: Our certificate, name or subscription is refused.
    """

    def __init__(self, settings: FleetSettings, identity: Identity) -> None:
        self._waiting: deque[Waiting] = deque()
        self._fleeting: deque[Waiting] = deque(maxlen=MOST_FLEETING)
        self.dropped = 0
        self._subscribed: list[ReasonCode] | None = None
        self._line = BrokerLine(settings.broker, settings.network, identity, ANSWER_S)
        self._line.client.on_subscribe = self._on_subscribe
        self._line.client.on_message = self._on_message
        self._line.client.manual_ack_set(True)
        self._line.open(KEEP_ALIVE_S, _session(2 * settings.collector.batch_messages))
        self._subscribe(settings.collector.group)

    def step(self, longest_s: float = STEP_S) -> None:
        """Serve the line for a moment."""
        self._line.step(longest_s)

    @property
    def waiting(self) -> int:
        """How many messages came since the last `take`."""
        return len(self._waiting) + len(self._fleeting)

    def take(self, most: int) -> list[Waiting]:
        """Return the oldest messages that came."""
        fleeting = min(len(self._fleeting), max(most // FLEETING_PART, most - len(self._waiting)))
        lasting = min(len(self._waiting), most - fleeting)
        taken = [self._fleeting.popleft() for _ in range(fleeting)]
        return taken + [self._waiting.popleft() for _ in range(lasting)]

    def acknowledge(self, taken: Sequence[Waiting]) -> None:
        """Tell the broker that messages are in the store."""
        for one in taken:
            self._line.client.ack(one.number, one.qos)

    def close(self) -> None:
        """Say good-bye; the broker keeps the session."""
        self._line.close()

    def _subscribe(self, group: str) -> None:
        shared = SubscribeOptions(qos=1)
        own = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=RETAINED_ON_NEW)
        topics = [(f"$share/{group}/{ROOT}/+/+/window", shared), *((f"{ROOT}/+/+/{leaf}", own) for leaf in OWN)]
        self._line.client.subscribe(topics)
        self._line.wait_for(lambda: self._subscribed is not None, "does not answer to a subscription")
        if any(code.value >= FAILED for code in self._subscribed or ()):
            raise BrokerRefused(
                f"{self._line.where} refuses {self._line.name} a subscription: allow it to read the five topics"
            )

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
        one = Waiting(message.mid, message.qos, arrival)
        if message.qos:
            self._waiting.append(one)
            return
        self.dropped += len(self._fleeting) == MOST_FLEETING
        self._fleeting.append(one)


def _session(most_unanswered: int) -> Properties:
    """A session that the broker keeps while we are away; it sends no more than so many before we acknowledge."""
    kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
    kept.SessionExpiryInterval = SESSION_EXPIRY_S
    kept.ReceiveMaximum = min(most_unanswered, MOST_UNANSWERED)
    kept.MaximumPacketSize = LARGEST_PACKET_BYTES
    return kept
