"""The sites of an invented fleet: places that are on no map, counters, opening hours, and how it is there.

One rule: the same seed gives the same places; a name is a place's and never a person's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final
from uuid import UUID

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST: Final = """
Alder Amber Ash Beacon Birch Bramble Bridge Brook Cedar Chalk Chestnut Clover Copper Coral Corn Crane Dale Elm
Fern Field Flint Foam Fox Garden Granite Green Harbour Hazel Heather Heron Hill Juniper Kiln Lark Lime Linden
Maple Market Meadow Mill Moor Moss North Oak Orchard Otter Pear Pebble Pine Poplar Quarry Reed River Rowan
Saddle Salt Sand Sorrel South Spruce Station Stone Swan Thistle Tide Timber Tower Vale Walnut Water West Willow
"""
SECOND: Final = """
Arcade Bank Bend Common Corner Court Crossing Cross End Ferry Ford Gate Grove Hall Heath Junction Lane Landing
Locks Park Passage Place Point Quarter Quay Rise Road Row Square Steps Street Terrace Walk Wharf Yard
"""
ZONES: Final = ("Europe/Zurich", "Europe/Berlin", "Europe/Vienna", "Europe/London")
SIZES: Final = tuple(range(1, 13))
SIZE_CHANCES: Final = (0.14, 0.14, 0.13, 0.12, 0.1, 0.09, 0.07, 0.06, 0.05, 0.04, 0.03, 0.03)
HALL: Final = 24
"""Counters of the first place of a fleet that is large enough: the only one that is told the hours of the day."""
HALL_FROM: Final = 40
OPENS: Final = (7, 8, 8, 8, 9)
CLOSES: Final = (16, 17, 17, 18, 19)
DRAWN_COUNTERS: Final = 500
"""So many are drawn; a fleet beyond that is for load, and there the same sites tell the same under other names."""
PEOPLE_A_COUNTER: Final = 1.8
FEWEST_PEOPLE: Final = 5
SMALL_TEAM_SHARE: Final = 0.06
"""Some sites have two to four people: their devices publish nothing, or what is not told; the pages must stand it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Local hours in which a site is open: on weekdays, and on Saturdays until `saturday_closes` (0: not at all)."""

    opens: int
    closes: int
    saturday_closes: int


@dataclass(frozen=True, slots=True)
class Place:
    """A service point and how it is there on an ordinary day.

    Attributes:
        number: Its number in the fleet, from 0: part of every seed that is drawn for it.
        code: Opaque code on the broker.
        name: What managers read.
        timezone: IANA name.
        counters: Device ids, one a counter.
        people: How many take turns at these counters.
        opening: When it is open.
        arrivals: Visitors an hour and counter.
        length_s: Median length of a visit, in seconds.
        talk_overs: Talk-overs in 100 minutes of customers' speech when nobody waits.
        customer_share: Customer's share of talk.
        opening_chance: Chance that an opening is let finish when nobody waits.
        words: The devices have a recogniser.
    """

    number: int
    code: str
    name: str
    timezone: str
    counters: tuple[str, ...]
    people: int
    opening: Opening
    arrivals: float
    length_s: float
    talk_overs: float
    customer_share: float
    opening_chance: float
    words: bool


def build_places(counters: int, seed: int) -> tuple[Place, ...]:
    """Return places that have so many counters together."""
    rng = np.random.default_rng([seed, 0])
    names = _names(np.random.default_rng([seed, 10]))
    places: list[Place] = []
    left = counters
    while left:
        size = HALL if left == counters >= HALL_FROM else min(left, int(rng.choice(SIZES, p=SIZE_CHANCES)))
        places.append(_place(len(places), next(names), size, rng))
        left -= size
    return tuple(places)


def build_large(counters: int, seed: int) -> tuple[Place, ...]:
    """Return places of a large fleet: the first DRAWN_COUNTERS as ever, and then the same again under other names.

    Whatever is left at the end, too few for the next place's like, is no place.
    """
    drawn = build_places(min(counters, DRAWN_COUNTERS), seed)
    rng = np.random.default_rng([seed, 8])
    names = islice(_names(np.random.default_rng([seed, 10])), len(drawn), None)
    places = list(drawn)
    left = counters - sum(len(place.counters) for place in drawn)
    for like in cycle(drawn):
        if len(like.counters) > left:
            return tuple(places)
        name = next(names)
        devices = tuple(random_id(rng) for _ in like.counters)
        places.append(replace(like, number=len(places), code=_code(name), name=name, counters=devices))
        left -= len(devices)
    return tuple(places)


def _code(name: str) -> str:
    return name.lower().replace(" ", "-")


def random_id(rng: np.random.Generator) -> str:
    """Return a UUIDv4 from this generator."""
    return str(UUID(bytes=rng.bytes(16), version=4))


def _place(number: int, name: str, size: int, rng: np.random.Generator) -> Place:
    length_s = float(np.clip(rng.lognormal(np.log(250), 0.25), 120, 500))
    capacity = 3600 / (length_s * 1.1 + 30)  # a lognormal's mean is above its median; 30 s between two visits
    return Place(
        number=number,
        code=_code(name),
        name=name,
        timezone=ZONES[int(rng.choice(len(ZONES), p=(0.4, 0.3, 0.15, 0.15)))],
        counters=tuple(random_id(rng) for _ in range(size)),
        people=_people(size, rng),
        opening=Opening(int(rng.choice(OPENS)), int(rng.choice(CLOSES)), int(rng.choice((0, 0, 12, 13)))),
        arrivals=capacity * float(rng.uniform(0.62, 0.9)),
        length_s=length_s,
        talk_overs=float(rng.lognormal(np.log(20), 0.25)),
        customer_share=float(np.clip(rng.normal(0.46, 0.04), 0.3, 0.6)),
        opening_chance=float(np.clip(rng.normal(0.74, 0.05), 0.55, 0.9)),
        words=bool(rng.random() < 0.85),  # noqa: PLR2004 - the others run without a recogniser
    )


def _people(size: int, rng: np.random.Generator) -> int:
    if rng.random() < SMALL_TEAM_SHARE:
        return int(rng.integers(2, 5))
    return max(FEWEST_PEOPLE, size + 1, round(size * PEOPLE_A_COUNTER + float(rng.integers(0, 5))))


def _names(rng: np.random.Generator) -> Iterator[str]:
    """Every pair of words once, in an order of the seed; then again with a number."""
    pairs = [f"{first} {second}" for first in FIRST.split() for second in SECOND.split() if first != second]
    order = rng.permutation(len(pairs))
    yield from (pairs[each] for each in order)
    for turn in range(2, 1000):
        yield from (f"{pairs[each]} {turn}" for each in order)
