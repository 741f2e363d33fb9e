"""Puts sounds into a hall; one rule: all levels are dB against the mean power of the two voices at the array."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import RATE, Sound
from models.halls.ear import Ear, unit
from models.halls.hall import Hall, Source, add_heard, loudness

from counterpoint.hearing.geometry import CONTRAST_S, arrival_s
from counterpoint.values import Calibration

if TYPE_CHECKING:
    from models.benchmark.conditions import Condition
    from models.halls.ear import Vector
    from models.halls.plan import Plan
    from models.halls.voices import Voice

    from counterpoint.hearing.geometry import ArrayGeometry

_AGENT_M: Final = (0.4, 1.1)
_CUSTOMER_M: Final = (0.5, 1.5)
_OWN_M: Final = (0.15, 0.5)
"""From the microphone of one's own side, where there is one."""
_HIGH_M: Final = (0.12, 0.5)
"""Mouths above the counter."""
_STEEPEST: Final = 0.8
"""Seen from the array no mouth is higher than 39 degrees."""
_APART_DEG: Final = 20.0
"""Customers stand this far either way of their middle."""
_ZERO: Final = 0.4
"""Share of planar arrays that are set up with the agent at 0 degrees."""
_BENT_DEG: Final = 40.0
"""The two are not always straight across."""
_LINE_DEG: Final = 25.0
"""Two microphones in a line must point along the counter's two sides."""
_TURNED_DEG: Final = 40.0
_MOVES_M: Final = 0.03
_STANCES: Final = 3
"""People shift and turn a little between their lines."""
_COLOUR_DB: Final = 2.5
_UNEVEN_DB: Final = 1.5
"""Nobody says all lines equally loud."""
FLAT: Final = np.ones(257, np.float32)
"""The spectrum of noise."""


@dataclass(frozen=True, slots=True)
class Talker:
    """A voice at a place: the hall's answers to its stances, at the level that it has at the array."""

    voice: Voice
    answers: tuple[Sound, ...]
    gain: float


@dataclass(slots=True)
class Stage:
    """A hall with an array, and what has been heard so far.

    Attributes:
        rng: Draws everything.
        hall: The room.
        ear: The array.
        told: Where the sides should be.
        heard: Shape (microphones, samples).
    """

    rng: np.random.Generator
    hall: Hall
    ear: Ear
    told: Calibration
    heard: Sound

    @classmethod
    def draw(cls, rng: np.random.Generator, condition: Condition, geometry: ArrayGeometry, seconds: float) -> Stage:
        """An empty one."""
        told = draw_told(rng, geometry)
        ear = Ear.draw(rng, geometry, condition.gain_db)
        hall = Hall.draw(rng, float(rng.uniform(*condition.t60_s)), told.agent_deg)
        heard = np.zeros((len(geometry.positions_m), round(seconds * RATE)), np.float32)
        return cls(rng, hall, ear, told, heard)

    @property
    def seconds(self) -> float:
        """Length of the scene."""
        return int(self.heard.shape[1]) / RATE

    def uniform(self, low: float, high: float) -> float:
        """A number between two."""
        return float(self.rng.uniform(low, high))

    def at(self, bearing_deg: float, metres: float, high_m: float) -> Vector:
        """A place in the hall."""
        return self.hall.inside(unit(bearing_deg) * metres + (0.0, 0.0, high_m))

    def mouth(self, side: int, bearing_deg: float) -> Vector:
        """A mouth at one of the two places."""
        metres = self.uniform(*(_AGENT_M, _CUSTOMER_M)[side])
        if self.ear.geometry.one_per_side:
            metres = float(np.linalg.norm(self.ear.positions[side])) + self.uniform(*_OWN_M)
        return self.at(bearing_deg, metres, min(self.uniform(*_HIGH_M), metres * _STEEPEST))

    def talker(self, voice: Voice, place: Vector, power: float, towards_deg: float) -> Talker:
        """Somebody who looks about one way, with this mean power at the array while they speak."""
        colour = self.rng.normal(0, _COLOUR_DB / 2, 9)
        answers = []
        for _ in range(_STANCES):
            looks = unit(towards_deg + self.uniform(-_TURNED_DEG, _TURNED_DEG), self.uniform(-25, 10))
            moved = place + self.rng.uniform(-_MOVES_M, _MOVES_M, 3)
            answers.append(self.hall.answer(self.rng, self.ear, Source(moved, looks, colour)))
        return Talker(voice, tuple(answers), (power / loudness(answers[0], voice.spectrum())) ** 0.5)

    def speak(self, plan: Plan, talkers: list[Talker]) -> None:
        """Let a plan be heard; person n is talker n."""
        for one in sorted(plan.said, key=lambda said: (said.start_s, said.person)):
            talker = talkers[one.person]
            answer = talker.answers[int(self.rng.integers(len(talker.answers)))]
            gain = talker.gain * 10 ** (self.uniform(-_UNEVEN_DB, _UNEVEN_DB) / 20)
            add_heard(self.heard, one.take.samples, answer, round(one.start_s * RATE), gain)

    def answer(self, source: Source) -> Sound:
        """The hall's answer to a source that is no person."""
        return self.hall.answer(self.rng, self.ear, source)

    def sound(self, dry: Sound, answer: Sound, at_s: float, level_db: float) -> None:
        """Let a sound of power 1 be heard at a level."""
        share = _spectrum(dry)
        gain = (10 ** (level_db / 10) / loudness(answer, share)) ** 0.5
        add_heard(self.heard, dry, answer, round(at_s * RATE), gain)


