"""The ways in and out: sign-in, a link's first password, sign-out; one rule: a link opens once, and only to POST."""

from __future__ import annotations

from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from counterpoint.errors import AccountRefused
from counterpoint.fleet.access.accounts import add_account, check_password, clean_name, linked_account, take_link
from counterpoint.fleet.access.entrance import SignedInNow, TryAgain, Wrong
from counterpoint.fleet.access.forms import form_of
from counterpoint.fleet.access.house import House, address_of, now
from counterpoint.fleet.access.marks import person_or_none, session_of
from counterpoint.fleet.access.passwords import LONGEST
from counterpoint.fleet.access.people import IT, MANAGER
from counterpoint.fleet.access.sessions import SIGN_IN, drop_cookie, new_session, set_cookie
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.pages.site_map import inside
from counterpoint.fleet.store.rows import Account, AuditLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.access.forms import Form

LONGEST_NEXT: Final = 2048
FIRST_ROLES: Final = frozenset({IT, MANAGER})
"""Who sets a shop up sees its figures and can invite others; the audit log is for somebody else."""


class Ways:
    """The pages before sign-in."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route(SIGN_IN, self.show),
            Route(SIGN_IN, self.sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/invitation/{token}", self.invited),
            Route("/invitation/{token}", self.accept, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The form; somebody who is signed in goes on."""
        back = inside(request.query_params.get("next", "/")[:LONGEST_NEXT])
        if person_or_none(request) is not None:
            return RedirectResponse(back, HTTPStatus.SEE_OTHER)
        return render(request, "sign_in.html", back=back, name="", trouble="", wait_s=0)

    async def sign_in(self, request: Request) -> Response:
        """Judge name and password."""
        form, address = form_of(request), address_of(request)
        name, password = form.text("name", LONGEST), form.secret("password", LONGEST * 4)
        back = inside(form.text("next", LONGEST_NEXT) or "/")
        wait_s = self._house.entrance.may_try(address, float(now()))
        if wait_s > 0:
            return _wait(request, name, back, wait_s)
        async with self._turn():
            found = await run_in_threadpool(self._house.entrance.sign_in, name, password, address, float(now()))
        if isinstance(found, TryAgain):
            return _wait(request, name, back, found.wait_s)
        if isinstance(found, Wrong):
            shown = {"back": back, "name": name, "trouble": "wrong", "wait_s": 0}
            answer = render(request, "sign_in.html", status=HTTPStatus.UNAUTHORIZED, **shown)
            answer.background = BackgroundTask(self._house.entrance.note_failure, found, float(now()))
            return answer
        return await self._go_in(request, found, back)

    async def sign_out(self, request: Request) -> Response:
        """End this session."""
        await run_in_threadpool(self._end, session_of(request))
        answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
        drop_cookie(answer, secure=self._house.rules.secure)
        return answer

    async def invited(self, request: Request) -> Response:
        """The form for a first or a new password."""
        try:
            name = await run_in_threadpool(self._invited_name, request.path_params["token"])
        except AccountRefused:
            return render(request, "link_over.html", status=HTTPStatus.GONE)
        return render(request, "invitation.html", name=name, is_first=name == "", trouble="")

    async def accept(self, request: Request) -> Response:
        """Take the password, and sign in with it."""
        form, token, address = form_of(request), request.path_params["token"], address_of(request)
        if self._house.entrance.may_try(address, float(now())) > 0:
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS)
        name = ""
        try:
            name = await run_in_threadpool(self._invited_name, token)
            if form.secret("password", LONGEST * 4) != form.secret("again", LONGEST * 4):
                raise AccountRefused("different")  # noqa: TRY301 - said where every other broken rule is
            async with self._turn():
                found = await run_in_threadpool(self._accept, token, name, form, address)
        except AccountRefused as error:
            if error.reason == "link":
                return render(request, "link_over.html", status=HTTPStatus.GONE)
            values = {"name": name, "is_first": name == "", "trouble": error.reason}
            return render(request, "invitation.html", status=HTTPStatus.UNPROCESSABLE_ENTITY, **values)
        return await self._go_in(request, found, "/")

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._house.is_full:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, headers={"retry-after": "5"})
        self._house.waiting += 1
        try:
            async with self._house.turn:
                yield
        finally:
            self._house.waiting -= 1

    async def _go_in(self, request: Request, found: SignedInNow, back: str) -> Response:
        await run_in_threadpool(self._end, session_of(request))
        answer = RedirectResponse(back, HTTPStatus.SEE_OTHER)
        set_cookie(answer, found.token, secure=self._house.rules.secure)
        return answer

    def _end(self, digest: str) -> None:
        if digest:
            with self._house.store.writing() as writing:
                writing.access.end_session(digest)

    def _invited_name(self, token: str) -> str:
        """The account that the link is for, "" for the first; AccountRefused where it is no more."""
        first = self._house.first
        if first is not None and first.opens(token):
            return ""
        with self._house.store.reading() as reading:
            return linked_account(reading, token, now()).name

    def _accept(self, token: str, name: str, form: Form, address: str) -> SignedInNow:
        password = form.secret("password", LONGEST * 4)
        own = name or clean_name(form.text("name", LONGEST))
        check_password(password, own)
        kept = self._house.entrance.passwords.keep(password)
        cookie, session = new_session(own, now())
        with self._house.store.writing() as writing:
            if name:
                take_link(writing, token, kept, now())
            else:
                if writing.access.accounts():
                    raise AccountRefused("link")
                add_account(writing, Account(own, kept, FIRST_ROLES, None, made_s=now()), own)
            writing.access.open_session(session)
            writing.access.note(AuditLine(now(), own, "signed_in"))
        if not name:
            self._house.first = None
        self._house.entrance.remember(own, address, float(now()))
        return SignedInNow(cookie, own)


def _wait(request: Request, name: str, back: str, wait_s: float) -> Response:
    """The form again, and how long to wait: the same for a name that is there and one that is not."""
    shown = {"back": back, "name": name, "trouble": "wait", "wait_s": int(wait_s) + 1}
    answer = render(request, "sign_in.html", status=HTTPStatus.TOO_MANY_REQUESTS, **shown)
    answer.headers["retry-after"] = str(int(wait_s) + 1)
    return answer
