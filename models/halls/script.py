"""Counter conversations from written lines; one rule: what a second voice does is decided here, before it sounds.

Turns alternate as the lines do. Each turn may carry small words of the listener, in its talk or in its pauses, and one
event: the other comes in as it ends (transition), breaks in and gets the floor (interruption), or tries (attempt).
Those who break in say something short ("no, wait") as often as they just begin their line; small words may be long.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from models.halls.labels import Span, gaps, joined
from models.halls.plan import Plan, Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from models.benchmark.truth import EntryKind
    from models.halls.voices import Take, Voice

Event = Literal["interruption", "attempt", "transition", "none"]


@dataclass(frozen=True, slots=True)
class Habits:
    """How often things happen, a turn.

    Attributes:
        deck: Events that each side's turns draw from, without putting back.
        small_words: Mean number of the listener's small words in a turn of 5 s.
    """

    deck: tuple[Event, ...]
    small_words: float


DENSE: Final = Habits(("interruption", "attempt", "transition", "none", "none"), 1.8)
"""Turns take about 5 s: in a minute six of each side, so two of each side's are broken into."""
NATURAL: Final = Habits(("interruption", "transition", "transition", "attempt", *(("none",) * 46)), 0.95)
"""0.4 talk-overs and five small words a minute."""

_LATE_S: Final = (0.25, 1.3)
"""Who is broken into goes on for so long."""
_LEFT_S: Final = 1.3
"""Least that was still to be said when the other came in."""
_GOES_ON_S: Final = 0.45
"""After an attempt the first speaks on at least so long."""
_INTO_S: Final = 0.7
"""Nobody is broken into, or answered, before."""
_APART_S: Final = 0.9
"""Between two second voices."""
_TAIL_S: Final = (0.1, 0.42)
"""A transition comes this much before the end."""
_BOTH_S: Final = 0.35
"""A turn is broken into where it goes on to sound for so long."""
_SETTLED_S: Final = 1.8
"""Nor is who has just broken in."""
_TAKEN_S: Final = 0.5
"""Least that somebody who is broken into leaves unsaid."""
_CLEAR_S: Final = 0.6
"""No small word begins later than this before a turn's end: it would be a transition."""
_TRIES_S: Final = (0.35, 1.6)
_SHORT_CUT: Final = 0.6
"""Share of those who come in that begin with something short."""
_IN_PAUSE: Final = 0.4
"""Share of small words that wait for a pause, where there is one."""
_MORE: Final = 0.4
"""Share of turns that go on with another line."""
_MORE_PAUSED: Final = 0.85
"""Where pauses inside turns are asked for, most turns have a place for one."""
_PAUSED: Final = 0.7
"""Share of those places that get one."""
_TURN_S: Final = 5.0
_BROKEN_S: Final = (0.02, 0.1)
"""Between somebody's first short words and their line; below a pause or about it."""


@dataclass(frozen=True, slots=True)
class _Opening:
    """How a turn begins: when, by whom, as what second voice if any, and with which short words before its line."""

    at_s: float
    person: int
    kind: EntryKind | None = None
    take: Take | None = None


