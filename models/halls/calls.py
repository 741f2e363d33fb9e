"""Real calls' timing, spoken by the halls' voices; one rule: who talks when is the call's, never ours.

Sentences end where the call's turn ended by itself and are cut where the other broke in. A reader's small words are
short pieces of the same reading, no softer; a synthetic voice has its own.
"""

from __future__ import annotations

import bisect
import csv
import functools
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.benchmark.parts import part_of
from models.halls.labels import TAIL_S, Span, joined, kind_in_call
from models.halls.plan import Plan, Said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from models.benchmark.truth import EntryKind
    from models.halls.voices import Voice

_LEAST_S: Final = 0.15
"""Shorter talk is half a word."""
_TRIES: Final = 24
"""Windows that the richest is chosen from."""
_WANTED: Final[Mapping[str, float]] = {"backchannel": 7.0, "transition": 2.0, "interruption": 2.0, "attempt": 2.0}
"""A minute of a dense scene."""
_WEIGHT: Final[Mapping[str, float]] = {"backchannel": 1.0, "transition": 1.0, "interruption": 4.0, "attempt": 4.0}
_PAUSED: Final = 0.35
"""Share of pauses inside turns that are made longer, where that is asked for."""
_FOREVER: Final = 9e9


@dataclass(frozen=True, slots=True)
class Talk:
    """One side's span of a call: what it is, and whether it ends by itself."""

    side: int
    span: Span
    kind: EntryKind | None
    small: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Call:
    """All spans of a call, in order of their beginning."""

    talks: tuple[Talk, ...]

    @property
    def seconds(self) -> float:
        """Until the last word."""
        return max(one.span[1] for one in self.talks)

    def between(self, from_s: float, to_s: float) -> tuple[Talk, ...]:
        """What begins between two moments."""
        first = bisect.bisect_left(self.talks, from_s, key=lambda one: one.span[0])
        last = bisect.bisect_left(self.talks, to_s, key=lambda one: one.span[0])
        return self.talks[first:last]


def _understood(talks: tuple[Sequence[Span], Sequence[Span]], smalls: tuple[Sequence[Span], Sequence[Span]]) -> Call:
    """Say of every span what it is beside the other side's talk."""
    out = [
        Talk(side, span, "backchannel", True, True) for side in (0, 1) for span in smalls[side]
    ]  # a small word is one, and is said to its end
    for side in (0, 1):
        others = talks[1 - side]
        begins = [span[0] for span in others]
        for span in talks[side]:
            last = bisect.bisect_right(begins, span[0]) - 1
            heard = last >= 0 and others[last][1] > span[0]
            after = others[last + 1][0] if last + 1 < len(others) else _FOREVER
            kind = kind_in_call(span, others[last], after) if heard else None
            broken = bisect.bisect_right(begins, span[0])
            whole = not any(other[0] < span[1] - TAIL_S and other[1] > span[1] for other in others[broken : broken + 3])
            out.append(Talk(side, span, kind, small=False, whole=whole))
    return Call(tuple(sorted(out, key=lambda one: (one.span[0], one.side))))


class Calls:
    """The calls of the part `halls`."""

    def __init__(self, file: Path) -> None:
        rows: dict[str, list[tuple[int, Span, bool]]] = {}
        with gzip.open(file, "rt") as lines:
            for row in csv.DictReader(lines):
                span = (float(row["on_s"]), float(row["off_s"]))
                rows.setdefault(row["call"], []).append(("AB".index(row["side"]), span, row["kind"] == "backchannel"))
        self._rows = {call: spans for call, spans in rows.items() if part_of("call" + call) == "halls"}
        self._call = functools.cache(self._read)

    def _read(self, name: str) -> Call:
        talks, smalls = (
            tuple([span for side, span, small in self._rows[name] if side == one and small is kind] for one in (0, 1))
            for kind in (False, True)
        )
        whole = tuple([span for span in joined(spans) if span[1] - span[0] >= _LEAST_S] for spans in talks)
        return _understood((whole[0], whole[1]), (smalls[0], smalls[1]))

    def window(self, rng: np.random.Generator, seconds: float, *, rich: bool) -> tuple[Talk, ...]:
        """What one call says in a window of this length, on the window's clock; a rich one is the best of many."""
        names = list(self._rows)
        best: tuple[Talk, ...] = ()
        most = -1.0
        for _ in range(_TRIES if rich else 1):
            call = self._call(names[int(rng.integers(len(names)))])
            start = float(rng.uniform(0.0, max(0.0, call.seconds - seconds)))
            talks = call.between(start, start + seconds)
            counts = {kind: sum(one.kind == kind for one in talks) for kind in _WANTED}
            worth = sum(_WEIGHT[kind] * min(counts[kind], wanted * seconds / 60) for kind, wanted in _WANTED.items())
            if worth > most:
                shifted = (
                    Talk(t.side, (t.span[0] - start, t.span[1] - start), t.kind, t.small, t.whole) for t in talks
                )
                best, most = tuple(shifted), worth
        return best


def spoken(
    rng: np.random.Generator,
    talks: Sequence[Talk],
    voices: Sequence[Voice],
    start_s: float,
    pauses_s: tuple[float, float] | None = None,
) -> Plan:
    """Say a window of a call from a moment on; side 1 is shared by all voices but the first."""
    plan = Plan()
    person, quiet_s, later, last = 1, 0.0, 0.0, -1
    for talk in talks:
        on, off = talk.span
        if pauses_s and not talk.small and talk.side == last and on > quiet_s and rng.random() < _PAUSED:
            later += float(rng.uniform(*pauses_s))
        if talk.side == 1 and (last != 1 or talk.small):
            person = int(rng.integers(1, len(voices)))
        who = 0 if talk.side == 0 else person
        voice = voices[who]
        words = voice.small_word(rng, off - on) if talk.small else voice.filled(rng, off - on, to_the_end=talk.whole)
        said = Said(who, start_s + later + on, words)
        plan.say(said)
        if talk.kind is not None:
            plan.enter(talk.kind, said)
        if not talk.small:
            last = talk.side
        quiet_s = max(quiet_s, off)
    return plan