def _spectrum(dry: Sound) -> Sound:
    frames = np.pad(dry, (0, -len(dry) % 512)).reshape(-1, 512)
    power = (np.abs(np.fft.rfft(frames * np.hanning(512).astype(np.float32), axis=1)) ** 2).mean(axis=0)
    return np.asarray(power / (power.sum() + 1e-20), dtype=np.float32)


def draw_told(rng: np.random.Generator, geometry: ArrayGeometry) -> Calibration:
    """Where the sides are told to be: any way round that this array can tell apart."""
    if geometry.one_per_side:
        return Calibration(0.0, 180.0)
    while True:
        agent = 0.0 if rng.random() < _ZERO else float(rng.uniform(0, 360))
        customer = agent + 180 + float(rng.uniform(-_BENT_DEG, _BENT_DEG))
        if len(geometry.positions_m) == 2:  # noqa: PLR2004  # two make a line
            agent, customer = (middle + float(rng.uniform(-_LINE_DEG, _LINE_DEG)) for middle in (0.0, 180.0))
        shifts = [arrival_s(one, agent) - arrival_s(one, customer) for one in geometry.positions_m]
        if max(shifts) - min(shifts) >= CONTRAST_S:
            return Calibration(round(agent % 360, 1), round(customer % 360, 1))


def placed(rng: np.random.Generator, told: Calibration, placement_deg: float) -> Calibration:
    """Where the mouths really are: up to so far beside."""
    aside = rng.uniform(-placement_deg, placement_deg, 2)
    return replace(told, agent_deg=(told.agent_deg + aside[0]) % 360, customer_deg=(told.customer_deg + aside[1]) % 360)


def beside(rng: np.random.Generator, middle_deg: float, customers: int) -> list[float]:
    """Bearings of those on the customer's side: the first in the middle, nobody more than 40 degrees from another."""
    return [middle_deg, *(middle_deg + rng.uniform(-_APART_DEG, _APART_DEG, customers - 1))]


def voice_powers(rng: np.random.Generator, gap_db: tuple[float, float]) -> tuple[float, float]:
    """Powers of the two sides at the array, their mean 1, the louder one leading by a draw from the range."""
    lead = float(rng.uniform(*gap_db)) * (1 if rng.random() < 0.5 else -1)  # noqa: PLR2004  # either side
    agent = 10 ** (lead / 10)
    return 2 * agent / (1 + agent), 2 / (1 + agent)
