"""What goes wrong with devices in a year: silent, patchy, a full disk, a certificate that ends, a microphone, the line.

One rule: a fault here is a fault of life, seen by the fleet only as a device would show it: in what it sends, or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from msgspec.structs import replace

from counterpoint.messages.schemas import HealthReport, SensorHealth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.fleet.simulation.places import Place
    from counterpoint.messages.schemas import Window

Kind = Literal["silent", "patchy", "low_disk", "certificate", "microphone", "doubled", "late", "implausible", "words"]
SHARES: Final[dict[Kind, float]] = {
    "silent": 0.012,
    "patchy": 0.02,
    "low_disk": 0.008,
    "certificate": 0.012,
    "microphone": 0.012,
    "doubled": 0.03,
    "late": 0.02,
    "implausible": 0.006,
    "words": 0.008,
}
"""Share of the devices that have each fault at the end of the year (or, with the line, from time to time)."""
DAY_S: Final = 86_400
LATE_S: Final = (5 * DAY_S, 9 * DAY_S)
"""A device whose line was down for a week sends what waited; some of it comes after the week was told."""
LATE_CHANCE: Final = 0.12
DOUBLED_CHANCE: Final = 0.2
PATCHY_CHANCE: Final = 0.15
JITTER_S: Final = 900.0
"""A window waits up to this long before it is sent; see PrivacyRules.jitter_s."""
IMPOSSIBLE_FACTOR: Final = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a device: which, and from which week of the span on."""

    kind: Kind
    since: int


Faults = dict[str, Fault]
"""By device; most have none."""


def plan_faults(places: Sequence[Place], weeks: int, seed: int) -> Faults:
    """Return what is, or goes, wrong with which device; at least one device for each fault where there are enough."""
    rng = np.random.default_rng([seed, 4])
    devices = [device for place in places for device in place.counters]
    order = iter(rng.permutation(len(devices)).tolist())
    planned: Faults = {}
    for kind, share in SHARES.items():
        for _ in range(max(1, round(share * len(devices)))):
            chosen = next(order, None)
            if chosen is not None and len(planned) < len(devices) // 2:
                planned[devices[chosen]] = Fault(kind, weeks - 1 - int(rng.integers(0, max(1, min(8, weeks // 3)))))
    return planned


def is_off(fault: Fault | None, week: int, rng: np.random.Generator) -> bool:
    """Tell whether a device tells nothing of this whole week."""
    if fault is None:
        return False
    if fault.kind == "silent":
        return week >= fault.since
    return fault.kind == "patchy" and bool(rng.random() < PATCHY_CHANCE)


def is_deaf(fault: Fault | None, week: int) -> bool:
    """Tell whether its microphone is out of order in this week."""
    return fault is not None and fault.kind == "microphone" and week >= fault.since


def arrivals(
    windows: Sequence[Window], fault: Fault | None, week: int, rng: np.random.Generator
) -> list[tuple[int, Window]]:
    """Return when each window reaches the fleet (seconds since 1970, UTC), in the order of arrival."""
    kind = fault.kind if fault else None
    delay_s = float(rng.uniform(*LATE_S)) if kind == "late" and rng.random() < LATE_CHANCE else 0.0
    arrived: list[tuple[int, Window]] = []
    for window in windows:
        at_s = int(window.end_utc.timestamp() + rng.random() * JITTER_S + delay_s)
        broken = fault is not None and kind == "implausible" and week >= fault.since
        sent = implausible(window) if broken else window
        arrived.append((at_s, sent))
        if kind == "doubled" and rng.random() < DOUBLED_CHANCE:
            arrived.append((at_s + 60, sent))
    return sorted(arrived, key=lambda each: each[0])


def implausible(window: Window) -> Window:
    """Return a window in which more was said than there was time."""
    told = window.statistics
    if told is None:
        return window
    return replace(window, statistics=replace(told, customer_talk_s=(told.customer_talk_s + 5) * IMPOSSIBLE_FACTOR))


def health(fault: Fault | None, words: bool, rng: np.random.Generator) -> HealthReport:
    """Return what a device says of itself at the end of the span."""
    kind = fault.kind if fault else None
    return HealthReport(
        sensor=SensorHealth(
            microphone="fault" if kind == "microphone" else "fine",
            words="missing" if kind == "words" else "on" if words else "off",
            light="pins",
            frames_lost_count=int(rng.choice((0, 0, 0, 100, 200))),
            disk_free_mb=100 if kind == "low_disk" else int(rng.integers(40, 250)) * 100,
        ),
        waiting_file_count=40 if kind == "late" else 0,
        clock_set=True,
        certificate_left_days=int(rng.integers(2, 12)) if kind == "certificate" else int(rng.integers(40, 365)),
    )