class Conversation:
    """Two sides at a counter; `persons` of the customer's side share its turns."""

    def __init__(
        self, rng: np.random.Generator, voices: Sequence[Voice], habits: Habits, pauses_s: tuple[float, float] | None
    ) -> None:
        self._rng = rng
        self._voices = voices
        self._habits = habits
        self._pauses_s = pauses_s
        self._decks: tuple[list[Event], list[Event]] = ([], [])
        self._lines: list[int] = []
        self._turn = 0
        self.plan = Plan()

    def play(self, start_s: float, until_s: float) -> Plan:
        """Talk until the first turn that ends after a moment."""
        opening = _Opening(start_s, 0)
        while opening.at_s < until_s:
            opening = self._one_turn(opening)
        return self.plan

    def _uniform(self, within: tuple[float, float]) -> float:
        return float(self._rng.uniform(*within))

    def _person(self, side: int) -> int:
        return 0 if side == 0 else int(self._rng.integers(1, len(self._voices)))

    def _line(self, voice: Voice, turn: int) -> Take:
        if not self._lines:
            self._lines = [int(one) for one in self._rng.permutation(len(voice.counters))]
        return voice.counters[self._lines[0]][turn]

    def _draw(self, side: int) -> Event:
        deck = self._decks[side]
        if not deck:
            deck += [self._habits.deck[one] for one in self._rng.permutation(len(self._habits.deck))]
        return deck.pop()

    def _words(self, person: int, at_s: float) -> list[Said]:
        """A turn's takes: its line, at times another, with pauses where they are asked for."""
        voice = self._voices[person]
        turns = len(voice.counters[0])
        turn = self._turn % turns
        lines = [self._line(voice, turn)]
        if self._rng.random() < (_MORE if self._pauses_s is None else _MORE_PAUSED):
            other = voice.counters[int(self._rng.integers(len(voice.counters)))]
            lines.append(other[int(self._rng.integers(turns // 2)) * 2 + turn % 2])
        self._turn += 1
        if turn == turns - 1:
            self._lines.pop(0)
        said = []
        for line in lines:
            for part in line.parts():
                said.append(Said(person, at_s, part))
                at_s += part.seconds
                if self._pauses_s and self._rng.random() < _PAUSED:
                    at_s += self._uniform(self._pauses_s)
            at_s += self._uniform((0.1, 0.7))
        return said

    def _one_turn(self, opening: _Opening) -> _Opening:
        """Say a turn; give how the next one begins."""
        side, at = self._turn % 2, opening.at_s
        said = [] if opening.take is None else [Said(opening.person, at, opening.take)]
        said += self._words(opening.person, said[0].end_s + self._uniform(_BROKEN_S) if said else at)
        if opening.kind is not None:
            self.plan.enter(opening.kind, said[0])
        sounds = joined(span for one in said for span in one.spans)
        event, end = self._draw(side), sounds[-1][1]
        into = at + (_INTO_S if opening.kind != "interruption" else _SETTLED_S)
        moment = self._moment(sounds, into) if event in {"interruption", "attempt"} else None
        if moment is None and event in {"interruption", "attempt"}:
            self._decks[side].insert(0, event)
        busy: list[Span] = []
        after = _Opening(end + float(self._rng.gamma(2, 0.16)), self._person(1 - side))
        if event == "transition":
            after = replace(after, at_s=max(into, end - self._uniform(_TAIL_S)), kind="transition")
        elif event == "interruption" and moment is not None:
            after = replace(after, at_s=moment, kind="interruption", take=self._short(after.person))
            end = min(moment + self._uniform(_LATE_S), end - _TAKEN_S)
            said = [one.until(end) for one in said if one.start_s < end]
        elif event == "attempt" and moment is not None:
            busy = self._attempt(after.person, moment, end)
        self.plan.say(*said)
        self._small_words(1 - side, sounds, (into, min(end, after.at_s) - _CLEAR_S), busy)
        return after

    def _short(self, person: int) -> Take | None:
        cuts = self._voices[person].cuts
        return cuts[int(self._rng.integers(len(cuts)))] if self._rng.random() < _SHORT_CUT else None

    def _moment(self, sounds: Sequence[Span], from_s: float) -> float | None:
        """When the other could break in: while it sounds, and with enough left to say."""
        end = sounds[-1][1] - _LEFT_S
        spans = [(max(on + 0.2, from_s), min(off - _BOTH_S, end)) for on, off in sounds]
        free = [span for span in spans if span[1] > span[0]]
        return self._uniform(free[int(self._rng.integers(len(free)))]) if free else None

    def _attempt(self, person: int, at_s: float, end_s: float) -> list[Span]:
        voice = self._voices[person]
        room = end_s - _GOES_ON_S - at_s
        short = [one for one in voice.cuts if one.seconds < room]
        if short and self._rng.random() < _SHORT_CUT:
            tried = short[int(self._rng.integers(len(short)))]
        else:
            tried = voice.filled(self._rng, min(room, self._uniform(_TRIES_S)), to_the_end=False)
        said = Said(person, at_s, tried)
        self.plan.say(said)
        self.plan.enter("attempt", said)
        return [(said.start_s, said.end_s)]

    def _small_words(self, side: int, sounds: Sequence[Span], within: Span, busy: list[Span]) -> None:
        mean = self._habits.small_words * max(0.0, within[1] - within[0]) / _TURN_S
        pauses = [span for span in gaps(sounds) if within[0] < span[0] < within[1]]
        for _ in range(int(self._rng.poisson(mean))):
            person = self._person(side)
            word = self._voices[person].small[int(self._rng.integers(len(self._voices[person].small)))]
            if pauses and self._rng.random() < _IN_PAUSE:
                pause = pauses[int(self._rng.integers(len(pauses)))]
                at = self._uniform((pause[0], (pause[0] + pause[1]) / 2))
            else:
                at = self._uniform((within[0], max(within)))
            span = (at, at + word.seconds)
            if span[1] < within[1] + _CLEAR_S - 0.1 and all(
                span[0] > b + _APART_S or span[1] < a - _APART_S for a, b in busy
            ):
                busy.append(span)
                self.plan.say(Said(person, at, word))
                self.plan.enter("backchannel", Said(person, at, word))
