"""Somebody else on the broker: subscribes over MQTT 5 and keeps what comes, as a collector would.

One rule: it sees nothing but what the broker delivers.
"""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from counterpoint.errors import BrokerUnreachable

if TYPE_CHECKING:
    from types import TracebackType

    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

AT_LEAST_ONCE: Final = 1
SUBSCRIBED_WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Received:
    """One message as the broker delivered it."""

    topic: str
    payload: bytes
    qos: int


class Receiver:
    """A subscriber to one topic filter; use as a context manager.

    Raises:
        BrokerUnreachable: The broker did not accept the subscription.
    """

    def __init__(self, host: str, port: int, topic_filter: str) -> None:
        self._address = (host, port)
        self._filter = topic_filter
        self._messages: queue.SimpleQueue[Received] = queue.SimpleQueue()
        self._subscribed: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        try:
            self._client.connect(*self._address)
        except OSError as error:
            raise BrokerUnreachable(f"the demo's own broker does not answer ({error}): run the demo again") from error
        self._client.loop_start()
        self._client.subscribe(self._filter, qos=AT_LEAST_ONCE)
        try:
            accepted = self._subscribed.get(timeout=SUBSCRIBED_WITHIN_S)
        except queue.Empty:
            accepted = False
        if not accepted:
            self._stop()
            raise BrokerUnreachable("the demo's own broker refused the subscription: run the demo again")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def wait(self, within_s: float) -> Received | None:
        """The next message, or None when none comes within this many seconds."""
        try:
            return self._messages.get(timeout=within_s)
        except queue.Empty:
            return None

    def _stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._subscribed.put(not any(code.is_failure for code in codes))

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self._messages.put(Received(message.topic, bytes(message.payload), message.qos))
