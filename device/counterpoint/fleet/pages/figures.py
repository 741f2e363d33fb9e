"""The pages of figures: each reads what it needs of the store once, and shows it.

One rule: nothing is decided here but what is read; what a page says is made by the pure module of its name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.sites import HOURS_STAND_WEEKS
from counterpoint.fleet.access.guard import person
from counterpoint.fleet.pages.choice import PERIODS, asked_week, chosen
from counterpoint.fleet.pages.freshness import fresh_line, freshness, told_week
from counterpoint.fleet.pages.hours import hours, last_told, next_hours
from counterpoint.fleet.pages.language import language_of
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.pages.listening import SKILLS, acts, acts_days
from counterpoint.fleet.pages.measures import MEASURES, OPENINGS
from counterpoint.fleet.pages.overview import (
    days_of,
    days_told,
    overview,
    too_little_since,
    why_nothing,
)
from counterpoint.fleet.pages.places import LOOKED_BACK, ON_A_PAGE, by_site, find, place
from counterpoint.fleet.pages.report import SPAN, Noted, new_weeks, report
from counterpoint.fleet.pages.stretches import date_of_end, look
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

    from counterpoint.disclosure.sites import SiteRules
    from counterpoint.fleet.pages.choice import Choice
    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.pages.measures import Measure
    from counterpoint.fleet.pages.trends import BeforeAfter
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.reading import Reading
    from counterpoint.messages.summaries import PeriodSummary

LONGEST_RUN: Final = 12
"""Weeks that may be told together."""
HOURS_BACK: Final = HOURS_STAND_WEEKS + 2 * LONGEST_RUN
"""Weeks: hours stand until the next ones are told; where those were too little, a block longer."""
REPORTS: Final = 26
"""Weeks whose report can be chosen from the list; any other by its address."""
LONG_AGO: Final = 104
"""Weeks: where the last ones could not be told, or say that earlier numbers stand, these are looked for so far back."""
TO: Final = ("/", "/hours", "/trends", "/listening", "/report")
"""Where the list of sites may lead."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The pages of figures on a store; `today` tells the day (UTC), `rules` are those that sites are told by."""

    store: Store
    today: Callable[[], date]
    rules: SiteRules

    def overview(self, request: Request) -> Response:
        """The five numbers."""
        with self.store.reading() as reading:
            choice = self._chosen(request, reading)
            if choice is None:
                return no_site(request)
            runs = _runs(reading, choice)
        view = overview(language_of(request), choice, runs, self.today(), self.rules.fewest_people)
        return render(request, "overview.html", choice=choice, view=view, periods=PERIODS)

    def hours(self, request: Request) -> Response:
        """When it is hard."""
        with self.store.reading() as reading:
            choice = self._chosen(request, reading)
            if choice is None:
                return no_site(request)
            told = reading.hours([choice.site.code], choice.since(HOURS_BACK), choice.until)
            summary = last_told(told)
            others = [site for site in choice.listed if site.code != choice.site.code] if summary is None else []
            there = _with_hours(reading, [site.code for site in others], choice)
        measure = _measure(request)
        language = language_of(request)
        view = hours(language, summary, measure) if summary else None
        return render(
            request,
            "hours.html",
            choice=choice,
            view=view,
            fresh="" if summary is None or choice.is_past else next_hours(language, told[-1], self.today()),
            is_older=summary is not None and summary is not told[-1],
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
        compared = [
            before_after(language, wide, note, number, self.rules.stands) for number, note in enumerate(notes, start=1)
        ]
        return render(
            request,
            "trends.html",
            choice=choice,
            measure=measure.name,
            measures=tuple(MEASURES),
            span=span,
            spans=SPANS,
            fresh="" if choice.is_past else fresh_line(language, freshness(wide, self.today())),
            why=language.say("trends.nothing") if look(wide, 1) else self._why(language, choice, wide),
            drawing=drawing(language, axis, runs, measure, notes),
            rows=rows(language, runs, measure),
            stood=any(run.held_since for run in runs),
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
            runs = _runs(reading, choice)
        seen = look(runs, choice.weeks)
        before = seen.before if seen else None
        stands = acts_days(seen, runs) if seen else None
        return render(
            request,
            "listening.html",
            choice=choice,
            periods=PERIODS,
            rows=acts(language, seen.now, before) if seen else (),
            days=language.days(*stands) if stands else days_of(language, seen.now) if seen else "",
            stands=language.say("listening.stands", days=language.days(*stands)) if stands else "",
            lead=days_told(language, seen.now, choice.weeks) if seen else "",
            fresh="" if choice.is_past else fresh_line(language, freshness(runs, self.today())),
            since=too_little_since(language, seen) if seen else "",
            why=language.say("listening.why") if seen else self._why(language, choice, runs),
            before_days=days_of(language, before) if before and before.acts else "",
        )

    def report(self, request: Request) -> Response:
        """One printed page of a week."""
        language = language_of(request)
        with self.store.reading() as reading:
            choice = self._chosen(request, reading)
            if choice is None:
                return no_site(request)
            last = max(told_week(self.today()), choice.newest or "")
            choice = replace(choice, weeks=1, until=min(asked_week(request) or last, last))
            runs = _runs(reading, choice)
            code, until = choice.site.code, choice.until
            noted = Noted(
                reading.annotations([code], choice.since(SPAN), until), reading.facts([code], choice.since(2), until)
            )
            new = new_weeks(reading.periods([code], weeks_later(last, -REPORTS), last))
        listed = [weeks_later(last, -number) for number in range(REPORTS)]
        marked = new if 2 * len(new) < REPORTS else frozenset()  # where most weeks bring numbers, a mark helps nobody
        return render(
            request,
            "report.html",
            choice=choice,
            view=report(language, runs, until, noted),
            why=self._why(language, choice, runs),
            until=until,
            weeks=[(week, language.day(date_of_end(week, 1)), week in marked) for week in listed],
        )

    def sites(self, request: Request) -> Response:
        """Every site by name."""
        language, reader = language_of(request), person(request)
        query = request.query_params
        with self.store.reading() as reading:
            known = [site for site in reading.site_names() if reader.sees_site(site.code)]
            found = find(known, query.get("q", ""), query.get("page", ""))
            shown = reading.some_sites([site.code for site in found.sites], ON_A_PAGE)
            codes = reader.figures_of(site.code for site in shown)
            until = max((site.told_until for site in known if site.told_until), default=week_of(self.today()))
            runs = by_site(reading.periods(codes, weeks_later(until, 1 - LOOKED_BACK), until) if codes else ())
        places = [place(language, site, runs.get(site.code, ()) if site.code in codes else None, 4) for site in shown]
        to = query.get("to", "")
        return render(request, "sites.html", found=found, places=places, to=to if to in TO else "/")

    def practise(self, request: Request) -> Response:
        """From each number to the exercise for it."""
        numbers = [(measure.name, measure.skill) for measure in MEASURES.values()]
        skills = dict.fromkeys([skill for _, skill in numbers] + list(SKILLS.values()))
        return render(request, "try.html", numbers=numbers, skills=tuple(skills))

    def _why(self, language: Language, choice: Choice, runs: Sequence[PeriodSummary]) -> str:
        return why_nothing(language, choice.site, runs, self.today(), self.rules.fewest_people)

    def _chosen(self, request: Request, reading: Reading) -> Choice | None:
        return chosen(request, reading, language_of(request).say("site.all"), self.today())


def _runs(reading: Reading, choice: Choice) -> list[PeriodSummary]:
    """Return the runs of two stretches of what was chosen, and of the longest runs; older ones if these say nothing."""
    code, until = choice.site.code, choice.until
    runs = reading.periods([code], choice.since(2 * max(choice.weeks, LONGEST_RUN) + LONGEST_RUN), until)
    if any(run.numbers and (run.held_since or until) >= runs[0].first_week for run in runs[-1:]):
        return runs
    return reading.periods([code], choice.since(LONG_AGO), until)


def _with_hours(reading: Reading, codes: Sequence[str], choice: Choice) -> frozenset[str]:
    """Return the sites of which hours were told."""
    found = reading.hours(codes, choice.since(HOURS_BACK), choice.until) if codes else []
    return frozenset(one.site for one in found if last_told([one]))


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
