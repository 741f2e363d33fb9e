"""What the doors write on a request, and how it is read; one rule: nobody else writes it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from starlette.requests import Request

    from counterpoint.fleet.access.people import Person

PERSON: Final = "person"
"""`request.state.person`; not there before sign-in."""
SESSION: Final = "counterpoint.session"
FORM_TOKEN: Final = "counterpoint.form_token"  # noqa: S105 - the name of a place, no secret
CSRF_FIELD: Final = "form_token"
SECRET_BYTES: Final = 32
"""256 bits: nobody guesses one, so no salt is needed for its digest, and no count of guesses."""


def person_or_none(request: Request) -> Person | None:
    """Who signed in, None for nobody."""
    return cast("Person | None", getattr(request.state, PERSON, None))


def session_of(request: Request) -> str:
    """The digest of the session that this request belongs to, "" before sign-in."""
    return str(request.scope.get(SESSION, ""))


def new_secret() -> str:
    """A new random token for a cookie, a link or a program; its first character is a letter or digit."""
    token = secrets.token_urlsafe(SECRET_BYTES)
    while not token[0].isalnum():
        token = secrets.token_urlsafe(SECRET_BYTES)
    return token


def digest_of(token: str) -> str:
    """SHA-256 of a token, in hex: what is kept of it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def form_token_of(cookie: str) -> str:
    """The token of every form of a session: who has not the cookie can't make it, and it does not tell the cookie."""
    return hmac.new(cookie.encode("utf-8", "replace"), b"counterpoint form", hashlib.sha256).hexdigest()
