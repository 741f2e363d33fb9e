"""Finds when each line of the script begins, from their own sound: overlaps lie where the other really speaks.

One rule: pure arithmetic on samples; the same script and lines give the same times.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
from models.demo.speak import EDGE_DB, RATE_HZ, STEP, level_db

if TYPE_CHECKING:
    from numpy.typing import NDArray

How = Literal["turn", "backchannel", "talk_over", "cut_off", "chorus"]
GAP_S: Final = 0.35  # a usual pause before an answer at a counter
CHORUS_S: Final = 0.5  # thanks of both overlap by this much
CUT_OFF_S: Final = 0.45  # who is cut off goes on for this long
TALK_OVER_S: Final = (1.5, 3.0)  # shortest and longest scripted overlap
STEP_S: Final = STEP / RATE_HZ
LOUD_DB: Final = -22.0
THROUGH: Final = 0.97  # an overlap is under speech for this share of it, where there is such a place
GOOD: Final = 0.9  # of the densest speech within reach
AROUND: Final = 70  # steps: 0.35 s to each side
SEARCH_S: Final = 2.0  # how far from the place asked for an overlap may be moved
FADE_S: Final = 0.04
SOFTER: Final = 0.6  # a backchannel is spoken under the other voice


@dataclass(frozen=True, slots=True)
class Line:
    """One line as written, with its sound (float32 mono, 16 kHz)."""

    side: str
    text: str
    how: How
    samples: NDArray[np.float32]
    gap_s: float = GAP_S
    share: float = 0.5
    yields_after_s: float | None = None


class Under(NamedTuple):
    """The line under another, in 10 ms steps: whether it speaks, and how densely around each step."""

    speaks: NDArray[np.bool_]
    dense: NDArray[np.float64]


@dataclass(slots=True)
class Placed:
    """One line with its start in the visit, in seconds, and what it is to the line it overlaps, if any."""

    line: Line
    start_s: float
    samples: NDArray[np.float32]
    overlap_s: float = 0.0

    @property
    def end_s(self) -> float:
        """End of the line in the visit, in seconds."""
        return self.start_s + len(self.samples) / RATE_HZ


def place(lines: list[Line]) -> list[Placed]:
    """All lines of one visit, in the script's order; a line that is cut short has its sound cut.

    Raises:
        SystemExit: A scripted overlap does not fit; the message names the line.
    """
    placed: list[Placed] = []
    host: Placed | None = None
    for line in lines:
        latest_s = max((one.end_s for one in placed), default=0.0)
        if line.how in ("turn", "chorus") or host is None:
            gap_s = -CHORUS_S if line.how == "chorus" else line.gap_s
            new = Placed(line, latest_s + gap_s if placed else 0.0, line.samples, max(0.0, -gap_s) if placed else 0.0)
            host = new
        else:
            new = _inside(line, host)
        placed.append(new)
    return placed


def _speaks(samples: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether the line speaks, per 10 ms; pauses under 0.2 s bridged."""
    speaks = level_db(samples) > EDGE_DB
    on = np.flatnonzero(speaks)
    for before, after in itertools.pairwise(on):
        if after - before < 0.2 / STEP_S:
            speaks[before:after] = True
    return np.asarray(speaks)


def _dense(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Share of loud 10 ms in the second around each: an overlap that begins in a breath is nobody's interruption."""
    loud = (level_db(samples) > LOUD_DB).astype(np.float64)
    return np.convolve(loud, np.ones(AROUND) / AROUND, mode="same")


def _inside(line: Line, host: Placed) -> Placed:
    under = Under(_speaks(host.samples), _dense(host.samples))
    wanted = len(under.speaks) * line.share
    if line.how == "backchannel":
        length = len(line.samples) // STEP
        at = _nearest_free(under, wanted, before=30, length=length + 60)
        return Placed(line, host.start_s + at * STEP_S, line.samples * np.float32(SOFTER), length * STEP_S)
    at = _nearest_free(under, wanted, before=40, length=len(line.samples) // STEP if line.how == "talk_over" else 60)
    onset_s = host.start_s + at * STEP_S
    yields_s = CUT_OFF_S if line.how == "cut_off" else line.yields_after_s
    if yields_s is not None:
        host.samples = _cut_short(host.samples, (onset_s - host.start_s) + yields_s)
    new = Placed(line, onset_s, line.samples)
    new.overlap_s = min(host.end_s, new.end_s) - onset_s
    if line.how == "talk_over" and not TALK_OVER_S[0] <= new.overlap_s <= TALK_OVER_S[1]:
        raise SystemExit(
            f"{line.text!r} overlaps by {new.overlap_s:.2f} s: write it or the line under it longer or shorter"
        )
    return new


def _nearest_free(under: Under, wanted: float, *, before: int, length: int) -> int:
    """Where near `wanted` the other side speaks most, from `before` until `length` later, in 10 ms steps."""
    reach = round(SEARCH_S / STEP_S)
    places = range(max(before, round(wanted) - reach), min(len(under.speaks) - 20, round(wanted) + reach), 2)
    heard = {at: float(under.speaks[at - before : at + length].mean()) for at in places}
    through = [at for at in places if heard[at] >= min(THROUGH, max(heard.values()))]
    dense = GOOD * max(under.dense[at] for at in through)
    return min((at for at in through if under.dense[at] >= dense), key=lambda at: abs(at - wanted))


def _cut_short(samples: NDArray[np.float32], at_s: float) -> NDArray[np.float32]:
    """The line up to the quietest 10 ms near `at_s`, faded out: a speaker who gives up mid-sentence."""
    levels = level_db(samples)
    near = range(round((at_s - 0.12) / STEP_S), min(len(levels), round((at_s + 0.12) / STEP_S)))
    end = (min(near, key=lambda at: levels[at]) + 1) * STEP
    cut = samples[:end].copy()
    fade = np.linspace(1, 0, round(FADE_S * RATE_HZ), dtype=np.float32)
    cut[-len(fade) :] *= fade
    return cut
