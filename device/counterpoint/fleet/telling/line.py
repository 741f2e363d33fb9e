"""The teller's MQTT 5 connection: it writes retained summaries and reads nothing.

One rule: a message counts as told on the broker's own word. No subscriber (0x10) is fine: it is retained.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from counterpoint.errors import BrokerRefused, BrokerUnreachable
from counterpoint.fleet.broker_line import STEP_S, BrokerLine
from counterpoint.messages.channels import CONTENT_TYPE, SCHEMA_PROPERTY
from counterpoint.messages.sending import NO_SUBSCRIBERS, REFUSED, SUCCESS
from counterpoint.messages.telling import QOS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paho.mqtt.client import Client
    from paho.mqtt.reasoncodes import ReasonCode

    from counterpoint.edge.keys import Identity
    from counterpoint.settings import BrokerSettings, NetworkSettings

KEEP_ALIVE_S: Final = 60
ANSWER_S: Final = 20.0
"""For the connection, and for the answers to a batch."""
TAKEN: Final = (SUCCESS, NO_SUBSCRIBERS)
Retained = tuple[str, bytes, str]
"""Topic, payload (empty clears it), and the name of its schema."""


class TellingLine:
    """A connection, open from its making until `close` or until a BrokerError.

    Raises:
        BrokerUnreachable: Nothing answers there, or the line was lost.
        BrokerRefused: Our certificate, name or topic is refused.
    """

    def __init__(self, broker: BrokerSettings, network: NetworkSettings, identity: Identity) -> None:
        self._unanswered: set[int] = set()
        self._early: dict[int, int] = {}
        self._refused: int | None = None
        self._line = BrokerLine(broker, network, identity, ANSWER_S)
        self._line.client.max_queued_messages_set(0)
        self._line.client.on_publish = self._on_publish
        self._line.open(KEEP_ALIVE_S, None)

    def tell(self, batch: Iterable[Retained]) -> None:
        """Have the broker retain these; return when it has answered each."""
        for topic, payload, schema in batch:
            sent = self._line.client.publish(topic, payload, QOS, retain=True, properties=_properties(schema))
            if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise self._line.loss()
            self._unanswered.add(sent.mid)
            if sent.mid in self._early:
                self._settle(sent.mid, self._early.pop(sent.mid))
        until_s = monotonic() + ANSWER_S
        while self._unanswered:
            self.step()
            if monotonic() > until_s:
                raise BrokerUnreachable(f"{self._line.where} does not answer {len(self._unanswered)} summaries")
        if self._refused is not None:
            raise BrokerRefused(
                f"{self._line.where} refuses {self._line.name} a summary (0x{self._refused:02x}):"
                " allow it to write counterpoint-summary/v1/+/+"
            )

    def step(self, longest_s: float = STEP_S) -> None:
        """Serve the line for a moment."""
        self._line.step(longest_s)

    def close(self) -> None:
        """Say good-bye."""
        self._line.close()

    def _settle(self, message: int, code: int) -> None:
        self._unanswered.discard(message)
        if code in REFUSED:
            self._refused = code
        elif code not in TAKEN:
            self._line.lose(f"the broker could not keep a summary, 0x{code:02x}")

    def _on_publish(
        self, _client: Client, _data: object, message: int, code: ReasonCode, _given: Properties | None
    ) -> None:
        if message in self._unanswered:
            self._settle(message, code.value)
        else:
            self._early[message] = code.value  # paho writes, and may read, within `publish`


def _properties(schema: str) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it untyped
    properties.ContentType = CONTENT_TYPE
    properties.UserProperty = (SCHEMA_PROPERTY, schema)
    return properties
