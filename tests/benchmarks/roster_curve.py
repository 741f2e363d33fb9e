"""The roster attack over many sites, under the rules in force and under weaker ones: a table, in minutes.

Use: PYTHONPATH=device:tests python tests/benchmarks/roster_curve.py [SITES] [COUNTERS,...]
     SITES simulated sites of each size (8), two years each, one person ten times as interruptive.

One rule: it attacks what the code in force tells; nothing here has a filter of its own.
"""

from __future__ import annotations

import sys
from itertools import product

import numpy as np

from counterpoint.disclosure.sites import SiteRules
from roster_attack import Outcome, absence_seen, attack, summary_rows, tell, window_rows
from rosters import KINDS, PEOPLE, Place, draw_place, site_windows

WEEKS = 104
PERIODS = ("hour", "day", "week")
TELLINGS = {
    "as shipped": SiteRules(),
    "half that error": SiteRules(standing_blur=0.125),
    "3 halves": SiteRules(stands=3.0),
    "each time": SiteRules(clear=1.0),
}
"""What is compared: the rules in force, weaker ones, and numbers told anew by one week or four with their blur."""


def main(sites: int, counters: list[int]) -> None:
    """Print the table."""
    print(
        f"{sites} sites a line, {WEEKS} weeks, rosters in turn: {', '.join(KINDS)}; worst person x 10 (x 1: ordinary)"
    )
    for count, worst in product(counters, (10.0, 1.0)):
        for name, rules in TELLINGS.items():
            _print("a", name, count, worst, [_readers(count, worst, rules, site) for site in range(sites)])
        for period in PERIODS:
            _print(
                "b", f"window {period}", count, worst, [_broker(count, worst, period, site) for site in range(sites)]
            )


def _place(counters: int, worst: float, site: int) -> tuple[Place, np.random.Generator]:
    rng = np.random.default_rng([counters, site, int(worst)])
    return draw_place(counters, KINDS[site % len(KINDS)], WEEKS, rng, worst=worst), rng


def _readers(counters: int, worst: float, rules: SiteRules, site: int) -> tuple[list[Outcome], float]:
    place, rng = _place(counters, worst, site)
    told = tell(place, site_windows(place, rng), rules)
    ways = [attack(place, summary_rows(place, told, standing=standing)) for standing in (True, False)]
    return ways, absence_seen(told)


def _broker(counters: int, worst: float, period: str, site: int) -> tuple[list[Outcome], float]:
    place, rng = _place(counters, worst, site)
    return [attack(place, window_rows(place, site_windows(place, rng, period=period)))], float("nan")


def _print(tier: str, what: str, counters: int, worst: float, found: list[tuple[list[Outcome], float]]) -> None:
    """Print what the better of the attacks came to: with the numbers that stand, or with those told anew alone."""
    ways = zip(*(outcomes for outcomes, _ in found), strict=True)
    outcomes = max(ways, key=lambda way: sum(outcome.named for outcome in way))
    named = np.mean([outcome.named for outcome in outcomes])
    print(
        f"tier {tier} {what:15} counters {counters:2} people {PEOPLE[counters]:2} worst x {worst:4g}:"
        f" skill {np.mean([outcome.skill for outcome in outcomes]):5.2f}"
        f" named {named:4.2f} +- {1.96 * (named * (1 - named) / len(outcomes)) ** 0.5:4.2f}"
        f" (chance {1 / PEOPLE[counters]:4.2f})"
        f" rows {np.mean([outcome.rows for outcome in outcomes]):5.0f}"
        f" largest share {np.max([outcome.largest_share for outcome in outcomes]):4.2f}"
        f" absence {np.mean([absence for _, absence in found]):4.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 8,
        [int(each) for each in (sys.argv[2:] or ["1,2,3,5,8"])[0].split(",")],
    )
