"""One visit as the ledger may keep it: coarsened, its start kept to the local hour.

One rule: what is not needed for a window is gone here already: no moment, no order of events, no count of acts, and no
row at all for a visit that was left out by the button.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, get_args

import msgspec
from msgspec import Struct

from counterpoint.errors import StorageError
from counterpoint.messages.schemas import Event, PublishedAct, Sureness

if TYPE_CHECKING:
    from counterpoint.values import Session, Uncertainty

PAUSE_EDGES_S: Final = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Coarse bins: early, at once, the usual gap between speakers (0.2 s, Stivers 2009), short, long, longer."""
LEFT_OUT_COUNTED: Final = ("complex", "sides_unclear", "audio_lost")
"""`too_short` and `no_exchange` are no visits; `button` is nobody's business and is not even counted."""
DURATION_STEP_S: Final = 5


class Visit(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of the ledger; durations in whole seconds, talk and length to 5 s.

    `hour` is the local hour (seconds since 1970, UTC), None while the clock was not set. A left-out visit has zeros.
    `pauses` are counts by bin of `PAUSE_EDGES_S`, early ones first. `acts` are the kinds heard at least once, None
    while words were unknown.
    """

    hour: int | None
    left_out: bool
    uncertainty: Sureness
    visit_s: int = 0
    agent_talk_s: int = 0
    customer_talk_s: int = 0
    overlap_s: int = 0
    silence_s: int = 0
    turns: int = 0
    talk_overs: int = 0
    cut_offs: int = 0
    agent_backchannels: int = 0
    customer_backchannels: int = 0
    customer_talk_overs: int = 0
    cues: int = 0
    agent_longest_turn_s: int = 0
    customer_longest_turn_s: int = 0
    opening_let_finish: bool | None = None
    opening_taken_after_s: int | None = None
    pauses: tuple[int, ...] = (0,) * (len(PAUSE_EDGES_S) + 1)
    acts: tuple[PublishedAct, ...] | None = None


_row = msgspec.json.Decoder(Visit)


def coarsen(session: Session, hour: int | None) -> Visit | None:
    """Return the session as a row, or None when it must leave no trace (the button) or was no visit.

    `hour` is the local hour of the visit from `hour_of`, None while the clock is not set.
    """
    if session.left_out is None:
        return _counted(session, hour)
    if session.left_out in LEFT_OUT_COUNTED:
        return Visit(hour=hour, left_out=True, uncertainty=_sureness(session.uncertainty))
    return None


def encode_visit(visit: Visit) -> bytes:
    """Return the row as JSON."""
    return msgspec.json.encode(visit)


def decode_visit(row: bytes) -> Visit:
    """Return the row from its JSON; StorageError when it is none."""
    try:
        return _row.decode(row)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageError(
            f"a row of the ledger can't be read ({error}): move the ledger aside and start again"
        ) from error


def to_step(value: float, step: int = DURATION_STEP_S) -> int:
    """Return the value rounded to the nearest multiple of `step`, halves up."""
    return int((value + step / 2) // step) * step


def _counted(session: Session, hour: int | None) -> Visit:
    taken_s = session.opening_taken_after_s
    return Visit(
        hour=hour,
        left_out=False,
        uncertainty=_sureness(session.uncertainty),
        visit_s=to_step(session.end_s - session.start_s),
        agent_talk_s=to_step(session.agent.talk_s),
        customer_talk_s=to_step(session.customer.talk_s),
        overlap_s=round(session.overlap_s),  # most overlaps are shorter than 5 s: the window rounds the sum
        silence_s=to_step(session.silence_s),
        turns=session.agent.turns + session.customer.turns,
        talk_overs=session.talk_overs,
        cut_offs=session.cut_offs,
        agent_backchannels=session.agent.backchannels,
        customer_backchannels=session.customer.backchannels,
        customer_talk_overs=session.customer.interruptions + session.customer.attempts,
        cues=sum(session.cues.values()),
        agent_longest_turn_s=to_step(session.agent.longest_turn_s),
        customer_longest_turn_s=to_step(session.customer.longest_turn_s),
        opening_let_finish=session.opening_let_finish,
        opening_taken_after_s=None if taken_s is None else round(taken_s),
        pauses=_histogram(session.pauses_s),
        acts=_heard(session.acts),
    )


def _histogram(pauses_s: tuple[float, ...]) -> tuple[int, ...]:
    counts = [0] * (len(PAUSE_EDGES_S) + 1)
    for pause_s in pauses_s:
        counts[bisect_right(PAUSE_EDGES_S, pause_s)] += 1
    return tuple(counts)


def _heard(acts: dict[str, int] | None) -> tuple[PublishedAct, ...] | None:
    if acts is None:
        return None
    return tuple(kind for kind in get_args(PublishedAct) if acts.get(kind, 0) > 0)


def _sureness(measured: Uncertainty) -> Sureness:
    return Sureness(
        source=measured.source,
        talk_share_error_points=round(measured.talk_share_points, 1),
        overlap_error_ratio=round(measured.overlap_relative, 2),
        pause_error_s=round(measured.pause_s, 2),
        event_recall_ratio=_by_event(measured.event_recall),
        event_precision_ratio=_by_event(measured.event_precision),
    )


def _by_event(ratios: dict[str, float]) -> dict[Event, float]:
    return {event: round(ratios[event], 2) for event in get_args(Event) if event in ratios}
