"""The numbers that have a value with an interval, and how each is written, drawn and practised.

One rule: a number is named here once; pages, texts and drawings go by this name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from counterpoint.fleet.pages.language import Language
    from counterpoint.messages.summaries import Figure, FiveNumbers


@dataclass(frozen=True, slots=True)
class Measure:
    """One number.

    Attributes:
        name: Its name in texts and addresses.
        field: Its name in FiveNumbers.
        decimals: How many are shown: more would be more than is known.
        is_percent: A share, from 0 to 100.
        skill: What is practised for it.
    """

    name: str
    field: str
    decimals: int
    is_percent: bool
    skill: str

    def of(self, numbers: FiveNumbers | None) -> Figure | None:
        """Return this number's figure; None where too little can be told."""
        figure: Figure | None = None if numbers is None else getattr(numbers, self.field)
        return figure

    def write(self, language: Language, value: float) -> str:
        """Return a value of it with its unit."""
        return self.with_unit(language, language.number(value, self.decimals))

    def with_unit(self, language: Language, text: str) -> str:
        """Return text that is a value, or two, with the unit."""
        return language.say("unit.percent", value=text) if self.is_percent else text

    def interval(self, language: Language, figure: Figure) -> str:
        """Return the interval in words."""
        low, high = (language.number(end, self.decimals) for end in (figure.low, figure.high))
        return self.with_unit(language, language.say("unit.between", low=low, high=high))

    def says(self, language: Language, figure: Figure) -> str:
        """Return value and interval in words."""
        return language.say(
            "unit.value_and_interval",
            value=self.write(language, figure.value),
            interval=self.interval(language, figure),
        )

    @property
    def ceiling(self) -> float:
        """The highest value that there can be."""
        return 100.0 if self.is_percent else float("inf")


OPENINGS: Final = Measure("openings", "openings_let_finish_percent", 0, True, "let-them-finish")
TALK_OVERS: Final = Measure("talk_overs", "talk_overs_per_100_min", 1, False, "let-them-finish")
CUT_OFFS: Final = Measure("cut_offs", "cut_offs_per_100_min", 1, False, "let-them-finish")
SHARE: Final = Measure("share", "customer_talk_percent", 0, True, "open-questions")
QUICK: Final = Measure("quick", "quick_answers_percent", 0, True, "one-breath")
MEASURES: Final = {measure.name: measure for measure in (OPENINGS, TALK_OVERS, CUT_OFFS, QUICK, SHARE)}


def measure_of(field: str) -> Measure:
    """Return the number of this property of FiveNumbers."""
    return next(measure for measure in MEASURES.values() if measure.field == field)
