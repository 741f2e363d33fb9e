"""The frame that all pages of the fleet share: brand, menu, language, account.

One rule: a template gets values and decides nothing; what a reader may open is decided before, and the menu shows no
door that would not open. Any part of the fleet (accounts, exports, notes) renders its own templates through here: put
them into `fleet/<part>/templates`, begin them with `{% extends "frame.html" %}`, and their sentences into
`fleet/<part>/texts/{en,de}.toml`.

Who reads is the guard's word; where it is nobody (the page to sign in), the frame has no menu.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from counterpoint.fleet.access.guard import csrf_field, person_or_none
from counterpoint.fleet.access.people import AUDITOR, IT, MANAGER, ROLES
from counterpoint.fleet.pages.language import FLEET, LANGUAGES, PARTS, language_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.access.people import Person, Role

STILL: Final = FLEET / "pages" / "static"
CARRIED: Final = ("site", "weeks")
"""What stays chosen from page to page."""
CARRIED_LENGTH: Final = 40
NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Door:
    """An entry of the menu: its path, its text's name, and the roles that may open it."""

    path: str
    text: str
    roles: tuple[Role, ...]


FIGURES: Final = (
    Door("/", "menu.overview", (MANAGER,)),
    Door("/hours", "menu.hours", (MANAGER,)),
    Door("/trends", "menu.trends", (MANAGER,)),
    Door("/listening", "menu.listening", (MANAGER,)),
    Door("/try", "menu.try", (MANAGER,)),
    Door("/report", "menu.report", (MANAGER,)),
    Door("/notes", "menu.notes", (MANAGER, IT)),
    Door("/export", "menu.export", (MANAGER, IT)),
)
HOUSE: Final = (
    Door("/sites", "menu.sites", (MANAGER, IT)),
    Door("/devices", "menu.devices", (IT,)),
    Door("/accounts", "menu.accounts", (IT,)),
    Door("/audit", "menu.audit", (AUDITOR,)),
    Door("/privacy", "menu.privacy", ROLES),
)


def render(request: Request, template: str, *, status: int = HTTPStatus.OK, **values: object) -> Response:
    """Return the page that this template makes of the values, in the reader's language.

    Every template can use `say(name, **filled)`, `language`, `person` (None before sign-in), `csrf_field` (stands in
    every form that posts), `path`, `still(file)` for the address of one of our own files, and what is given here.
    """
    person = person_or_none(request)
    language = language_of(request)
    page = _templates().get_template(template)
    text = page.render(
        say=language.say,
        language=language,
        languages=LANGUAGES,
        person=person,
        csrf_field=csrf_field(request),
        path=request.url.path,
        here=_here(request),
        still=still,
        menu=[] if person is None else [_open(FIGURES, person), _open(HOUSE, person)],
        carried=_carried(request),
        **values,
    )
    return HTMLResponse(text, status, headers=NO_STORE | {"Content-Language": language.code, "Vary": "Accept-Language"})


def still(name: str) -> str:
    """Return the address of one of our own files; it changes with the file, so that browsers may keep it for good."""
    return f"/static/{_fingerprint(name)}/{name}"


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STILL / name).read_bytes()).hexdigest()[:10]


@cache
def _templates() -> Environment:
    folders = [Path(FLEET / part / "templates") for part in PARTS]
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _open(doors: Collection[Door], person: Person) -> list[Door]:
    return [door for door in doors if person.roles.intersection(door.roles)]


def _carried(request: Request) -> str:
    """Return the query that keeps the site and the period chosen, with its question mark, or nothing."""
    kept = {name: request.query_params.get(name, "")[:CARRIED_LENGTH] for name in CARRIED}
    chosen = urlencode({name: value for name, value in kept.items() if value})
    return f"?{chosen}" if chosen else ""


def _here(request: Request) -> str:
    """Return this page's own address without the host, for a way back to it."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
