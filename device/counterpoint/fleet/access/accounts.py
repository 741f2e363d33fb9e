"""What may be done with accounts; one rule: each change stands in the audit log, in the transaction that makes it.

The command line and the pages both come through here. Somebody's sessions end with every change of their password or
of what they may see; a program's keys with the account.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterpoint.errors import AccountRefused
from counterpoint.fleet.access.marks import digest_of, new_secret
from counterpoint.fleet.access.passwords import weakness
from counterpoint.fleet.access.people import ROLES
from counterpoint.fleet.store.rows import Account, AuditLine, Invitation
from counterpoint.messages.topics import CODE

if TYPE_CHECKING:
    from collections.abc import Collection

    from counterpoint.fleet.store.reading import Reading
    from counterpoint.fleet.store.writing import Writing

INVITATION_S: Final = 7 * 86_400
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?")
"""An address or a short name, ASCII and lower case: no two names look the same."""
SERVER: Final = "command line"
"""Who did what was done on the server itself; no account can have this name."""


def clean_name(typed: str) -> str:
    """The account's name that was typed; AccountRefused for what no name can be."""
    name = typed.strip().lower()
    if not NAME.fullmatch(name):
        raise AccountRefused("name")
    return name


def clean_rights(roles: Collection[str], sites: Collection[str] | None) -> tuple[frozenset[str], frozenset[str] | None]:
    """Roles and sites as they are kept; AccountRefused for an unknown role, no role, or what can be no site."""
    known = frozenset(roles)
    if not known or not known <= frozenset(ROLES):
        raise AccountRefused("roles")
    codes = None if sites is None else frozenset(sites)
    if codes is not None and not all(CODE.fullmatch(code) and code != "all" for code in codes):
        raise AccountRefused("sites")
    return known, codes


def add_account(writing: Writing, new: Account, by: str) -> None:
    """Add an account, with a password or none yet; AccountRefused where the name is taken."""
    if writing.access.account(new.name) is not None:
        raise AccountRefused("taken")
    writing.access.put_account(new)
    writing.access.note(AuditLine(new.made_s, by, "account.added", _told(new)))


def make_link(writing: Writing, name: str, by: str, now_s: int) -> str:
    """A one-time link's token, for a first or a new password; the one before it is void. It is kept nowhere."""
    _there(writing, name)
    token = new_secret()
    writing.access.invite(Invitation(digest_of(token), name, now_s + INVITATION_S))
    writing.access.note(AuditLine(now_s, by, "account.link", name))
    return token


def linked_account(reading: Reading, token: str, now_s: int) -> Account:
    """The account that a link is for; AccountRefused for a link that is unknown, used or too old."""
    found = reading.access.invitation(digest_of(token))
    account = None if found is None or found.ends_s <= now_s else reading.access.account(found.account)
    if account is None:
        raise AccountRefused("link")
    return account


def take_link(writing: Writing, token: str, kept: str, now_s: int) -> Account:
    """Keep the password that a link let somebody set; the link is used up. AccountRefused where it was already."""
    account = linked_account(writing, token, now_s)
    if not writing.access.use_invitation(digest_of(token)):
        raise AccountRefused("link")
    return set_password(writing, account, kept, account.name, now_s)


def check_password(password: str, name: str) -> None:
    """AccountRefused unless the password is one to be taken."""
    broken = weakness(password, name)
    if broken is not None:
        raise AccountRefused(broken)


def set_password(writing: Writing, account: Account, kept: str, by: str, now_s: int, *, but: str = "") -> Account:
    """Keep a new password; every session of the account but one ends, and a link that waited is void."""
    changed = replace(account, password_hash=kept)
    writing.access.put_account(changed)
    writing.access.end_sessions(account.name, but=but)
    writing.access.end_invitations(account.name)
    writing.access.note(AuditLine(now_s, by, "account.password", account.name))
    return changed


def set_language(writing: Writing, name: str, code: str, now_s: int) -> None:
    """Keep the language that somebody chose for their own pages, "" for none."""
    writing.access.put_account(replace(_there(writing, name), language=code))
    writing.access.note(AuditLine(now_s, name, "account.language", name))


def set_rights(writing: Writing, changed: Account, by: str, now_s: int) -> None:
    """Give an account the roles and sites of `changed`; its sessions end. Nobody changes their own rights."""
    _others(changed.name, by)
    kept = _there(writing, changed.name)
    writing.access.put_account(replace(kept, roles=changed.roles, sites=changed.sites))
    writing.access.end_sessions(changed.name)
    writing.access.note(AuditLine(now_s, by, "account.rights", _told(changed)))


def remove_account(writing: Writing, name: str, by: str, now_s: int) -> None:
    """Delete an account with its sessions, links and keys; nobody deletes their own."""
    _others(name, by)
    _there(writing, name)
    writing.access.remove_account(name)
    writing.access.note(AuditLine(now_s, by, "account.removed", name))


def _others(name: str, by: str) -> None:
    if name == by:
        raise AccountRefused("own")


def _there(writing: Writing, name: str) -> Account:
    found = writing.access.account(name)
    if found is None:
        raise AccountRefused("missing")
    return found


def _told(account: Account) -> str:
    """An account's rights as one line for the log."""
    sites = "all sites" if account.sites is None else " ".join(sorted(account.sites)) or "no site"
    return f"{account.name}: {' '.join(sorted(account.roles))}; {sites}"
