"""Which person a request comes from; one rule: the cookie holds a random token, the store its digest, nobody a name.

A session ends two hours after its last use, and twelve hours after sign-in whatever happens. Who has none gets the
pages that are open to everybody, and is sent to sign in from any other.
"""

from __future__ import annotations

import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse

from counterpoint.errors import StorageError
from counterpoint.fleet.access.marks import (
    FORM_TOKEN,
    PERSON,
    SESSION,
    digest_of,
    form_token_of,
    new_secret,
    person_or_none,
)
from counterpoint.fleet.access.people import Person, known_roles
from counterpoint.fleet.access.refusals import unreachable
from counterpoint.fleet.store.rows import SignedIn

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from counterpoint.fleet.access.doors import DoorRules, Refuse
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.rows import Account

SIGN_IN: Final = "/sign-in"
OPEN: Final = ("/static/", "/language/", "/sign-in", "/invitation/")
"""What needs no session; the doors' other rules hold there too."""
WITHOUT_SESSION: Final = ("/static/", "/api/")
"""Never asks for a cookie: our own files, and programs, which bring a key of their own."""
IDLE_S: Final = 2 * 3600
"""A report is read in minutes; a screen left open over lunch still works, one left open overnight does not."""
LONGEST_S: Final = 12 * 3600
"""A working day."""
NOTE_AGAIN_S: Final = 300
"""Using a session is written down so seldom: a page must not cost a write."""
LONGEST_COOKIE: Final = 128


def new_session(account: str, now_s: int) -> tuple[str, SignedIn]:
    """A session for somebody who has just signed in: the cookie's token, and what is kept of it."""
    token = new_secret()
    return token, SignedIn(digest_of(token), account, now_s, now_s, session_end(now_s, now_s))


def session_end(made_s: int, used_s: int) -> int:
    """When a session ends that was used now."""
    return min(used_s + IDLE_S, made_s + LONGEST_S)


def cookie_name(*, secure: bool) -> str:
    """The session cookie's name; under TLS browsers take `__Host-` only from this very host, for all its paths."""
    return "__Host-counterpoint" if secure else "counterpoint-session"


def set_cookie(answer: Response, token: str, *, secure: bool) -> None:
    """Give the browser its session; it forgets it when it is closed."""
    answer.set_cookie(cookie_name(secure=secure), token, path="/", httponly=True, samesite="lax", secure=secure)


def drop_cookie(answer: Response, *, secure: bool) -> None:
    """Take the session away from the browser."""
    answer.delete_cookie(cookie_name(secure=secure), path="/", httponly=True, samesite="lax", secure=secure)


def person_of(account: Account) -> Person:
    """What an account's holder is to the pages."""
    return Person(account.name, known_roles(account.roles), account.sites, account.language)


def sign_in_address(request: Request) -> str:
    """Where to sign in, and come back from if this was a page that was only read."""
    if request.method not in ("GET", "HEAD") or request.url.path == "/":
        return SIGN_IN
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{SIGN_IN}?next={quote(wanted, safe='/')}"


class Sessions:
    """Finds out who asks, and shows strangers the way in."""

    def __init__(self, app: ASGIApp, store: Store, rules: DoorRules, refuse: Refuse) -> None:
        self._app = app
        self._store = store
        self._secure = rules.secure
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on with the person, or send to the sign-in page."""
        path: str = scope["path"]
        if path.startswith(WITHOUT_SESSION):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        token = request.cookies.get(cookie_name(secure=self._secure), "")[:LONGEST_COOKIE]
        try:
            if token:
                await run_in_threadpool(self._recognise, request, token)
        except StorageError:
            await self._refuse(request, unreachable())(scope, receive, send)
            return
        if person_or_none(request) is not None:
            await self._app(scope, receive, send)
        elif path.startswith(OPEN):
            await self._as_stranger(request, receive, send)
        else:
            await RedirectResponse(sign_in_address(request), HTTPStatus.SEE_OTHER)(scope, receive, send)

    def _recognise(self, request: Request, token: str) -> None:
        now_s = int(time.time())
        with self._store.reading() as reading:
            session = reading.access.session(digest_of(token))
            account = reading.access.account(session.account) if session is not None else None
        if session is None or account is None or account.is_shut or now_s >= session.ends_s:
            return
        if now_s - session.seen_s >= NOTE_AGAIN_S:
            # A full disk stops nobody from reading: the session ends a little early instead.
            with suppress(StorageError), self._store.writing() as writing:
                writing.access.touch_session(session.digest, now_s, session_end(session.made_s, now_s))
        request.scope.setdefault("state", {})[PERSON] = person_of(account)
        request.scope[SESSION] = session.digest
        request.scope[FORM_TOKEN] = form_token_of(token)

    async def _as_stranger(self, request: Request, receive: Receive, send: Send) -> None:
        """Forms that strangers post (sign in, first password) are bound to a cookie of their own."""
        name = f"{cookie_name(secure=self._secure)}-form"
        token = request.cookies.get(name, "")[:LONGEST_COOKIE]
        fresh = "" if token else new_secret()
        request.scope[FORM_TOKEN] = form_token_of(token or fresh)

        async def sending(message: Message) -> None:
            if fresh and message["type"] == "http.response.start":
                secure = "; Secure" if self._secure else ""
                cookie = f"{name}={fresh}; Path=/; HttpOnly; SameSite=Strict{secure}"
                message["headers"] = [*message.get("headers", []), (b"set-cookie", cookie.encode())]
            await send(message)

        await self._app(request.scope, receive, sending)
