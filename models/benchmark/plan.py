"""Which scenes a run is made of; one rule: a scene's number and condition are all that chooses it.

| part | scenes | who hears them |
|---|---|---|
| main | 60 s, in rounds, until a simulator has 2,200 backchannels | we; of each condition 12 minutes the peers too |
| stress | 60 s, 12 minutes a condition | we |
| days | 10 minutes, 20 hours a simulator | we |
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.benchmark.conditions import DAYS, MAIN, STRESS
from models.benchmark.jobs import Order
from models.benchmark.systems import OURS

if TYPE_CHECKING:
    from collections.abc import Sequence

SCENE_S: Final = 60.0
DAY_SCENE_S: Final = 600.0
ROUND_MINUTES: Final = 6
MOST_MINUTES: Final = 120
"""Of a main condition, should backchannels be rare."""
STRESS_MINUTES: Final = 12
ENOUGH: Final = 2200
"""Backchannels a simulator: half of them or more overlap, and a rate of 0.01 of a thousand rests on ten alarms."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a run shall hold.

    Attributes:
        simulators: Their names.
        conditions: Names of `conditions.ALL`.
        systems: Names of `systems.NAMES`.
        minutes: Of each main condition; None for as many as 2,200 backchannels take.
        stress_minutes: Of each stress condition.
        peer_minutes: Of each main condition, that the peers hear too.
        day_hours: Of each simulator.
    """

    simulators: tuple[str, ...]
    conditions: tuple[str, ...]
    systems: tuple[str, ...]
    minutes: int | None
    stress_minutes: int
    peer_minutes: int
    day_hours: float


def main_orders(wishes: Wishes, simulator: str, minutes: int) -> list[Order]:
    """Dense scenes of the four main conditions; the first ones are heard by the peers as well."""
    orders = []
    for number in range(minutes):
        heard_by = wishes.systems if number < wishes.peer_minutes else _ours(wishes.systems)
        orders += [
            Order(simulator, one.name, number, SCENE_S, heard_by) for one in MAIN if one.name in wishes.conditions
        ]
    return orders


def stress_orders(wishes: Wishes, simulator: str) -> list[Order]:
    """Dense scenes with one thing made hard."""
    return [
        Order(simulator, one.name, number, SCENE_S, _ours(wishes.systems))
        for one in STRESS
        if one.name in wishes.conditions
        for number in range(wishes.stress_minutes)
    ]


def day_orders(wishes: Wishes, simulator: str) -> list[Order]:
    """Whole days, in scenes of ten minutes that follow each other."""
    wanted = [one for one in DAYS if one.name in wishes.conditions]
    scenes = math.ceil(wishes.day_hours * 3600 / DAY_SCENE_S / max(len(wanted), 1))
    return [
        Order(simulator, one.name, number, DAY_SCENE_S, _ours(wishes.systems))
        for one in wanted
        for number in range(scenes)
    ]


def _ours(systems: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in systems if name == OURS[0])
