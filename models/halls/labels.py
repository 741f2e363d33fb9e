"""When a dry voice sounds, and what a second voice is; one rule: truth is of the script and the dry sound alone."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import FRAME_S, RATE, EntryKind, Flags, SecondVoice, Sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

Span = tuple[float, float]

PAUSE_S: Final = 0.2
"""A shorter pause does not end speech (design.md)."""
_HOP: Final = 80
_WINDOW: Final = 320
_BANDS_HZ: Final = ((80, 500), (500, 2000), (2000, 7000))
_DEPTH_DB: Final = 25.0
"""Speech reaches this far below the loud parts of its own band: weak consonants and fading vowels."""
_ABOVE_FLOOR_DB: Final = 12.0
"""Over the hiss of a recording."""
_LEAST_DEPTH_DB: Final = 12.0
"""A line without any pause has no floor: at least this much below its loud parts is speech."""
_FAINT_DB: Final = 45.0
"""A band this far below the loudest one carries no speech."""
_NOTHING_DB: Final = -100.0
"""Digital silence."""
_BLIP_S: Final = 0.03
"""What is shorter and stands alone is a click."""


def _band_levels(samples: Sound) -> NDArray[np.float64]:
    """Level in dB, (bands, steps of 5 ms), of windows of 20 ms."""
    padded = np.pad(samples, (_WINDOW // 2, _WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW).astype(np.float32), axis=1)) ** 2
    hz = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    bands = [power[:, (hz >= low) & (hz < high)].sum(axis=1) for low, high in _BANDS_HZ]
    return np.asarray(10 * np.log10(np.array(bands) + 1e-12), dtype=np.float64)


def spans_of(samples: Sound) -> tuple[Span, ...]:
    """Where a dry line sounds, in seconds from its first sample; pauses under 0.2 s are filled."""
    levels = _band_levels(samples)
    loud = np.percentile(levels, 95, axis=1, keepdims=True)
    floor = np.percentile(levels, 5, axis=1, keepdims=True)
    if loud.max() < _NOTHING_DB:
        return ()
    least = np.maximum(loud - _DEPTH_DB, np.minimum(floor + _ABOVE_FLOOR_DB, loud - _LEAST_DEPTH_DB))
    sounding = ((levels > least) & (loud > loud.max() - _FAINT_DB)).any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], sounding.astype(np.int8), [0]))))
    step, length = _HOP / RATE, len(samples) / RATE
    spans = [(min(on * step, length), min(off * step, length)) for on, off in edges.reshape(-1, 2)]
    near = [
        span
        for before, span, after in zip([(-9.0, -9.0), *spans], spans, [*spans[1:], (9e9, 9e9)], strict=False)
        if span[1] - span[0] >= _BLIP_S or span[0] - before[1] < _BLIP_S or after[0] - span[1] < _BLIP_S
    ]
    return joined(near)


def joined(spans: Iterable[Span], pause_s: float = PAUSE_S) -> tuple[Span, ...]:
    """Spans in order, those less than a pause apart made one."""
    out: list[Span] = []
    for on, off in sorted(spans):
        if out and on - out[-1][1] < pause_s:
            out[-1] = (out[-1][0], max(out[-1][1], off))
        elif off > on:
            out.append((on, off))
    return tuple(out)


def flags(spans: Iterable[Span], frames: int) -> Flags:
    """Frame i is true when at least half of [i/50, (i+1)/50) s sounds."""
    covered = np.zeros(frames + 1)
    for on, off in spans:
        first, last = max(0.0, on / FRAME_S), min(float(frames), off / FRAME_S)
        if last <= first:
            continue
        a, b = int(first), int(last)
        covered[a:b] += 1.0
        covered[a] -= first - a
        covered[b] += last - b
    return np.asarray(covered[:frames] >= 0.5 - 1e-9, dtype=np.bool_)


def stretch_at(spans: Sequence[Span], at_s: float) -> Span | None:
    """The stretch of sound that holds this moment."""
    return next((span for span in spans if span[0] - 1e-6 <= at_s < span[1]), None)


def second_voice(kind: EntryKind, side: int, onset_s: float, stretches: tuple[tuple[Span, ...], ...]) -> SecondVoice:
    """What comes in at this onset, its ends read off the stretches of both sides (agent's, customer's)."""
    own = stretch_at(stretches[side], onset_s) or (onset_s, onset_s)
    first = stretch_at(stretches[1 - side], onset_s)
    first_end_s = first[1] if first else onset_s
    return SecondVoice(side, float(onset_s), float(own[1]), float(first_end_s), kind)


TAIL_S: Final = 0.5
"""What begins in the last half second of a turn that was ending anyway is a transition (design.md)."""
_RESUMES_S: Final = 1.0
"""Who speaks on within a second had not finished."""


def kind_in_call(own: Span, first: Span, first_next_s: float) -> EntryKind:
    """What talk over talk is in a real call, where nobody wrote a script.

    Args:
        own: The talk that comes in.
        first: The other's talk, which holds its onset.
        first_next_s: When the other talks again.
    """
    left = first[1] - own[0]
    if left <= TAIL_S:
        return "transition"
    if own[1] <= first[1] or first_next_s - first[1] < min(_RESUMES_S, own[1] - first[1]):
        return "attempt"
    return "interruption"


def gaps(spans: Sequence[Span]) -> list[Span]:
    """The silences between spans."""
    return [(before[1], after[0]) for before, after in pairwise(spans)]
