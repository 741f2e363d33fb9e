"""A connection of the fleet to its broker, MQTT 5: opened, served, and lost in words.

One rule: it opens once; a line that was lost is not mended, whoever needs one makes a new one.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import ConnectFlags, DisconnectFlags, WebsocketConnectionError
from paho.mqtt.enums import MQTTErrorCode

from counterpoint.edge.proxy_client import ProxyClient
from counterpoint.errors import BrokerError, BrokerRefused, BrokerUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from counterpoint.edge.keys import Identity
    from counterpoint.settings import BrokerSettings, NetworkSettings

STEP_S: Final = 0.2
REFUSALS: Final = (0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x90)
"""CONNACK codes that only a person can mend: version, client id, password, not authorised, banned, method, topic."""


class BrokerLine:
    """A connection that is not open yet; its owner sets what else it wants of `client` and calls `open`.

    Attributes:
        client: paho's, whose connecting and disconnecting are ours.
        where: Host and port.
        name: Ours, as the broker knows it.
    """

    def __init__(self, broker: BrokerSettings, network: NetworkSettings, identity: Identity, answer_s: float) -> None:
        self.where = f"{broker.host}:{broker.port}"
        self.name = identity.device
        self._broker = broker
        self._answer_s = answer_s
        self._connected: ReasonCode | None = None
        self._lost: str | None = None
        self.client = ProxyClient(identity.device, broker, network, answer_s)
        if identity.context is not None:
            self.client.tls_set_context(identity.context)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect

    def open(self, keep_alive_s: int, session: Properties | None) -> None:
        """Connect and wait for the broker's word; with properties of a session the broker keeps it, else it is new.

        Raises:
            BrokerUnreachable: Nothing answers there.
            BrokerRefused: Our certificate or name is refused.
        """
        host, port, is_new = self._broker.host, self._broker.port, session is None
        try:
            self.client.connect(host, port, keep_alive_s, clean_start=is_new, properties=session)
        except BrokerError:
            raise
        except WebsocketConnectionError as error:
            raise BrokerRefused(f"{self.where} answers, and not as MQTT over WebSocket: check broker.path") from error
        except OSError as error:
            reason = error.strerror or error
            raise BrokerUnreachable(
                f"no broker answers at {self.where} ({reason}): check host, port and TLS"
            ) from error
        self.wait_for(lambda: self._connected is not None, "closed the line before it answered: check our certificate")
        if self._connected is not None and self._connected.is_failure:
            kind = BrokerRefused if self._connected.value in REFUSALS else BrokerUnreachable
            raise kind(f"{self.where} refuses {self.name} ({self._connected}): register it at the broker")

    def step(self, longest_s: float = STEP_S) -> None:
        """Serve the line for a moment; BrokerUnreachable when it is lost."""
        code = self.client.loop(longest_s)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or self._lost is not None:
            raise self.loss()

    def wait_for(self, there: Callable[[], bool], what: str) -> None:
        """Serve the line until something is there; BrokerUnreachable, which says `what`, when it does not come."""
        until_s = monotonic() + self._answer_s
        while not there():
            code = self.client.loop(STEP_S)
            if not there() and (code != MQTTErrorCode.MQTT_ERR_SUCCESS or monotonic() > until_s):
                raise BrokerUnreachable(f"{self.where} {what}")

    def lose(self, reason: str) -> None:
        """Give the line up: the next step says so."""
        self._lost = reason

    def loss(self) -> BrokerUnreachable:
        """Return that the line was lost, as an error to raise."""
        return BrokerUnreachable(f"the line to {self.where} was lost ({self._lost or 'no answer'})")

    def close(self) -> None:
        """Say good-bye; a session that the broker keeps stays."""
        self.client.disconnect()

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._connected = code

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._lost = str(code)
