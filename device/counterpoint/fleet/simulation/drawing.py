"""The weeks of a year drawn on several cores, and handed over in their order.

One rule: how many cores there are changes how long it takes and nothing else.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.simulation.year import Year, YearPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.fleet.simulation.year import SiteStory

BLOCK: Final = 5
"""Sites in one piece of work: some tenths of a second."""
_drawn_here: dict[YearPlan, Year] = {}


def stories(plan: YearPlan, jobs: int | None = None) -> Iterator[tuple[int, list[SiteStory]]]:
    """Yield each week's number and every site's story of it, oldest first; the next week is drawn meanwhile."""
    year = Year(plan)
    blocks = [range(first, min(first + BLOCK, len(year.places))) for first in range(0, len(year.places), BLOCK)]
    workers = jobs or os.cpu_count() or 1
    if workers == 1:
        for week in range(plan.weeks):
            yield week, [year.draw(site, week) for site in range(len(year.places))]
        return
    with ProcessPoolExecutor(workers) as pool:

        def begin(week: int) -> list[Future[list[SiteStory]]]:
            return [pool.submit(_draw, plan, block, week) for block in blocks]

        ahead = begin(0)
        for week in range(plan.weeks):
            now, ahead = ahead, begin(week + 1) if week + 1 < plan.weeks else []
            yield week, list(chain.from_iterable(each.result() for each in now))


def _draw(plan: YearPlan, sites: range, week: int) -> list[SiteStory]:
    year = _drawn_here.setdefault(plan, Year(plan))
    return [year.draw(site, week) for site in sites]
