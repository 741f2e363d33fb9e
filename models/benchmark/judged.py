"""Scenes that were heard, to figures; one rule: a group of scenes becomes figures in one place, whatever the group."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.intervals import Estimate, plain, rate, redraws
from models.benchmark.scores import cues, frames, settled, talk_overs, visits
from models.benchmark.scores.talk_overs import Curve, Verdict, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.benchmark.belief import Belief
    from models.benchmark.kept import SceneTruth
    from numpy.typing import NDArray

    from counterpoint.values import Session

Figures = dict[str, Estimate]
"""By the name that the tables give them."""

LIMITS: Final = (0.10, 0.01)
PERCENTILES: Final = (10, 50, 90)
AT: Final = {limit: f"at {limit:.2f}" for limit in LIMITS}


@dataclass(frozen=True)
class Judged:
    """One scene as one system heard it, with all that is counted of it."""

    truth: SceneTruth
    belief: Belief

    @cached_property
    def shipped(self) -> Verdict:
        """At the system's own working point."""
        return talk_overs.shipped(self.belief, self.truth.second_voices, self.truth.active)

    @cached_property
    def sweep(self) -> list[Verdict]:
        """At every confidence."""
        return talk_overs.sweep(self.belief, self.truth.second_voices, self.truth.active)

    @cached_property
    def true_visits(self) -> tuple[Session, ...]:
        """What a perfect detector would have found."""
        return visits.true_sessions(self.truth.active, self.truth.second_voices)

    @cached_property
    def counts(self) -> dict[str, float]:
        """Everything that adds up."""
        truth, belief = self.truth, self.belief
        lit = cues.count_cues(cues.cues_before(belief), truth.second_voices, truth.seconds)
        return (
            frames.count_frames(truth.active, belief)
            | self.shipped.counts
            | settled.count_settled(truth.second_voices, belief)
            | lit
        )


def figures_of(scenes: Sequence[Judged]) -> Figures:
    """All figures of a group of scenes that one system heard."""
    counts = stack([one.counts for one in scenes])
    found: Figures = {"minutes": plain(counts["seconds"].sum() / 60, len(scenes))}
    for name, one in frames.RATIOS.items():
        if name not in frames.SIDED or "agent true" in counts:
            found[name] = one.of(counts)
    if any(one.belief.overlaps for one in scenes):
        found |= _talk_overs(scenes)
    if any(event.kind in settled.KINDS for one in scenes for event in one.belief.events):
        found |= {name: one.of(counts) for name, one in settled.RATIOS.items()}
    return found


def curve_of(scenes: Sequence[Judged]) -> Curve:
    """Recall against false alarms of a group of scenes."""
    return Curve([one.sweep for one in scenes])


def _talk_overs(scenes: Sequence[Judged]) -> Figures:
    """TurnBench's figures: at the shipped point, and along the curve."""
    counts, curve = stack([one.counts for one in scenes]), curve_of(scenes)
    found = {f"talk-over {name}": one.of(counts) for name, one in talk_overs.RECALLS.items()}
    found |= {f"false on {name}": one.of(counts) for name, one in talk_overs.FALSE_RATES.items()}
    hours = counts["seconds"].sum() / 3600
    found["alarms elsewhere an hour"] = rate(int(counts["elsewhere"].sum()), hours)
    late = [np.array(one.shipped.latencies_s) for one in scenes]
    found |= {f"latency p{p}": one for p, one in _latency(late).items()}
    for limit, at in AT.items():
        for name in talk_overs.NEGATIVE_SETS:
            false = talk_overs.FALSE_RATES[name]
            found[f"recall {at} of {name}"] = curve.recall_at(false, limit)
        point = curve.working_point(talk_overs.FALSE_RATES["backchannels"], limit)
        if point is not None:
            hits = [np.array(one.sweep[point].latencies_s) for one in scenes]
            found |= {f"latency p{p} {at}": one for p, one in _latency(hits).items()}
    false = talk_overs.FALSE_RATES["backchannels"]
    found["area under the curve"] = plain(curve.area(false), int(counts["backchannels"].sum()))
    return found


def _latency(scenes: Sequence[NDArray[np.float64]]) -> dict[int, Estimate]:
    """Percentiles of the latencies of the hits, in seconds; whole scenes are drawn again."""
    everything = np.concatenate([np.zeros(0), *scenes])
    if not everything.size:
        return {}
    owner = np.repeat(np.arange(len(scenes)), [len(one) for one in scenes])
    order = np.argsort(everything)
    weights = redraws(len(scenes))[:, owner[order]].cumsum(axis=1)
    found = {}
    for percent in PERCENTILES:
        places = (weights < percent / 100 * weights[:, -1:]).sum(axis=1)
        spread = everything[order][np.minimum(places, everything.size - 1)]
        low, high = np.percentile(spread, [2.5, 97.5])
        value = float(np.percentile(everything, percent))
        found[percent] = Estimate(value, float(low), float(high), int(everything.size))
    return found
