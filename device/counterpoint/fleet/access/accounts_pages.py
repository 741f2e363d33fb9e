"""IT's page of accounts, and the auditor's log; one rule: who gives rights reads no log, who reads it gives none.

Nobody changes their own roles or deletes their own account, so one who may give rights is always left.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from counterpoint.errors import AccountRefused
from counterpoint.fleet.access.accounts import (
    add_account,
    clean_name,
    clean_rights,
    make_link,
    remove_account,
    set_rights,
)
from counterpoint.fleet.access.forms import form_of
from counterpoint.fleet.access.guard import person, signed_in
from counterpoint.fleet.access.house import House, now
from counterpoint.fleet.access.passwords import LONGEST
from counterpoint.fleet.access.people import AUDITOR, IT, ROLES
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.store.rows import Account

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.access.forms import Form

LONGEST_SITES: Final = 65_536
LINES: Final = 100
"""Of the log, on a page."""
LARGEST_ID: Final = 2**63 - 1
NO_PASSWORD: Final = ""


class Accounts:
    """The pages about everybody's accounts."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/accounts", signed_in(self.show, IT)),
            Route("/accounts", signed_in(self.add, IT), methods=["POST"]),
            Route("/accounts/rights", signed_in(self.rights, IT), methods=["POST"]),
            Route("/accounts/link", signed_in(self.link, IT), methods=["POST"]),
            Route("/accounts/remove", signed_in(self.remove, IT), methods=["POST"]),
            Route("/audit", signed_in(self.audit, AUDITOR)),
        ]

    def show(self, request: Request) -> Response:
        """Every account."""
        return self._page(request)

    def add(self, request: Request) -> Response:
        """Invite somebody: an account without a password, and its link."""
        form = form_of(request)
        try:
            new = _account(form)
            with self._house.store.writing() as writing:
                add_account(writing, new, person(request).name)
                token = make_link(writing, new.name, person(request).name, now())
        except AccountRefused as error:
            return self._page(request, error.reason)
        return self._page(request, link=self._address(request, token), link_for=new.name)

    def rights(self, request: Request) -> Response:
        """Give an account other roles and sites."""
        try:
            changed = _account(form_of(request))
            with self._house.store.writing() as writing:
                set_rights(writing, changed, person(request).name, now())
        except AccountRefused as error:
            return self._page(request, error.reason)
        return RedirectResponse("/accounts?done=rights", HTTPStatus.SEE_OTHER)

    def link(self, request: Request) -> Response:
        """Make a link for a new password."""
        name = form_of(request).text("name", LONGEST)
        try:
            with self._house.store.writing() as writing:
                token = make_link(writing, name, person(request).name, now())
        except AccountRefused as error:
            return self._page(request, error.reason)
        return self._page(request, link=self._address(request, token), link_for=name)

    def remove(self, request: Request) -> Response:
        """Delete an account."""
        try:
            with self._house.store.writing() as writing:
                remove_account(writing, form_of(request).text("name", LONGEST), person(request).name, now())
        except AccountRefused as error:
            return self._page(request, error.reason)
        return RedirectResponse("/accounts?done=removed", HTTPStatus.SEE_OTHER)

    def audit(self, request: Request) -> Response:
        """The log, newest first."""
        asked = request.query_params.get("before", "")
        before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < len(str(LARGEST_ID)) else None
        with self._house.store.reading() as reading:
            found = reading.access.audit(LINES + 1, before)
        shown = [(_moment(line.at_s), line.who, line.what, line.about) for line in found[:LINES]]
        older = found[LINES - 1].id if len(found) > LINES else None
        return render(request, "audit.html", lines=shown, older=older)

    def _page(self, request: Request, trouble: str = "", link: str = "", link_for: str = "") -> Response:
        with self._house.store.reading() as reading:
            accounts = reading.access.accounts()
            sites = reading.sites()
        done = request.query_params.get("done", "")
        return render(
            request,
            "accounts.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if trouble else HTTPStatus.OK,
            accounts=accounts,
            known=sites,
            every_role=ROLES,
            trouble=trouble,
            done=done if done in ("rights", "removed") else "",
            link=link,
            link_for=link_for,
        )

    def _address(self, request: Request, token: str) -> str:
        """The whole link, by the name under which this browser reached us: the doors know it."""
        scheme = "https" if self._house.rules.secure else "http"
        return f"{scheme}://{request.headers['host']}/invitation/{token}"


def _account(form: Form) -> Account:
    """What the form says of an account; AccountRefused."""
    everywhere = form.text("where", LONGEST) == "all"
    named = form.text("sites", LONGEST_SITES).replace(",", " ").split()
    roles, sites = clean_rights(form.texts("role"), None if everywhere else named)
    return Account(clean_name(form.text("name", LONGEST)), NO_PASSWORD, roles, sites, made_s=now())


def _moment(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M")
