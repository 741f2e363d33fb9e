"""A site's windows to sums: by measure and day, each stretch at a counter bounded.

One rule: no stretch at one counter counts for more than its bound, however unusual it is; and sums of several sites or
weeks can be added up, so that thousands of counters need not be held at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, get_args

from counterpoint.disclosure.visit import PAUSE_EDGES_S
from counterpoint.messages.schemas import PublishedAct, Statistics, Sureness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STRETCH_VISITS: Final = 20
"""A stretch: windows of one counter, one after another, until this many visits: about a shift. In a shorter one chance
moves the numbers more than people do; a longer one lets an unusual person colour the shifts beside theirs."""
STRETCH_EVENTS: Final = 20
"""Where events are counted, a stretch holds as many of them: fewer, rounded to 5 a window, have no middle."""
QUICK_S: Final = 0.25
HUNDRED_MIN_S: Final = 6000.0
_Measure = Callable[[Statistics], tuple[float, float] | None]
"""Numerator and denominator; None where the window does not say."""


@dataclass(frozen=True, slots=True)
class Told:
    """A window with statistics, as a site's number needs it.

    Attributes:
        id: Its random id.
        device: Whose it is.
        start_s: When it began (seconds since 1970, UTC).
        end_s: When it ended.
        day: The local day on which it ended, as an ordinal.
        statistics: What it says.
    """

    id: str
    device: str
    start_s: int
    end_s: int
    day: int
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class DaySums:
    """One measure's sums of each local day, bounded.

    Attributes:
        days: (numerator, denominator) by the day's ordinal.
        windows: How many windows they are of.
    """

    days: dict[int, tuple[float, float]]
    windows: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What the numbers of some windows are made of; those of several sites can be added up.

    Attributes:
        ids: A digest of the windows' ids, from which the blur is drawn.
        window_count: Windows.
        visit_count: Visits.
        left_out_count: Visits that were left out.
        customer_talk_s: Customers' speech.
        busiest_visits: The most of the visits that one person can have served.
        days: By measure; one that no window says is not there.
        uncertainty: Of the windows, each kind once.
    """

    ids: bytes
    window_count: int
    visit_count: int
    left_out_count: int
    customer_talk_s: int
    busiest_visits: int
    days: dict[str, DaySums]
    uncertainty: tuple[Sureness, ...]

    @property
    def largest_share(self) -> float:
        """The largest share of the visits that one person can have served."""
        return self.busiest_visits / self.visit_count if self.visit_count else 1.0


def sums_of(windows: Sequence[Told], bound: float) -> Sums:
    """Return the sums of a site's windows; a stretch counts as at most `bound` above or below the middle one."""
    made = {label: sums for label, of, is_share in MEASURES if (sums := _day_sums(windows, of, bound, is_share))}
    sure = {repr(told.statistics.uncertainty): told.statistics.uncertainty for told in windows}
    return Sums(
        ids=_digest(sorted(told.id.encode() for told in windows)),
        window_count=len(windows),
        visit_count=sum(told.statistics.visit_count for told in windows),
        left_out_count=sum(told.statistics.left_out_count for told in windows),
        customer_talk_s=sum(told.statistics.customer_talk_s for told in windows),
        busiest_visits=most_visits_of_one(windows),
        days=made,
        uncertainty=tuple(sure.values()),
    )


def of_sites(parts: Sequence[Sums]) -> Sums:
    """Return the sums of several sites together; nobody works at two of them."""
    return _add(parts, max((part.busiest_visits for part in parts), default=0))


def of_weeks(parts: Sequence[Sums]) -> Sums:
    """Return the sums of several weeks together; the busiest person may be the same one in each."""
    return _add(parts, sum(part.busiest_visits for part in parts))


def most_visits_of_one(windows: Sequence[Told]) -> int:
    """Return the most visits that one person can have served: nobody is at two counters at once.

    The most visits in windows of which no two overlap. For windows of one hour that is a bound; a longer window can
    hide a change of counters within it, so there it is close to one.
    """
    ends: list[int] = []
    best = [0]
    for told in sorted(windows, key=lambda told: told.end_s):
        before = bisect_right(ends, told.start_s)
        best.append(max(best[-1], best[before] + told.statistics.visit_count))
        ends.append(told.end_s)
    return best[-1]


def _add(parts: Sequence[Sums], busiest_visits: int) -> Sums:
    labels = dict.fromkeys(label for part in parts for label in part.days)
    sure = {repr(each): each for part in parts for each in part.uncertainty}
    return Sums(
        ids=_digest(sorted(part.ids for part in parts)),
        window_count=sum(part.window_count for part in parts),
        visit_count=sum(part.visit_count for part in parts),
        left_out_count=sum(part.left_out_count for part in parts),
        customer_talk_s=sum(part.customer_talk_s for part in parts),
        busiest_visits=busiest_visits,
        days={label: _add_days([part.days[label] for part in parts if label in part.days]) for label in labels},
        uncertainty=tuple(sure.values()),
    )


