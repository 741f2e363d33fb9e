"""Scores of the talk-over model against the truth of a scene; one rule: counts add up, rates are made at the end.

Frames after the usual definitions; events after TurnBench (2026): a prediction counts when it is committed within
[-0.25 s, +3.0 s] of the onset, and a backchannel with a prediction on it is one false alarm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from models.rooms import scripts
from models.rooms.voices import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.rooms.scenes import Scene
    from models.rooms.scripts import Span
    from models.rooms.voices import Flags
    from numpy.typing import NDArray

    from counterpoint.values import FloorEvent

FRAME_S: Final = 0.02
EARLY_S: Final = 0.25
LATE_S: Final = 3.0
HEARD_S: Final = 0.3
"""An overlap shorter than this is over before anything may be predicted; it is no positive."""
HELD_S: Final = 0.7
"""An overlap of this length is what the light is for."""
ONSET_S: Final = 0.4
"""A settled event matches when its onset is this near."""
SIDES: Final = ("agent", "customer")
KINDS: Final = ("interruption", "attempt", "transition", "backchannel")
LONGEST_PAUSE_S: Final = 2.0


@dataclass
class Tally:
    """Hits, false alarms and misses."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def add(self, said: Flags, true: Flags) -> None:
        """Count frames."""
        self.hits += int((said & true).sum())
        self.false += int((said & ~true).sum())
        self.missed += int((~said & true).sum())

    @property
    def precision(self) -> float:
        """Of what was said, the share that is true."""
        return self.hits / max(self.hits + self.false, 1)

    @property
    def recall(self) -> float:
        """Of what is true, the share that was said."""
        return self.hits / max(self.hits + self.missed, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.hits / max(2 * self.hits + self.false + self.missed, 1)


@dataclass
class Scores:
    """All that is counted over the scenes of one condition."""

    sides: dict[str, Tally] = field(default_factory=lambda: {side: Tally() for side in SIDES})
    overlap: Tally = field(default_factory=Tally)
    given_to_other: int = 0
    one_speaks: int = 0
    share_errors: list[float] = field(default_factory=list)
    overlap_errors_s: list[float] = field(default_factory=list)
    overlap_s: float = 0.0
    talk_over: Tally = field(default_factory=Tally)
    held: Tally = field(default_factory=Tally)
    """Of the talk-overs, those that are held for `HELD_S`; false alarms are not counted here."""
    backchannels: int = 0
    backchannel_alarms: int = 0
    latencies_s: list[float] = field(default_factory=list)
    kinds: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    pause_errors_s: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, scene: Scene, said: Flags, events: Sequence[FloorEvent]) -> None:
        """Count one scene: `said` is the decided speech, shape (2, frames)."""
        true = scene.active[:, : said.shape[1]]
        self.seconds += said.shape[1] * FRAME_S
        for side, name in enumerate(SIDES):
            self.sides[name].add(said[side], true[side])
            alone = true[side] & ~true[1 - side]
            self.one_speaks += int(alone.sum())
            self.given_to_other += int((alone & said[1 - side] & ~said[side]).sum())
        both_said, both_true = said[0] & said[1], true[0] & true[1]
        self.overlap.add(both_said, both_true)
        self.overlap_s += both_true.sum() * FRAME_S
        self.overlap_errors_s.append(abs(int(both_said.sum()) - int(both_true.sum())) * FRAME_S)
        if true.any() and said.any():
            self.share_errors.append(100 * abs(_customer_share(said) - _customer_share(true)))
        self._add_predictions(scene, events)
        self._add_settled(scene, events)
        self.pause_errors_s += _pause_errors(true, said)

    def _add_predictions(self, scene: Scene, events: Sequence[FloorEvent]) -> None:
        """Match predictions to floor-taking overlaps, and look for them on backchannels."""
        open_ = [event for event in events if event.kind == "talk_over"]
        taken, quiet = _second_voices(scene)
        for span, heard_s in taken:
            match = next((event for event in open_ if _is_on(event, span, LATE_S)), None)
            for tally in [self.talk_over, *([self.held] if heard_s >= HELD_S else [])]:
                tally.hits += match is not None
                tally.missed += match is None
            if match is not None:
                open_.remove(match)
                self.latencies_s.append(match.committed_s - span.start_s)
        self.talk_over.false += len(open_)
        self.backchannels += len(quiet)
        self.backchannel_alarms += sum(
            any(_is_on(event, span, span.end_s - span.start_s + 0.5) for event in open_) for span in quiet
        )

    def _add_settled(self, scene: Scene, events: Sequence[FloorEvent]) -> None:
        """Match settled overlaps to the script by kind, side and onset."""
        for kind in KINDS:
            said = [event for event in events if event.kind == kind]
            for side, onset_s in _true_onsets(scene, kind):
                match = next((e for e in said if e.by == SIDES[side] and abs(e.onset_s - onset_s) <= ONSET_S), None)
                self.kinds[kind].missed += match is None
                if match is not None:
                    said.remove(match)
                    self.kinds[kind].hits += 1
            self.kinds[kind].false += len(said)

    def figures(self) -> dict[str, float | int]:
        """The rates, rounded; a rate of nothing is left out."""
        late = np.array(self.latencies_s or [np.nan])
        figures: dict[str, float | int] = {
            "minutes": round(self.seconds / 60, 1),
            "agent_f1": self.sides["agent"].f1,
            "customer_f1": self.sides["customer"].f1,
            "given_to_other_side": self.given_to_other / max(self.one_speaks, 1),
            "overlap_f1": self.overlap.f1,
            "overlap_precision": self.overlap.precision,
            "overlap_recall": self.overlap.recall,
            "talk_share_error_points": float(np.mean(self.share_errors)),
            "talk_over_positives": self.talk_over.hits + self.talk_over.missed,
            "talk_over_recall": self.talk_over.recall,
            "talk_over_recall_held_0.7_s": self.held.recall,
            "talk_over_precision": self.talk_over.precision,
            "talk_over_false_per_hour": 3600 * self.talk_over.false / self.seconds,
            "backchannels": self.backchannels,
            "false_alarm_rate_on_backchannels": self.backchannel_alarms / max(self.backchannels, 1),
            "latency_p50_s": float(np.percentile(late, 50)),
            "latency_p90_s": float(np.percentile(late, 90)),
        }
        return {
            name: value if isinstance(value, int) else round(value, 3)
            for name, value in figures.items()
            if np.isfinite(value)
        }


