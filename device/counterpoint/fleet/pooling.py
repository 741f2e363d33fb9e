"""All sites together, from what the sites told.

One rule: pure, and made of summaries alone. Runs of all sites tile time as a site's do: by weeks where at least half of
the counters stand at sites that are told by weeks (the others are left out then), else by blocks of four weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterpoint.disclosure.figures import pool_numbers
from counterpoint.disclosure.statistics import least_sure
from counterpoint.disclosure.weeks import BLOCK_WEEKS, block_start, later, weeks_to
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
        last: Their last run's last week, None before the first.
        due: The last week that every site has closed.
        counters: How many counters they have.
    """

    code: str
    last: str | None
    due: str
    counters: int


def next_run(sites: AllSites, first: str, periods: Sequence[PeriodSummary], rules: SiteRules) -> PeriodSummary | None:
    """Return the run of all sites that begins with the week `first`; None while it is not due.

    `periods` are the sites' runs from `first` on.
    """
    block = block_start(first)
    weekly = [run for run in periods if (run.first_week, run.weeks) == (first, 1)]
    goes_on = sites.last is not None and sites.last >= block
    if goes_on or 2 * sum(run.counter_count for run in weekly) >= sites.counters:
        return _pool(sites, first, first, weekly, rules) if first <= sites.due else None
    end = later(block, BLOCK_WEEKS - 1)
    whole = [run for run in periods if later(run.first_week, run.weeks - 1) <= end]
    return _pool(sites, first, end, whole, rules) if end <= sites.due else None


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
