"""Where a summary is retained on the broker, for others' dashboards: one topic a summary.

One rule: a topic's payload is a summary as the store keeps it, or nothing; since no summary is revised, no topic's is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from counterpoint.messages.schemas import schema_name
from counterpoint.messages.summaries import HoursSummary, PeriodSummary, Summary

SUMMARY_ROOT: Final = "counterpoint-summary/v1"
HOURS: Final = "-hours"
QOS: Final = 1


@dataclass(frozen=True, slots=True)
class SummaryChannel:
    """How one kind of summary is retained.

    Attributes:
        name: As the AsyncAPI document calls it.
        kind: The value.
        level: Last level of the topic; {week} is the first week, in lower case.
        about: What it is for, in a sentence.
    """

    name: str
    kind: type[Summary]
    level: str
    about: str

    @property
    def schema(self) -> str:
        """Name of the summary's schema."""
        return schema_name(self.kind)


PERIOD: Final = SummaryChannel(
    "summary", PeriodSummary, "{week}", "The numbers of a site, or of all sites, over a run of whole weeks."
)
HOURS_OF_WEEK: Final = SummaryChannel(
    "hours", HoursSummary, "{week}" + HOURS, "When it is hard at a site: weekdays by parts of the day, over four weeks."
)
TOLD: Final = (PERIOD, HOURS_OF_WEEK)


def summary_topic(summary: Summary) -> str:
    """Return the topic of a summary, as in counterpoint-summary/v1/hall-3/2026-w14."""
    channel = PERIOD if isinstance(summary, PeriodSummary) else HOURS_OF_WEEK
    return f"{SUMMARY_ROOT}/{summary.site}/{channel.level.format(week=summary.first_week.lower())}"
