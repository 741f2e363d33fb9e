"""paho's client, with its line opened by us: through the proxy, over TCP or WebSocket.

One rule: only the opening of the line is ours; paho would need PySocks, and look for a proxy in the environment too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from counterpoint.edge.proxy import open_line

if TYPE_CHECKING:
    import socket

    from counterpoint.settings import BrokerSettings, NetworkSettings


class ProxyClient(Client):
    """An MQTT 5 client that reaches its broker as `network` says; it never reconnects by itself."""

    def __init__(self, name: str, broker: BrokerSettings, network: NetworkSettings, patience_s: float) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=MQTTProtocolVersion.MQTTv5,
            transport=broker.transport,
            reconnect_on_failure=False,
        )
        self.connect_timeout = patience_s
        self.ws_set_options(path=broker.path)
        self._broker, self._network = broker, network

    def _create_socket_connection(self) -> socket.socket:
        """What paho calls for a new line, before TLS and WebSocket; tests/network sees that it still does."""
        return open_line(self._broker.host, self._broker.port, self._network, self.connect_timeout)
