"""A number of a site over time, what happened meanwhile, the site's own facts, and before against after.

One rule: pure; all that is drawn stands in the tables too. What happened is marked, never said to be the cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.changes import compare, move_to_see, weeks_to_see
from counterpoint.fleet.pages.charts.trend import Mark, Point, Tick, trend
from counterpoint.fleet.pages.measures import measure_of
from counterpoint.fleet.pages.stretches import Stretch, date_of_end, follow, measured
from counterpoint.fleet.store.weeks import monday, week_of, weeks_later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from counterpoint.disclosure.changes import FigureChange
    from counterpoint.fleet.pages.language import Language
    from counterpoint.fleet.pages.measures import Measure
    from counterpoint.fleet.store.rows import Annotation, Fact
    from counterpoint.messages.summaries import Figure, PeriodSummary

SPANS: Final = (13, 26, 52)
USUAL_SPAN: Final = 26
COMPARED: Final = 8
"""Weeks on each side of what happened: two months even out a holiday and are soon over."""
MOST_NEEDED: Final = 104
"""Weeks: what takes longer nobody waits for, and how much longer says nothing."""
FACT_TICKS: Final = 2
"""A small chart has room for so many steps."""
MONTHS: Final = 12
SHORT: Final = 3
"""Letters of a month's name under the axis."""
LAST_TICK: Final = 0.97
"""A word further right would stand over the edge."""
MAJOR: Final = {13: 1, 26: 2, 52: 3}
"""By span: every how many months the word also stands on a narrow screen."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The time that is shown: from a week's Monday on, so many weeks."""

    since: str
    weeks: int

    @property
    def until(self) -> str:
        """The last week shown."""
        return weeks_later(self.since, self.weeks - 1)

    def at(self, day: date) -> float:
        """Return where a day lies: 0 at the beginning of the time shown, 1 at its end; kept inside."""
        return min(1.0, max(0.0, (day - monday(self.since)).days / (7 * self.weeks)))

    def ticks(self, language: Language) -> list[Tick]:
        """Return the months that begin in the time shown."""
        first, last = monday(self.since), monday(self.since) + timedelta(weeks=self.weeks)
        found, day = [], date(first.year, first.month, 1)
        while day < last:
            if day >= first and self.at(day) < LAST_TICK:
                is_minor = (day.month - 1) % MAJOR[self.weeks] != 0
                found.append(Tick(self.at(day), language.month(day)[:SHORT], is_minor))
            day = date(day.year + day.month // MONTHS, day.month % MONTHS + 1, 1)
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """A run of weeks in words."""

    days: str
    says: str


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened: its number on the chart, its day and what it was."""

    number: int
    id: int
    day: str
    text: str


@dataclass(frozen=True, slots=True)
class OwnFact:
    """One of the site's own figures over the same time."""

    title: str
    drawing: Markup
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One number before and after, as it is written.

    `needed` are the weeks that a change by a tenth needs; where numbers stand, the change that is told.
    """

    title: str
    before: str
    after: str
    difference: str
    changed: bool
    needed: str


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """What happened, the weeks on both sides of it, and the numbers; `rows` is empty where it is too early."""

    what: Happened
    before_days: str
    after_days: str
    rows: tuple[Compared, ...]
    stands: str = ""


def points(language: Language, axis: Axis, runs: Sequence[PeriodSummary], measure: Measure) -> list[Point]:
    """Return the runs as places on the chart, oldest first."""
    found = []
    for run in runs:
        end = date_of_end(run.first_week, run.weeks)
        if end < monday(axis.since):
            continue
        figure = measure.of(run.numbers)
        found.append(
            Point(
                axis.at(monday(run.first_week)),
                axis.at(end + timedelta(days=1)),
                None if figure is None else figure.value,
                None if figure is None else figure.low,
                None if figure is None else figure.high,
                f"{language.days(monday(run.first_week), end)}: {_says(language, run, measure)}",
                is_anew=run.held_since is None,
            )
        )
    return found


def _says(language: Language, run: PeriodSummary, measure: Measure) -> str:
    figure = measure.of(run.numbers)
    if figure is None:
        return language.say("dial.untold")
    says = measure.says(language, figure)
    return says if run.held_since is None else language.say("trends.same", says=says)


def drawing(
    language: Language, axis: Axis, runs: Sequence[PeriodSummary], measure: Measure, notes: Sequence[Annotation]
) -> Markup:
    """Return the chart of one number, with a mark for each note."""
    title = language.say(f"numbers.{measure.name}.title")
    label = language.say(
        "trends.label", title=title, days=language.days(monday(axis.since), date_of_end(axis.until, 1))
    )
    marks = [Mark(axis.at(date.fromisoformat(note.day)), number) for number, note in enumerate(notes, start=1)]
    return trend(
        label,
        points(language, axis, runs, measure),
        axis.ticks(language),
        marks,
        lambda value, decimals: measure.with_unit(language, language.number(value, decimals)),
        ceiling=measure.ceiling,
    )


def rows(language: Language, runs: Sequence[PeriodSummary], measure: Measure) -> tuple[Row, ...]:
    """Return the same as a table, newest first."""
    found = []
    for run in reversed(runs):
        says = _says(language, run, measure)
        found.append(Row(language.days(monday(run.first_week), date_of_end(run.first_week, run.weeks)), says))
    return tuple(found)


def happened(language: Language, notes: Sequence[Annotation]) -> tuple[Happened, ...]:
    """Return the notes with their numbers, oldest first."""
    return tuple(
        Happened(number, note.id, language.day(date.fromisoformat(note.day)), note.text)
        for number, note in enumerate(notes, start=1)
    )


def own_facts(language: Language, axis: Axis, facts: Sequence[Fact]) -> tuple[OwnFact, ...]:
    """Return a small chart for each kind of the site's own figures, on the same time axis."""
    kinds = dict.fromkeys(fact.kind for fact in facts)
    return tuple(_own_fact(language, axis, kind, [fact for fact in facts if fact.kind == kind]) for kind in kinds)


def _own_fact(language: Language, axis: Axis, kind: str, facts: Sequence[Fact]) -> OwnFact:
    title = fact_title(language, kind)
    by_week = {fact.week: fact.value for fact in facts}
    weeks = [weeks_later(axis.since, number) for number in range(axis.weeks)]
    places = [_fact_point(language, axis, week, by_week.get(week)) for week in weeks]
    chart = trend(
        language.say("trends.fact_label", title=title),
        places,
        axis.ticks(language),
        [],
        language.number,
        most_ticks=FACT_TICKS,
    )
    known = [(week, by_week[week]) for week in reversed(weeks) if week in by_week]
    rows_of = tuple(Row(_week(language, week), fact_value(language, value)) for week, value in known)
    return OwnFact(title, chart, rows_of)


def _fact_point(language: Language, axis: Axis, week: str, value: float | None) -> Point:
    begin = monday(week)
    says = f"{_week(language, week)}: {language.say('chart.unknown') if value is None else fact_value(language, value)}"
    return Point(axis.at(begin), axis.at(begin + timedelta(days=7)), value, None, None, says)


def _week(language: Language, week: str) -> str:
    return language.days(monday(week), date_of_end(week, 1))


def fact_title(language: Language, kind: str) -> str:
    """Return what one of the site's own figures is called."""
    return language.texts.get(f"fact.{kind}", kind)


def fact_value(language: Language, value: float) -> str:
    """Return one of the site's own figures as it is written."""
    return language.number(value, 0 if value == int(value) else 1)


def before_after(
    language: Language, runs: Sequence[PeriodSummary], note: Annotation, number: int, stands: float
) -> BeforeAfter:
    """Return the numbers of up to COMPARED weeks before and after what happened; the week of it is left out.

    `stands` is the rule by which numbers stand (`RunRules.stands`).
    """
    what = Happened(number, note.id, language.day(date.fromisoformat(note.day)), note.text)
    week = week_of(date.fromisoformat(note.day))
    earlier = _next_to_each_other([run for run in runs if weeks_later(run.first_week, run.weeks) <= week], newest=True)
    before = Stretch(tuple(earlier)) if earlier else None
    known = before.tellings if before else frozenset()
    later = _next_to_each_other(
        [run for run in runs if run.first_week > week and _is_of(run, week, known)], newest=False
    )
    after = Stretch(tuple(later)) if later else None
    if before is None or after is None or before.numbers is None or after.numbers is None:
        return BeforeAfter(what, "", "", ())
    if before.tellings == after.tellings:
        days = measured(runs, after) or (before.first_day, before.last_day)
        move = _move(language, before.numbers.talk_overs_per_100_min, stands)
        return BeforeAfter(what, "", "", (), language.say("trends.stands", days=language.days(*days), move=move))
    change = compare(before.numbers, after.numbers)
    return BeforeAfter(
        what,
        language.days(before.first_day, before.last_day),
        language.days(after.first_day, after.last_day),
        tuple(
            _compared(language, figure, _needed(language, figure.before, before, after, stands))
            for figure in change.figures
        ),
    )


def _is_of(run: PeriodSummary, week: str, before: frozenset[str]) -> bool:
    """Whether a run after this week is of one side: not where its numbers stand since a run in which the week lies."""
    return run.held_since is None or run.held_since > week or run.held_since in before


def _next_to_each_other(runs: Sequence[PeriodSummary], *, newest: bool) -> list[PeriodSummary]:
    """The runs next to what happened, without a gap, up to COMPARED weeks; oldest first."""
    taken: list[PeriodSummary] = []
    for run in reversed(runs) if newest else runs:
        is_next = not taken or (follow(run, taken[-1]) if newest else follow(taken[-1], run))
        if not is_next or sum(each.weeks for each in taken) >= COMPARED:
            break
        taken.append(run)
    return taken[::-1] if newest else taken


def _needed(language: Language, figure: Figure, before: Stretch, after: Stretch, stands: float) -> str:
    """Return how many weeks a change by a tenth needs; where numbers stand, which change is told."""
    if any(run.held_since for run in (*before.runs, *after.runs)):
        return language.say("trends.from", move=_move(language, figure, stands))
    needed = weeks_to_see(figure, before.weeks)
    if needed is None:
        return language.say("chart.unknown")
    return language.say("trends.too_long") if needed > MOST_NEEDED else language.count("trends.weeks", needed)


def _move(language: Language, figure: Figure | None, stands: float) -> str:
    move = move_to_see(figure, stands) if figure else None
    return language.say("chart.unknown") if move is None else f"{language.number(100 * move)} %"


def _compared(language: Language, figure: FigureChange, needed: str) -> Compared:
    measure = measure_of(figure.name)
    low, high = (language.signed(end, measure.decimals) for end in (figure.low, figure.high))
    interval = language.say("unit.between", low=low, high=high)
    return Compared(
        language.say(f"numbers.{measure.name}.title"),
        measure.write(language, figure.before.value),
        measure.write(language, figure.after.value),
        language.say(
            "unit.value_and_interval", value=language.signed(figure.difference, measure.decimals), interval=interval
        ),
        figure.changed,
        needed,
    )
