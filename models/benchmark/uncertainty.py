"""The detector's measured error for the device; one rule: the fields are those of `values.Uncertainty`."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Final

import msgspec
from models.benchmark.scores import settled, talk_overs

from counterpoint.values import Uncertainty

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.benchmark.intervals import Ratio
    from models.benchmark.judged import Figures, Judged

FILE: Final = "uncertainty.json"
PREDICTION: Final = "talk_over"
DAY_FIGURES: Final = ("error of talk share, points", "overlap time, relative", "error of pause before answering, s")


def uncertainty(dense: Sequence[Judged], days: Figures) -> Uncertainty:
    """Events from the dense scenes, statistics of visits from the days, of both simulators.

    A prediction is true where it finds a talk-over; of several on one talk-over the first.

    Raises:
        ValueError: An error was never measured: the days had no visit with an overlap and a pause. The device refuses
            a file without it.
    """
    if unknown := [name for name in DAY_FIGURES if math.isnan(days[name].value)]:
        raise ValueError(f"the days say nothing of {', '.join(unknown)}: ask for more --day-hours")
    counts = talk_overs.stack([one.counts for one in dense])

    def share(ratio: Ratio) -> float:
        value = ratio.of(counts).value
        return 0.0 if math.isnan(value) else round(value, 3)

    recall = {kind: share(one) for kind, one in settled.RECALLS.items()}
    precision = {kind: share(one) for kind, one in settled.PRECISIONS.items()}
    reported = sum(event.kind == PREDICTION for one in dense for event in one.belief.events)
    talk_share, overlap, pause = (days[name].value for name in DAY_FIGURES)
    return Uncertainty(
        source="simulation",
        talk_share_points=round(talk_share, 2),
        overlap_relative=round(overlap, 3),
        event_recall=recall | {PREDICTION: share(talk_overs.RECALLS["recall"])},
        event_precision=precision | {PREDICTION: round(float(counts["found"].sum()) / max(reported, 1), 3)},
        pause_s=round(pause, 3),
    )


def write_uncertainty(dense: Sequence[Judged], days: Figures, folders: Sequence[Path]) -> None:
    """The device's file in each folder; where the run was too short for it, the one that is there stays."""
    try:
        sure = msgspec.json.encode(uncertainty(dense, days), enc_hook=float)
    except ValueError as problem:
        print(f"benchmark: {FILE} is not written: {problem}", file=sys.stderr)
        return
    for folder in folders:
        (folder / FILE).write_bytes(msgspec.json.format(sure, indent=1) + b"\n")
