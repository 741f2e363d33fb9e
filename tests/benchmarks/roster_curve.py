"""The roster attack over many sites, and the curve that chose the thresholds: a table, in minutes.

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
from rosters import KINDS, PEOPLE, draw_place, site_windows

WEEKS = 104
BLURS = (2.0, 3.0, 4.0)
PERIODS = ("hour", "day", "week")


def main(sites: int, counters: list[int]) -> None:
    """Print the table."""
    print(
        f"{sites} sites a line, {WEEKS} weeks, rosters in turn: {', '.join(KINDS)}; worst person x 10 (x 1: ordinary)"
    )
    for count, worst in product(counters, (10.0, 1.0)):
        for blur in BLURS:
            _print(
                "a", f"blur_weeks {blur:g}", count, worst, [_readers(count, worst, blur, site) for site in range(sites)]
            )
        for period in PERIODS:
            _print(
                "b", f"window {period}", count, worst, [_broker(count, worst, period, site) for site in range(sites)]
            )


def _readers(counters: int, worst: float, blur: float, site: int) -> tuple[Outcome, float]:
    rng = np.random.default_rng([counters, site, int(worst)])
    place = draw_place(counters, KINDS[site % len(KINDS)], WEEKS, rng, worst=worst)
    told = tell(place, site_windows(place, rng), SiteRules(blur_weeks=blur))
    return attack(place, summary_rows(place, told)), absence_seen(told)


def _broker(counters: int, worst: float, period: str, site: int) -> tuple[Outcome, float]:
    rng = np.random.default_rng([counters, site, int(worst)])
    place = draw_place(counters, KINDS[site % len(KINDS)], WEEKS, rng, worst=worst)
    return attack(place, window_rows(place, site_windows(place, rng, period=period))), float("nan")


def _print(tier: str, what: str, counters: int, worst: float, found: list[tuple[Outcome, float]]) -> None:
    outcomes = [outcome for outcome, _ in found]
    print(
        f"tier {tier} {what:13} counters {counters:2} people {PEOPLE[counters]:2} worst x {worst:4g}:"
        f" skill {np.mean([outcome.skill for outcome in outcomes]):5.2f}"
        f" named {np.mean([outcome.named for outcome in outcomes]):4.2f} (chance {1 / PEOPLE[counters]:4.2f})"
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