def _customer_share(active: Flags) -> float:
    return float(active[1].sum() / max(active.sum(), 1))


def _second_voices(scene: Scene) -> tuple[list[tuple[Span, float]], list[Span]]:
    """Spans that take or fight for the floor, with the seconds both are heard; and the backchannels."""
    both = scene.active[0] & scene.active[1]
    taken: list[tuple[Span, float]] = []
    quiet: list[Span] = []
    for span in scene.spans:
        verdict = scripts.takes_floor(scene.spans, span)
        heard_s = both[int(span.start_s / FRAME_S) : int(span.end_s / FRAME_S) + 1].sum() * FRAME_S
        if verdict and heard_s >= HEARD_S:
            taken.append((span, heard_s))
        if span.kind == "backchannel":
            quiet.append(span)
    return taken, quiet


def _is_on(event: FloorEvent, span: Span, late_s: float) -> bool:
    return event.by == SIDES[span.side] and span.start_s - EARLY_S <= event.committed_s <= span.start_s + late_s


def _true_onsets(scene: Scene, kind: str) -> list[tuple[int, float]]:
    """Side and onset of the script's overlaps of a kind."""
    return [(span.side, span.start_s) for span in scene.spans if _kind_of(scene.spans, span) == kind]


def _kind_of(spans: tuple[Span, ...], second: Span) -> str | None:
    """What an overlap turns out to be: who spoke on when one stopped."""
    first = scripts.spoken_over(spans, second)
    if first is None:
        return None
    if second.kind == "backchannel":
        return "backchannel"
    if not scripts.takes_floor(spans, second):
        return "transition"
    return "interruption" if first.end_s < second.end_s else "attempt"


def _pause_errors(true: Flags, said: Flags) -> list[float]:
    """Errors of the pauses between the customer's end and the agent's start, where both ends were heard."""
    errors = []
    said_ends, said_starts = runs(said[1])[:, 1], runs(said[0])[:, 0]
    starts = runs(true[0])[:, 0]
    for end in runs(true[1])[:, 1]:
        later = starts[(starts >= end) & (starts < end + LONGEST_PAUSE_S / FRAME_S)]
        if not later.size or true[1, end : later[0]].any():
            continue
        near_end, near_start = _nearest(said_ends, int(end)), _nearest(said_starts, int(later[0]))
        if near_end is not None and near_start is not None:
            errors.append(abs((near_start - near_end) - (int(later[0]) - int(end))) * FRAME_S)
    return errors


def _nearest(places: NDArray[np.int64], place: int) -> int | None:
    """The nearest of `places` within half a second."""
    if not places.size:
        return None
    nearest = int(places[np.argmin(np.abs(places - place))])
    return nearest if abs(nearest - place) * FRAME_S <= 0.5 else None  # noqa: PLR2004  # half a second
