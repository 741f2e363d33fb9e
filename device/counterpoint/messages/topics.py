"""Where a message goes: one topic a kind, under the site and the device.

One rule: a level is an opaque code, so that no topic can carry a wildcard or a name.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from counterpoint.errors import MessageError

Leaf = Literal["state", "birth", "health", "window", "reply", "cmd"]

ROOT: Final = "counterpoint/v1"
CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,35}")
"""A site or a device: lower case, digits and dashes; as long as a UUID at most."""


def topic(site: str, device: str, leaf: Leaf) -> str:
    """Return the topic of one kind of message of one device; MessageError for a level that is no code."""
    for level, what in ((site, "site"), (device, "device")):
        if not CODE.fullmatch(level):
            raise MessageError(f"{what} code {level!r} can't be a topic: use a-z, 0-9 and '-', 36 characters at most")
    return f"{ROOT}/{site}/{device}/{leaf}"
