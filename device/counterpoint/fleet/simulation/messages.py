"""What the devices of a simulated fleet send, as the collector would get it: topics, bytes, and when they came.

One rule: a message here is one that a device of ours could send; everything else about a fleet is no device's to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from counterpoint.disclosure.windows import FLOOR_PEOPLE, MOST_PEOPLE_TOLD
from counterpoint.fleet.collector.intake import Arrival
from counterpoint.fleet.simulation.faults import health
from counterpoint.fleet.simulation.year import WEEK_S, noon_s
from counterpoint.fleet.store.rows import Annotation, Fact
from counterpoint.messages.schemas import Birth, State, encode
from counterpoint.messages.topics import topic
from counterpoint.settings import PrivacyRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from counterpoint.fleet.simulation.faults import Fault
    from counterpoint.fleet.simulation.places import Place
    from counterpoint.fleet.simulation.year import SiteStory, Year
    from counterpoint.messages.topics import Leaf

ALL: Final = "all"
BY: Final = "simulation"
VERSIONS: Final = ("0.1.0", "0.1.1")
NEWER_SHARE: Final = 0.8
HEALTH_PERIOD_S: Final = 900
OFFLINE_AFTER_S: Final = 3600


def births(year: Year) -> Iterator[Arrival]:
    """Every device says at the beginning what it is."""
    at_s = noon_s(year.weeks[0])
    rng = np.random.default_rng([year.plan.seed, 6])
    for place in year.places:
        for device in place.counters:
            birth = Birth(
                version=VERSIONS[int(rng.random() < NEWER_SHARE)],
                timezone=place.timezone,
                fewest_visits=PrivacyRules().k,
                fewest_people=min(place.people, MOST_PEOPLE_TOLD) if place.people >= FLOOR_PEOPLE else 0,
                health_period_s=HEALTH_PERIOD_S,
            )
            yield Arrival(topic(place.code, device, "birth"), encode(birth), at_s)
            yield Arrival(topic(place.code, device, "state"), encode(State(state="online")), at_s)


def windows(year: Year, told: Iterable[SiteStory]) -> Iterator[Arrival]:
    """Every window of these sites' weeks, as it arrives."""
    for story in told:
        code = year.places[story.site].code
        for each in story.arrived:
            yield Arrival(topic(code, each.device, "window"), encode(each.window), each.at_s)


def last_words(year: Year, now_s: int) -> Iterator[Arrival]:
    """What every device says of itself before `now_s`: health within its period, or its Last Will some weeks ago."""
    rng = np.random.default_rng([year.plan.seed, 7])
    for place in year.places:
        for device in place.counters:
            yield from _last_words(year, place, device, now_s - int(rng.integers(0, HEALTH_PERIOD_S)), rng)


def _last_words(year: Year, place: Place, device: str, at_s: int, rng: np.random.Generator) -> Iterator[Arrival]:
    fault: Fault | None = year.faults.get(device)
    told: list[tuple[Leaf, bytes]] = [("health", encode(health(fault, words=place.words, rng=rng)))]
    if fault is not None and fault.kind == "silent":
        at_s = noon_s(year.weeks[fault.since]) - int(rng.integers(0, WEEK_S // 2))
        told.append(("state", encode(State(state="lost"))))
    for leaf, payload in told:
        yield Arrival(topic(place.code, device, leaf), payload, at_s + (OFFLINE_AFTER_S if leaf == "state" else 0))


def notes(year: Year) -> Iterator[Annotation]:
    """What managers note of what happened, on the Monday of its week."""
    for each in year.happenings:
        monday = year.weeks[each.week].monday
        site = ALL if each.site is None else year.places[each.site].code
        yield Annotation(site, monday.isoformat(), each.text, BY, noon_s(year.weeks[each.week]))


def facts(year: Year, week: int, told: Iterable[SiteStory]) -> Iterator[Fact]:
    """What the sites that count themselves counted in a week."""
    for story in told:
        if story.site in year.counting_sites:
            code, name = year.places[story.site].code, year.weeks[week].name
            yield Fact(code, name, "visitors", float(story.visitors))
            yield Fact(code, name, "waiting_min", round(story.wait_min, 1))
