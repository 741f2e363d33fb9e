"""How each kind of message travels: one row a topic, held by the publisher and by the AsyncAPI document.

One rule: whoever wants another QoS or expiry changes the row here, and the contract follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.messages.commands import Command, Reply
from counterpoint.messages.schemas import Birth, HealthReport, Message, State, Window, schema_name

if TYPE_CHECKING:
    from counterpoint.messages.topics import Leaf

CONTENT_TYPE: Final = "application/json"
SCHEMA_PROPERTY: Final = "schema"
"""MQTT user property with the schema's name, so that a reader need not open the payload."""
WILL_DELAY_S: Final = 30
"""A device that comes back within this time was never lost."""
SESSION_EXPIRY_S: Final = 604_800
"""A command waits at the broker for a device that is off for a week. Longer than the will's delay: the broker sends the
will when the session ends, if that is earlier."""


@dataclass(frozen=True, slots=True)
class Channel:
    """How one kind of message travels.

    Attributes:
        leaf: Last level of the topic.
        kind: The message.
        qos: MQTT quality of service.
        retain: The broker keeps the last one for whoever comes later.
        expires: The broker may forget it after two health periods.
        about: What it is for, in a sentence.
    """

    leaf: Leaf
    kind: type[Message | Reply | Command]
    qos: int
    retain: bool
    expires: bool
    about: str

    @property
    def schema(self) -> str:
        """Name of the message's schema."""
        return schema_name(self.kind)


WINDOW: Final = Channel(
    "window",
    Window,
    qos=1,
    retain=False,
    expires=False,
    about="Anonymous statistics of at least k visits, or fewer than k.",
)
STATE: Final = Channel(
    "state", State, qos=1, retain=True, expires=False, about="Whether the publisher is there; its Last Will says lost."
)
BIRTH: Final = Channel(
    "birth", Birth, qos=1, retain=True, expires=False, about="What the device is and which privacy floors it keeps."
)
HEALTH: Final = Channel(
    "health", HealthReport, qos=1, retain=False, expires=True, about="Coarse state of the device, every 15 minutes."
)
REPLY: Final = Channel(
    "reply", Reply, qos=1, retain=False, expires=False, about="What became of a command: done, or refused and why."
)
CMD: Final = Channel(
    "cmd",
    Command,
    qos=1,
    retain=False,
    expires=True,
    about="A signed command to this device: restart, update, roll back or forget.",
)
SENT: Final = (WINDOW, STATE, BIRTH, HEALTH, REPLY)
READ: Final = (CMD,)
