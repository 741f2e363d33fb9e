"""What overlaps were, once they are over; one rule: an event is right when kind, side and onset (200 ms) are.

The same count as sed_eval's event-based one with `evaluate_offset=False` and optimal matching; a class is a kind of
one side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.benchmark.intervals import Ratio
from models.benchmark.matching import pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.benchmark.belief import Belief
    from models.benchmark.truth import SecondVoice

COLLAR_S: Final = 0.2
KINDS: Final = ("interruption", "attempt", "transition", "backchannel")
ANY: Final = "any kind"
"""Found at all, whatever it is called."""
SIDES: Final = ("agent", "customer")

RATIOS: Final = {
    f"{kind} f1": Ratio({f"{kind} hit": 2}, {f"{kind} said": 1, f"{kind} true": 1}, f"{kind} true")
    for kind in (*KINDS, ANY)
}
RECALLS: Final = {kind: Ratio({f"{kind} hit": 1}, {f"{kind} true": 1}, f"{kind} true") for kind in KINDS}
PRECISIONS: Final = {kind: Ratio({f"{kind} hit": 1}, {f"{kind} said": 1}, f"{kind} said") for kind in KINDS}


def count_settled(voices: Sequence[SecondVoice], belief: Belief) -> dict[str, float]:
    """Hits, true and reported events of each kind in one scene."""
    counts: dict[str, float] = {}
    for kind in (*KINDS, ANY):
        kinds = KINDS if kind == ANY else (kind,)
        hits = true = said = 0
        for side, name in enumerate(SIDES):
            onsets = sorted(one.onset_s for one in voices if one.side == side and one.kind in kinds)
            reported = sorted(one.onset_s for one in belief.events if one.by == name and one.kind in kinds)
            hits += len(pair(onsets, reported, COLLAR_S))
            true, said = true + len(onsets), said + len(reported)
        counts |= {f"{kind} hit": hits, f"{kind} true": true, f"{kind} said": said}
    return counts
