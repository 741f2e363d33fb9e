"""The pages of figures: each reads what it needs of the store once, and shows it.

One rule: nothing is decided here but what is read; what a page says is made by the pure module of its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.access.guard import person
from counterpoint.fleet.pages.choice import PERIODS, chosen
from counterpoint.fleet.pages.hours import hours
from counterpoint.fleet.pages.language import language_of
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.pages.listening import SKILLS, acts
from counterpoint.fleet.pages.measures import MEASURES, OPENINGS
from counterpoint.fleet.pages.overview import days_of, days_told, overview, why_nothing
from counterpoint.fleet.pages.places import LOOKED_BACK, by_site, find, place
from counterpoint.fleet.pages.report import SPAN, report
from counterpoint.fleet.pages.stretches import date_of_end, last_stretches
from counterpoint.fleet.pages.trends import (
    SPANS,
    USUAL_SPAN,
    Axis,
    before_after,
    drawing,
    happened,
    own_facts,
    rows,
)
from counterpoint.fleet.store.weeks import week_of, weeks_later

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.pages.choice import Choice
    from counterpoint.fleet.pages.measures import Measure
    from counterpoint.fleet.pages.trends import BeforeAfter
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.reading import Reading
    from counterpoint.messages.summaries import HoursSummary

LONGEST_RUN: Final = 12
"""Weeks that may be told together."""
HOURS_BACK: Final = 26
"""Weeks: hours that are older say little of today."""
REPORTS: Final = 26
"""Weeks whose report can be chosen from the list; any other by its address."""
TO: Final = ("/", "/hours", "/trends", "/listening", "/report")
"""Where the list of sites may lead."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The pages of figures on a store; `today` tells the day (UTC)."""

    store: Store
    today: Callable[[], date]

    def overview(self, request: Request) -> Response:
        """The five numbers."""
        with self.store.reading() as reading:
            choice = self._chosen(request, reading)
            if choice is None:
                return no_site(request)
            runs = reading.periods([choice.site.code], _twice(choice), choice.until)
        view = overview(language_of(request), choice, runs, self.today())
        return render(request, "overview.html", choice=choice, view=view, periods=PERIODS)

    def hours(self, request: Request) -> Response:
        """When it is hard."""
        with self.store.reading() as reading:
            choice = self._chosen(request, reading)
            if choice is None:
                return no_site(request)
            told = _last_hours(reading, [choice.site.code], choice)
            summary = told.get(choice.site.code)
            others = [site for site in choice.listed if site.code != choice.site.code] if summary is None else []
            there = _last_hours(reading, [site.code for site in others], choice)
        measure = _measure(request)
        view = hours(language_of(request), summary, measure) if summary else None
        return render(
            request,
            "hours.html",
            choice=choice,
            view=view,
            measure=measure.name,
            measures=tuple(MEASURES),
            skill=measure.skill,
            elsewhere=[site for site in others if site.code in there],
        )

    def trends(self, request: Request) -> Response:
        """A number over time."""
        language = language_of(request)
        span, measure = _span(request), _measure(request)
        with self.store.reading() as reading:
            choice = self._chosen(request, reading)
            if choice is None:
                return no_site(request)
            code, since = choice.site.code, choice.since(span)
            wide = reading.periods([code], choice.since(span + 2 * LONGEST_RUN), choice.until)
            notes = reading.annotations([code], since, choice.until)
            facts = reading.facts([code], since, choice.until)
        axis = Axis(since, span)
        runs = [run for run in wide if weeks_later(run.first_week, run.weeks) > since]
        compared = [before_after(language, wide, note, number) for number, note in enumerate(notes, start=1)]
        return render(
            request,
            "trends.html",
            choice=choice,
            measure=measure.name,
            measures=tuple(MEASURES),
            span=span,
            spans=SPANS,
            drawing=drawing(language, axis, runs, measure, notes),
            rows=rows(language, runs, measure),
            events=happened(language, notes),
            facts=own_facts(language, axis, facts),
            compared=_asked(request, compared),
        )

    def listening(self, request: Request) -> Response:
        """Acts as a share of visits."""
        language = language_of(request)
        with self.store.reading() as reading:
            choice = self._chosen(request, reading)
            if choice is None:
                return no_site(request)
            runs = reading.periods([choice.site.code], _twice(choice), choice.until)
        now, before = last_stretches(runs, choice.weeks)
        return render(
            request,
            "listening.html",
            choice=choice,
            periods=PERIODS,
            rows=acts(language, now, before) if now else (),
            days=days_of(language, now) if now else "",
            lead=days_told(language, now, choice.weeks) if now else "",
            before_days=days_of(language, before) if before and before.acts else "",
        )

    def report(self, request: Request) -> Response:
        """One printed page of a week."""
        language = language_of(request)
        with self.store.reading() as reading:
            choice = self._chosen(request, reading)
            if choice is None:
                return no_site(request)
            code, since = choice.site.code, choice.since(SPAN + LONGEST_RUN)
            runs = reading.periods([code], since, choice.until)
            notes = reading.annotations([code], choice.since(SPAN), choice.until)
        last = choice.site.told_until or week_of(self.today())
        listed = [weeks_later(last, -number) for number in range(REPORTS)]
        return render(
            request,
            "report.html",
            choice=choice,
            view=report(language, runs, choice.until, notes),
            why=why_nothing(language, choice, last_stretches(runs, 1)[0]),
            until=choice.until,
            weeks=[(week, language.day(date_of_end(week, 1))) for week in listed],
        )

    def sites(self, request: Request) -> Response:
        """Every site by name."""
        language, reader = language_of(request), person(request)
        query = request.query_params
        with self.store.reading() as reading:
            known = [site for site in reading.sites() if reader.sees_site(site.code)]
            found = find(known, query.get("q", ""), query.get("page", ""))
            codes = reader.figures_of(site.code for site in found.sites)
            until = max((site.told_until for site in known if site.told_until), default=week_of(self.today()))
            runs = by_site(reading.periods(codes, weeks_later(until, 1 - LOOKED_BACK), until) if codes else ())
        places = [
            place(language, site, runs.get(site.code, ()) if site.code in codes else None, 4) for site in found.sites
        ]
        to = query.get("to", "")
        return render(request, "sites.html", found=found, places=places, to=to if to in TO else "/")

    def practise(self, request: Request) -> Response:
        """From each number to the exercise for it."""
        numbers = [(measure.name, measure.skill) for measure in MEASURES.values()]
        skills = dict.fromkeys([skill for _, skill in numbers] + list(SKILLS.values()))
        return render(request, "try.html", numbers=numbers, skills=tuple(skills))

    def _chosen(self, request: Request, reading: Reading) -> Choice | None:
        return chosen(request, reading, language_of(request).say("site.all"), self.today())


