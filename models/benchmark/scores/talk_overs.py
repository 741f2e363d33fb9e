"""Predictions at commit time, scored as TurnBench does (2026); one rule: each is charged once, to what it was on.

```
commit of a side -> in the window of a voice of that side that takes the floor: found (the first one), or nothing
                    on a backchannel of that side, up to 0.5 s after it: a false alarm on that backchannel
                    on a transition of that side, up to 0.5 s after it: counted by itself
                    while the other side alone has spoken for a second or more: a false alarm on one voice
                    anywhere else: elsewhere
```
TurnBench ends a negative where the span ends; the half second more charges an alarm that comes late as well. Two
differences: `attempt`s count as positives, and an overlap of less than 0.3 s counts as nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.intervals import Counts, Estimate, Ratio, redraws
from models.benchmark.matching import claim
from models.benchmark.truth import FRAME_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.benchmark.belief import Belief
    from models.benchmark.matching import Window
    from models.benchmark.truth import Flags, SecondVoice
    from numpy.typing import NDArray

EARLY_S: Final = 0.25
LATE_S: Final = 3.0
AFTER_S: Final = 0.5
HEARD_S: Final = 0.3
"""An overlap shorter than this is over before anything may be predicted; it is no positive."""
HELD_S: Final = 0.7
"""An overlap of this length is what the light is for."""
ALONE_S: Final = 1.0
ASKED: Final[NDArray[np.float64]] = 1 / (1 + np.exp(-np.arange(-5.0, 7.01, 0.05)))
"""Confidences of the curve, even in log-odds."""

FALSE_RATES: Final = {
    "backchannels": Ratio({"on backchannel": 1}, {"backchannels": 1}, "backchannels"),
    "overlapping backchannels": Ratio(
        {"on overlapping backchannel": 1}, {"overlapping backchannels": 1}, "overlapping backchannels"
    ),
    "backchannels and one voice": Ratio({"on negative": 1}, {"negatives": 1}, "negatives"),
    "one voice": Ratio({"on one voice": 1}, {"one voice": 1}, "one voice"),
    "transitions": Ratio({"on transition": 1}, {"transitions": 1}, "transitions"),
}
NEGATIVE_SETS: Final = ("backchannels", "overlapping backchannels", "backchannels and one voice")
"""Of `FALSE_RATES` those at which recall is given; the second is the hardest: both are heard for 0.3 s or more."""
PRECISION: Final = Ratio(
    {"found": 1},
    {"found": 1, "on backchannel": 1, "on transition": 1, "on one voice": 1, "elsewhere": 1},
    "takes",
)
RECALLS: Final = {
    "recall": Ratio({"found": 1}, {"takes": 1}, "takes"),
    "recall of 0.7 s": Ratio({"found held": 1}, {"takes held": 1}, "takes held"),
}


@dataclass(frozen=True, slots=True)
class Commit:
    """A prediction that a voice takes the floor: of which side, and the end of the last audio it used."""

    side: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the predictions of one scene were on; latencies in seconds from onset to commit, one a hit."""

    counts: dict[str, float]
    latencies_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Negatives:
    """Spans on which a prediction of their side is false; a backchannel is `overlapping` from 0.3 s of overlap on."""

    backchannels: tuple[SecondVoice, ...]
    transitions: tuple[SecondVoice, ...]
    one_voice: tuple[tuple[int, Window], ...]
    """The silent side, and when the other one alone speaks."""


