"""The detector's measured error for the device; one rule: the fields are those of `values.Uncertainty`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from models.benchmark.scores import settled, talk_overs

from counterpoint.values import Uncertainty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.benchmark.intervals import Ratio
    from models.benchmark.judged import Figures, Judged

PREDICTION = "talk_over"


def uncertainty(dense: Sequence[Judged], days: Figures) -> Uncertainty:
    """Events from the dense scenes, statistics of visits from the days, of both simulators."""
    counts = talk_overs.stack([one.counts for one in dense])

    def share(ratio: Ratio) -> float:
        value = ratio.of(counts).value
        return 0.0 if math.isnan(value) else round(value, 3)

    recall = {kind: share(one) for kind, one in settled.RECALLS.items()}
    precision = {kind: share(one) for kind, one in settled.PRECISIONS.items()}
    false = ("on backchannel", "on transition", "on one voice", "elsewhere")
    found, wrong = counts["found"].sum(), sum(counts[name].sum() for name in false)
    return Uncertainty(
        source="simulation",
        talk_share_points=round(days["error of talk share, points"].value, 2),
        overlap_relative=round(days["overlap time, relative"].value, 3),
        event_recall=recall | {PREDICTION: share(talk_overs.RECALLS["recall"])},
        event_precision=precision | {PREDICTION: round(float(found / max(found + wrong, 1)), 3)},
        pause_s=round(days["error of pause before answering, s"].value, 3),
    )
