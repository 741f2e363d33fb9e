"""How wrong the statistics of a visit are; one rule: the reference is what a perfect detector would have counted.

The device's own `Floor` and `Visits` step through the truth, so that what is measured is the hearing, not the rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import FRAME_S

from counterpoint.conversation import Floor, Visits
from counterpoint.settings import FloorRules, SessionRules
from counterpoint.values import Activity, Uncertainty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.benchmark.truth import Flags, SecondVoice

    from counterpoint.values import Session

_PERFECT: Final = Uncertainty("truth", 0.0, 0.0, {}, {}, 0.0)
ERRORS: Final = {
    "talk share, points": "talk share error",
    "overlaps a minute": "overlaps a minute error",
    "talk-overs a visit": "talk-overs error",
    "pause before answering, s": "pause error",
    "overlap time, s": "overlap error s",
}


def true_sessions(active: Flags, voices: Sequence[SecondVoice]) -> tuple[Session, ...]:
    """The visits that a perfect detector finds in the truth of a scene."""
    floor, visits = Floor(FloorRules()), Visits(SessionRules(), _PERFECT, words=False)
    takes = np.zeros(active.shape[1], dtype=np.bool_)
    for one in voices:
        if one.takes_floor:
            takes[int(one.onset_s / FRAME_S) : int(one.end_s / FRAME_S) + 1] = True
    found = []
    for frame, (agent, customer, taken) in enumerate(zip(*active.astype(float), takes.astype(float), strict=True)):
        start_s = frame * FRAME_S
        step = visits.step(floor.step(Activity(start_s, agent, customer, taken, start_s + FRAME_S)))
        found += [step.closed] if step.closed else []
    last = visits.close(floor.close())
    return tuple(one for one in (*found, last) if one is not None)


def count_visits(true: Sequence[Session], said: Sequence[Session], active: Flags) -> list[dict[str, float]]:
    """A row of errors for every true visit that counts and was found; the last row says how many were not."""
    rows = []
    wanted = [one for one in true if one.left_out is None]
    left = [one for one in said if one.left_out is None]
    invented = len(left)
    for reference in wanted:
        mine = max(left, key=lambda one: _together_s(one, reference), default=None)
        if mine is None or _together_s(mine, reference) <= 0:
            continue
        left.remove(mine)
        invented -= 1
        rows.append(_errors(reference, mine, active))
    rows.append({"visits": len(wanted), "visits found": len(rows), "visits invented": invented})
    return rows


def _errors(reference: Session, mine: Session, active: Flags) -> dict[str, float]:
    heard = active[:, round(reference.start_s / FRAME_S) : round(reference.end_s / FRAME_S)]
    talk, both_s = heard.sum(axis=1), float(heard.all(axis=0).sum() * FRAME_S)
    errors = {
        "talk share error": 100 * abs(mine.customer_share - float(talk[1] / max(talk.sum(), 1))),
        "overlaps a minute error": abs(_overlaps_a_minute(mine) - _overlaps_a_minute(reference)),
        "talk-overs error": abs(mine.talk_overs - reference.talk_overs),
        "overlap error s": abs(mine.overlap_s - both_s),
        "overlap s": both_s,
    }
    if mine.pauses_s and reference.pauses_s:
        errors["pause error"] = abs(float(np.mean(mine.pauses_s)) - float(np.mean(reference.pauses_s)))
    return errors


def _overlaps_a_minute(session: Session) -> float:
    sides = (session.agent, session.customer)
    overlaps = sum(one.interruptions + one.attempts + one.transitions + one.backchannels for one in sides)
    return 60 * overlaps / max(session.end_s - session.start_s, 1.0)


def _together_s(one: Session, other: Session) -> float:
    return min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
