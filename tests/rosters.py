"""Sites with rosters, and the windows that their counters would send: what the roster attack is tried on.

One rule: every person has a true way of talking, and the windows keep the device's rules (`disclosure/windows.py`); the
attacker is given everything but those ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

import numpy as np

from counterpoint.disclosure.sites import SiteWindow
from counterpoint.disclosure.visit import PAUSE_EDGES_S
from counterpoint.messages.schemas import PauseBin, Statistics, Window
from visits_at import SURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]
    Ints = NDArray[np.int64]

Kind = Literal["fixed", "rotating", "part_time", "holiday"]
KINDS: Final[tuple[Kind, ...]] = ("fixed", "rotating", "part_time", "holiday")
PEOPLE: Final = {1: 5, 2: 5, 3: 6, 5: 9, 8: 14, 10: 17, 20: 34, 50: 84}
"""Who take turns, by counters: never fewer than the pool of five."""
FIRST_HOUR: Final = 8
HOURS: Final = 9
SHIFT_HOURS: Final = (5, 4)
DAYS: Final = 5
VISITS_AN_HOUR: Final = 6.0
CUT_OFFS_OF_TALK_OVERS: Final = 0.35
VISITS_A_DAY: Final = 54
"""Of one counter."""
FIRST_MONDAY: Final = datetime(2024, 1, 1, tzinfo=UTC)
DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Ways:
    """How each person talks, shape (people,): what the attacker wants.

    Attributes:
        talk_overs: Per 100 minutes of customers' speech.
        openings_cut: Share of openings that are not let finish.
        customer_share: Share of the talk that is the customer's.
        quick: Share of quick answers.
        speed: Visits served an hour, as a factor around 1.
    """

    talk_overs: Reals
    openings_cut: Reals
    customer_share: Reals
    quick: Reals
    speed: Reals


@dataclass(frozen=True, slots=True)
class Place:
    """A site with its roster.

    Attributes:
        code: As in topics.
        timezone: IANA name.
        counter_count: Counters.
        roster: Shape (weeks, days, shifts, counters): who is there; -1 nobody.
        ways: How they talk.
    """

    code: str
    timezone: str
    counter_count: int
    roster: Ints
    ways: Ways

    @property
    def people(self) -> int:
        """Who take turns."""
        return len(self.ways.speed)


def draw_place(counters: int, kind: Kind, weeks: int, rng: np.random.Generator, *, worst: float = 10.0) -> Place:
    """Draw a site; one person interrupts `worst` times as much as a middling one."""
    people = PEOPLE[counters]
    roster = _roster(counters, people, kind, weeks, rng)
    return Place("hall", "UTC", counters, roster, _ways(people, worst, rng))


def _ways(people: int, worst: float, rng: np.random.Generator) -> Ways:
    factor = rng.lognormal(0, 0.4, people)
    if worst > 1:
        factor[rng.integers(people)] = worst
    return Ways(
        talk_overs=40 * factor,
        openings_cut=np.minimum(0.25 * factor, 0.95),
        customer_share=np.clip(0.55 + rng.normal(0, 0.04, people) - 0.06 * np.log(factor), 0.15, 0.85),
        quick=np.clip(0.3 * factor**0.5, 0.05, 0.9),
        speed=rng.lognormal(0, 0.15, people),
    )


def _roster(counters: int, people: int, kind: Kind, weeks: int, rng: np.random.Generator) -> Ints:
    """Return who is where; a template of the week, turned for rotas, thinned by holidays and sick days."""
    shape = (DAYS, len(SHIFT_HOURS), counters)
    template = _template(shape, people, kind, rng)
    absent = _absences(people, weeks, 6 if kind == "holiday" else 5, rng)
    roster = np.empty((weeks, *shape), dtype=np.int64)
    for week in range(weeks):
        plan = (template + week) % people if kind == "rotating" else template.copy()
        for day in range(DAYS):
            for shift in range(len(SHIFT_HOURS)):
                plan[day, shift] = _stand_in(plan[day, shift], absent[:, week, day], people, kind, rng)
        roster[week] = plan
    return roster


def _template(shape: tuple[int, ...], people: int, kind: Kind, rng: np.random.Generator) -> Ints:
    days, shifts, counters = shape
    weights = rng.uniform(0.2, 1.0, people) if kind == "part_time" else np.ones(people)
    template = np.empty(shape, dtype=np.int64)
    load = np.zeros(people)
    for day in range(days):
        for shift in range(shifts):
            free = load / weights + rng.uniform(0, 0.5 if kind == "part_time" else 0.01, people)
            chosen = np.argsort(free)[:counters]
            load[chosen] += 1
            template[day, shift] = chosen
    return template


def _absences(people: int, weeks: int, weeks_a_year: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Holidays of two weeks, then one, until there are enough a year; and one sick day in thirty."""
    absent = rng.random((people, weeks, DAYS)) < 1 / 30
    for person in range(people):
        left = round(weeks_a_year * weeks / 52)
        while left > 0:
            length = min(2, left)
            first = int(rng.integers(0, weeks - length + 1))
            absent[person, first : first + length] = True
            left -= length
    return absent


