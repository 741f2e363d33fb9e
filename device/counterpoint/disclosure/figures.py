"""Figures with their intervals: of one run of windows, and pooled over runs and sites.

One rule: a figure is a ratio of sums, and its interval comes from how the days differ, never from a formula that
takes visits for independent. What the rounding of counts to 5 adds is in it, since each window is rounded by itself.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, Literal, get_args

from msgspec.structs import replace

from counterpoint.disclosure.visit import to_step
from counterpoint.messages.schemas import PauseBin
from counterpoint.messages.summaries import Figure, FiveNumbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from counterpoint.messages.summaries import PeriodSummary

FigureName = Literal[
    "openings_let_finish_percent",
    "talk_overs_per_100_min",
    "cut_offs_per_100_min",
    "quick_answers_percent",
    "customer_talk_percent",
]
FIGURE_NAMES: Final[tuple[FigureName, ...]] = get_args(FigureName)
FEWEST_DAYS: Final = 4
"""With fewer days the spread between them is a guess."""
NORMAL_95: Final = NormalDist().inv_cdf(0.975)
STEP_VARIANCE: Final = (5**2 - 1) / 12
"""Variance of the error of a count rounded to 5."""


def ratio_of(clusters: Mapping[int, tuple[float, float]], least: float = 0.0) -> tuple[float, float, int] | None:
    """Return the ratio of two sums, its standard error, and how many clusters there are.

    `clusters` are (numerator, denominator). By linearisation (Cochran 1977, 6.4): the clusters' residuals y - R x,
    with the correction n / (n - 1); never less than `least`, the variance of the whole numerator by its rounding.
    None with fewer than `FEWEST_DAYS` clusters, or nothing to divide by.
    """
    whole = sum(x for _, x in clusters.values())
    count = len(clusters)
    if count < FEWEST_DAYS or whole <= 0:
        return None
    value = sum(y for y, _ in clusters.values()) / whole
    residuals = sum((y - value * x) ** 2 for y, x in clusters.values())
    return value, sqrt(max(residuals * count / (count - 1), least)) / whole, count


def student_95(freedom: float) -> float:
    """Return the 97.5 % quantile of Student's t (Cornish-Fisher, four terms: within 0.3 % from 3 degrees on)."""
    z = NORMAL_95
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))


def half_width(figure: Figure) -> float:
    """Return half of the interval, before it was cut at 0 or 100: the wider side."""
    return max(figure.high - figure.value, figure.value - figure.low)


def pool(figures: Iterable[Figure | None]) -> Figure | None:
    """Return one figure of several, weighted by what lies behind each; None where there is none.

    The runs (or sites) are taken as independent of each other.
    """
    known = [figure for figure in figures if figure is not None and figure.base > 0]
    base = sum(figure.base for figure in known)
    if not base:
        return None
    value = sum(figure.value * figure.base for figure in known) / base
    half = sqrt(sum((half_width(figure) * figure.base) ** 2 for figure in known)) / base
    return Figure(value=value, low=max(0.0, value - half), high=value + half, base=base)


def pool_runs(runs: Iterable[PeriodSummary]) -> FiveNumbers | None:
    """Return the five numbers of several runs of a place together; None where none of them could be told.

    Numbers that stand over several runs were measured once, so together they are no surer than by themselves.
    """
    tellings: dict[str, list[FiveNumbers]] = {}
    for run in runs:
        if run.numbers is not None:
            tellings.setdefault(run.held_since or run.first_week, []).append(run.numbers)
    return pool_numbers([_as_one(said) for said in tellings.values()]) if tellings else None


def _as_one(said: Sequence[FiveNumbers]) -> FiveNumbers:
    """Return what was told once and said by these runs: it weighs as much as they have visits, not as often."""
    first = said[0]
    visits = sum(each.visit_count for each in said)
    behind = first.openings_let_finish_percent or first.quick_answers_percent
    more = visits / max(behind.base if behind else first.visit_count, 1)
    figures = {name: getattr(first, name) for name in FIGURE_NAMES}
    return replace(
        first,
        visit_count=visits,
        left_out_count=sum(each.left_out_count for each in said),
        **{name: figure and replace(figure, base=round(figure.base * more)) for name, figure in figures.items()},
    )


def pool_numbers(numbers: Sequence[FiveNumbers]) -> FiveNumbers:
    """Return the five numbers of several runs or sites together; ValueError without any."""
    if not numbers:
        raise ValueError("nothing to pool: ask only where there are numbers")
    return FiveNumbers(
        visit_count=sum(each.visit_count for each in numbers),
        left_out_count=sum(each.left_out_count for each in numbers),
        openings_let_finish_percent=_percent(pool(each.openings_let_finish_percent for each in numbers)),
        talk_overs_per_100_min=pool(each.talk_overs_per_100_min for each in numbers),
        cut_offs_per_100_min=pool(each.cut_offs_per_100_min for each in numbers),
        customer_talk_percent=_percent(pool(each.customer_talk_percent for each in numbers)),
        pauses=_pool_pauses(numbers),
        quick_answers_percent=_percent(pool(each.quick_answers_percent for each in numbers)),
    )


def _percent(figure: Figure | None) -> Figure | None:
    if figure is None:
        return None
    return Figure(value=figure.value, low=figure.low, high=min(100.0, figure.high), base=figure.base)


def _pool_pauses(numbers: Sequence[FiveNumbers]) -> tuple[PauseBin, ...] | None:
    known = [(each.pauses, each.visit_count) for each in numbers if each.pauses is not None]
    visits = sum(count for _, count in known)
    if not visits:
        return None
    edges = [part.below_s for part in known[0][0]]
    same = [(bins, count) for bins, count in known if [part.below_s for part in bins] == edges]
    weight = sum(count for _, count in same)
    shares = [sum(bins[at].share_percent * count for bins, count in same) / weight for at in range(len(edges))]
    return tuple(
        PauseBin(below_s=below_s, share_percent=to_step(share, 1)) for below_s, share in zip(edges, shares, strict=True)
    )
