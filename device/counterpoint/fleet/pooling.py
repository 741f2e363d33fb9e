"""All sites together, from what the sites told.

One rule: pure, and made of summaries alone. Runs of all sites tile time as a site's do, as long as those of the sites
at which half of the counters stand; sites that are told more seldom are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterpoint.disclosure.figures import pool_numbers
from counterpoint.disclosure.statistics import least_sure
from counterpoint.disclosure.weeks import BLOCK_WEEKS, block_start, ends_month, later, weeks_to
from counterpoint.messages.summaries import PeriodSummary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.disclosure.sites import SiteRules
    from counterpoint.messages.schemas import PublishedAct


@dataclass(frozen=True, slots=True)
class AllSites:
    """What is known of all sites, but their runs.

    Attributes:
        code: The code that stands for them.
        due: The last week that every site has closed.
        counters: How many counters they have.
    """

    code: str
    due: str
    counters: int


def next_run(sites: AllSites, first: str, periods: Sequence[PeriodSummary], rules: SiteRules) -> PeriodSummary | None:
    """Return the run of all sites that begins with the week `first`; None while it is not due.

    `periods` are the sites' runs from `first` on. A run closes as a site's does, after a week, or with a month or a
    block of the calendar: at the first of these at which half of the counters stand at sites that told all of it.
    """
    block_end = later(block_start(first), BLOCK_WEEKS - 1)
    for weeks in range(1, weeks_to(first, block_end) + 1):
        last = later(first, weeks - 1)
        if last > sites.due:
            return None
        if weeks > 1 and last != block_end and not ends_month(last):
            continue
        within = [run for run in periods if later(run.first_week, run.weeks - 1) <= last]
        counters = {run.site: run.counter_count for run in within}
        if 2 * sum(counters.values()) >= sites.counters or last == block_end:
            return _pool(sites, first, last, within, rules)
    return None


def _pool(sites: AllSites, first: str, last: str, runs: Sequence[PeriodSummary], rules: SiteRules) -> PeriodSummary:
    counters = {run.site: run.counter_count for run in runs}
    numbers = [run.numbers for run in runs if run.numbers is not None]
    sure = [run.uncertainty for run in runs if run.uncertainty is not None]
    return PeriodSummary(
        site=sites.code,
        first_week=first,
        weeks=weeks_to(first, last),
        timezone="UTC",
        counter_count=sum(counters.values()),
        fewest_visits=rules.fewest_visits,
        fewest_people=rules.fewest_people,
        numbers=pool_numbers(numbers) if numbers else None,
        act_visits_percent=_pool_acts(runs),
        uncertainty=least_sure(sure) if sure else None,
    )


def _pool_acts(runs: Sequence[PeriodSummary]) -> dict[PublishedAct, int] | None:
    """Shares of visits, weighted by the visits."""
    known = [
        (run.act_visits_percent, run.numbers.visit_count) for run in runs if run.act_visits_percent and run.numbers
    ]
    kinds = set.intersection(*(set(acts) for acts, _ in known)) if known else set()
    visits = sum(count for _, count in known)
    if not kinds or not visits:
        return None
    order = [kind for kind in known[0][0] if kind in kinds]
    return {kind: round(sum(acts[kind] * count for acts, count in known) / visits) for kind in order}
