"""Conversations out of voices and timings; one rule: a turn ends with a sentence unless somebody cut it off.

`from_timings` speaks a real call's timing; `staged` makes up a conversation of the manner asked. Gaps and overlaps are
drawn after published counts (`Manner`); what is true of an overlap, `scripts` decides from what was really spoken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

import numpy as np
from models.benchmark.truth import FRAME_S, RATE, Sound
from models.rooms.scripts import Span
from models.rooms.talkers import Utterance, cut_short, utter

if TYPE_CHECKING:
    from models.rooms.talkers import Person, Talker

Opening = Literal["sentence", "short", "small"]

OVERLAP_S: Final = (np.log(0.205), 0.77)
"""Logarithm's mean and spread of transitions that begin early (Switchboard; Levinson and Torreira 2015)."""
GAP_S: Final = (np.log(0.25), 0.6)
YIELD_S: Final = (np.log(0.6), 0.55)
"""How long somebody who is cut off goes on; as long as small words last, so that length tells nothing."""
LONGEST_TRANSITION_S: Final = 0.45
SHORTEST_LEFT_S: Final = 0.8
"""Who speaks over somebody leaves at least so much unsaid."""
TURN_S: Final = (1.2, 0.5)
IN_TURN_S: Final = (0.06, 0.5)
SMALL_WORD_S: Final = (np.log(0.55), 0.55)
LONGEST_SMALL_WORD_S: Final = 1.7
WELL_APART_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class Manner:
    """How people talk: chances a turn.

    Attributes:
        interrupted: The other takes the floor in mid-sentence.
        fought_for: The other speaks over it, and gives up.
        small_words: The other's backchannels, mean number a turn.
        early: Share of the changes that begin before the end.
        long_gap: Share of the changes after 1 to 4 s of silence.
        same_side: Share of the turns after which the same side goes on.
        pauses_s: Range of the pauses between the sentences of a turn.
    """

    interrupted: float
    fought_for: float
    small_words: float
    early: float = 0.3
    long_gap: float = 0.08
    same_side: float = 0.1
    pauses_s: tuple[float, float] = IN_TURN_S


DENSE: Final = Manner(interrupted=0.22, fought_for=0.16, small_words=0.9, early=0.2)
"""About 7 backchannels, 2 transitions and 4 overlaps that take the floor a minute."""
NATURAL: Final = Manner(interrupted=0.06, fought_for=0.03, small_words=0.55, early=0.4)
"""As task-oriented talk is: 0.44 interruptions a minute, and 5 backchannels (TurnBench 2026)."""


def from_timings(
    rng: np.random.Generator, people: tuple[Person, ...], spans: list[Span], *, whole_phrases: bool
) -> list[Utterance]:
    """A call's timing in these voices; with whole phrases most talk ends where the speaker paused, else in mid-word."""
    said = []
    for span in spans:
        person = _somebody(rng, people, span.side)
        talker, seconds = people[person].talker, span.end_s - span.start_s
        if span.kind == "backchannel":
            sound = talker.small_word(rng, seconds)
        else:
            sound = talker.phrase(rng, seconds) if whole_phrases else talker.piece(rng, seconds)
        if len(sound):
            said.append(utter(rng, people, person, span, sound))
    return said


def staged(rng: np.random.Generator, people: tuple[Person, ...], seconds: float, manner: Manner) -> list[Utterance]:
    """A made-up conversation of about this length."""
    said: list[Utterance] = []
    now, side, opening = float(rng.uniform(0.3, 2.0)), int(rng.integers(2)), _plain_opening(rng)
    while now < seconds - 1.0:
        turn = _turn(rng, people, side, now, manner, opening)
        end_s, lot = turn[-1].span.end_s, rng.random()
        room = end_s - now > 2 * SHORTEST_LEFT_S
        if room and lot < manner.interrupted:
            turn, now = _interrupted(rng, turn)
            said += [*turn, *_small_words(rng, people, turn, now - LONGEST_SMALL_WORD_S, manner)]
            side, opening = 1 - side, _interrupting_opening(rng)
            continue
        said += turn
        if room and lot < manner.interrupted + manner.fought_for:
            said += _attempt(rng, people, turn)
        else:
            said += _small_words(rng, people, turn, end_s - WELL_APART_S, manner)
        opening = _plain_opening(rng)
        if rng.random() < manner.same_side:
            now = end_s + float(rng.uniform(0.3, 1.2))
        else:
            side = 1 - side
            own_s = max((one.span.end_s for one in said if one.span.side == side), default=0.0)
            now = max(_next_onset(rng, turn[-1].span, manner), own_s + WELL_APART_S)
    return said


def _somebody(rng: np.random.Generator, people: tuple[Person, ...], side: int) -> int:
    """One of the people of a side; they take turns by chance."""
    return int(rng.choice([number for number, one in enumerate(people) if one.side == side]))


def _turn(
    rng: np.random.Generator, people: tuple[Person, ...], side: int, start_s: float, manner: Manner, opening: Opening
) -> list[Utterance]:
    """A turn of whole sentences; each but the last is unfinished business."""
    person = _somebody(rng, people, side)
    sounds = _sentences(rng, people[person].talker, opening)
    turn, now = [], start_s
    for number, sound in enumerate(sounds):
        span = Span(side, now, now + len(sound) / RATE, cut_off=number < len(sounds) - 1)
        turn.append(utter(rng, people, person, span, sound))
        at_once = number == 0 and opening != "sentence"
        now = turn[-1].span.end_s + float(rng.uniform(*(IN_TURN_S if at_once else manner.pauses_s)))
    return turn


