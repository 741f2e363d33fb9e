"""The sums of a window's visits, coarse enough to be published.

One rule: every figure rests on at least k visits, else it is left out; counts are rounded to 5, durations to 5 s,
shares to whole percent, and acts are the share of visits with at least one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from counterpoint.disclosure.visit import PAUSE_EDGES_S, Visit, to_step
from counterpoint.messages.schemas import Event, PauseBin, PublishedAct, Statistics, Sureness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def summarise(visits: Sequence[Visit], fewest: int) -> Statistics:
    """Return the statistics of a window; at least `fewest` of the visits are not left out."""
    counted = [visit for visit in visits if not visit.left_out]

    def total(of: Callable[[Visit], int]) -> int:
        return to_step(sum(map(of, counted)))

    def mean(of: Callable[[Visit], int]) -> int:
        return to_step(sum(map(of, counted)) / len(counted))

    return Statistics(
        visit_count=max(to_step(len(counted)), _not_below(fewest)),
        left_out_count=to_step(len(visits) - len(counted)),
        visit_s=total(lambda visit: visit.visit_s),
        agent_talk_s=total(lambda visit: visit.agent_talk_s),
        customer_talk_s=total(lambda visit: visit.customer_talk_s),
        overlap_s=total(lambda visit: visit.overlap_s),
        silence_s=total(lambda visit: visit.silence_s),
        turn_count=total(lambda visit: visit.turns),
        talk_over_count=total(lambda visit: visit.talk_overs),
        cut_off_count=total(lambda visit: visit.cut_offs),
        agent_backchannel_count=total(lambda visit: visit.agent_backchannels),
        customer_backchannel_count=total(lambda visit: visit.customer_backchannels),
        customer_talk_over_count=total(lambda visit: visit.customer_talk_overs),
        cue_count=total(lambda visit: visit.cues),
        agent_longest_turn_mean_s=mean(lambda visit: visit.agent_longest_turn_s),
        customer_longest_turn_mean_s=mean(lambda visit: visit.customer_longest_turn_s),
        opening_let_finish_percent=_openings_percent(counted, fewest),
        opening_taken_after_mean_s=_openings_taken_s(counted, fewest),
        pauses=_pauses(counted, fewest),
        act_visits_percent=_acts_percent(counted, fewest),
        uncertainty=least_sure([visit.uncertainty for visit in counted]),
    )


def _not_below(fewest: int) -> int:
    """Return the smallest coarse count that does not read as fewer than k."""
    return -(-fewest // 5) * 5


def _percent(part: int, whole: int) -> int:
    return to_step(100 * part / whole, 1)


def _openings_percent(visits: Sequence[Visit], fewest: int) -> int | None:
    known = [visit.opening_let_finish for visit in visits if visit.opening_let_finish is not None]
    return _percent(sum(known), len(known)) if len(known) >= fewest else None


def _openings_taken_s(visits: Sequence[Visit], fewest: int) -> int | None:
    taken = [visit.opening_taken_after_s for visit in visits if visit.opening_taken_after_s is not None]
    return to_step(sum(taken) / len(taken)) if len(taken) >= fewest else None


def _pauses(visits: Sequence[Visit], fewest: int) -> tuple[PauseBin, ...] | None:
    with_pauses = [visit.pauses for visit in visits if any(visit.pauses)]
    if len(with_pauses) < fewest:
        return None
    counts = [sum(bins) for bins in zip(*with_pauses, strict=True)]
    return tuple(
        PauseBin(below_s=below_s, share_percent=_percent(count, sum(counts)))
        for below_s, count in zip((*PAUSE_EDGES_S, None), counts, strict=True)
    )


def _acts_percent(visits: Sequence[Visit], fewest: int) -> dict[PublishedAct, int] | None:
    known = [visit.acts for visit in visits if visit.acts is not None]
    if len(known) < fewest:
        return None
    return {kind: _percent(sum(kind in acts for acts in known), len(known)) for kind in get_args(PublishedAct)}


def least_sure(all_of_them: Sequence[Sureness]) -> Sureness:
    """Return the worst of each figure: an update can change the detector while visits wait."""
    sources = sorted({sure.source for sure in all_of_them})
    return Sureness(
        source=sources[0] if len(sources) == 1 else "mixed",
        talk_share_error_points=max(sure.talk_share_error_points for sure in all_of_them),
        overlap_error_ratio=max(sure.overlap_error_ratio for sure in all_of_them),
        pause_error_s=max(sure.pause_error_s for sure in all_of_them),
        event_recall_ratio=_lowest([sure.event_recall_ratio for sure in all_of_them]),
        event_precision_ratio=_lowest([sure.event_precision_ratio for sure in all_of_them]),
    )


def _lowest(ratios: Sequence[dict[Event, float]]) -> dict[Event, float]:
    return {event: min(of[event] for of in ratios) for event in get_args(Event) if all(event in of for of in ratios)}
