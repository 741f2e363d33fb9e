"""Notes on a site's numbers, and its own figures from a file; one rule: nothing is kept that was not seen before.

A note says which role wrote it, never who: the log knows. A foreign site does not exist here either.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Route

from counterpoint.fleet.access.forms import form_of
from counterpoint.fleet.access.guard import own_site, person, signed_in
from counterpoint.fleet.access.people import ALL_SITES, IT, MANAGER
from counterpoint.fleet.notes.facts_file import KINDS, FactsFile, Mistake, read_facts, write_facts
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.store.rows import Annotation, AuditLine, Fact
from counterpoint.fleet.store.weeks import week_of, weeks_later

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.access.people import Person
    from counterpoint.fleet.notes.facts_file import Kind
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.reading import Reading
    from counterpoint.fleet.store.rows import Site

LONGEST_TEXT: Final = 160
"""Characters: it stands beside a mark on a chart."""
LONGEST_FIELD: Final = 64
LONGEST_KEPT: Final = 262_144
SHOWN_WEEKS: Final = 109
"""As far back as summaries are kept."""
AHEAD_WEEKS: Final = 52
EARLIEST: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A week's figure as the file has it, and what it takes the place of (None: nothing)."""

    week: str
    kind: Kind
    new: float
    old: float | None


class Notes:
    """The pages."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("/notes", signed_in(self.show, MANAGER, IT)),
            Route("/notes", signed_in(self.add, MANAGER, IT), methods=["POST"]),
            Route("/notes/remove", signed_in(self.remove, MANAGER, IT), methods=["POST"]),
            Route("/notes/facts", signed_in(self.facts, MANAGER)),
            Route("/notes/facts", signed_in(self.preview, MANAGER), methods=["POST"]),
            Route("/notes/facts/keep", signed_in(self.keep, MANAGER), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """What was noted, and the form for more."""
        return self._page(request)

    def add(self, request: Request) -> Response:
        """Keep a note."""
        form, somebody = form_of(request), person(request)
        site = form.text("site", LONGEST_FIELD)
        with self._store.writing() as writing:
            if site not in {code for code, _ in _open_sites(somebody, writing.sites())}:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            day, text = _day(form.text("day", LONGEST_FIELD)), " ".join(form.secret("text", LONGEST_TEXT * 8).split())
            trouble = "day" if day is None else "text" if not _is_sayable(text) else ""
            if day is not None and not trouble:
                note = Annotation(site, day.isoformat(), text, _role(somebody), _now())
                writing.annotate(note)
                writing.access.note(AuditLine(_now(), somebody.name, "note.added", f"{site} {day.isoformat()}"))
        if trouble:
            return self._page(request, trouble)
        return RedirectResponse("/notes?done=added", HTTPStatus.SEE_OTHER)

    def remove(self, request: Request) -> Response:
        """Delete a note of a site that is theirs."""
        number, somebody = form_of(request).text("id", LONGEST_FIELD), person(request)
        with self._store.writing() as writing:
            codes = [code for code, _ in _open_sites(somebody, writing.sites())]
            mine = [note for note in _noted(writing, codes) if str(note.id) == number]
            if not mine:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            writing.remove_annotation(mine[0].id)
            about = f"{mine[0].site} {mine[0].day}"
            writing.access.note(AuditLine(_now(), somebody.name, "note.removed", about))
        return RedirectResponse("/notes?done=removed", HTTPStatus.SEE_OTHER)

    def facts(self, request: Request) -> Response:
        """The form for a file."""
        return self._facts_page(request)

    def preview(self, request: Request) -> Response:
        """Read a file and show what would be kept; nothing is."""
        form = form_of(request)
        site = self._real(request, form.text("site", LONGEST_FIELD))
        read = read_facts(form.file("file"), _today())
        if read.mistakes or not read.weeks:
            return self._facts_page(request, site, read)
        kept = write_facts(read)
        with self._store.reading() as reading:
            old = reading.facts([site], min(read.weeks), max(read.weeks))
            name = reading.some_sites([site], 1)[0].name
        rows = _replaced(read, {(fact.week, fact.kind): fact.value for fact in old})
        return render(request, "facts_preview.html", site=site, name=name, read=read, rows=rows, kept=kept)

    def keep(self, request: Request) -> Response:
        """Keep what the preview showed: all of it, or nothing."""
        form, somebody = form_of(request), person(request)
        site = self._real(request, form.text("site", LONGEST_FIELD))
        read = read_facts(form.secret("kept", LONGEST_KEPT).encode(), _today())
        if read.mistakes or not read.weeks:
            return self._facts_page(request, site, read)
        facts = [Fact(site, week, kind, value) for week, said in read.weeks.items() for kind, value in said.items()]
        with self._store.writing() as writing:
            writing.put_facts(facts)
            about = f"{site} {min(read.weeks)} to {max(read.weeks)}"
            writing.access.note(AuditLine(_now(), somebody.name, "facts.kept", about))
        return RedirectResponse(f"/notes/facts?site={site}&done=kept", HTTPStatus.SEE_OTHER)

    def _real(self, request: Request, site: str) -> str:
        """The code of a real site of theirs, 404 for any other."""
        with self._store.reading() as reading:
            there = {one.code for one in reading.sites()}
        if own_site(request, site) not in there:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return site

    def _page(self, request: Request, trouble: str = "") -> Response:
        with self._store.reading() as reading:
            sites = _open_sites(person(request), reading.sites())
            notes = _noted(reading, [code for code, _ in sites])
        names = dict(sites)
        done = request.query_params.get("done", "")
        return render(
            request,
            "notes.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if trouble else HTTPStatus.OK,
            sites=sites,
            notes=[(note, names[note.site], date.fromisoformat(note.day)) for note in reversed(notes)],
            chosen=request.query_params.get("site", ""),
            today=_today().isoformat(),
            trouble=trouble,
            done=done if done in ("added", "removed") else "",
            brings_facts=person(request).sees_figures,
        )

    def _facts_page(self, request: Request, site: str = "", read: FactsFile | None = None) -> Response:
        somebody = person(request)
        with self._store.reading() as reading:
            sites = [(one.code, one.name) for one in reading.sites() if somebody.sees_figures_of(one.code)]
        return render(
            request,
            "facts.html",
            status=HTTPStatus.OK if read is None else HTTPStatus.UNPROCESSABLE_ENTITY,
            sites=sites,
            chosen=site or request.query_params.get("site", ""),
            mistakes=_mistakes(read),
            more=0 if read is None else read.more,
            done=request.query_params.get("done", "") == "kept",
        )


def note_routes(store: Store) -> list[Route]:
    """Notes, and the site's own figures."""
    return Notes(store).routes()


