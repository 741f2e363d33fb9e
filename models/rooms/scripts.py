"""Who speaks when: real call timings, and staged conversations whose turns end where the speaker paused.

One rule: a script knows times and kinds, never sound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SpanKind = Literal["talk", "backchannel"]

TRANSITION_S: Final = 0.5
"""An overlap with the last half second of a turn that was ending anyway is a transition."""
CONTINUES_S: Final = 0.3
"""A speaker who goes on after such a short gap had not finished."""


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of speech: of side 0 (agent) or 1 (customer), in seconds.

    Attributes:
        side: 0 or 1.
        start_s: When it begins.
        end_s: When it ends, at the latest.
        kind: `talk` takes or holds the floor, `backchannel` does not.
        natural: It ends where the speaker paused, not where the time was up.
        cut_off: The speaker yielded without having finished.
    """

    side: int
    start_s: float
    end_s: float
    kind: SpanKind = "talk"
    natural: bool = False
    cut_off: bool = False


def from_call(rng: np.random.Generator, calls: tuple[NDArray[np.float64], ...], seconds: float) -> list[Span]:
    """A stretch of a real call; the sides are dealt by chance."""
    call = calls[int(rng.integers(len(calls)))]
    begin = rng.uniform(0, max(call[-1, 2] - seconds, 1e-3))
    swap = int(rng.integers(2))
    inside = call[(call[:, 2] > begin + 0.1) & (call[:, 1] < begin + seconds - 0.1)]
    return [
        Span(
            side=int(side) ^ swap,
            start_s=max(on - begin, 0.0),
            end_s=min(off - begin, seconds),
            kind="backchannel" if backchannel else "talk",
        )
        for side, on, off, backchannel in inside
    ]


def staged(rng: np.random.Generator, seconds: float) -> list[Span]:
    """A conversation dense in what matters: changes, backchannels, attempts and interruptions, and some pauses."""
    spans: list[Span] = []
    now, side = rng.uniform(0.3, 2.0), int(rng.integers(2))
    while now < seconds - 1.5:
        length = float(np.clip(rng.lognormal(1.1, 0.6), 0.8, 12))
        turn = Span(side, now, min(now + length, seconds), natural=True)
        event = rng.choice(["change", "backchannel", "attempt", "interruption", "pause"], p=[0.3, 0.2, 0.15, 0.2, 0.15])
        if event == "interruption" and length > 2:  # noqa: PLR2004  # seconds: something to interrupt
            onset = now + rng.uniform(0.8, length - 0.6)
            spans.append(Span(side, now, onset + rng.uniform(0.2, 1.6), cut_off=True))
            now, side = onset, 1 - side
            continue
        spans.append(turn)
        if event in ("backchannel", "attempt") and length > 2:  # noqa: PLR2004  # seconds: something to listen to
            spans.append(_inside(rng, turn, event == "backchannel"))
        gap = rng.uniform(1.0, 4.0) if event == "pause" else float(np.clip(rng.normal(0.2, 0.35), -0.5, 1.5))
        now, side = max(now + length + gap, now + 0.4), 1 - side if rng.random() < 0.85 else side  # noqa: PLR2004  # mostly the other
    return [span for span in spans if span.start_s < seconds - 0.3 and span.end_s - span.start_s > 0.1]  # noqa: PLR2004  # seconds


def _inside(rng: np.random.Generator, turn: Span, backchannel: bool) -> Span:
    """The other side's backchannel or attempt within a turn."""
    length = rng.uniform(0.2, 0.75) if backchannel else rng.uniform(0.7, 2.2)
    onset = rng.uniform(turn.start_s + 0.7, max(turn.end_s - length - 0.2, turn.start_s + 0.8))
    kind: SpanKind = "backchannel" if backchannel else "talk"
    return Span(1 - turn.side, onset, onset + length, kind, natural=backchannel)


def stretches(spans: list[Span]) -> tuple[Span, ...]:
    """The script as it is heard: talk of one side that goes on after less than `CONTINUES_S` is one stretch."""
    merged: list[Span] = []
    last: dict[int, int] = {}
    for span in sorted(spans, key=lambda one: one.start_s):
        before = last.get(span.side)
        if span.kind == "talk" and before is not None and span.start_s - merged[before].end_s < CONTINUES_S:
            end_s = max(span.end_s, merged[before].end_s)
            merged[before] = replace(merged[before], end_s=end_s, cut_off=span.cut_off)
            continue
        if span.kind == "talk":
            last[span.side] = len(merged)
        merged.append(span)
    return tuple(merged)


def spoken_over(heard: tuple[Span, ...], second: Span) -> Span | None:
    """The other side's stretch in which `second` begins, or None."""
    others = [one for one in heard if one.side != second.side and one.start_s <= second.start_s < one.end_s]
    return max(others, key=lambda one: one.end_s) if others else None


def takes_floor(heard: tuple[Span, ...], second: Span) -> bool | None:
    """Whether `second` takes or fights for the floor; None when it began in nobody's speech."""
    first = spoken_over(heard, second)
    if first is None:
        return None
    if "backchannel" in (first.kind, second.kind):
        return False
    return first.cut_off or first.end_s - second.start_s > TRANSITION_S
