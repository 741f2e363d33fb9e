"""Who speaks, frame by frame; one rule: every frame of 20 ms counts, no collar at the edges.

`activity error` is the identification error rate of pyannote.metrics with the two sides as names: missed, false and
confused time over the time spoken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.intervals import Ratio

if TYPE_CHECKING:
    from models.benchmark.belief import Belief
    from models.benchmark.truth import Flags

SIDES: Final = ("agent", "customer")


def _f1(what: str) -> Ratio:
    hits, false, missed = (f"{what} {kind}" for kind in ("hit", "false", "missed"))
    return Ratio({hits: 2}, {hits: 2, false: 1, missed: 1}, f"{what} true")


RATIOS: Final = {
    "agent f1": _f1("agent"),
    "customer f1": _f1("customer"),
    "given to other side": Ratio({"given to other": 1}, {"one speaks": 1}, "one speaks"),
    "activity error": Ratio({"activity wrong": 1}, {"activity true": 1}, "activity true"),
    "overlap f1": _f1("overlap"),
    "overlap precision": Ratio({"overlap hit": 1}, {"overlap hit": 1, "overlap false": 1}, "overlap true"),
    "overlap recall": Ratio({"overlap hit": 1}, {"overlap hit": 1, "overlap missed": 1}, "overlap true"),
}
SIDED: Final = tuple(name for name in RATIOS if not name.startswith("overlap"))
"""Figures that a system without sides has not."""


def count_frames(active: Flags, belief: Belief) -> dict[str, float]:
    """Frames of every kind in one scene; `active` is the truth, shape (2, frames)."""
    frames = min(active.shape[1], len(belief.said_both))
    true = active[:, :frames]
    counts = _confusion("overlap", true[0] & true[1], belief.said_both[:frames])
    counts["frames"] = frames
    said = belief.said
    if said is None:
        return counts
    said = said[:, :frames]
    for side, name in enumerate(SIDES):
        counts |= _confusion(name, true[side], said[side])
    alone = true[0] ^ true[1]
    swapped = alone & (said != true).all(axis=0)
    counts["one speaks"] = int(alone.sum())
    counts["given to other"] = int(swapped.sum())
    right = (true & said).sum(axis=0)
    counts["activity true"] = int(true.sum())
    counts["activity wrong"] = int((np.maximum(true.sum(axis=0), said.sum(axis=0)) - right).sum())
    return counts


def _confusion(what: str, true: Flags, said: Flags) -> dict[str, float]:
    return {
        f"{what} true": int(true.sum()),
        f"{what} hit": int((true & said).sum()),
        f"{what} false": int((~true & said).sum()),
        f"{what} missed": int((true & ~said).sum()),
    }
