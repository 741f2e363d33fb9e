"""The addresses of accounts; one rule: they are listed here, and what each does stands with its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterpoint.fleet.access.accounts_pages import Accounts
from counterpoint.fleet.access.house import FirstLink, House
from counterpoint.fleet.access.own_pages import Own
from counterpoint.fleet.access.sign_in_pages import Ways

if TYPE_CHECKING:
    from starlette.routing import Route

    from counterpoint.fleet.access.doors import DoorRules
    from counterpoint.fleet.access.passwords import Passwords
    from counterpoint.fleet.store.opening import Store


def access_routes(
    store: Store, rules: DoorRules, first: FirstLink | None = None, passwords: Passwords | None = None
) -> list[Route]:
    """Sign-in, one's own account, IT's accounts, the log.

    Args:
        store: Where accounts are.
        rules: Those of the doors: links and cookies follow them.
        first: The link that makes the first account, while there is none.
        passwords: Another cost of passwords than the usual one.
    """
    house = House.of(store, rules, first, passwords)
    return [*Ways(house).routes(), *Own(house).routes(), *Accounts(house).routes()]


def first_link(store: Store) -> FirstLink | None:
    """The link to print while there is no account; None where there is one."""
    with store.reading() as reading:
        return None if reading.access.accounts() else FirstLink()
