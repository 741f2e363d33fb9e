"""What a browser posts: read once, whole, with limits; one rule: no endpoint runs before the form's token is right.

The body is read before anything else happens, so a slow sender holds one coroutine and no thread, and a large one is
stopped at its limit. A stranger may send less than somebody who signed in.
"""

from __future__ import annotations

import asyncio
import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from counterpoint.fleet.access.doors import CHANGING
from counterpoint.fleet.access.marks import CSRF_FIELD, FORM_TOKEN, person_or_none

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from counterpoint.fleet.access.doors import Refuse

FORM: Final = "counterpoint.form"
STRANGERS_BYTES: Final = 16_384
"""A name and a password."""
PERSONS_BYTES: Final = 1_048_576
"""Ten years of days are 3,653 lines of some thirty bytes."""
LONGEST_S: Final = 20.0
"""For the whole body: a megabyte over a bad line."""
FIELDS: Final = 64
FILES: Final = 1
FORM_KINDS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class Form:
    """The fields of a posted form: text without NUL bytes, and at most one file."""

    def __init__(self, fields: FormData) -> None:
        self._fields = fields

    def text(self, name: str, longest: int) -> str:
        """The field's text without blanks around it, "" where there is none; HTTPException 400 for a longer one."""
        return self.secret(name, longest).strip()

    def secret(self, name: str, longest: int) -> str:
        """The field's text as it was typed."""
        found = self._fields.get(name, "")
        if not isinstance(found, str) or len(found) > longest or "\0" in found:
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        """Every text of a field that stands there several times."""
        return tuple(found for found in self._fields.getlist(name) if isinstance(found, str))

    def file(self, name: str) -> bytes:
        """The bytes of an uploaded file, b"" where there is none."""
        found = self._fields.get(name)
        return found.file.read() if isinstance(found, UploadFile) else b""


def form_of(request: Request) -> Form:
    """The form that this request posted, its token checked."""
    return cast("Form", request.scope[FORM])


class Forms:
    """Reads what is posted, checks the form's token, and hands the form on."""

    def __init__(self, app: ASGIApp, refuse: Refuse) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and check, or refuse."""
        request = Request(scope)
        if scope["method"] not in CHANGING:
            await self._app(scope, receive, send)
            return
        try:
            limit = STRANGERS_BYTES if person_or_none(request) is None else PERSONS_BYTES
            fields = await _fields(scope, await _body(request, receive, limit))
        except HTTPException as error:
            await self._refuse(request, error)(scope, receive, send)
            return
        try:
            if _has_token(scope, fields):
                scope[FORM] = Form(fields)
                await self._app(scope, receive, send)
            else:
                await self._refuse(request, HTTPException(HTTPStatus.FORBIDDEN))(scope, receive, send)
        finally:
            await fields.close()


async def _body(request: Request, receive: Receive, limit: int) -> bytes:
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced[:20]) > limit:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"connection": "close"})
    try:
        async with asyncio.timeout(LONGEST_S):
            return await _all_of(receive, limit)
    except TimeoutError as error:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, headers={"connection": "close"}) from error


async def _all_of(receive: Receive, limit: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(HTTPStatus.BAD_REQUEST, headers={"connection": "close"})
        body += message.get("body", b"")
        if len(body) > limit:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"connection": "close"})
        if not message.get("more_body", False):
            return bytes(body)


async def _fields(scope: Scope, body: bytes) -> FormData:
    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORM_KINDS:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    try:
        return await Request(scope, again).form(max_files=FILES, max_fields=FIELDS, max_part_size=PERSONS_BYTES)
    except (MultiPartException, ValueError) as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from error


def _has_token(scope: Scope, fields: FormData) -> bool:
    token, sent = scope.get(FORM_TOKEN, ""), fields.get(CSRF_FIELD, "")
    return (
        bool(token) and isinstance(sent, str) and hmac.compare_digest(sent.encode("utf-8", "replace"), token.encode())
    )
