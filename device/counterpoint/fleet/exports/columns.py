"""Summaries as rows of a table; one rule: a column says its unit in its name, and a number comes with its interval.

A figure has four columns: the value, the two ends of its interval of 95 %, and how much lies behind it (visits, or
minutes of customers' speech). What can't be told is an empty cell, and `told` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from counterpoint.disclosure.visit import PAUSE_EDGES_S
from counterpoint.fleet.store.weeks import weeks_later
from counterpoint.messages.schemas import PublishedAct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from counterpoint.messages.schemas import PauseBin, Sureness
    from counterpoint.messages.summaries import Figure, FiveNumbers, HoursSummary, PeriodSummary

Cell = str | int | float | None
FIGURES: Final = (
    "openings_let_finish_percent",
    "talk_overs_per_100_min",
    "cut_offs_per_100_min",
    "customer_talk_percent",
    "quick_answers_percent",
)
ENDS: Final = ("", "_low_95", "_high_95", "_base")
PAUSES: Final = (*(f"pauses_below_{edge:g}_s_percent" for edge in PAUSE_EDGES_S), "pauses_longer_percent")
ACTS: Final = tuple(f"act_{act}_visits_percent" for act in get_args(PublishedAct))
RULES: Final = ("fewest_visits", "fewest_people")
WHERE: Final = ("site", "site_name", "first_week", "last_week", "weeks", "timezone")
NUMBERS: Final = (
    "told",
    "visits",
    "visits_left_out",
    *(f"{figure}{end}" for figure in FIGURES for end in ENDS),
    *PAUSES,
)
ERRORS: Final = (
    "errors_measured_on",
    "talk_share_error_points",
    "overlap_error_ratio",
    "pause_error_s",
    "talk_over_recall_ratio",
    "talk_over_precision_ratio",
)
PERIOD_COLUMNS: Final = (*WHERE, "counters", *RULES, "held_since", *NUMBERS, *ACTS, *ERRORS)
HOURS_COLUMNS: Final = (*WHERE, "weekdays", "parts_of_day", *RULES, *NUMBERS)


def period_row(summary: PeriodSummary, names: Mapping[str, str]) -> tuple[Cell, ...]:
    """A run of weeks as a row of PERIOD_COLUMNS."""
    acts = summary.act_visits_percent or {}
    return (
        *_where(summary, names),
        summary.counter_count,
        summary.fewest_visits,
        summary.fewest_people,
        summary.held_since,
        *_numbers(summary.numbers),
        *(acts.get(act) for act in get_args(PublishedAct)),
        *_errors(summary.uncertainty),
    )


def hours_rows(summary: HoursSummary, names: Mapping[str, str]) -> Iterator[tuple[Cell, ...]]:
    """The cells of a site's hours, each as a row of HOURS_COLUMNS; weekdays are 1 (Monday) to 7."""
    for cell in summary.cells:
        yield (
            *_where(summary, names),
            " ".join(str(day) for day in cell.weekdays),
            " ".join(cell.parts),
            summary.fewest_visits,
            summary.fewest_people,
            *_numbers(cell.numbers),
        )


def _where(summary: PeriodSummary | HoursSummary, names: Mapping[str, str]) -> tuple[Cell, ...]:
    last = weeks_later(summary.first_week, summary.weeks - 1)
    name = names.get(summary.site, summary.site)
    return summary.site, name, summary.first_week, last, summary.weeks, summary.timezone


def _numbers(numbers: FiveNumbers | None) -> Iterator[Cell]:
    if numbers is None:
        yield "no"
        yield from [None] * (len(NUMBERS) - 1)
        return
    yield from ("yes", numbers.visit_count, numbers.left_out_count)
    for name in FIGURES:
        figure: Figure | None = getattr(numbers, name)
        yield from (None,) * 4 if figure is None else (figure.value, figure.low, figure.high, figure.base)
    yield from _pauses(numbers.pauses)


def _pauses(bins: tuple[PauseBin, ...] | None) -> tuple[Cell, ...]:
    shares = {part.below_s: part.share_percent for part in bins or ()}
    return tuple(shares.get(edge) for edge in (*PAUSE_EDGES_S, None))


def _errors(sure: Sureness | None) -> tuple[Cell, ...]:
    if sure is None:
        return (None,) * len(ERRORS)
    return (
        sure.source,
        sure.talk_share_error_points,
        sure.overlap_error_ratio,
        sure.pause_error_s,
        sure.event_recall_ratio.get("talk_over"),
        sure.event_precision_ratio.get("talk_over"),
    )
