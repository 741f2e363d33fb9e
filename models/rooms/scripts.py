"""Who speaks when, and what an overlap is: real call timings, and the truth of any timing.

One rule: a script knows times and kinds, never sound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from models.benchmark.truth import EntryKind, SecondVoice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SpanKind = Literal["talk", "backchannel"]

TRANSITION_S: Final = 0.5
"""An overlap with the last half second of a turn that was ending anyway is a transition."""
CONTINUES_S: Final = 0.3
"""A speaker who goes on after such a short gap had not finished."""
LISTENS_S: Final = 4.0
"""A small word this long after the other's speech still answers it: somebody thinks, and is being listened to."""


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of speech: of side 0 (agent) or 1 (customer), in seconds.

    Attributes:
        side: 0 or 1.
        start_s: When it begins.
        end_s: When it ends.
        kind: `talk` takes or holds the floor, `backchannel` does not.
        cut_off: The speaker had not finished: yielded, or paused with more to come.
    """

    side: int
    start_s: float
    end_s: float
    kind: SpanKind = "talk"
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
    """The other side's stretch in which `second` begins, or None; of two that begin together the agent's is first."""
    others = [
        one
        for one in heard
        if one.side != second.side
        and (one.start_s, one.side) < (second.start_s, second.side)
        and second.start_s < one.end_s
    ]
    return max(others, key=lambda one: one.end_s) if others else None


def takes_floor(heard: tuple[Span, ...], second: Span) -> bool | None:
    """Whether `second` takes or fights for the floor; None when it began in nobody's speech."""
    first = spoken_over(heard, second)
    if first is None:
        return None
    if "backchannel" in (first.kind, second.kind):
        return False
    return first.cut_off or first.end_s - second.start_s > TRANSITION_S


def second_voices(heard: tuple[Span, ...]) -> tuple[SecondVoice, ...]:
    """Every voice that comes in over the other's talk, and every small word in the other's pause, by onset."""
    found = []
    for second in heard:
        first = spoken_over(heard, second) or (_listened_to(heard, second) if second.kind == "backchannel" else None)
        if first is not None and first.kind == "talk":
            kind = _entry_kind(heard, first, second)
            found.append(SecondVoice(second.side, second.start_s, second.end_s, first.end_s, kind))
    return tuple(sorted(found, key=lambda one: one.onset_s))


def _listened_to(heard: tuple[Span, ...], small: Span) -> Span | None:
    """The other side's talk that a small word in a pause answers; None where the speaker had talked since."""
    before = [one for one in heard if one.kind == "talk" and one.end_s <= small.start_s]
    latest = max(before, key=lambda one: one.end_s, default=None)
    if latest is None or latest.side == small.side or small.start_s - latest.end_s > LISTENS_S:
        return None
    return latest


def _entry_kind(heard: tuple[Span, ...], first: Span, second: Span) -> EntryKind:
    if second.kind == "backchannel":
        return "backchannel"
    if not takes_floor(heard, second):
        return "transition"
    return "interruption" if second.end_s >= first.end_s else "attempt"