def _sentences(rng: np.random.Generator, talker: Talker, opening: Opening) -> list[Sound]:
    """What is said in a turn; one that opens with a short talk-over or a small word may leave it at that."""
    left_s = float(np.clip(rng.lognormal(*TURN_S), 0.8, 12))
    sounds = []
    if opening == "short":
        sounds.append(talker.short_talk(rng))
    elif opening == "small":
        sounds.append(talker.small_word(rng, 0.4))
    if sounds and rng.random() < 0.4:  # noqa: PLR2004  # share of such turns
        return sounds
    while not sounds or left_s > 0.6:  # noqa: PLR2004  # seconds: not worth a sentence
        sounds.append(talker.sentence(rng, left_s))
        left_s -= len(sounds[-1]) / RATE + 1.0
    return sounds


def _plain_opening(rng: np.random.Generator) -> Opening:
    """A turn begins with a sentence, or now and then with the very word that else shows listening: "yes", "okay"."""
    return "small" if rng.random() < 0.12 else "sentence"  # noqa: PLR2004  # share of turns


def _interrupting_opening(rng: np.random.Generator) -> Opening:
    """Somebody comes in with a sentence, with "no, wait", or with a small word that becomes a sentence."""
    return cast("Opening", str(rng.choice(["sentence", "short", "small"], p=[0.55, 0.35, 0.1])))


def _interrupted(rng: np.random.Generator, turn: list[Utterance]) -> tuple[list[Utterance], float]:
    """The turn as far as it is spoken, given up in mid-sentence, and when the other comes in."""
    start_s, end_s = turn[0].span.start_s, turn[-1].span.end_s
    onset_s = float(rng.uniform(start_s + 0.5, end_s - SHORTEST_LEFT_S))
    stop_s = onset_s + min(float(np.clip(rng.lognormal(*YIELD_S), 0.15, 2.5)), end_s - onset_s - 0.2)
    begun = [one for one in turn if one.span.start_s < stop_s - FRAME_S]
    return [cut_short(one, stop_s) if one.span.end_s > stop_s else one for one in begun], onset_s


def _attempt(rng: np.random.Generator, people: tuple[Person, ...], turn: list[Utterance]) -> list[Utterance]:
    """The other speaks over a turn and gives up: a short talk-over, or a sentence that is not brought to its end."""
    side, person = 1 - turn[0].span.side, _somebody(rng, people, 1 - turn[0].span.side)
    end_s = turn[-1].span.end_s
    onset_s = float(rng.uniform(turn[0].span.start_s + 0.5, end_s - SHORTEST_LEFT_S))
    talker = people[person].talker
    sound = talker.short_talk(rng) if rng.random() < 0.5 else talker.sentence(rng, 2.0)  # noqa: PLR2004  # half
    span = Span(side, onset_s, onset_s + len(sound) / RATE)
    longest_s = min(float(np.clip(rng.lognormal(*YIELD_S), 0.3, 2.2)), end_s - onset_s - 0.2)
    whole = utter(rng, people, person, span, sound)
    return [cut_short(whole, whole.span.start_s + longest_s) if len(sound) / RATE > max(longest_s, 0.9) else whole]


def _small_words(
    rng: np.random.Generator, people: tuple[Person, ...], turn: list[Utterance], until_s: float, manner: Manner
) -> list[Utterance]:
    """What the other says to show that they listen: anywhere in the turn, and rather where a sentence ends."""
    side, found = 1 - turn[0].span.side, list[Utterance]()
    free_s = turn[0].span.start_s + 0.5
    ends = [one.span.end_s for one in turn[:-1]]
    for _ in range(int(rng.poisson(manner.small_words * max(turn[-1].span.end_s - free_s, 0) / 3.5))):
        onset_s = float(rng.uniform(free_s, max(until_s, free_s + 1e-3)))
        if ends and rng.random() < 0.5:  # noqa: PLR2004  # half
            onset_s = float(rng.choice(ends) + rng.uniform(-0.3, 0.3))
        if not free_s <= onset_s < until_s:
            continue
        person = _somebody(rng, people, side)
        seconds = float(np.clip(rng.lognormal(*SMALL_WORD_S), 0.2, LONGEST_SMALL_WORD_S))
        sound = people[person].talker.small_word(rng, seconds)
        span = Span(side, onset_s, onset_s + len(sound) / RATE, "backchannel")
        found.append(utter(rng, people, person, span, sound))
        free_s = found[-1].span.end_s + 2 * WELL_APART_S
    return found


def _next_onset(rng: np.random.Generator, last: Span, manner: Manner) -> float:
    """When the other begins its turn: a little before the end, soon after it, or after a silence."""
    lot = rng.random()
    if lot < manner.early:
        longest_s = min(LONGEST_TRANSITION_S, 0.6 * (last.end_s - last.start_s))
        return last.end_s - min(float(rng.lognormal(*OVERLAP_S)), longest_s)
    if lot < 1 - manner.long_gap:
        return last.end_s + min(float(rng.lognormal(*GAP_S)), 1.2)
    return last.end_s + float(rng.uniform(1.0, 4.0))
