"""Who speaks in a scene, and what is said when; one rule: an utterance carries its sound and its truth together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from models.benchmark.truth import RATE, Flags, Sound
from models.rooms.scripts import Span, stretches
from models.rooms.voices import FRAME, active_frames, faded, fill_pauses, runs

if TYPE_CHECKING:
    from models.rooms.voices import Voice

Cast = Literal["readers", "staff"]

NEAR_LENGTHS: Final = 4
"""Of so many small words the one is said whose length is nearest to the script's."""
EVEN_DB: Final = 1.5
"""How much the utterances of one person differ in level, talk and backchannels alike."""


@dataclass(frozen=True, slots=True)
class Talker:
    """A voice, and how fast it speaks here: the same voice a little faster is nearly another."""

    voice: Voice
    speed: float

    def sentence(self, rng: np.random.Generator, seconds: float) -> Sound:
        """A whole sentence, or of a reader a phrase, of about this length."""
        if not self.voice.sentences:
            return self._paced(self.voice.phrase(rng, seconds * self.speed))
        return self._nearest(rng, self.voice.sentences, seconds)

    def small_word(self, rng: np.random.Generator, seconds: float) -> Sound:
        """What shows listening: never cut, how it sounds is what it is; of a reader a short piece of speech."""
        if not self.voice.small_words:
            return self.piece(rng, seconds)
        return self._nearest(rng, self.voice.small_words, seconds)

    def short_talk(self, rng: np.random.Generator) -> Sound:
        """A short talk-over ("no, wait"); of a reader a short piece of speech."""
        if not self.voice.short_talk:
            return self.piece(rng, rng.uniform(0.4, 0.9))
        return self._paced(self.voice.short_talk[int(rng.integers(len(self.voice.short_talk)))])

    def piece(self, rng: np.random.Generator, seconds: float) -> Sound:
        """Speech of this length, ended wherever the time is up."""
        return self._paced(self.voice.cut(rng, seconds * self.speed))

    def phrase(self, rng: np.random.Generator, seconds: float) -> Sound:
        """Speech that ends where the speaker paused; where no phrase is about so long, a piece."""
        sound = self._paced(self.voice.phrase(rng, seconds * self.speed))
        fits = abs(len(sound) / RATE - seconds) < max(0.4, 0.15 * seconds)
        return sound if fits else self.piece(rng, seconds)

    def _nearest(self, rng: np.random.Generator, lines: tuple[Sound, ...], seconds: float) -> Sound:
        drawn = [lines[int(one)] for one in rng.integers(len(lines), size=NEAR_LENGTHS)]
        return self._paced(min(drawn, key=lambda line: abs(len(line) / RATE / self.speed - seconds)))

    def _paced(self, sound: Sound) -> Sound:
        at = np.arange(0, len(sound) - 1, self.speed, dtype=np.float64)
        faster: Sound = np.interp(at, np.arange(len(sound)), sound).astype(np.float32)
        return faster


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the counter.

    Attributes:
        side: 0 on the agent's side, 1 on the customer's.
        talker: How they sound.
    """

    side: int
    talker: Talker


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one person says without a pause of their own choosing.

    Attributes:
        person: Which of the scene's people.
        span: Side, times, kind, and whether more was to come.
        sound: At its level.
        active: Which 20 ms frames from the span's start hold speech.
    """

    person: int
    span: Span
    sound: Sound
    active: Flags

    def later(self, seconds: float, person: int) -> Utterance:
        """The same, so much later and as one of other people."""
        start_s = round((self.span.start_s + seconds) * RATE / FRAME) * FRAME / RATE
        end_s = start_s + self.span.end_s - self.span.start_s
        return replace(self, person=person, span=replace(self.span, start_s=start_s, end_s=end_s))


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as it was spoken.

    Attributes:
        dry: One track a person, shape (persons, samples).
        spoken: Who of them speaks, shape (persons, frames).
        active: Which side speaks, shape (2, frames), pauses under 0.2 s filled.
        spans: In order, talk of one side that goes on at once as one stretch.
    """

    dry: Sound
    spoken: Flags
    active: Flags
    spans: tuple[Span, ...]


def utter(rng: np.random.Generator, people: tuple[Person, ...], person: int, span: Span, sound: Sound) -> Utterance:
    """An utterance at its level, begun with a frame, and ended where its last sound ends."""
    gain = np.float32(10 ** (rng.normal(0, EVEN_DB) / 20))
    active = active_frames(sound, people[person].talker.voice.threshold_db)
    begin = int(span.start_s * RATE) // FRAME
    last = int(runs(active)[-1, 1]) if active.any() else 0
    heard = Span(span.side, begin * FRAME / RATE, (begin + last) * FRAME / RATE, span.kind, span.cut_off)
    return Utterance(person, heard, sound * gain, active)


def cut_short(one: Utterance, end_s: float) -> Utterance:
    """The utterance given up at a time, unfinished."""
    frames = max(1, int((end_s - one.span.start_s) * RATE) // FRAME)
    active = one.active[:frames]
    last = int(runs(active)[-1, 1]) if active.any() else 0
    span = Span(one.span.side, one.span.start_s, one.span.start_s + last * FRAME / RATE, one.span.kind, cut_off=True)
    return Utterance(one.person, span, faded(one.sound[: frames * FRAME].copy()), active)


def spoken(people: tuple[Person, ...], utterances: list[Utterance], seconds: float) -> Talk:
    """The tracks and the truth of a conversation; what lies past the end is not heard."""
    frames = int(seconds * RATE) // FRAME
    dry = np.zeros((len(people), int(seconds * RATE)), dtype=np.float32)
    voices = np.zeros((len(people), frames), dtype=np.bool_)
    for one in utterances:
        begin = round(one.span.start_s * RATE / FRAME)
        track = dry[one.person, begin * FRAME : begin * FRAME + len(one.sound)]
        track += one.sound[: len(track)]
        room = voices[one.person, begin : begin + len(one.active)]
        room |= one.active[: len(room)]
    active = np.zeros((2, frames), dtype=np.bool_)
    for person, flags in zip(people, voices, strict=True):
        active[person.side] |= flags
    for side in active:
        fill_pauses(side)
    heard = [one.span for one in utterances if one.span.end_s - one.span.start_s > FRAME / RATE]
    return Talk(dry, voices, active, stretches([span for span in heard if span.start_s < frames * FRAME / RATE]))
