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
from rosters import DAY_S, FIRST_HOUR, FIRST_MONDAY, HOURS, SHIFT_HOURS, VISITS_A_DAY, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from counterpoint.messages.schemas import Statistics
    from counterpoint.messages.summaries import FiveNumbers

    Reals = NDArray[np.float64]

FIGURES: Final = {"talk_overs": 1, "openings_cut": 1, "quick": 1, "customer_share": -1}
"""What is attacked, and whether more of it is worse."""
PART_HOURS: Final = {"morning": (0, 3), "midday": (3, 6), "afternoon": (6, 9), "evening": (9, 9)}
"""Opening hours, counted from the first, of each part of the day."""
FIRST_WEEK: Final = week_at(FIRST_MONDAY.timestamp(), ZoneInfo("UTC"))
WEEK_SPREAD: Final = 0.05
"""How much weeks differ by themselves, as a share of a number; the attacker knows it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One row of what the attacker reads: who was there, and the number with its error.

    Attributes:
        shares: Shape (people,): each person's share of the work behind the number, from the roster.
        value: The number.
        error: Its standard error.
    """

    shares: Reals
    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attack on one site came to.

    Attributes:
        skill: How much of the differences between people was found: 1 all, 0 no better than the site's mean for each.
        named: The person who interrupts most is the one that the attacker names, from all figures together.
        rows: Numbers that were read, of each figure.
        largest_share: The most of any one of them that was one person's work.
    """

    skill: float
    named: bool
    rows: int
    largest_share: float


def attack(place: Place, rows: dict[str, list[Told]]) -> Outcome:
    """Guess every person's numbers, and name the worst."""
    worst = int(np.argmax(place.ways.talk_overs))
    skills = []
    together = np.zeros(place.people)
    for figure, sign in FIGURES.items():
        truth = truths(place)[figure]
        if not rows[figure]:
            continue
        guess = guesses(rows[figure], truth)
        miss = (guess - guess.mean()) - (truth - truth.mean())
        skills.append(1 - float(np.mean(miss**2) / truth.var()))
        together += sign * (guess - guess.mean()) / truth.std()
    read = rows["talk_overs"]
    return Outcome(
        skill=float(np.mean(skills)) if skills else 0.0,
        named=bool(skills) and int(np.argmax(together)) == worst,
        rows=len(read),
        largest_share=max((float(row.shares.max()) for row in read), default=0.0),
    )


def tell(place: Place, windows: Sequence[SiteWindow], rules: SiteRules) -> SiteTelling:
    """Return all that readers ever get of the site."""
    return summarise_site(place, windows, None, later(FIRST_WEEK, len(place.roster) - 1), rules)


def summary_rows(place: Place, told: SiteTelling) -> dict[str, list[Told]]:
    """Return what tier a reads, by figure."""
    return {figure: _read_summaries(place, told, figure) for figure in FIGURES}


def window_rows(place: Place, windows: Sequence[SiteWindow]) -> dict[str, list[Told]]:
    """Return what tier b reads besides, by figure."""
    return {figure: _read_windows(place, windows, figure) for figure in FIGURES}


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


def _read_summaries(place: Place, told: SiteTelling, figure: str) -> list[Told]:
    worked = work(place)
    rows = []
    for period in told.periods:
        if period.numbers:
            at = weeks_to(FIRST_WEEK, period.first_week) - 1
            rows += _row(worked[at : at + period.weeks].sum(axis=(0, 1, 2)), period.numbers, figure)
    for hours in told.hours:
        at = weeks_to(FIRST_WEEK, hours.first_week) - 1
        for cell in hours.cells:
            if cell.numbers:
                rows += _row(_cell_work(worked[at : at + hours.weeks], cell.weekdays, cell.parts), cell.numbers, figure)
    return rows


def _cell_work(worked: Reals, weekdays: Sequence[int], parts: Sequence[str]) -> Reals:
    total = np.zeros(worked.shape[-1])
    for weekday in weekdays:
        for part in parts:
            begin, end = PART_HOURS[part]
            if weekday <= worked.shape[1]:
                total += worked[:, weekday - 1, begin:end].sum(axis=(0, 1))
    return total


def _row(worked: Reals, numbers: FiveNumbers, figure: str) -> list[Told]:
    found = {
        "talk_overs": numbers.talk_overs_per_100_min,
        "openings_cut": numbers.openings_let_finish_percent,
        "customer_share": numbers.customer_talk_percent,
        "quick": numbers.quick_answers_percent,
    }[figure]
    if found is None or not worked.sum():
        return []
    value = 100 - found.value if figure == "openings_cut" else found.value
    return [Told(worked / worked.sum(), value, max((found.high - found.low) / 3.92, 0.05))]


def _read_windows(place: Place, windows: Sequence[SiteWindow], figure: str) -> list[Told]:
    who = np.repeat(place.roster, SHIFT_HOURS, axis=2)
    rows = []
    for each in windows:
        shares = _who_worked(who, each, place.people)
        if each.window.statistics is not None and shares.sum():
            rows.append(Told(shares / shares.sum(), *_window_number(each.window.statistics, figure)))
    return rows


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


def _window_number(told: Statistics, figure: str) -> tuple[float, float]:
    """Return a window's number and its standard error."""
    visits = max(told.visit_count, 5)
    if figure == "talk_overs":
        minutes = max(told.customer_talk_s, 60) / 6000
        return told.talk_over_count / minutes, float(np.sqrt(1.5 * max(told.talk_over_count, 3) + 2)) / minutes
    if figure == "openings_cut":
        return 100 - (told.opening_let_finish_percent or 0), 45 / visits**0.5
    if figure == "customer_share":
        return 100 * told.customer_talk_s / max(told.customer_talk_s + told.agent_talk_s, 1), 12 / visits**0.5
    quick = sum(part.share_percent for part in (told.pauses or ())[:2])
    return quick, 45 / (visits * 5) ** 0.5


def guesses(rows: Sequence[Told], truth: Reals, week_sd: float = WEEK_SPREAD) -> Reals:
    """Return a guess of each person's number: the best linear one, given how much people and weeks differ.

    People are taken as mean + N(0, the true spread), the mean unknown: generalised least squares (BLUP).
    """
    shares = np.stack([row.shares for row in rows])
    values = np.array([row.value for row in rows])
    variances = np.array([row.error**2 + (week_sd * row.value) ** 2 for row in rows])
    design = np.column_stack([shares.sum(axis=1), shares])
    precision = np.diag([1e-9, *np.full(len(truth), 1 / max(truth.var(), 1e-9))])
    solved = np.linalg.solve(design.T @ (design / variances[:, None]) + precision, design.T @ (values / variances))
    return np.asarray(solved[0] + solved[1:])


def truths(place: Place) -> dict[str, Reals]:
    """Return each person's true number, in the figures' units."""
    ways = place.ways
    return {
        "talk_overs": ways.talk_overs,
        "openings_cut": 100 * ways.openings_cut,
        "customer_share": 100 * ways.customer_share,
        "quick": 100 * ways.quick,
    }
