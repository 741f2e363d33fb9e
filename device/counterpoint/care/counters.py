"""Which commands can't be new any more: how far each person's key has counted, and what ran last.

One rule: a number binds the keys that signed it and no others, so that a stolen key which signed the highest number
there is stops nobody once it is taken away.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_BODIES: Final = 64
"""A body runs once, whoever of its signers stands below it the second time; people sign a few commands a year."""


class Counters(Struct, frozen=True):
    """How far the keys have counted.

    Attributes:
        by_key: The highest number that each key has signed of what was carried out; also of keys that were taken away.
        floor: The highest number of all, from the time when one number bound every key; 0 on a newer device.
        bodies: SHA-256 of the bodies that were carried out last, the newest last.
    """

    by_key: dict[str, int] = {}
    floor: int = 0
    bodies: tuple[str, ...] = ()

    def fresh(self, keys: Collection[str], number: int, body: bytes) -> frozenset[str]:
        """Return those of these keys for which a body with this number is new; none for one that ran."""
        if _digest(body) in self.bodies:
            return frozenset()
        return frozenset(key for key in keys if number > self.by_key.get(key, self.floor))

    def after(self, keys: Collection[str], number: int, body: bytes) -> Counters:
        """Return them as they are once this body is carried out."""
        counted = {key: max(number, self.by_key.get(key, self.floor)) for key in keys}
        bodies = (*self.bodies, _digest(body))[-MOST_BODIES:]
        return msgspec.structs.replace(self, by_key={**self.by_key, **counted}, bodies=bodies)


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()
