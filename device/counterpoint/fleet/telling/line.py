"""The teller's MQTT 5 connection: it writes retained summaries and reads nothing.

One rule: a message counts as told on the broker's own word. No subscriber (0x10) is fine: it is retained.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import ConnectFlags, DisconnectFlags, WebsocketConnectionError
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from counterpoint.edge.proxy_client import ProxyClient
from counterpoint.errors import BrokerError, BrokerRefused, BrokerUnreachable
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
STEP_S: Final = 0.2
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
        self._where = f"{broker.host}:{broker.port}"
        self._name = identity.device
        self._connected: ReasonCode | None = None
        self._lost: str | None = None
        self._unanswered: set[int] = set()
        self._early: dict[int, int] = {}
        self._refused: int | None = None
        self._client = ProxyClient(identity.device, broker, network, ANSWER_S)
        if identity.context is not None:
            self._client.tls_set_context(identity.context)
        self._client.max_queued_messages_set(0)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_disconnect = self._on_disconnect
        self._open(broker)

    def tell(self, batch: Iterable[Retained]) -> None:
        """Have the broker retain these; return when it has answered each."""
        for topic, payload, schema in batch:
            sent = self._client.publish(topic, payload, QOS, retain=True, properties=_properties(schema))
            if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                raise BrokerUnreachable(self._line_lost())
            self._unanswered.add(sent.mid)
            if sent.mid in self._early:
                self._settle(sent.mid, self._early.pop(sent.mid))
        until_s = monotonic() + ANSWER_S
        while self._unanswered:
            self.step()
            if monotonic() > until_s:
                raise BrokerUnreachable(f"{self._where} does not answer {len(self._unanswered)} summaries")
        if self._refused is not None:
            raise BrokerRefused(
                f"{self._where} refuses {self._name} a summary (0x{self._refused:02x}):"
                " allow it to write counterpoint-summary/v1/+/+"
            )

    def step(self, longest_s: float = STEP_S) -> None:
        """Serve the line for a moment."""
        code = self._client.loop(longest_s)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or self._lost is not None:
            raise BrokerUnreachable(self._line_lost())

    def close(self) -> None:
        """Say good-bye."""
        self._client.disconnect()

    def _open(self, broker: BrokerSettings) -> None:
        try:
            self._client.connect(broker.host, broker.port, KEEP_ALIVE_S, clean_start=True)
        except BrokerError:
            raise
        except WebsocketConnectionError as error:
            raise BrokerRefused(f"{self._where} answers, and not as MQTT over WebSocket: check broker.path") from error
        except OSError as error:
            reason = error.strerror or error
            raise BrokerUnreachable(
                f"no broker answers at {self._where} ({reason}): check host, port and TLS"
            ) from error
        until_s = monotonic() + ANSWER_S
        while self._connected is None:
            code = self._client.loop(STEP_S)
            if self._connected is None and (code != MQTTErrorCode.MQTT_ERR_SUCCESS or monotonic() > until_s):
                raise BrokerUnreachable(f"{self._where} closed the line before it answered: check our certificate")
        if self._connected.is_failure:
            raise BrokerRefused(f"{self._where} refuses {self._name} ({self._connected}): register it at the broker")

    def _line_lost(self) -> str:
        return f"the line to {self._where} was lost ({self._lost or 'no answer'})"

    def _settle(self, message: int, code: int) -> None:
        self._unanswered.discard(message)
        if code in REFUSED:
            self._refused = code
        elif code not in TAKEN:
            self._lost = f"the broker could not keep a summary, 0x{code:02x}"

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._connected = code

    def _on_publish(
        self, _client: Client, _data: object, message: int, code: ReasonCode, _given: Properties | None
    ) -> None:
        if message in self._unanswered:
            self._settle(message, code.value)
        else:
            self._early[message] = code.value  # paho writes, and may read, within `publish`

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._lost = str(code)


def _properties(schema: str) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it untyped
    properties.ContentType = CONTENT_TYPE
    properties.UserProperty = (SCHEMA_PROPERTY, schema)
    return properties
