"""How somebody signs in; one rule: every wrong answer looks the same and takes as long, whoever was meant.

What may be tried is counted three ways, in memory: by address; by account, for addresses that the account never came
from; and by account and address, for those it did. So whoever hammers at an account from elsewhere does not keep its
holder out of the browser at work, and a new link (made on the server or by IT) always lets them in.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from counterpoint.errors import AccountRefused, StorageError
from counterpoint.fleet.access.accounts import clean_name
from counterpoint.fleet.access.passwords import LONGEST, Passwords
from counterpoint.fleet.access.rates import Rate, Rates
from counterpoint.fleet.access.sessions import new_session
from counterpoint.fleet.store.rows import AuditLine

if TYPE_CHECKING:
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.rows import Account

BY_ADDRESS: Final = Rate(at_once=30, every_s=2.0)
"""An office behind one address signs in at nine o'clock; then one password in two seconds is checked for it."""
BY_ACCOUNT: Final = Rate(at_once=10, every_s=30.0)
"""Under 3,000 guesses a day at one account, from all the world together."""
KNOWN_S: Final = 30 * 86_400.0
KNOWN: Final = Rate(at_once=1, every_s=KNOWN_S)
"""Remembers for a month that an account came in from an address; it is never asked to wait."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Not now: too many tries; after `wait_s` there is one more."""

    wait_s: float


@dataclass(frozen=True, slots=True)
class Wrong:
    """Wrong, without a word about what; `name` is the account that was meant, "" for none: only the log learns it."""

    name: str


@dataclass(frozen=True, slots=True)
class SignedInNow:
    """Right: the cookie's token, and who it is."""

    token: str
    name: str


class Entrance:
    """Judges names and passwords; threads may share it.

    `sign_in` is called two at a time at most (each needs 32 MiB and a core), which the routes see to.
    """

    def __init__(self, store: Store, passwords: Passwords) -> None:
        self.passwords = passwords
        self._store = store
        self._lock = threading.Lock()
        self._addresses = Rates(BY_ADDRESS)
        self._accounts = Rates(BY_ACCOUNT)
        self._known = Rates(KNOWN)

    def may_try(self, address: str, now_s: float) -> float:
        """Take one try of this address; 0, or how long to wait."""
        with self._lock:
            return self._addresses.wait_s(address, now_s)

    def sign_in(self, typed: str, password: str, address: str, now_s: float) -> SignedInNow | TryAgain | Wrong:
        """Judge; nothing is written where it is wrong. Raises StorageError."""
        name = _name_or_none(typed)
        wait_s = self._wait_s(name or typed[:LONGEST], address, now_s)
        if wait_s > 0:
            return TryAgain(wait_s)
        with self._store.reading() as reading:
            account = reading.access.account(name) if name else None
        shut = account is None or account.is_shut
        right = self.passwords.fits("" if account is None or shut else account.password_hash, password)
        if account is None or not right:
            return Wrong("" if account is None else account.name)
        return self._let_in(account, password, address, now_s)

    def _wait_s(self, name: str, address: str, now_s: float) -> float:
        with self._lock:
            key = (name, address) if self._known.holds((name, address), now_s) else name
            return self._accounts.wait_s(key, now_s)

    def _let_in(self, account: Account, password: str, address: str, now_s: float) -> SignedInNow:
        token, session = new_session(account.name, int(now_s))
        outdated = self.passwords.is_outdated(account.password_hash)
        kept = self.passwords.keep(password) if outdated else account.password_hash
        with self._store.writing() as writing:
            if outdated:
                writing.access.put_account(replace(account, password_hash=kept))
            writing.access.end_old(int(now_s))
            writing.access.open_session(session)
            writing.access.note(AuditLine(int(now_s), account.name, "signed_in"))
        self.remember(account.name, address, now_s)
        return SignedInNow(token, account.name)

    def remember(self, name: str, address: str, now_s: float) -> None:
        """From now on this account's tries from this address are counted by themselves."""
        with self._lock:
            self._known.forgive((name, address))
            self._known.wait_s((name, address), now_s)
            self._accounts.forgive((name, address))

    def note_failure(self, wrong: Wrong, now_s: float) -> None:
        """Note it in the log once the answer is out: the time a write takes would tell that the name is one.

        What was typed as a name is noted only where it is one: people type passwords there.
        """
        if wrong.name:
            with suppress(StorageError), self._store.writing() as writing:
                writing.access.note(AuditLine(int(now_s), wrong.name, "sign_in_failed"))


def _name_or_none(typed: str) -> str | None:
    try:
        return clean_name(typed)
    except AccountRefused:
        return None
