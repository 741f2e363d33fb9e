"""Visits drawn one by one, as columns of whole numbers in the ledger's own steps.

One rule: a row here is a row of a device's ledger: the same fields, the same rounding, nothing finer. `as_visits` gives
them as the values that the device keeps; sums of the columns are what it would sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

import numpy as np

from counterpoint.disclosure.visit import DURATION_STEP_S, PAUSE_EDGES_S, Visit
from counterpoint.messages.schemas import PublishedAct, Sureness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from counterpoint.fleet.simulation.crowds import SiteWeek
    from counterpoint.fleet.simulation.happenings import Effects
    from counterpoint.fleet.simulation.places import Place

    Ints = NDArray[np.int64]
    Reals = NDArray[np.float64]

SURE: Final = Sureness(
    source="simulation",
    talk_share_error_points=1.3,
    overlap_error_ratio=0.17,
    pause_error_s=0.14,
    event_recall_ratio={
        "talk_over": 0.66,
        "interruption": 0.52,
        "attempt": 0.6,
        "transition": 0.53,
        "backchannel": 0.44,
    },
    event_precision_ratio={
        "talk_over": 0.52,
        "interruption": 0.56,
        "attempt": 0.37,
        "transition": 0.4,
        "backchannel": 0.75,
    },
)
"""What a device says of its detector; figures of the model's card."""
ACTS: Final[tuple[PublishedAct, ...]] = get_args(PublishedAct)
ACT_CHANCES: Final = (0.42, 0.55, 0.25, 0.2, 0.22, 0.3, 0.35, 0.12, 0.3, 0.08, 0.1)
"""Share of visits with each act at a middling counter, in the order of ACTS."""
SUMS: Final = (
    "visit_s",
    "agent_talk_s",
    "customer_talk_s",
    "overlap_s",
    "silence_s",
    "turns",
    "talk_overs",
    "cut_offs",
    "agent_backchannels",
    "customer_backchannels",
    "customer_talk_overs",
    "cues",
    "agent_longest_turn_s",
    "customer_longest_turn_s",
)
BINS: Final = len(PAUSE_EDGES_S) + 1
CALM_PAUSES: Final = (0.08, 0.16, 0.25, 0.26, 0.15, 0.07, 0.03)
CROWDED_PAUSES: Final = (0.19, 0.24, 0.26, 0.18, 0.08, 0.04, 0.01)
LEFT_OUT_SHARE: Final = 0.04
FAULTY_LEFT_OUT_SHARE: Final = 0.55
"""With a microphone out of order the sides can't be told apart in most visits."""
WORDS_KNOWN_SHARE: Final = 0.88
CROWD_ON_TALK_OVERS: Final = 0.55
CROWD_ON_OPENINGS: Final = 0.14
CUT_OFF_SHARE: Final = 0.35
CUE_SHARE: Final = 0.4
HUNDRED_MIN_S: Final = 6000.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How each person of a team talks, as factors around 1; shape (people,) each."""

    talk_overs: Reals
    listening: Reals
    openings: Reals


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits of one site and week, by counter and then by hour; N of them.

    Attributes:
        counter: Shape (N,): index of the counter.
        hour: Shape (N,): the local hour, seconds since 1970, UTC.
        left_out: Shape (N,).
        sums: Shape (N, len(SUMS)); zeros where left out.
        opening: Shape (N,): 1 let finish, 0 not, -1 unknown.
        taken_after_s: Shape (N,): -1 where the opening was let finish or is unknown.
        pauses: Shape (N, BINS).
        acts: Shape (N, len(ACTS)).
        acts_known: Shape (N,).
    """

    counter: Ints
    hour: Ints
    left_out: NDArray[np.bool_]
    sums: Ints
    opening: Ints
    taken_after_s: Ints
    pauses: Ints
    acts: NDArray[np.bool_]
    acts_known: NDArray[np.bool_]

    def of(self, counter: int) -> slice:
        """Return where the visits of a counter lie."""
        first, last = np.searchsorted(self.counter, (counter, counter + 1))
        return slice(int(first), int(last))


def draw_habits(place: Place, team: int, seed: int) -> Habits:
    """Draw how the people of a team talk; with each change of the team half of them are others."""
    habits = _draw_habits(place, 0, seed)
    for change in range(1, team + 1):
        new = _draw_habits(place, change, seed)
        replaced = np.arange(place.people) % 2 == change % 2
        habits = Habits(
            np.where(replaced, new.talk_overs * 1.15, habits.talk_overs),  # who is new is quicker to speak, at first
            np.where(replaced, new.listening, habits.listening),
            np.where(replaced, new.openings, habits.openings),
        )
    return habits


def _draw_habits(place: Place, team: int, seed: int) -> Habits:
    rng = np.random.default_rng([seed, 2, place.number, team])
    return Habits(
        rng.lognormal(-0.045, 0.3, place.people),
        rng.lognormal(-0.02, 0.2, place.people),
        rng.normal(0, 0.06, place.people),
    )


