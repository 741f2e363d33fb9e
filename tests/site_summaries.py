"""Summaries to draw in tests: sites' weeks with a season, a change and too little at times; the same each time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, get_args

from counterpoint.fleet.store.weeks import weeks_later
from counterpoint.messages.schemas import PauseBin, PublishedAct, Sureness
from counterpoint.messages.summaries import Figure, FiveNumbers, HoursCell, HoursSummary, PartOfDay, PeriodSummary

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONE: Final = "Europe/Zurich"
LAST_WEEK: Final = "2026-W46"
SURE: Final = Sureness(
    source="simulation",
    talk_share_error_points=1.3,
    overlap_error_ratio=0.17,
    pause_error_s=0.15,
    event_recall_ratio={"talk_over": 0.66},
    event_precision_ratio={"talk_over": 0.52},
)
EDGES: Final = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, None)
PAUSES: Final = (12, 24, 27, 19, 11, 5, 2)
ACTS: Final = (42, 61, 27, 18, 14, 9, 55, 21, 33, 6, 12)
PARTS: Final[tuple[PartOfDay, ...]] = get_args(PartOfDay)


def drawn(seed: str) -> random.Random:
    """Chance that is the same each time."""
    return random.Random(seed)  # noqa: S311 - made-up numbers, no secrets


def figure(value: float, half: float, base: int = 400) -> Figure:
    return Figure(value=round(value, 1), low=round(max(0.0, value - half), 1), high=round(value + half, 1), base=base)


def numbers(
    chance: random.Random, *, openings: float = 72.0, talk_overs: float = 14.0, visits: int = 400
) -> FiveNumbers:
    def about(value: float, spread: float) -> float:
        return value + chance.gauss(0, spread)

    bins = [max(0, round(about(share, 1))) for share in PAUSES]
    return FiveNumbers(
        visit_count=max(10, round(about(visits, visits / 12) / 5) * 5),
        left_out_count=max(0, round(about(visits / 15, 4) / 5) * 5),
        openings_let_finish_percent=figure(about(openings, 1.4), 3.4),
        talk_overs_per_100_min=figure(about(talk_overs, 0.8), 2.1, 600),
        cut_offs_per_100_min=figure(about(talk_overs / 3, 0.4), 1.2, 600),
        customer_talk_percent=figure(about(56, 0.8), 1.6, 600),
        pauses=tuple(PauseBin(below_s=edge, share_percent=share) for edge, share in zip(EDGES, bins, strict=True)),
        quick_answers_percent=figure(about(36, 1), 2.4),
    )


def weeks_of(
    site: str, count: int = 60, *, last: str = LAST_WEEK, better_since: int = 9, seed: int = 1
) -> list[PeriodSummary]:
    """The site's weeks, oldest first; in the last `better_since` of them openings are let finish more often."""
    chance = drawn(f"{site} {seed}")
    base = 66 + 14 * chance.random()
    found = []
    for number in range(count):
        better = number >= count - better_since
        told = numbers(chance, openings=base + (7 if better else 0), talk_overs=15 - (3 if better else 0))
        found.append(period(site, weeks_later(last, number - count + 1), told))
    return found


def period(site: str, first_week: str, told: FiveNumbers | None, *, weeks: int = 1, counters: int = 4) -> PeriodSummary:
    chance = drawn(f"{site} {first_week}")
    kinds: tuple[PublishedAct, ...] = get_args(PublishedAct)
    acts = {kind: max(0, share + chance.randint(-2, 2)) for kind, share in zip(kinds, ACTS, strict=True)}
    return PeriodSummary(
        site=site,
        first_week=first_week,
        weeks=weeks,
        timezone=ZONE,
        counter_count=counters,
        fewest_visits=10,
        fewest_people=5,
        numbers=told,
        act_visits_percent=acts if told else None,
        uncertainty=SURE if told else None,
    )


def hours_of(
    site: str, *, last: str = LAST_WEEK, cells: Sequence[tuple[tuple[int, ...], tuple[PartOfDay, ...]]] = ()
) -> HoursSummary:
    """Hours of the last four weeks: each weekday by itself, evenings and the weekend pooled."""
    chance = drawn(site)
    tiles = list(cells)
    if not tiles:
        tiles = [((day,), (part,)) for day in range(1, 6) for part in PARTS[:3]]
        tiles += [((1, 2, 3, 4, 5), ("evening",)), ((6,), ("morning", "midday")), ((6,), ("afternoon", "evening"))]
        tiles += [((7,), PARTS)]
    hard = {"morning": 0, "midday": -9, "afternoon": -3, "evening": 2}
    made = [
        HoursCell(
            weekdays=days,
            parts=parts,
            numbers=None
            if days == (7,)
            else numbers(chance, openings=75 + hard[parts[0]] - (4 if 1 in days else 0), visits=60),
        )
        for days, parts in tiles
    ]
    return HoursSummary(
        site=site,
        first_week=weeks_later(last, -3),
        weeks=4,
        timezone=ZONE,
        fewest_visits=10,
        fewest_people=5,
        cells=tuple(made),
    )
