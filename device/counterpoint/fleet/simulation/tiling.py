"""Windows of a site's week: through the device's own disclosure, or the same sums over columns where there are many.

One rule: both ways give the same windows, and a test holds them together; `by_device` is the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from counterpoint.disclosure import disclose
from counterpoint.disclosure.hours import HOUR_S
from counterpoint.disclosure.visit import DURATION_STEP_S, PAUSE_EDGES_S
from counterpoint.disclosure.windows import FLOOR_PEOPLE, FLOOR_VISITS, MOST_PEOPLE_TOLD
from counterpoint.fleet.simulation.places import random_id
from counterpoint.fleet.simulation.visits import ACTS, SUMS, SURE, as_visits
from counterpoint.messages.schemas import PauseBin, Statistics, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from counterpoint.fleet.simulation.visits import Visits
    from counterpoint.settings import PrivacyRules

    Ints = NDArray[np.int64]

MEANS: Final = ("agent_longest_turn_s", "customer_longest_turn_s")
PLURAL: Final = {
    "turns": "turn_count",
    "talk_overs": "talk_over_count",
    "cut_offs": "cut_off_count",
    "agent_backchannels": "agent_backchannel_count",
    "customer_backchannels": "customer_backchannel_count",
    "customer_talk_overs": "customer_talk_over_count",
    "cues": "cue_count",
    "agent_longest_turn_s": "agent_longest_turn_mean_s",
    "customer_longest_turn_s": "customer_longest_turn_mean_s",
}
"""What a window calls a column; the others keep their names."""


@dataclass(frozen=True, slots=True)
class Span:
    """The week of a device: seconds since 1970, UTC, and its zone."""

    start: int
    end: int
    timezone: str


def by_device(
    visits: Visits, counter: int, span: Span, rules: PrivacyRules, rng: np.random.Generator
) -> tuple[Window, ...]:
    """Return the windows of one counter's week as the device itself makes them."""
    rows, zone = as_visits(visits, visits.of(counter)), ZoneInfo(span.timezone)
    return disclose(rows, span.start, span.end, rules, zone, lambda: random_id(rng)).windows


def by_columns(
    visits: Visits, counter: int, span: Span, rules: PrivacyRules, rng: np.random.Generator
) -> tuple[Window, ...]:
    """Return the same windows from sums over columns: some thirty times as fast.

    Holds for zones of whole hours and hours in which no clock changes, as open hours are.
    """
    if rules.pool < FLOOR_PEOPLE:
        return ()
    where, fewest = visits.of(counter), max(rules.k, FLOOR_VISITS)
    cuts, ends = _cuts(visits.hour[where], ~visits.left_out[where], fewest)
    starts = [span.start, *ends]
    told: list[Statistics | None] = [*_statistics(visits, where, cuts, fewest), None]
    return tuple(
        Window(
            id=random_id(rng),
            start_utc=datetime.fromtimestamp(start, UTC),
            end_utc=datetime.fromtimestamp(end, UTC),
            timezone=span.timezone,
            fewest_visits=fewest,
            fewest_people=min(rules.pool, MOST_PEOPLE_TOLD),
            statistics=statistics,
        )
        for start, end, statistics in zip(starts, [*ends, span.end], told, strict=True)
    )


def _cuts(hours: Ints, counted: NDArray[np.bool_], fewest: int) -> tuple[list[int], list[int]]:
    """Return where the windows of these rows begin (and where the last ends), and their ends in seconds."""
    counted_hours = hours[counted]
    before = np.searchsorted(counted_hours, counted_hours, side="right").tolist()  # counted by the end of each hour
    hours_of_counted = counted_hours.tolist()
    ends: list[int] = []
    at = 0
    while at + fewest <= len(before):
        last = at + fewest - 1
        ends.append(hours_of_counted[last] + HOUR_S)
        at = before[last]
    cuts = np.searchsorted(hours, np.array(ends, dtype=np.int64), side="left").tolist()
    return [0, *cuts], ends


def _statistics(visits: Visits, where: slice, cuts: Sequence[int], fewest: int) -> list[Statistics]:
    if len(cuts) == 1:
        return []
    begin = where.start
    columns = np.concatenate(
        [
            visits.sums[begin : begin + cuts[-1]],
            visits.pauses[begin : begin + cuts[-1]],
            visits.acts[begin : begin + cuts[-1]],
            _flags(visits, slice(begin, begin + cuts[-1])),
        ],
        axis=1,
    )
    totals = np.add.reduceat(columns, cuts[:-1], axis=0)
    return [_window_statistics(row, fewest) for row in totals.tolist()]


def _flags(visits: Visits, where: slice) -> Ints:
    """Columns that are sums too: counted, left out, opening known and finished, taken known and its sum, and so on."""
    opening, taken = visits.opening[where], visits.taken_after_s[where]
    return np.stack(
        [
            ~visits.left_out[where],
            visits.left_out[where],
            opening >= 0,
            opening == 1,
            taken >= 0,
            np.maximum(taken, 0),
            visits.pauses[where].any(axis=1),
            visits.acts_known[where],
        ],
        axis=1,
    ).astype(np.int64)


def _window_statistics(row: list[int], fewest: int) -> Statistics:
    sums, rest = row[: len(SUMS)], row[len(SUMS) :]
    pauses, acts = rest[: len(PAUSE_EDGES_S) + 1], rest[len(PAUSE_EDGES_S) + 1 : -8]
    counted, left_out, known, finished, taken, taken_s, with_pauses, words = rest[-8:]
    figures = {
        PLURAL.get(name, name): _step(value / counted if name in MEANS else value)
        for name, value in zip(SUMS, sums, strict=True)
    }
    return Statistics(
        visit_count=max(_step(counted), -(-fewest // DURATION_STEP_S) * DURATION_STEP_S),
        left_out_count=_step(left_out),
        **figures,
        opening_let_finish_percent=_percent(finished, known) if known >= fewest else None,
        opening_taken_after_mean_s=_step(taken_s / taken) if taken >= fewest else None,
        pauses=_pauses(pauses) if with_pauses >= fewest else None,
        act_visits_percent={act: _percent(heard, words) for act, heard in zip(ACTS, acts, strict=True)}
        if words >= fewest
        else None,
        uncertainty=SURE,
    )


def _pauses(counts: Sequence[int]) -> tuple[PauseBin, ...]:
    every = sum(counts)
    return tuple(
        PauseBin(below_s=below_s, share_percent=_percent(count, every))
        for below_s, count in zip((*PAUSE_EDGES_S, None), counts, strict=True)
    )


def _percent(part: int, whole: int) -> int:
    return int(100 * part / whole + 0.5)


def _step(value: float) -> int:
    return int((value + DURATION_STEP_S / 2) // DURATION_STEP_S) * DURATION_STEP_S