def judge(commits: Sequence[Commit], voices: Sequence[SecondVoice], active: Flags) -> Verdict:
    """Charge every commit of a scene once."""
    counts: dict[str, float] = dict.fromkeys(
        ("found", "found held", "on backchannel", "on overlapping backchannel", "on transition", "on one voice"), 0
    )
    latencies: list[float] = []
    negatives = negatives_of(voices, active)
    left: list[Commit] = []
    for side in (0, 1):
        times = sorted(one.at_s for one in commits if one.side == side)
        takes = [one for one in voices if one.side == side and one.takes_floor]
        windows = _windows(takes)
        found = claim(windows, times)
        for voice, mine in zip(takes, found, strict=True):
            if mine is not None and voice.both_s >= HEARD_S:
                counts["found"] += 1
                counts["found held"] += voice.both_s >= HELD_S
                latencies.append(times[mine] - voice.onset_s)
        left += [Commit(side, at_s) for at_s in times if not any(a <= at_s <= b for a, b in windows)]
    counts |= _totals(voices, negatives)
    _charge(left, negatives, counts)
    return Verdict(counts, tuple(latencies))


def negatives_of(voices: Sequence[SecondVoice], active: Flags) -> Negatives:
    """The spans of a scene that a prediction must not be on."""
    alone: list[tuple[int, Window]] = []
    for side in (0, 1):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], active[side] & ~active[1 - side], [0])).astype(np.int8)))
        spans = edges.reshape(-1, 2) * FRAME_S
        alone += [(1 - side, (float(a), float(b))) for a, b in spans if b - a >= ALONE_S - FRAME_S / 2]
    return Negatives(
        backchannels=tuple(one for one in voices if one.kind == "backchannel"),
        transitions=tuple(one for one in voices if one.kind == "transition"),
        one_voice=tuple(alone),
    )


def _windows(takes: Sequence[SecondVoice]) -> list[Window]:
    """When a prediction of each counts; it ends where the next of the same side begins."""
    onsets_s = [one.onset_s for one in takes]
    ends_s = [min(at_s + LATE_S, after_s) for at_s, after_s in zip(onsets_s, [*onsets_s[1:], np.inf], strict=False)]
    return [(at_s - EARLY_S, end_s) for at_s, end_s in zip(onsets_s, ends_s, strict=True)]


def _totals(voices: Sequence[SecondVoice], negatives: Negatives) -> dict[str, float]:
    takes = [one for one in voices if one.takes_floor and one.both_s >= HEARD_S]
    return {
        "takes": len(takes),
        "takes held": sum(one.both_s >= HELD_S for one in takes),
        "backchannels": len(negatives.backchannels),
        "overlapping backchannels": sum(one.both_s >= HEARD_S for one in negatives.backchannels),
        "transitions": len(negatives.transitions),
        "one voice": len(negatives.one_voice),
        "negatives": len(negatives.backchannels) + len(negatives.one_voice),
    }


def _charge(left: list[Commit], negatives: Negatives, counts: dict[str, float]) -> None:
    """At most one false alarm a span; a commit that one kind of span explains is not charged to another."""
    for voice in negatives.backchannels:
        if _take_from(left, voice.side, (voice.onset_s - EARLY_S, voice.end_s + AFTER_S)):
            counts["on backchannel"] += 1
            counts["on overlapping backchannel"] += voice.both_s >= HEARD_S
    for voice in negatives.transitions:
        counts["on transition"] += _take_from(left, voice.side, (voice.onset_s - EARLY_S, voice.end_s + AFTER_S))
    for silent, window in negatives.one_voice:
        counts["on one voice"] += _take_from(left, silent, window)
    counts["on negative"] = counts["on backchannel"] + counts["on one voice"]
    counts["elsewhere"] = len(left)


def _take_from(left: list[Commit], side: int, window: Window) -> bool:
    """Remove the commits of a side within the window; whether there were any."""
    mine = [one for one in left if one.side == side and window[0] <= one.at_s <= window[1]]
    for one in mine:
        left.remove(one)
    return bool(mine)


def shipped(belief: Belief, voices: Sequence[SecondVoice], active: Flags) -> Verdict:
    """The scene at the system's own working point."""
    commits = [Commit(int(e.by == "customer"), e.committed_s) for e in belief.events if e.kind == "talk_over"]
    return judge(commits, voices, active)


