"""Wiring of `counterpoint fleet account`: accounts by hand, on the server itself; whoever may run it may change any.

One rule: a password comes from a prompt or from standard input, never from the command line, which others can see.
"""

from __future__ import annotations

import getpass
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from counterpoint.errors import AccountRefused, UsageError
from counterpoint.fleet.access.accounts import (
    SERVER,
    add_account,
    check_password,
    clean_name,
    clean_rights,
    make_link,
    remove_account,
    set_password,
    set_rights,
)
from counterpoint.fleet.access.passwords import LONGEST, Passwords
from counterpoint.fleet.pages.language import language
from counterpoint.fleet.store.opening import open_store
from counterpoint.fleet.store.rows import Account

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from counterpoint.fleet.settings import FleetSettings
    from counterpoint.fleet.store.opening import Store

NO_PASSWORD: Final = ""


def run(verb: str, parsed: argparse.Namespace, settings: FleetSettings) -> int:
    """Do what `fleet account <verb>` asks; return 0.

    Raises:
        UsageError: A name, a password or a right that can't be taken; nothing was changed.
        StorageError: The store can't be used.
    """
    store = open_store(settings.store.where)
    try:
        with _in_words():
            if verb == "list":
                _list(store)
            elif verb == "add":
                _add(store, parsed, settings)
            elif verb == "link":
                _print_link(store, clean_name(parsed.name), settings)
            elif verb == "password":
                _password(store, clean_name(parsed.name))
            elif verb == "roles":
                _roles(store, parsed)
            else:
                _remove(store, clean_name(parsed.name))
    finally:
        store.close()
    return 0


def _add(store: Store, parsed: argparse.Namespace, settings: FleetSettings) -> None:
    name = clean_name(parsed.name)
    roles, sites = clean_rights(parsed.role, parsed.site)
    kept = NO_PASSWORD if parsed.link else Passwords().keep(_new_password(name))
    with store.writing() as writing:
        add_account(writing, Account(name, kept, roles, sites, made_s=_now()), SERVER)
    print(f"{name} has an account.")
    _say_unknown(store, sites)
    if parsed.link:
        _print_link(store, name, settings)


def _print_link(store: Store, name: str, settings: FleetSettings) -> None:
    with store.writing() as writing:
        token = make_link(writing, name, SERVER, _now())
    address = settings.page.public or f"http://{settings.page.listen}"
    print(f"For {name} alone, once, within seven days: {address}/invitation/{token}")


def _password(store: Store, name: str) -> None:
    with store.reading() as reading:
        account = reading.access.account(name)
    if account is None:
        raise AccountRefused("missing")
    kept = Passwords().keep(_new_password(name))
    with store.writing() as writing:
        set_password(writing, account, kept, SERVER, _now())
    print(f"The password of {name} is changed; every session of it ended.")


def _roles(store: Store, parsed: argparse.Namespace) -> None:
    name = clean_name(parsed.name)
    roles, sites = clean_rights(parsed.role, parsed.site)
    with store.writing() as writing:
        set_rights(writing, Account(name, NO_PASSWORD, roles, sites), SERVER, _now())
    print(f"{name}: {_rights(roles, sites)}. Every session of it ended.")
    _say_unknown(store, sites)


def _say_unknown(store: Store, sites: frozenset[str] | None) -> None:
    """Say which sites have not sent anything yet: a slip of the pen looks the same."""
    with store.reading() as reading:
        known = {name.code for name in reading.site_names()}
    if unknown := sorted((sites or frozenset()) - known):
        print(f"Not in the store yet: {' '.join(unknown)}. Right if a first counter is still to come there.")


def _remove(store: Store, name: str) -> None:
    with store.writing() as writing:
        remove_account(writing, name, SERVER, _now())
    print(f"The account {name} is deleted, with its sessions and keys.")


def _list(store: Store) -> None:
    with store.reading() as reading:
        accounts = reading.access.accounts()
    for account in accounts:
        state = "" if account.password_hash else "; has not chosen a password yet"
        print(f"{account.name}: {_rights(account.roles, account.sites)}{state}")
    if not accounts:
        print("No account yet: counterpoint fleet serve prints a link for the first one.")


def _rights(roles: frozenset[str], sites: frozenset[str] | None) -> str:
    return f"{', '.join(sorted(roles))}; {'every site' if sites is None else ' '.join(sorted(sites)) or 'no site'}"


def _new_password(name: str) -> str:
    """Ask twice at a terminal; else the first line of standard input."""
    if sys.stdin.isatty():
        password = getpass.getpass("New password: ")
        if getpass.getpass("The same again: ") != password:
            raise AccountRefused("different")
    else:
        password = sys.stdin.readline(LONGEST * 2).rstrip("\r\n")
    check_password(password, name)
    return password


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except AccountRefused as error:
        raise UsageError(language("en").say(f"refused.{error.reason}")) from error


def _now() -> int:
    return int(time.time())
