"""Visits and sessions to test with: ordinary ones, made in one line."""

from __future__ import annotations

from datetime import UTC, datetime

from counterpoint.disclosure import Visit
from counterpoint.messages.schemas import Sureness
from counterpoint.values import LeftOut, Session, SideCounts, Uncertainty

MEASURED = Uncertainty(
    source="simulation",
    talk_share_points=3.14,
    overlap_relative=0.211,
    event_recall={"interruption": 0.8, "attempt": 0.7, "something_else": 0.1},
    event_precision={"interruption": 0.9},
    pause_s=0.123,
)
SURE = Sureness(
    source="simulation",
    talk_share_error_points=3.1,
    overlap_error_ratio=0.21,
    pause_error_s=0.12,
    event_recall_ratio={"interruption": 0.8, "attempt": 0.7},
    event_precision_ratio={"interruption": 0.9},
)


def utc(text: str) -> int:
    """Return seconds since 1970 of a moment such as "2026-11-23 09:00"."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def visit(hour: int | None, *, left_out: bool = False, **of: object) -> Visit:
    ordinary = {"visit_s": 120, "customer_talk_s": 60, "agent_talk_s": 40, "turns": 12, "pauses": (1, 2, 3, 2, 1, 0, 0)}
    fields = {} if left_out else {**ordinary, "opening_let_finish": True, "acts": ("open_question",), **of}
    return Visit(hour=hour, left_out=left_out, uncertainty=SURE, **fields)  # type: ignore[arg-type] # a test's own words


def session(*, left_out: LeftOut | None = None, acts: dict[str, int] | None = None) -> Session:
    return Session(
        start_s=1000.3,
        end_s=1123.9,
        agent=SideCounts(talk_s=41.2, turns=6, attempts=1, backchannels=4, longest_turn_s=11.0),
        customer=SideCounts(talk_s=62.7, turns=6, interruptions=1, attempts=1, backchannels=2, longest_turn_s=18.1),
        overlap_s=2.4,
        silence_s=13.0,
        talk_overs=1,
        cut_offs=1,
        opening_let_finish=False,
        opening_taken_after_s=7.4,
        pauses_s=(-0.3, 0.1, 0.3, 0.7, 1.5, 3.0, 9.0),
        acts=acts,
        cues={"talk_over": 2, "cut_off": 1},
        left_out=left_out,
        uncertainty=MEASURED,
    )
