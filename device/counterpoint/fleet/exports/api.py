"""The read-only API: GET /api/v1/..., a key in Authorization, JSON back; one rule: a key sees what its account sees.

Answers are small pages with an ETag; what was told is never revised, so a program that asks again with it gets 304. No
cookie counts here, so no other page can ask in somebody's name.
"""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from counterpoint.errors import StorageError
from counterpoint.fleet.access.house import address_of
from counterpoint.fleet.access.keys import holder_of
from counterpoint.fleet.access.people import IT, MANAGER
from counterpoint.fleet.access.rates import Rate, Rates
from counterpoint.fleet.exports.answers import Refusal
from counterpoint.fleet.exports.asked import ASKED
from counterpoint.fleet.exports.openapi import document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from counterpoint.fleet.access.people import Person
    from counterpoint.fleet.exports.asked import Asked
    from counterpoint.fleet.store.opening import Store

BY_KEY: Final = Rate(at_once=120, every_s=0.5)
"""A dashboard fetches a chain's year in one go, and then twice a second for good."""
WRONG_KEYS: Final = Rate(at_once=30, every_s=2.0)
"""By address: a guess has one chance in 2^256 anyway."""
LONGEST_KEY: Final = 128
USUAL_ITEMS: Final = 100
MOST_ITEMS: Final = 500
DAY_FORMAT: Final = "%Y-%m-%d"
JSON: Final = "application/json"
ROLE_OF: Final = {"figures": MANAGER, "devices": IT}


@dataclass(frozen=True, slots=True)
class Paging:
    """How many items, and after which: the key of the last one of the page before, "" for the first page."""

    limit: int
    after: str


class Api:
    """Judges keys and counts questions; threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._by_key = Rates(BY_KEY)
        self._wrong = Rates(WRONG_KEYS)
        self._document = msgspec.json.format(msgspec.json.encode(document()), indent=1)

    def routes(self) -> list[Route]:
        """The addresses; anything else under /api/ is 404 in JSON too."""
        asked = [Route(f"/api/v1{one.path}", self._endpoint(one)) for one in ASKED]
        return [Route("/api/v1/openapi.json", self._described), *asked, Route("/api/{rest:path}", self._nothing)]

    async def _described(self, request: Request) -> Response:
        return tagged(request, self._document)

    async def _nothing(self, _: Request) -> Response:
        return refusal(HTTPException(HTTPStatus.NOT_FOUND))

    def _endpoint(self, one: Asked) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                body = await run_in_threadpool(self._answer, one, request)
            except HTTPException as error:
                return refusal(error)
            except StorageError:
                return refusal(HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, headers={"retry-after": "30"}))
            return tagged(request, body)

        return answer

    def _answer(self, one: Asked, request: Request) -> bytes:
        somebody = self._holder(request)
        if ROLE_OF[one.scope] not in somebody.roles and not (one.is_for_any and somebody.roles):
            raise HTTPException(HTTPStatus.FORBIDDEN, f"this key has no scope {one.scope}")
        paging = _paging(request)
        with self._store.reading() as reading:
            items = one.items(reading, somebody, request)
        rest = sorted((item for item in items if one.key(item) > paging.after), key=one.key)
        page = rest[: paging.limit]
        following = _following(request, paging, one.key(page[-1])) if len(rest) > len(page) else None
        return msgspec.json.encode(one.answer(items=tuple(page), next=following))

    def _holder(self, request: Request) -> Person:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(key) <= LONGEST_KEY:
            raise _no_key()
        now_s = time.time()
        with self._store.reading() as reading:
            found = holder_of(reading, key, int(now_s))
        if found is None:
            self._wait(self._wrong, address_of(request), now_s)
            raise _no_key()
        somebody, token = found
        self._wait(self._by_key, token.digest, now_s)
        day = datetime.fromtimestamp(now_s, UTC).strftime(DAY_FORMAT)
        if token.used_day != day:
            with suppress(StorageError), self._store.writing() as writing:
                writing.access.touch_token(token.digest, day)
        return somebody

    def _wait(self, rates: Rates, key: str, now_s: float) -> None:
        with self._lock:
            wait_s = rates.wait_s(key, now_s)
        if wait_s > 0:
            after = {"retry-after": str(int(wait_s) + 1)}
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "too many questions: wait", headers=after)


def refusal(error: HTTPException) -> Response:
    """A refusal in JSON."""
    said = error.detail or HTTPStatus(error.status_code).phrase
    return Response(msgspec.json.encode(Refusal(error=said)), error.status_code, error.headers, media_type=JSON)


def tagged(request: Request, body: bytes) -> Response:
    """The body with its ETag, or 304 where the asker has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers: Mapping[str, str] = {"etag": tag, "cache-control": "private, no-cache", "vary": "authorization"}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type=JSON)


def _no_key() -> HTTPException:
    said = "name a key that is valid: Authorization: Bearer cpk_..."
    return HTTPException(HTTPStatus.UNAUTHORIZED, said, headers={"www-authenticate": "Bearer"})


def _paging(request: Request) -> Paging:
    asked = request.query_params.get("limit", str(USUAL_ITEMS))
    if not (
        asked.isascii() and asked.isdecimal() and len(asked) <= len(str(MOST_ITEMS)) and 0 < int(asked) <= MOST_ITEMS
    ):
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"limit is a whole number from 1 to {MOST_ITEMS}")
    return Paging(int(asked), request.query_params.get("after", ""))


def _following(request: Request, paging: Paging, last: str) -> str:
    """Where the next page is: the same question, after the last item of this one."""
    kept = {name: request.query_params[name] for name in ("since", "until") if name in request.query_params}
    return f"{request.url.path}?{urlencode(kept | {'limit': str(paging.limit), 'after': last})}"