def _stand_in(plan: Ints, absent: NDArray[np.bool_], people: int, kind: Kind, rng: np.random.Generator) -> Ints:
    here = [int(person) for person in plan if not absent[person]]
    spare = [person for person in range(people) if not absent[person] and person not in here]
    rng.shuffle(spare)
    filled = []
    for person in plan:
        if not absent[person]:
            filled.append(int(person))
        elif spare and not (kind == "holiday" and rng.random() < 0.5):
            filled.append(spare.pop())
        else:
            filled.append(-1)
    return np.array(filled, dtype=np.int64)


def site_windows(
    place: Place, rng: np.random.Generator, *, k: int = 10, period: str = "hour", week_sd: float = 0.05
) -> list[SiteWindow]:
    """Return the windows of all counters, over all weeks of the roster."""
    weeks = len(place.roster)
    shocks = np.exp(rng.normal(0, week_sd, weeks)) if week_sd else np.ones(weeks)
    sums = _hourly(place, shocks, rng)
    made: list[SiteWindow] = []
    for counter in range(place.counter_count):
        made += _windows(sums[:, :, :, counter], f"counter-{counter}", k, period, rng)
    return made


VISITS, LEFT_OUT, VISIT_S, AGENT_S, CUSTOMER_S, TURNS, TALK_OVERS, CUT_OFFS, OPENINGS = range(9)
SUMS: Final = 9 + 7


def _hourly(place: Place, shocks: Reals, rng: np.random.Generator) -> Ints:
    """Sums by (week, day, hour, counter, what)."""
    who = np.repeat(place.roster, SHIFT_HOURS, axis=2)
    ways = place.ways
    there = who >= 0
    visits = rng.poisson(VISITS_AN_HOUR * ways.speed[who]) * there
    talk_s = rng.normal(110, 45 / np.sqrt(np.maximum(visits, 1))) * visits
    share = np.clip(
        ways.customer_share[who] + rng.normal(0, 0.1, who.shape) / np.sqrt(np.maximum(visits, 1)), 0.05, 0.95
    )
    customer_s = np.maximum(talk_s, 0) * share
    rate = ways.talk_overs[who] * shocks[:, None, None, None]
    talk_overs = rng.poisson(rng.gamma(3.0, np.maximum(rate * customer_s / 6000, 1e-9) / 3.0))
    pauses_n = rng.poisson(visits * 5.0)
    quick = np.clip(ways.quick[who] * shocks[:, None, None, None] ** 0.5, 0, 0.95)[..., None]
    bins = np.concatenate([quick * [0.4, 0.6], (1 - quick) * [0.4, 0.3, 0.15, 0.1, 0.05]], axis=-1)
    columns = np.stack(
        [
            visits,
            rng.binomial(visits, 0.05),
            (talk_s * 1.3).astype(np.int64),
            (talk_s - customer_s).astype(np.int64),
            customer_s.astype(np.int64),
            pauses_n * 2,
            talk_overs,
            rng.binomial(talk_overs, CUT_OFFS_OF_TALK_OVERS),
            rng.binomial(visits, np.clip(1 - ways.openings_cut[who] * shocks[:, None, None, None], 0.0, 1.0)),
        ],
        axis=-1,
    )
    return np.concatenate([columns, rng.multinomial(pauses_n, bins)], axis=-1) * there[..., None]