def sweep(belief: Belief, voices: Sequence[SecondVoice], active: Flags) -> list[Verdict]:
    """The scene at every confidence of `ASKED`: one prediction an overlap, as soon as it is confident enough."""
    verdicts: list[Verdict] = []
    before: list[Commit] | None = None
    for asked in ASKED:
        firsts = [(one.side, one.first_at(float(asked))) for one in belief.overlaps]
        commits = [Commit(side, at_s) for side, at_s in firsts if at_s is not None]
        verdicts.append(verdicts[-1] if commits == before else judge(commits, voices, active))
        before = commits
    return verdicts


class Curve:
    """Recall against false alarms over many scenes, as the confidence asked rises.

    Args:
        scenes: For every scene the verdicts of `sweep`.
    """

    def __init__(self, scenes: Sequence[Sequence[Verdict]]) -> None:
        self._scenes = scenes
        names = scenes[0][0].counts
        self._counts = {name: np.array([[v.counts[name] for v in one] for one in scenes]) for name in names}

    def along(self, ratio: Ratio) -> NDArray[np.float64]:
        """A ratio at every confidence of `ASKED`."""
        everything: NDArray[np.float64] = self._divide(ratio, np.ones((1, len(self._scenes))))[0]
        return everything

    def recall_at(self, false_rate: Ratio, limit: float, recall: Ratio = RECALLS["recall"]) -> Estimate:
        """The best recall whose false-alarm rate stays within the limit; 0 where only silence does.

        NaN where nothing could be a false alarm. In each redraw of the scenes the confidence is chosen anew.
        """
        cases = int(self._counts[false_rate.cases][:, 0].sum())
        if not cases:
            return Estimate(np.nan, np.nan, np.nan, 0)
        drawn = np.vstack([np.ones((1, len(self._scenes))), redraws(len(self._scenes))])
        recalls, rates = self._divide(recall, drawn), self._divide(false_rate, drawn)
        best = np.where(rates <= limit, recalls, 0.0).max(axis=1)
        low, high = np.nanpercentile(best[1:], [2.5, 97.5])
        return Estimate(float(best[0]), float(low), float(high), cases)

    def working_point(self, false_rate: Ratio, limit: float) -> int | None:
        """Which of `ASKED` gives that recall; None where only silence stays within the limit."""
        recalls, rates = self.along(RECALLS["recall"]), self.along(false_rate)
        fitting = np.flatnonzero(rates <= limit)
        return int(fitting[np.argmax(recalls[fitting])]) if fitting.size else None

    def latencies_s(self, point: int) -> NDArray[np.float64]:
        """Of the hits at one of `ASKED`, in seconds."""
        return np.array([late for one in self._scenes for late in one[point].latencies_s])

    def area(self, false_rate: Ratio) -> float:
        """Area under recall over the false-alarm rate, from no alarm to an alarm on everything."""
        rates = np.concatenate([[1.0], self.along(false_rate), [0.0]])
        recalls = np.concatenate([[1.0], self.along(RECALLS["recall"]), [0.0]])
        return float(np.sum((rates[:-1] - rates[1:]) * (recalls[:-1] + recalls[1:]) / 2))

    def _divide(self, ratio: Ratio, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        """The ratio, shape (redraws, confidences)."""
        over = sum(weight * (drawn @ self._counts[name]) for name, weight in ratio.over.items())
        under = sum(weight * (drawn @ self._counts[name]) for name, weight in ratio.under.items())
        with np.errstate(invalid="ignore", divide="ignore"):
            divided: NDArray[np.float64] = np.asarray(over) / np.asarray(under)
        return divided


def stack(scenes: Sequence[dict[str, float]]) -> Counts:
    """Counts of many scenes by name, shape (scenes,); what a scene lacks is 0."""
    names = {name for one in scenes for name in one}
    return {name: np.array([one.get(name, 0.0) for one in scenes], dtype=np.float64) for name in sorted(names)}
