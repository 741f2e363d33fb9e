"""Who says what when; one rule: a plan is a value, and its truth is read off it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from models.benchmark.truth import AGENT, CUSTOMER, RATE
from models.halls.labels import Span, flags, joined, second_voice, stretch_at

if TYPE_CHECKING:
    from models.benchmark.truth import EntryKind, Flags, SecondVoice, Sound
    from models.halls.voices import Take


@dataclass(frozen=True, slots=True)
class Said:
    """One take of one person: 0 is the agent, all others stand on the customer's side."""

    person: int
    start_s: float
    take: Take

    @property
    def side(self) -> int:
        """0 for the agent, 1 for the customers."""
        return AGENT if self.person == 0 else CUSTOMER

    @property
    def end_s(self) -> float:
        """When its last sample is over."""
        return self.start_s + self.take.seconds

    @property
    def spans(self) -> tuple[Span, ...]:
        """When it sounds, on the scene's clock."""
        return tuple((self.start_s + on, self.start_s + off) for on, off in self.take.spans)

    @property
    def onset_s(self) -> float:
        """When its sound begins."""
        return self.start_s + self.take.spans[0][0]

    def until(self, stop_s: float) -> Said:
        """The same, broken off at a moment."""
        return (
            self if stop_s >= self.end_s else Said(self.person, self.start_s, self.take.part(0, stop_s - self.start_s))
        )


@dataclass(slots=True)
class Plan:
    """All that is said in a scene.

    Attributes:
        said: In any order.
        entries: Second voices: what each is, and what it begins with.
        end_s: When the last word is over.
    """

    said: list[Said] = field(default_factory=list)
    entries: list[tuple[EntryKind, Said]] = field(default_factory=list)
    end_s: float = 0.0

    def say(self, *said: Said) -> None:
        """Add; a take in which nothing sounds is left out."""
        for one in said:
            if one.take.spans:
                self.said.append(one)
                self.end_s = max(self.end_s, one.end_s)

    def enter(self, kind: EntryKind, said: Said) -> None:
        """Note that this take is a second voice."""
        if said.take.spans:
            self.entries.append((kind, said))

    def add(self, other: Plan) -> None:
        """Take in all of another plan."""
        self.said += other.said
        self.entries += other.entries
        self.end_s = max(self.end_s, other.end_s)

    def kept(self, seconds: float) -> Plan:
        """What begins and, for second voices, is over before the scene ends; the last take is broken off."""
        out = Plan()
        out.say(*(one.until(seconds) for one in self.said if one.start_s < seconds - 1 / RATE))
        for kind, one in self.entries:
            if one.end_s < seconds:
                out.enter(kind, one)
        return out

    def stretches(self) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """When each side sounds, pauses under 0.2 s filled."""
        agent, customer = (
            joined(span for one in self.said if one.side == side for span in one.spans) for side in (AGENT, CUSTOMER)
        )
        return agent, customer

    def active(self, frames: int) -> tuple[Flags, Flags]:
        """The same as frames of 20 ms."""
        agent, customer = self.stretches()
        return flags(agent, frames), flags(customer, frames)

    def dry(self, samples: int) -> Sound:
        """What leaves the mouths of each side, shape (2, samples); a talker's power is that of the take."""
        out = np.zeros((2, samples), dtype=np.float32)
        for one in self.said:
            room = out[one.side, round(one.start_s * RATE) :][: len(one.take.samples)]
            room += one.take.samples[: len(room)]
        return out

    def second_voices(self) -> tuple[SecondVoice, ...]:
        """In order of onset; one that melts into its own side's earlier words is none."""
        stretches = self.stretches()
        out = []
        for kind, one in sorted(self.entries, key=lambda entry: entry[1].onset_s):
            own = stretch_at(stretches[one.side], one.onset_s + 1e-3)
            if own and own[0] > one.onset_s - 0.05:  # seconds: a breath before is the same onset
                out.append(second_voice(kind, one.side, own[0], stretches))
        return tuple(out)