def _windows(sums: Ints, device: str, k: int, period: str, rng: np.random.Generator) -> list[SiteWindow]:
    made = []
    weeks, days, hours, _ = sums.shape
    for week in range(weeks):
        begin_s = int(FIRST_MONDAY.timestamp()) + week * 7 * DAY_S
        total = np.zeros(SUMS, dtype=np.int64)
        for day in range(days):
            for hour in range(hours):
                total = total + sums[week, day, hour]
                closes = period == "hour" or (period == "day" and hour == hours - 1)
                if closes and total[VISITS] >= k:
                    end_s = int(FIRST_MONDAY.timestamp()) + (week * 7 + day) * DAY_S + (FIRST_HOUR + hour + 1) * 3600
                    end_s = end_s if period == "hour" else end_s + (24 - FIRST_HOUR - HOURS) * 3600
                    made.append(_window(device, begin_s, end_s, total, k, rng))
                    begin_s, total = end_s, np.zeros(SUMS, dtype=np.int64)
        end_s = int(FIRST_MONDAY.timestamp()) + (week + 1) * 7 * DAY_S
        made.append(_window(device, begin_s, end_s, total if period == "week" and total[VISITS] >= k else None, k, rng))
    return made


def _window(device: str, begin_s: int, end_s: int, total: Ints | None, k: int, rng: np.random.Generator) -> SiteWindow:
    window = Window(
        id=str(UUID(bytes=rng.bytes(16), version=4)),
        start_utc=datetime.fromtimestamp(begin_s, UTC),
        end_utc=datetime.fromtimestamp(end_s, UTC),
        timezone="UTC",
        fewest_visits=k,
        fewest_people=5,
        statistics=None if total is None else _statistics(total.tolist()),
    )
    return SiteWindow(device, window)


def _step(value: float) -> int:
    return int((value + 2.5) // 5) * 5


def _statistics(total: list[int]) -> Statistics:
    bins = total[9:]
    whole = max(sum(bins), 1)
    return Statistics(
        visit_count=_step(total[VISITS]),
        left_out_count=_step(total[LEFT_OUT]),
        visit_s=_step(total[VISIT_S]),
        agent_talk_s=_step(total[AGENT_S]),
        customer_talk_s=_step(total[CUSTOMER_S]),
        overlap_s=_step(total[TALK_OVERS] * 2),
        silence_s=_step(total[VISIT_S] / 5),
        turn_count=_step(total[TURNS]),
        talk_over_count=_step(total[TALK_OVERS]),
        cut_off_count=_step(total[CUT_OFFS]),
        agent_backchannel_count=0,
        customer_backchannel_count=0,
        customer_talk_over_count=0,
        cue_count=0,
        agent_longest_turn_mean_s=15,
        customer_longest_turn_mean_s=15,
        opening_let_finish_percent=round(100 * total[OPENINGS] / total[VISITS]),
        opening_taken_after_mean_s=None,
        pauses=tuple(
            PauseBin(below_s=edge, share_percent=round(100 * count / whole))
            for edge, count in zip((*PAUSE_EDGES_S, None), bins, strict=True)
        ),
        act_visits_percent=None,
        uncertainty=SURE,
    )
