"""How often something may be tried; one rule: it forgets by itself, holds a bounded number of keys, and writes nothing.

Addresses live here and nowhere else: in memory, for as long as a bucket needs to fill again.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable

MOST_KEYS: Final = 10_000
"""A few megabytes; one more key forgets the one that was used longest ago."""
IPV6_OWN: Final = 64
"""A household has a whole /64: its addresses count as one."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and then one more each `every_s` seconds."""

    at_once: int
    every_s: float


class Rates:
    """Token buckets by key."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._full_at: dict[Hashable, float] = {}

    def wait_s(self, key: Hashable, now_s: float) -> float:
        """Take one; return 0, or how long to wait for the next where there is none (then nothing is taken)."""
        whole_s = self._rate.at_once * self._rate.every_s  # an empty one: no longer even where the clock was put back
        full_at = min(max(self._full_at.pop(key, now_s), now_s), now_s + whole_s) + self._rate.every_s
        wait = full_at - now_s - whole_s
        if wait > 0:
            full_at -= self._rate.every_s
        self._full_at[key] = full_at  # now the newest
        if len(self._full_at) > MOST_KEYS:
            del self._full_at[next(iter(self._full_at))]
        return max(wait, 0.0)

    def holds(self, key: Hashable, now_s: float) -> bool:
        """Whether this key took something that has not come back yet."""
        return self._full_at.get(key, now_s) > now_s

    def forgive(self, key: Hashable) -> None:
        """Forget what this key took."""
        self._full_at.pop(key, None)


def neighbourhood(host: str | None) -> str:
    """What counts as one address: IPv4 itself, IPv6 its /64, "" where there is none."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, IPV6_OWN), strict=False))
    return str(address)
