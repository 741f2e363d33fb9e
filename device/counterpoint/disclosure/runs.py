"""Runs of whole weeks, and whether their numbers are told anew or stand as they were.

One rule: where one person's coming or going could be seen in a number, what was told stands until the place as a whole
has moved by more than one person could move it. So a run mostly says "as before", which tells nothing of anybody; the
idea of the sparse vector technique (Dwork and Roth 2014, 3.6). Larger places are told anew each time, a little blurred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Protocol, get_args

from msgspec import Meta
from msgspec.structs import replace

from counterpoint.disclosure.figures import FIGURE_NAMES, half_width
from counterpoint.disclosure.site_numbers import NumbersOf, Softness
from counterpoint.disclosure.statistics import least_sure
from counterpoint.disclosure.sums import room
from counterpoint.disclosure.weeks import BLOCK_WEEKS, MONTH_WEEKS, block_start, ends_month, later, weeks_to
from counterpoint.messages.schemas import PublishedAct
from counterpoint.settings import Rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.disclosure.figures import FigureName
    from counterpoint.disclosure.sums import Sums
    from counterpoint.messages.schemas import Sureness
    from counterpoint.messages.summaries import FiveNumbers, PeriodSummary

HALF: Final = 0.5
"""Where one person can have served more than half, a place is blurred as if it were theirs: two counters at once hide
nobody."""
STANDS_WEEKS: Final = 96
"""Numbers stand for so long at most: after that a block of twelve weeks is told anew. Told each year, two blocks with
different people on holiday named the extreme one at 34 % of places with three counters (17 % by chance)."""
LONG_WEEKS: Final = 8
"""Numbers of fewer weeks are too unsure to stand for longer than their own block."""
MOVING: Final[tuple[FigureName, ...]] = tuple(name for name in FIGURE_NAMES if name != "cut_offs_per_100_min")
"""Numbers that can end what stands. Cut-offs are so rare that a stretch of them is several people's: one who cuts in
often moves them by more than a bound of stretches can stop."""
LEAST_ACT_POINTS: Final = 5.0
"""Shares of acts that are told to whole percent move by chance; less than this is no move."""

LATER_KNOWN: Final = ("openings", "quick answers", get_args(PublishedAct)[0])
"""Measures that windows can leave out; acts are known together or not at all."""


class RunRules(Rules, frozen=True):
    """When a run can be told, and how. The floors are hard.

    The defaults of bound, blur and standing are what the roster attack left over, and only stricter ones can be set: at
    three counters it named the extreme person (17 % by chance) at 80 % of places with 1 `clear` and 2 `blur_weeks`, at
    47 % with 2 `stands`, at 38 % with a `standing_blur` of 0.1.
    """

    fewest_visits: Annotated[int, Meta(ge=30)] = 100
    """In a run of weeks, and in a cell of the hours."""
    fewest_people: Annotated[int, Meta(ge=3, le=5)] = 5
    """What a window must say of its counter, or it is refused."""
    bound: Annotated[float, Meta(gt=0, le=0.5)] = 0.5
    """A stretch at one counter counts as at most this share above or below the site's middle stretch."""
    blur_weeks: Annotated[float, Meta(ge=12)] = 12.0
    """How strongly numbers that are told each time are blurred: this, times the busiest person's share to the power
    1.5, by the run's weeks."""
    clear: Annotated[float, Meta(gt=0, le=0.03)] = 0.03
    """Where that is at most this share of a number, after one week or four, runs are told anew each time."""
    standing_blur: Annotated[float, Meta(ge=0.25)] = 0.25
    """Elsewhere: the blur of what is told and then stands, as a share of what one person's work can move."""
    stands: Annotated[float, Meta(ge=4)] = 4.0
    """A number stands while runs are within this many halves of its interval."""

    def blur_of(self, share: float, weeks: int) -> float:
        """Return the blur of a run that is told each time (a share of a number); `share` is one person's at most."""
        return float(self.blur_weeks * _seen(share) ** 1.5 / weeks)

    def standing_blur_of(self, share: float) -> float:
        """Return the blur of numbers that stand."""
        return float(self.standing_blur * self.bound * _seen(share))

    def count_blur_of(self, share: float, weeks: int) -> float:
        """Return the blur of counts of visits: people differ less in visits an hour."""
        return float(_seen(share) ** 1.5 / weeks)


