"""Accounts, sessions, invitations and the audit log, as rows.

One rule: no token and no password is here, only their digests; who may do what is judged in `fleet.access`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from counterpoint.fleet.store.rows import Account, ApiToken, AuditLine, Invitation, SignedIn
from counterpoint.fleet.store.tables import account, account_site, api_token, audit, invitation, session
from counterpoint.fleet.store.upsert import put

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


class AccessReading:
    """What is known of accounts, in one snapshot."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def accounts(self) -> list[Account]:
        """Return every account, by name."""
        sites: dict[str, set[str]] = {}
        for name, code in self._line.execute(select(account_site.c.account, account_site.c.site)):
            sites.setdefault(name, set()).add(code)
        rows = self._line.execute(select(account).order_by(account.c.name))
        return [_account(row, frozenset(sites.get(row.name, ()))) for row in rows]

    def account(self, name: str) -> Account | None:
        """Return one account."""
        row = self._line.execute(select(account).where(account.c.name == name)).first()
        if row is None:
            return None
        codes = self._line.scalars(select(account_site.c.site).where(account_site.c.account == name))
        return _account(row, frozenset(codes))

    def session(self, digest: str) -> SignedIn | None:
        """Return a session by its token's digest, ended ones too."""
        row = self._line.execute(select(session).where(session.c.digest == digest)).first()
        return None if row is None else SignedIn(row.digest, row.account, row.made_s, row.seen_s, row.ends_s)

    def sessions(self, name: str) -> list[SignedIn]:
        """Return the sessions of an account, newest first."""
        rows = self._line.execute(select(session).where(session.c.account == name).order_by(session.c.made_s.desc()))
        return [SignedIn(row.digest, row.account, row.made_s, row.seen_s, row.ends_s) for row in rows]

    def invitation(self, digest: str) -> Invitation | None:
        """Return a one-time link by its token's digest, ended ones too."""
        row = self._line.execute(select(invitation).where(invitation.c.digest == digest)).first()
        return None if row is None else Invitation(row.digest, row.account, row.ends_s)

    def token(self, digest: str) -> ApiToken | None:
        """Return a program's key by its digest, ended ones too."""
        row = self._line.execute(select(api_token).where(api_token.c.digest == digest)).first()
        return None if row is None else _token(row)

    def tokens(self, name: str) -> list[ApiToken]:
        """Return the keys of an account, newest first."""
        rows = self._line.execute(
            select(api_token).where(api_token.c.account == name).order_by(api_token.c.made_s.desc())
        )
        return [_token(row) for row in rows]

    def audit(self, limit: int, before: int | None = None) -> list[AuditLine]:
        """Return the newest lines of the log, newest first; with `before`, those older than the line of that id."""
        lines = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            lines = lines.where(audit.c.id < before)
        return [AuditLine(row.at_s, row.who, row.what, row.about, row.id) for row in self._line.execute(lines)]

    def audit_count(self) -> int:
        """Return how many lines the log has."""
        return self._line.scalar(select(func.count()).select_from(audit)) or 0


class AccessWriting(AccessReading):
    """The same, and changes to it."""

    def put_account(self, new: Account) -> None:
        """Keep an account, in the place of the one of that name."""
        row = {
            "name": new.name,
            "password_hash": new.password_hash,
            "roles": " ".join(sorted(new.roles)),
            "every_site": new.sites is None,
            "is_shut": new.is_shut,
            "language": new.language,
            "made_s": new.made_s,
        }
        put(self._line, account, [row])
        self._line.execute(delete(account_site).where(account_site.c.account == new.name))
        if new.sites:
            self._line.execute(
                insert(account_site), [{"account": new.name, "site": code} for code in sorted(new.sites)]
            )

    def remove_account(self, name: str) -> None:
        """Delete an account with its sessions and links; the audit log keeps the name."""
        self._line.execute(delete(account).where(account.c.name == name))

    def open_session(self, new: SignedIn) -> None:
        """Keep a new session."""
        row = {"digest": new.digest, "account": new.account, "made_s": new.made_s, "seen_s": new.seen_s}
        self._line.execute(insert(session).values(**row, ends_s=new.ends_s))

    def touch_session(self, digest: str, seen_s: int, ends_s: int) -> None:
        """Note that a session was used, and when it ends now."""
        self._line.execute(update(session).where(session.c.digest == digest).values(seen_s=seen_s, ends_s=ends_s))

    def end_session(self, digest: str) -> None:
        """Delete a session."""
        self._line.execute(delete(session).where(session.c.digest == digest))

    def end_sessions(self, name: str, *, but: str = "") -> None:
        """Delete every session of an account, but one."""
        self._line.execute(delete(session).where(session.c.account == name, session.c.digest != but))

    def end_old(self, now_s: int) -> None:
        """Delete sessions and links whose time is over."""
        self._line.execute(delete(session).where(session.c.ends_s <= now_s))
        self._line.execute(delete(invitation).where(invitation.c.ends_s <= now_s))

    def invite(self, new: Invitation) -> None:
        """Keep a one-time link; an account has one at most."""
        self._line.execute(delete(invitation).where(invitation.c.account == new.account))
        self._line.execute(insert(invitation).values(digest=new.digest, account=new.account, ends_s=new.ends_s))

    def use_invitation(self, digest: str) -> bool:
        """Delete a link; False when it was there no more: somebody was faster."""
        return self._line.execute(delete(invitation).where(invitation.c.digest == digest)).rowcount > 0

    def end_invitations(self, name: str) -> None:
        """Delete the link of an account, if it has one."""
        self._line.execute(delete(invitation).where(invitation.c.account == name))

    def add_token(self, new: ApiToken) -> None:
        """Keep a program's key."""
        row = {"digest": new.digest, "account": new.account, "name": new.name, "scopes": " ".join(sorted(new.scopes))}
        self._line.execute(insert(api_token).values(**row, made_s=new.made_s, used_day=new.used_day, ends_s=new.ends_s))

    def touch_token(self, digest: str, day: str) -> None:
        """Note the day on which a key was used last."""
        self._line.execute(update(api_token).where(api_token.c.digest == digest).values(used_day=day))

    def end_token(self, name: str, digest: str) -> bool:
        """Delete a key of an account; False when it has none of that digest."""
        mine = (api_token.c.digest == digest) & (api_token.c.account == name)
        return self._line.execute(delete(api_token).where(mine)).rowcount > 0

    def note(self, line: AuditLine) -> None:
        """Add a line to the audit log."""
        self._line.execute(insert(audit).values(at_s=line.at_s, who=line.who, what=line.what, about=line.about))


def _account(row: Row[tuple[object, ...]], codes: frozenset[str]) -> Account:
    sites = None if row.every_site else codes
    roles = frozenset(row.roles.split())
    return Account(row.name, row.password_hash, roles, sites, row.is_shut, row.language, row.made_s)


def _token(row: Row[tuple[object, ...]]) -> ApiToken:
    scopes = frozenset(row.scopes.split())
    return ApiToken(row.digest, row.account, row.name, scopes, row.made_s, row.ends_s, row.used_day)