def _twice(choice: Choice) -> str:
    """Return the first week to read, so that there are two stretches of what was chosen, and of the longest runs."""
    return choice.since(2 * max(choice.weeks, LONGEST_RUN) + LONGEST_RUN)


def _last_hours(reading: Reading, codes: Sequence[str], choice: Choice) -> dict[str, HoursSummary]:
    """Return by site the last hours that tell something; none where the last ones tell nothing."""
    last = {one.site: one for one in reading.hours(codes, choice.since(HOURS_BACK), choice.until)} if codes else {}
    return {code: one for code, one in last.items() if any(cell.numbers for cell in one.cells)}


def no_site(request: Request) -> Response:
    """What somebody sees who has no site yet."""
    return render(request, "no_site.html")


def _measure(request: Request) -> Measure:
    return MEASURES.get(request.query_params.get("number", ""), OPENINGS)


def _span(request: Request) -> int:
    asked = request.query_params.get("span", "")
    return int(asked) if asked in map(str, SPANS) else USUAL_SPAN


def _asked(request: Request, compared: Sequence[BeforeAfter]) -> BeforeAfter | None:
    """Return the comparison asked for, else the last that has numbers on both sides, else the last."""
    asked = request.query_params.get("event", "")
    named = [one for one in compared if str(one.what.id) == asked]
    full = [one for one in compared if one.rows]
    return next(reversed(named or full or compared), None)