def draw_visits(
    place: Place, week: SiteWeek, habits: Habits, effects: Effects, faulty: NDArray[np.bool_], rng: np.random.Generator
) -> Visits:
    """Draw the visits of a week; `faulty`, shape (counters,), says whose microphone is out of order."""
    counts = week.served.T.ravel()
    cell = np.repeat(np.arange(len(counts)), counts)
    counter, at = np.divmod(cell, len(week.hours))
    person = week.staff[at, counter]
    crowd = week.crowd[at]
    size = len(cell)
    left_out = rng.random(size) < np.where(faulty[counter], FAULTY_LEFT_OUT_SHARE, LEFT_OUT_SHARE)
    rate = place.talk_overs * effects.talk_overs * habits.talk_overs[person] * (1 + CROWD_ON_TALK_OVERS * crowd)
    sums = _draw_sums(place, rate, crowd, rng)
    chance = place.opening_chance + habits.openings[person] - CROWD_ON_OPENINGS * crowd + 0.3 * (1 - effects.talk_overs)
    let_finish = rng.random(size) < chance
    known = rng.random(size) < 0.96  # noqa: PLR2004 - a first turn is hard to tell in some visits
    opening = np.where(known & ~left_out, let_finish, -1)
    acts_known = (rng.random(size) < WORDS_KNOWN_SHARE) & place.words & ~left_out
    shares = np.array(ACT_CHANCES) * np.minimum(habits.listening[person, None] * (1.1 - 0.2 * crowd[:, None]), 1.6)
    keep = ~left_out[:, None]
    return Visits(
        counter=counter,
        hour=week.hours[at],
        left_out=left_out,
        sums=sums * keep,
        opening=opening.astype(np.int64),
        taken_after_s=np.where(opening == 0, 1 + rng.exponential(4.0, size).astype(np.int64), -1),
        pauses=_draw_pauses(sums[:, SUMS.index("turns")], crowd, rng) * keep,
        acts=(rng.random((size, len(ACTS))) < shares) & acts_known[:, None],
        acts_known=acts_known,
    )


def as_visits(visits: Visits, where: slice) -> list[Visit]:
    """Return these visits as a device's ledger holds them."""
    return [
        Visit(
            hour=hour,
            left_out=left_out,
            uncertainty=SURE,
            **dict(zip(SUMS, sums, strict=True)),
            opening_let_finish=None if opening < 0 else bool(opening),
            opening_taken_after_s=None if taken < 0 else taken,
            pauses=tuple(pauses),
            acts=tuple(act for act, heard in zip(ACTS, acts, strict=True) if heard) if known else None,
        )
        for hour, left_out, sums, opening, taken, pauses, acts, known in zip(
            visits.hour[where].tolist(),
            visits.left_out[where].tolist(),
            visits.sums[where].tolist(),
            visits.opening[where].tolist(),
            visits.taken_after_s[where].tolist(),
            visits.pauses[where].tolist(),
            visits.acts[where].tolist(),
            visits.acts_known[where].tolist(),
            strict=True,
        )
    ]


def _draw_sums(place: Place, rate: Reals, crowd: Reals, rng: np.random.Generator) -> Ints:
    size = len(rate)
    length_s = np.clip(rng.lognormal(np.log(place.length_s), 0.4, size) * (1 - 0.1 * crowd), 30, 1500)
    speech_s = length_s * rng.uniform(0.6, 0.84, size)
    share = np.clip(rng.normal(place.customer_share, 0.1, size) - 0.03 * crowd, 0.1, 0.9)
    customer_s = speech_s * share
    talk_overs = rng.poisson(customer_s / HUNDRED_MIN_S * rate)
    turns = 2 + rng.poisson(length_s / 9)
    overlap_s = rng.poisson(talk_overs * 1.7 + turns * 0.12)
    agent_s = speech_s - customer_s
    return np.stack(
        [
            _step(length_s),
            _step(agent_s),
            _step(customer_s),
            overlap_s,
            _step(length_s - speech_s),
            turns,
            talk_overs,
            rng.binomial(talk_overs, CUT_OFF_SHARE),
            rng.poisson(customer_s / 28),
            rng.poisson(agent_s / 40),
            rng.poisson(agent_s / 260),
            rng.binomial(talk_overs, CUE_SHARE),
            _step(np.minimum(agent_s, agent_s / np.sqrt(turns) * rng.uniform(0.6, 1.4, size))),
            _step(np.minimum(customer_s, customer_s / np.sqrt(turns) * rng.uniform(0.6, 1.4, size))),
        ],
        axis=1,
    )


def _draw_pauses(turns: Ints, crowd: Reals, rng: np.random.Generator) -> Ints:
    """Pauses before the agent's answers; the more wait, the sooner the answer comes."""
    lean = np.minimum(crowd, 1.0)[:, None]
    chances = (1 - lean) * np.array(CALM_PAUSES) + lean * np.array(CROWDED_PAUSES)
    return rng.multinomial(rng.binomial(turns, 0.35), chances / chances.sum(axis=1, keepdims=True))


def _step(seconds: Reals) -> Ints:
    """As `disclosure.visit.to_step`: to the nearest step, halves up."""
    return ((seconds + DURATION_STEP_S / 2) // DURATION_STEP_S * DURATION_STEP_S).astype(np.int64)
