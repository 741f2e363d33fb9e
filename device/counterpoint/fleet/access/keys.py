"""Programs' keys to the API; one rule: a key never sees more than its account does at that moment.

The key is shown once; its digest is kept. Scopes narrow the account's roles, and a key outlives neither its year nor
the account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from counterpoint.errors import AccountRefused
from counterpoint.fleet.access.marks import digest_of, new_secret
from counterpoint.fleet.access.people import IT, MANAGER, Person
from counterpoint.fleet.access.sessions import person_of
from counterpoint.fleet.store.rows import ApiToken, AuditLine

if TYPE_CHECKING:
    from collections.abc import Collection

    from counterpoint.fleet.access.people import Role
    from counterpoint.fleet.store.reading import Reading
    from counterpoint.fleet.store.writing import Writing

Scope = Literal["figures", "devices"]
SCOPES: Final[dict[Scope, Role]] = {"figures": MANAGER, "devices": IT}
"""What a key may be made for, and the role that its account needs for that."""
MARK: Final = "cpk_"
"""Begins every key, so that a search for leaked secrets finds them."""
YEAR_S: Final = 365 * 86_400
MOST_KEYS: Final = 20
LONGEST_LABEL: Final = 64


def make_key(writing: Writing, owner: Person, label: str, scopes: Collection[str], now_s: int) -> str:
    """A new key, to be shown once; AccountRefused for no label, a scope that is not theirs, or too many keys."""
    chosen = frozenset(scopes)
    own = {scope for scope, role in SCOPES.items() if role in owner.roles}
    if not chosen or not chosen <= own:
        raise AccountRefused("scopes")
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        raise AccountRefused("label")
    if len(writing.access.tokens(owner.name)) >= MOST_KEYS:
        raise AccountRefused("many_keys")
    key = MARK + new_secret()
    writing.access.add_token(ApiToken(digest_of(key), owner.name, label, chosen, now_s, now_s + YEAR_S))
    writing.access.note(AuditLine(now_s, owner.name, "key.made", f"{label}: {' '.join(sorted(chosen))}"))
    return key


def end_key(writing: Writing, owner: str, digest: str, now_s: int) -> None:
    """Revoke a key; one that is gone already, or is somebody else's, stays what it is."""
    ended = next((one for one in writing.access.tokens(owner) if one.digest == digest), None)
    if ended is not None and writing.access.end_token(owner, digest):
        writing.access.note(AuditLine(now_s, owner, "key.ended", ended.name))


def holder_of(reading: Reading, key: str, now_s: int) -> tuple[Person, ApiToken] | None:
    """Who a key speaks for: its account, without the roles that it has no scope for. None for no such key."""
    token = reading.access.token(digest_of(key))
    if token is None or token.ends_s <= now_s:
        return None
    account = reading.access.account(token.account)
    if account is None or account.is_shut:
        return None
    owner = person_of(account)
    roles = {role for scope, role in SCOPES.items() if scope in token.scopes and role in owner.roles}
    return Person(owner.name, frozenset(roles), owner.sites), token
