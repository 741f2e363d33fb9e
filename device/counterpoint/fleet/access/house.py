"""What the pages of accounts share; one rule: what a route needs of the world is in here, nothing else is global."""

from __future__ import annotations

import asyncio
import hmac
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.access.entrance import Entrance
from counterpoint.fleet.access.marks import new_secret
from counterpoint.fleet.access.passwords import Passwords
from counterpoint.fleet.access.rates import neighbourhood

if TYPE_CHECKING:
    from starlette.requests import Request

    from counterpoint.fleet.access.doors import DoorRules
    from counterpoint.fleet.store.opening import Store

CHECKED_AT_ONCE: Final = 2
"""Passwords; each needs 32 MiB and a core for a tenth of a second."""
MOST_WAITING: Final = 20
"""Two seconds of them; more are asked to come again."""


class FirstLink:
    """The link that makes the first account: in memory only, gone with the program or once it was used."""

    def __init__(self) -> None:
        self._token = new_secret()

    @property
    def path(self) -> str:
        """The path of the link, to be printed once; it holds the token."""
        return f"/invitation/{self._token}"

    def opens(self, token: str) -> bool:
        """Whether this is its token."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._token.encode())


@dataclass(slots=True)
class House:
    """Store, rules of the doors, who judges passwords, and the first link while there is no account.

    `turn` lets so many passwords be judged at once; the others wait without holding a thread.
    """

    store: Store
    rules: DoorRules
    entrance: Entrance
    first: FirstLink | None = None
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKED_AT_ONCE))
    waiting: int = 0

    @classmethod
    def of(cls, store: Store, rules: DoorRules, first: FirstLink | None, passwords: Passwords | None) -> House:
        """The house; None for the passwords' usual cost."""
        return cls(store, rules, Entrance(store, passwords or Passwords()), first)

    @property
    def is_full(self) -> bool:
        """Whether so many wait to have a password judged that one more had better come again."""
        return self.waiting >= MOST_WAITING


def address_of(request: Request) -> str:
    """What counts as one address for this request; used in memory and never written down."""
    return neighbourhood(request.client.host if request.client else None)


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())