def _open_sites(somebody: Person, sites: Sequence[Site]) -> list[tuple[str, str]]:
    """Code and name of the sites that this person may note something for; "" names all of them."""
    own = [(one.code, one.name) for one in sites if somebody.sees_site(one.code)]
    return [(ALL_SITES, ""), *own] if somebody.sees_site(ALL_SITES) else own


def _noted(reading: Reading, codes: Sequence[str]) -> list[Annotation]:
    """The notes of these sites, oldest first; those for all sites only where `all` is among them."""
    this = week_of(_today())
    found = reading.annotations(codes, weeks_later(this, -SHOWN_WEEKS), weeks_later(this, AHEAD_WEEKS))
    return [note for note in found if note.site in codes]


def _replaced(read: FactsFile, old: Mapping[tuple[str, str], float]) -> list[Replaced]:
    return [
        Replaced(week, kind, said[kind], old.get((week, kind)))
        for week, said in read.weeks.items()
        for kind in KINDS
        if kind in said
    ]


def _mistakes(read: FactsFile | None) -> Sequence[Mistake]:
    if read is None:
        return ()
    return read.mistakes or (Mistake(1, "early"),)


def _is_sayable(text: str) -> bool:
    """A short line of printable characters; what turns the direction of writing is none."""
    return 0 < len(text) <= LONGEST_TEXT and text.isprintable()


def _role(somebody: Person) -> str:
    return MANAGER if MANAGER in somebody.roles else IT


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= EARLIEST and week_of(day) <= weeks_later(week_of(_today()), AHEAD_WEEKS) else None


def _today() -> date:
    return datetime.now(UTC).date()


def _now() -> int:
    return int(time.time())