class Work(Protocol):
    """What was done at a place, by weeks."""

    def is_on(self, week: str) -> bool:
        """Tell whether a device was on in this week."""

    def visits(self, first: str, weeks: int) -> tuple[int, float]:
        """Return the visits of a run, and the largest share of them that one person can have served."""

    def sums(self, first: str, weeks: int) -> Sums:
        """Return the sums of a run."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that closed.

    Attributes:
        first: Its first week.
        weeks: How many.
        windows: With statistics.
        numbers: None where it is too little.
        acts: Shares of visits with each act; None where words were unknown.
        uncertainty: How sure its windows' devices were; None where it is too little.
        held_since: The first week of the run whose numbers stand; None where they were told anew.
    """

    first: str
    weeks: int
    windows: int
    numbers: FiveNumbers | None = None
    acts: dict[PublishedAct, int] | None = None
    uncertainty: Sureness | None = None
    held_since: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Numbers that stand until they move.

    Attributes:
        first: The first week of the run that told them.
        weeks: That run's.
        numbers: As told, but for the counts of visits: those may be of a later run that said them again.
        acts: As told.
    """

    first: str
    weeks: int
    numbers: FiveNumbers
    acts: dict[PublishedAct, int] | None

    def lasts_to(self, week: str) -> bool:
        """Tell whether they still stand in this week, unless they move."""
        block, own = block_start(week), block_start(self.first)
        return block == own or (self.weeks >= LONG_WEEKS and weeks_to(own, block) <= STANDS_WEEKS)


def standing(before: Sequence[PeriodSummary]) -> Standing | None:
    """Return what stands after these summaries of a place (oldest first), None before the first numbers.

    The last run says it, also where the one that told it was deleted since: that one was of `LONG_WEEKS` or more, since
    others stand for their own block only. So keeping summaries for less long makes no place tell anew more often.
    """
    last = next((each for each in reversed(before) if each.numbers is not None), None)
    if last is None or last.numbers is None:
        return None
    since = last.held_since or last.first_week
    weeks = next((each.weeks for each in before if each.first_week == since), LONG_WEEKS)
    return Standing(since, weeks, last.numbers, last.act_visits_percent)


def runs_of(
    work: Work, since: str, until: str, stands: Standing | None, rules: RunRules
) -> tuple[list[Run], str | None]:
    """Return the runs that close from one week to another (both meant too), and the first week of one that is open.

    Weeks at a run's beginning in which no device was on are in no run. No run goes over the end of a block.
    """
    made: list[Run] = []
    first: str | None = None
    for week in (later(since, number) for number in range(weeks_to(since, until))):
        first = first or (week if work.is_on(week) else None)
        run = first and _close(work, first, week, stands, rules)
        if run:
            made.append(run)
            if run.numbers is not None and run.held_since is None:
                stands = Standing(run.first, run.weeks, run.numbers, run.acts)
            first = None
    return made, first


def moved(stands: Standing, sums: Sums, rules: RunRules) -> bool:
    """Tell whether a run lies farther from what stands than chance and one person could bring it."""
    plain = NumbersOf(sums, Softness(0.0, 0.0))
    now = plain.five()
    for name in MOVING:
        old, new = getattr(stands.numbers, name), getattr(now, name)
        if old is not None and new is not None and abs(new.value - old.value) > rules.stands * half_width(old):
            return True
    return _acts_moved(stands, plain.acts(), rules) or _says_more(stands, sums)


def _says_more(stands: Standing, sums: Sums) -> bool:
    """Tell whether most windows say what no number that stands does: words were turned on, say.

    Most of them: which visits a window can say it of may be one person's.
    """
    told = (stands.numbers.openings_let_finish_percent, stands.numbers.quick_answers_percent, stands.acts)
    lacking = [label for label, each in zip(LATER_KNOWN, told, strict=True) if each is None]
    return any(2 * sums.days[label].windows > sums.window_count for label in lacking if label in sums.days)


def _acts_moved(stands: Standing, acts: dict[PublishedAct, int] | None, rules: RunRules) -> bool:
    """Acts are shares of the same visits as openings are, so their interval is about as wide."""
    openings = stands.numbers.openings_let_finish_percent
    if openings is None or stands.acts is None or acts is None:
        return False
    wide = rules.stands * half_width(openings) / max(100 * room(openings.value / 100), 1.0)
    return any(
        abs(acts[kind] - told) > max(wide * 100 * room(told / 100), LEAST_ACT_POINTS)
        for kind, told in stands.acts.items()
        if kind in acts
    )


def _close(work: Work, first: str, week: str, stands: Standing | None, rules: RunRules) -> Run | None:
    """Return the run if it closes with this week."""
    weeks = weeks_to(first, week)
    if not (weeks == 1 or ends_month(week)):
        return None
    ends_block = week == later(block_start(week), BLOCK_WEEKS - 1)
    visits, share = work.visits(first, weeks)
    if visits < rules.fewest_visits:
        return Run(first, weeks, work.sums(first, weeks).window_count) if ends_block else None
    blur = rules.blur_of(share, weeks)
    if weeks <= MONTH_WEEKS and blur <= rules.clear:
        return _tell(work, first, weeks, Softness(blur, rules.count_blur_of(share, weeks)))
    softness = Softness(rules.standing_blur_of(share), rules.count_blur_of(share, weeks))
    if stands is None or not stands.lasts_to(week):
        return _first(work, first, weeks, softness) if ends_block else None
    return _hold(work, first, weeks, stands, softness, rules) if ends_month(week) else None


def _first(work: Work, first: str, weeks: int, softness: Softness) -> Run:
    if weeks < LONG_WEEKS:
        return Run(first, weeks, work.sums(first, weeks).window_count)
    return _tell(work, first, weeks, softness)


def _hold(work: Work, first: str, weeks: int, stands: Standing, softness: Softness, rules: RunRules) -> Run:
    """Return a run of a place whose numbers stand, unless they moved."""
    sums = work.sums(first, weeks)
    if moved(stands, sums, rules):
        return _tell(work, first, weeks, softness)
    counts = NumbersOf(sums, softness)
    numbers = replace(stands.numbers, visit_count=counts.visit_count(), left_out_count=counts.left_out_count())
    return Run(first, weeks, sums.window_count, numbers, stands.acts, least_sure(sums.uncertainty), stands.first)


def _tell(work: Work, first: str, weeks: int, softness: Softness) -> Run:
    sums = work.sums(first, weeks)
    made = NumbersOf(sums, softness)
    return Run(first, weeks, sums.window_count, made.five(), made.acts(), least_sure(sums.uncertainty))


def _seen(share: float) -> float:
    return share if share <= HALF else 1.0
