"""The attacker with the roster: what can be learnt of one person from what others may read.

One rule: the attacker knows more than anybody would: the whole roster as it was worked, how much people differ and how
much weeks do, every summary of two years, and (tier b) every window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from counterpoint.disclosure.sites import SiteRules, SiteTelling, SiteWindow, summarise_site
from counterpoint.disclosure.weeks import later, week_at, weeks_to
from rosters import CUT_OFFS_OF_TALK_OVERS, DAY_S, FIRST_HOUR, FIRST_MONDAY, HOURS, SHIFT_HOURS, VISITS_A_DAY, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from counterpoint.messages.schemas import Statistics
    from counterpoint.messages.summaries import FiveNumbers

    Reals = NDArray[np.float64]

WORSE: Final = np.array([1.0, 1.0, 1.0, 1.0, -1.0])
"""What is attacked (talk-overs, cut-offs, openings not let finish, quick answers, the customer's share of talk), and
whether more of it is worse."""
PART_HOURS: Final = {"morning": (0, 3), "midday": (3, 6), "afternoon": (6, 9), "evening": (9, 9)}
"""Opening hours, counted from the first, of each part of the day."""
FIRST_WEEK: Final = week_at(FIRST_MONDAY.timestamp(), ZoneInfo("UTC"))
WEEK_SPREAD: Final = 0.05
"""How much weeks differ by themselves, as a share of a number; the attacker knows it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One row of what the attacker reads: who was there, and the numbers with their errors.

    Attributes:
        shares: Shape (people,): each person's share of the work behind the number, from the roster.
        values: Shape (5,): the five numbers, as in `WORSE`.
        errors: Their standard errors.
        weeks: How many weeks they are of.
    """

    shares: Reals
    values: Reals
    errors: Reals
    weeks: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attack on one site came to.

    Attributes:
        skill: How much of the differences between people was found: 1 all, 0 no better than the site's mean for each.
        named: The person who interrupts most is the one that the attacker names, from all figures together.
        rows: Rows that were read.
        largest_share: The most of any one of them that was one person's work.
    """

    skill: float
    named: bool
    rows: int
    largest_share: float


def attack(place: Place, rows: Sequence[Told]) -> Outcome:
    """Guess every person's numbers, and name the worst."""
    if not rows:
        return Outcome(0.0, named=False, rows=0, largest_share=0.0)
    truth = truths(place)
    guess = guesses(rows, truth)
    guess, aim = guess - guess.mean(axis=0), truth - truth.mean(axis=0)
    spread = truth.std(axis=0)
    miss = ((guess - aim) ** 2).mean(axis=0) / spread**2
    worst = int(np.argmax(truth[:, 0]))
    return Outcome(
        skill=float(1 - miss.mean()),
        named=int(np.argmax(guess / spread @ WORSE)) == worst,
        rows=len(rows),
        largest_share=max(float(row.shares.max()) for row in rows),
    )


def tell(place: Place, windows: Sequence[SiteWindow], rules: SiteRules) -> SiteTelling:
    """Return all that readers ever get of the site."""
    return summarise_site(place, windows, None, later(FIRST_WEEK, len(place.roster) - 1), rules)


def summary_rows(place: Place, told: SiteTelling, *, standing: bool) -> list[Told]:
    """Return what tier a reads; with the runs whose numbers stand, or without."""
    worked = work(place)
    rows = []
    for period in told.periods:
        if period.numbers and (standing or period.held_since is None):
            at = weeks_to(FIRST_WEEK, period.first_week) - 1
            there = worked[at : at + period.weeks].sum(axis=(0, 1, 2))
            rows += _row(there, period.numbers, period.weeks, SiteRules().stands if period.held_since else 1.0)
    for hours in told.hours:
        at = weeks_to(FIRST_WEEK, hours.first_week) - 1
        for cell in hours.cells:
            if cell.numbers:
                there = _cell_work(worked[at : at + hours.weeks], cell.weekdays, cell.parts)
                rows += _row(there, cell.numbers, hours.weeks)
    return rows


def window_rows(place: Place, windows: Sequence[SiteWindow]) -> list[Told]:
    """Return what tier b reads besides."""
    who = np.repeat(place.roster, SHIFT_HOURS, axis=2)
    rows = []
    for each in windows:
        shares = _who_worked(who, each, place.people)
        if each.window.statistics is not None and shares.sum():
            rows.append(_window_row(shares / shares.sum(), each.window.statistics))
    return rows


def absence_seen(told: SiteTelling) -> float:
    """Return by how many of its own errors one person's missing day moves the clearest count of visits.

    Below 1, a missing day looks like any other run of weeks.
    """
    counts = [(run.numbers.visit_count, run.weeks) for run in told.periods if run.numbers]
    if len(counts) < FEWEST_RUNS:
        return 0.0
    weeks = max({weeks for _, weeks in counts}, key=[weeks for _, weeks in counts].count)
    spread = float(np.std([count for count, each in counts if each == weeks], ddof=1))
    return VISITS_A_DAY / max(spread, 1.0)


FEWEST_RUNS: Final = 3


def work(place: Place) -> Reals:
    """Return who worked when: shape (weeks, days, hours, people), counters served in that hour."""
    who = np.repeat(place.roster, SHIFT_HOURS, axis=2)
    return np.stack([(who == person).sum(axis=3) for person in range(place.people)], axis=-1).astype(float)


def _cell_work(worked: Reals, weekdays: Sequence[int], parts: Sequence[str]) -> Reals:
    total = np.zeros(worked.shape[-1])
    for weekday in weekdays:
        for part in parts:
            begin, end = PART_HOURS[part]
            if weekday <= worked.shape[1]:
                total += worked[:, weekday - 1, begin:end].sum(axis=(0, 1))
    return total


def _row(worked: Reals, numbers: FiveNumbers, weeks: float, wider: float = 1.0) -> list[Told]:
    found = (
        numbers.talk_overs_per_100_min,
        numbers.cut_offs_per_100_min,
        numbers.openings_let_finish_percent,
        numbers.quick_answers_percent,
        numbers.customer_talk_percent,
    )
    known = [figure for figure in found if figure is not None]
    if len(known) < len(found) or not worked.sum():
        return []
    values = np.array([figure.value for figure in known])
    values[2] = 100 - values[2]
    errors = np.array([max((figure.high - figure.low) / 3.92, 0.05) for figure in known])
    return [Told(worked / worked.sum(), values, wider * errors, weeks)]


def _who_worked(who: NDArray[np.int64], each: SiteWindow, people: int) -> Reals:
    """Return the hours of each person behind a window, from the roster."""
    shares = np.zeros(people)
    counter = int(each.device.rsplit("-", 1)[1])
    begin, end = ((at - FIRST_MONDAY).total_seconds() for at in (each.window.start_utc, each.window.end_utc))
    for at in np.arange(begin, end, 3600):
        week, weekday = divmod(int(at // DAY_S), 7)
        opening = int(at % DAY_S // 3600) - FIRST_HOUR
        if weekday < who.shape[1] and 0 <= opening < HOURS:
            person = who[week, weekday, opening, counter]
            shares[person] += person >= 0
    return shares


def _window_row(shares: Reals, told: Statistics) -> Told:
    """Return a window's numbers and their standard errors."""
    visits, minutes = max(told.visit_count, 5), max(told.customer_talk_s, 60) / 6000
    counts = np.array([told.talk_over_count, told.cut_off_count], dtype=float)
    quick = sum(part.share_percent for part in (told.pauses or ())[:2])
    percents = [
        100 - (told.opening_let_finish_percent or 0),
        quick,
        100 * told.customer_talk_s / max(told.customer_talk_s + told.agent_talk_s, 1),
    ]
    errors = [45 / visits**0.5, 45 / (visits * 5) ** 0.5, 12 / visits**0.5]
    return Told(
        shares,
        np.concatenate([counts / minutes, percents]),
        np.concatenate([np.sqrt(1.5 * np.maximum(counts, 3) + 2) / minutes, errors]),
        1.0,
    )


def guesses(rows: Sequence[Told], truth: Reals) -> Reals:
    """Return a guess of each person's numbers, shape (people, 5): the best linear one (BLUP), all numbers together.

    People are taken as mean + N(0, the true covariance of how they differ), the mean unknown.
    """
    people, figures = truth.shape
    present = np.stack([np.concatenate([[1.0], row.shares]) for row in rows])
    values = np.stack([row.values for row in rows])
    spread = np.array([WEEK_SPREAD / row.weeks**0.5 for row in rows])[:, None]
    weights = 1 / (np.stack([row.errors for row in rows]) ** 2 + (spread * values) ** 2)
    told = np.zeros((people + 1, figures, people + 1, figures))
    each = np.arange(figures)
    told[:, each, :, each] = np.einsum("ri,rj,rf->fij", present, present, weights)
    differ = np.cov(truth, rowvar=False)
    known = np.linalg.inv(differ + 1e-6 * np.diag(np.diag(differ)))
    for person in range(1, people + 1):
        told[person, :, person, :] += known
    told[0, each, 0, each] += 1e-9
    size = (people + 1) * figures
    aim = np.einsum("ri,rf->if", present, weights * values).reshape(size)
    return np.asarray(np.linalg.solve(told.reshape(size, size), aim).reshape(people + 1, figures)[1:])


def truths(place: Place) -> Reals:
    """Return each person's true numbers, shape (people, 5), in the figures' units."""
    ways = place.ways
    cut_offs = CUT_OFFS_OF_TALK_OVERS * ways.talk_overs
    percents = [100 * ways.openings_cut, 100 * ways.quick, 100 * ways.customer_share]
    return np.column_stack([ways.talk_overs, cut_offs, *percents])