def _day_sums(windows: Sequence[Told], of: _Measure, bound: float, is_share: bool) -> DaySums | None:
    known = [(told, *pair) for told in windows if (pair := of(told.statistics)) is not None]
    if not known:
        return None
    whole = sum(x for _, _, x in known)
    fewest_x = 0.0 if is_share else STRETCH_EVENTS * whole / max(sum(y for _, y, _ in known), 1.0)
    days: dict[int, tuple[float, float]] = {}
    for day, y, x in _bounded(_stretches(known, fewest_x), bound, is_share):
        before_y, before_x = days.get(day, (0.0, 0.0))
        days[day] = (before_y + y, before_x + x)
    return DaySums(days, len(known))


def _bounded(
    stretches: Sequence[Sequence[tuple[int, float, float]]], bound: float, is_share: bool
) -> Iterator[tuple[int, float, float]]:
    """Give (day, numerator, denominator) of each window, the numerators bounded by stretches."""
    sums = [(sum(y for _, y, _ in rows), sum(x for _, _, x in rows)) for rows in stretches]
    middle = _middle(sums)
    reach = bound * (room(middle) if is_share else middle)
    for rows, (y_sum, x_sum) in zip(stretches, sums, strict=True):
        moved = min(max(y_sum, (middle - reach) * x_sum), (middle + reach) * x_sum) - y_sum
        yield from ((day, y + (moved * x / x_sum if x_sum else 0.0), x) for day, y, x in rows)


def _add_days(parts: Sequence[DaySums]) -> DaySums:
    days: dict[int, tuple[float, float]] = {}
    for part in parts:
        for day, (y, x) in part.days.items():
            before_y, before_x = days.get(day, (0.0, 0.0))
            days[day] = (before_y + y, before_x + x)
    return DaySums(days, sum(part.windows for part in parts))


def _digest(ids: Sequence[bytes]) -> bytes:
    return sha256(b"\n".join(ids)).digest()


def _stretches(known: Sequence[tuple[Told, float, float]], fewest_x: float) -> list[list[tuple[int, float, float]]]:
    """Cut each counter's windows into stretches of (day, numerator, denominator), each long enough.

    A stretch has `STRETCH_VISITS` visits and a denominator of `fewest_x`, or is the last of its counter.
    """
    made: list[list[tuple[int, float, float]]] = []
    device, visits, reached = "", 0, 0.0
    for told, y, x in sorted(known, key=lambda row: (row[0].device, row[0].start_s)):
        if told.device != device or (visits >= STRETCH_VISITS and reached >= fewest_x):
            made.append([])
            device, visits, reached = told.device, 0, 0.0
        made[-1].append((told.day, y, x))
        visits += told.statistics.visit_count
        reached += x
    return made


def _middle(sums: Sequence[tuple[float, float]]) -> float:
    """Return the median of y / x, each weighing as much as its x."""
    ratios = sorted((y / x, x) for y, x in sums if x > 0)
    left = sum(x for _, x in ratios) / 2
    for value, x in ratios:
        left -= x
        if left <= 0:
            return value
    return 0.0


def room(share: float) -> float:
    """Return how far a share is from where it can't go on: 0 or 1."""
    return min(share, 1 - share)


def _openings(told: Statistics) -> tuple[float, float] | None:
    percent = told.opening_let_finish_percent
    return None if percent is None else (percent / 100 * told.visit_count, told.visit_count)


def _talk_overs(told: Statistics) -> tuple[float, float]:
    return told.talk_over_count, told.customer_talk_s / HUNDRED_MIN_S


def _cut_offs(told: Statistics) -> tuple[float, float]:
    return told.cut_off_count, told.customer_talk_s / HUNDRED_MIN_S


def _customer_share(told: Statistics) -> tuple[float, float]:
    return told.customer_talk_s, told.customer_talk_s + told.agent_talk_s


def _quick(told: Statistics) -> tuple[float, float] | None:
    if told.pauses is None:
        return None
    quick = sum(part.share_percent for part in told.pauses if part.below_s is not None and part.below_s <= QUICK_S)
    return quick / 100 * told.turn_count, told.turn_count


def _pause(at: int) -> _Measure:
    def of(told: Statistics) -> tuple[float, float] | None:
        share = None if told.pauses is None else told.pauses[at].share_percent
        return None if share is None else (share / 100 * told.turn_count, told.turn_count)

    return of


def _act(kind: PublishedAct) -> _Measure:
    def of(told: Statistics) -> tuple[float, float] | None:
        acts = told.act_visits_percent
        return None if acts is None else (acts.get(kind, 0) / 100 * told.visit_count, told.visit_count)

    return of


MEASURES: Final[tuple[tuple[str, _Measure, bool], ...]] = (
    ("openings", _openings, True),
    ("talk-overs", _talk_overs, False),
    ("cut-offs", _cut_offs, False),
    ("customer", _customer_share, True),
    ("quick answers", _quick, True),
    *((f"pauses below {edge}", _pause(at), True) for at, edge in enumerate((*PAUSE_EDGES_S, None))),
    *((act, _act(act), True) for act in get_args(PublishedAct)),
)
"""Label, what of a window, and whether it is a share."""
