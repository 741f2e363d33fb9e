"""What the light and the statistics do through whole days; one rule: rates are by the counter-hour, after Poisson.

The recall of cues is that of the dense scenes, where cueable talk-overs are many; false cues are those of the days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.intervals import Estimate, Ratio, plain, poisson_upper, rate, ratio, redraws
from models.benchmark.scores import cues, talk_overs, visits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.benchmark.judged import Figures, Judged
    from numpy.typing import NDArray

    Sums = tuple[NDArray[np.float64], NDArray[np.float64]]

RECALL: Final = Ratio({"cued": 1}, {"cueable": 1}, "cueable")
TRUE_AN_HOUR: Final = (0.5, 2.0, 6.0)
"""Cueable talk-overs of the agent an hour: a patient desk, a busy one, and one that needs the light."""
GAPS: Final = {"cue recall": ("cued", "cueable", 1.0), "false cues an hour": ("false cues", "seconds", 3600.0)}


def cue_recall(dense: Sequence[Judged]) -> Estimate:
    """Of the cueable talk-overs, the share that lights a light that is ready."""
    return RECALL.of(talk_overs.stack([one.counts for one in dense]))


def day_figures(dense: Sequence[Judged], days: Sequence[Judged]) -> Figures:
    """Cues by the hour and errors of the visits, of the days of one simulator.

    Args:
        dense: Scenes rich in talk-overs, for the recall.
        days: Scenes of days, in the order in which they follow each other.
    """
    hours = sum(one.truth.seconds for one in days) / 3600
    parts = [cues.DayPart(one.truth.second_voices, one.belief, one.truth.seconds) for one in days]
    before = talk_overs.stack([one.counts for one in days])
    lit = cues.cues_after(parts)
    after = talk_overs.stack([cues.count_cues(at, one.voices, one.seconds) for at, one in zip(lit, parts, strict=True)])
    found: Figures = {
        "hours": plain(hours, len(days)),
        "cueable an hour": rate(int(before["cueable"].sum()), hours),
        "cue recall": cue_recall(dense),
        "cue recall in the days, before": RECALL.of(before),
        "cue recall in the days, after": RECALL.of(after),
    }
    for when, counts in (("before", before), ("after", after)):
        false = int(counts["false cues"].sum())
        found[f"false cues an hour, {when}"] = rate(false, hours)
        found[f"upper bound of false cues, {when}"] = plain(poisson_upper(false) / hours, false)
        found[f"of these on shorter talk-overs, {when}"] = rate(int(counts["too short"].sum()), hours)
    found |= precision(found["cue recall"], found["false cues an hour, before"])
    found["false predictions an hour"] = _false_predictions(days, hours)
    return found | visit_figures(days)


def precision(recall: Estimate, false: Estimate) -> Figures:
    """Share of the cues that are right where so many talk-overs an hour are cueable; its bounds take both at worst."""

    def share(true: float, found: float, wrong: float) -> float:
        right = true * found
        return right / (right + wrong) if right + wrong > 0 else float("nan")

    return {
        f"cue precision at {true:g} an hour": Estimate(
            share(true, recall.value, false.value),
            share(true, recall.low, false.high),
            share(true, recall.high, false.low),
            false.n,
        )
        for true in TRUE_AN_HOUR
    }


def _false_predictions(days: Sequence[Judged], hours: float) -> Estimate:
    """`talk_over` events, of either side, on anything that takes no floor."""
    names = ("on backchannel", "on transition", "on one voice", "elsewhere")
    return rate(int(sum(one.shipped.counts[name] for one in days for name in names)), hours)


def visit_figures(days: Sequence[Judged]) -> Figures:
    """Mean errors of the statistics of the visits that were found, and how many were not, or were invented."""
    rows: list[tuple[int, dict[str, float]]] = []
    totals: list[dict[str, float]] = []
    for number, one in enumerate(days):
        *errors, total = visits.count_visits(one.true_visits, one.belief.sessions, one.truth.active)
        rows += [(number, error) for error in errors]
        totals.append(total)
    counts = talk_overs.stack(totals)
    found: Figures = {
        "visits found": Ratio({"visits found": 1}, {"visits": 1}, "visits").of(counts),
        "visits invented, share": Ratio({"visits invented": 1}, {"visits": 1}, "visits").of(counts),
    }
    for name, column in visits.ERRORS.items():
        found[f"error of {name}"] = _mean([(n, row[column]) for n, row in rows if column in row], len(days))
    wrong, true = np.zeros(len(days)), np.zeros(len(days))
    for number, row in rows:
        wrong[number] += row["overlap error s"]
        true[number] += row["overlap s"]
    found["overlap time, relative"] = ratio(wrong, true, len(rows))
    return found


def _mean(values: Sequence[tuple[int, float]], scenes: int) -> Estimate:
    """Mean over visits; whole scenes are drawn again."""
    sums, many = np.zeros(scenes), np.zeros(scenes)
    for number, value in values:
        sums[number] += value
        many[number] += 1
    return ratio(sums, many, len(values))


def voices_gap(scenes: Sequence[Judged]) -> Figures:
    """Whether high voices are cued as low ones are: agents above and below the median pitch, and the gap as a ratio."""
    pitches = np.array([one.truth.pitch_hz[0] for one in scenes])
    known = pitches > 0
    median = float(np.median(pitches[known])) if known.any() else 0.0
    halves = {"high": known & (pitches >= median), "low": known & (pitches < median)}
    counts = talk_overs.stack([one.counts for one in scenes])
    found: Figures = {"median pitch, Hz": plain(median, int(known.sum()))}
    for name, (top, bottom, per) in GAPS.items():
        sums = {label: (per * counts[top] * half, counts[bottom] * half) for label, half in halves.items()}
        for label, (over, under) in sums.items():
            found[f"{name}, {label} voices"] = ratio(over, under, int(sums[label][1].sum()))
        found[f"gap in {name}"] = _gap(sums["high"], sums["low"])
    return found


def _gap(one: Sums, other: Sums) -> Estimate:
    """The larger ratio over the smaller, with its interval; NaN where one is nothing."""
    drawn = redraws(len(one[0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (drawn @ one[0]) / (drawn @ one[1]) / ((drawn @ other[0]) / (drawn @ other[1]))
        value = float(one[0].sum() / one[1].sum() / (other[0].sum() / other[1].sum()))
        value, spread = max(value, 1 / value), np.maximum(spread, 1 / spread)
    spread = spread[np.isfinite(spread)]
    if not (spread.size and np.isfinite(value)):
        return plain(float("nan"), len(one[0]))
    low, high = np.percentile(spread, [2.5, 97.5])
    return Estimate(value, float(low), float(high), len(one[0]))
