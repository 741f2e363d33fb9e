"""Somebody's own account: password, language, sessions, keys; one rule: it shows and changes only the asker's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from counterpoint.errors import AccountRefused
from counterpoint.fleet.access.accounts import check_password, set_language, set_password
from counterpoint.fleet.access.forms import form_of
from counterpoint.fleet.access.guard import person, signed_in
from counterpoint.fleet.access.house import House, address_of, now
from counterpoint.fleet.access.keys import SCOPES, end_key, make_key
from counterpoint.fleet.access.marks import session_of
from counterpoint.fleet.access.passwords import LONGEST
from counterpoint.fleet.access.people import IT, MANAGER, Person
from counterpoint.fleet.access.sessions import SIGN_IN, drop_cookie
from counterpoint.fleet.pages.language import LANGUAGES
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.store.rows import AuditLine

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.access.forms import Form
    from counterpoint.fleet.store.rows import ApiToken

DIGEST_LENGTH = 64


@dataclass(frozen=True, slots=True)
class KeyShown:
    """A key as its owner sees it."""

    digest: str
    label: str
    scopes: tuple[str, ...]
    made: str
    ends: str
    used: str


class Own:
    """The pages of one's own account."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/account", signed_in(self.show)),
            Route("/account/password", signed_in(self.password), methods=["POST"]),
            Route("/account/language", signed_in(self.language), methods=["POST"]),
            Route("/account/sign-out-everywhere", signed_in(self.everywhere), methods=["POST"]),
            Route("/account/keys", signed_in(self.make_key, MANAGER, IT), methods=["POST"]),
            Route("/account/keys/end", signed_in(self.end_key), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """The account."""
        return self._page(request)

    async def password(self, request: Request) -> Response:
        """Change the password, with the one so far; every other session ends."""
        if self._house.entrance.may_try(address_of(request), float(now())) > 0:
            return await run_in_threadpool(self._page, request, "wait", HTTPStatus.TOO_MANY_REQUESTS)
        async with self._house.turn:
            try:
                await run_in_threadpool(self._set_password, person(request), form_of(request), session_of(request))
            except AccountRefused as error:
                return await run_in_threadpool(self._page, request, error.reason, HTTPStatus.UNPROCESSABLE_ENTITY)
        return RedirectResponse("/account?done=password", HTTPStatus.SEE_OTHER)

    def language(self, request: Request) -> Response:
        """Choose the language of one's own pages, on every browser; or none, and each browser says."""
        code = form_of(request).text("language", LONGEST)
        if code and code not in LANGUAGES:
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        with self._house.store.writing() as writing:
            set_language(writing, person(request).name, code, now())
        return RedirectResponse("/account?done=language", HTTPStatus.SEE_OTHER)

    def everywhere(self, request: Request) -> Response:
        """End every session of this account, this one too."""
        name = person(request).name
        with self._house.store.writing() as writing:
            writing.access.end_sessions(name)
            writing.access.note(AuditLine(now(), name, "signed_out_everywhere"))
        answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
        drop_cookie(answer, secure=self._house.rules.secure)
        return answer

    def make_key(self, request: Request) -> Response:
        """Make a key and show it, this once."""
        form = form_of(request)
        try:
            with self._house.store.writing() as writing:
                label, scopes = form.text("label", LONGEST), form.texts("scope")
                key = make_key(writing, person(request), label, scopes, now())
        except AccountRefused as error:
            return self._page(request, error.reason, HTTPStatus.UNPROCESSABLE_ENTITY)
        return self._page(request, key=key)

    def end_key(self, request: Request) -> Response:
        """Revoke a key."""
        with self._house.store.writing() as writing:
            end_key(writing, person(request).name, form_of(request).text("digest", DIGEST_LENGTH), now())
        return RedirectResponse("/account?done=key", HTTPStatus.SEE_OTHER)

    def _set_password(self, somebody: Person, form: Form, session: str) -> None:
        old, new = form.secret("old", LONGEST * 4), form.secret("password", LONGEST * 4)
        if new != form.secret("again", LONGEST * 4):
            raise AccountRefused("different")
        check_password(new, somebody.name)
        with self._house.store.reading() as reading:
            account = reading.access.account(somebody.name)
        if account is None or not self._house.entrance.passwords.fits(account.password_hash, old):
            raise AccountRefused("old")
        kept = self._house.entrance.passwords.keep(new)
        with self._house.store.writing() as writing:
            set_password(writing, account, kept, somebody.name, now(), but=session)

    def _page(self, request: Request, trouble: str = "", status: int = HTTPStatus.OK, key: str = "") -> Response:
        somebody = person(request)
        with self._house.store.reading() as reading:
            keys = [_shown(one) for one in reading.access.tokens(somebody.name)]
            sessions = len([one for one in reading.access.sessions(somebody.name) if one.ends_s > now()])
        done = request.query_params.get("done", "")
        return render(
            request,
            "account.html",
            status=status,
            trouble=trouble,
            done=done if done in ("password", "key", "language") else "",
            key=key,
            keys=keys,
            sessions=sessions,
            scopes=[scope for scope, role in SCOPES.items() if role in somebody.roles],
            roles=sorted(somebody.roles),
            sites=None if somebody.sites is None else sorted(somebody.sites),
        )


def _shown(token: ApiToken) -> KeyShown:
    made, ends = (datetime.fromtimestamp(at, UTC).date().isoformat() for at in (token.made_s, token.ends_s))
    return KeyShown(token.digest, token.name, tuple(sorted(token.scopes)), made, ends, token.used_day)
