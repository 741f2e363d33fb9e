"""Whether a window's figures can be true together.

One rule: only what no counter can do is refused: every bound leaves room for the rounding, and for a device whose clock
was not set for days, which tells all visits of those days in one window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.disclosure.visit import PAUSE_EDGES_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.messages.schemas import PauseBin, Statistics, Window

MOST_VISITS_AN_HOUR: Final = 75
"""A visit ends after 45 s without a word, and needs 3 s of the customer's."""
WITHOUT_CLOCK_S: Final = 31 * 86_400
"""Visits of so long a time can stand in one window, where the clock was not set."""
SHORTEST_SPEECH_S: Final = 3
"""Of the customer, in any visit."""
ROUNDING_S: Final = 5
"""Of a duration, once a visit and once a window."""
MOST_A_SECOND: Final = 5
"""Turns, words of agreement and overlaps in a second of a visit, generously."""
HUNDRED: Final = 100
PARTS: Final = 4
"""Durations that make a visit's whole, each rounded."""
COUNTED: Final = (
    "turn_count",
    "talk_over_count",
    "cut_off_count",
    "agent_backchannel_count",
    "customer_backchannel_count",
    "customer_talk_over_count",
    "cue_count",
)
LARGEST_K: Final = 1000
"""As the setting's own bound."""


def implausible(window: Window) -> str:
    """Return what can't be true of a window, in words; "" where all of it can."""
    return next(_troubles(window), "")


def _troubles(window: Window) -> Iterator[str]:
    if window.fewest_visits > LARGEST_K:
        yield f"it says that k is {window.fewest_visits}"
    found = window.statistics
    if found is None:
        return
    lasted_s = (window.end_utc - window.start_utc).total_seconds()
    yield from _visits(found, window.fewest_visits, lasted_s)
    yield from _durations(found, lasted_s)
    yield from _counts(found)
    yield from _pauses(found.pauses or ())


def _visits(found: Statistics, fewest: int, lasted_s: float) -> Iterator[str]:
    if found.visit_count < fewest:
        yield f"it has statistics of {found.visit_count} visits, fewer than its own k of {fewest}"
    if found.visit_count + found.left_out_count > MOST_VISITS_AN_HOUR * (lasted_s + WITHOUT_CLOCK_S) / 3600:
        yield f"no counter has {found.visit_count} visits in that time"


def _durations(found: Statistics, lasted_s: float) -> Iterator[str]:
    slack_s = ROUNDING_S * (found.visit_count + 1)
    if found.visit_s > lasted_s + WITHOUT_CLOCK_S:
        yield f"its visits last {found.visit_s} s, longer than there was time"
    for name in ("agent_talk_s", "customer_talk_s", "silence_s"):
        if getattr(found, name) > found.visit_s + slack_s:
            yield f"{name} is {getattr(found, name)}, and the visits last {found.visit_s} s"
    if found.overlap_s > min(found.agent_talk_s, found.customer_talk_s) + slack_s:
        yield f"overlap_s is {found.overlap_s}, more than one side spoke"
    if found.customer_talk_s + slack_s < SHORTEST_SPEECH_S * found.visit_count:
        yield f"its customers spoke for {found.customer_talk_s} s in {found.visit_count} visits"
    told_s = found.agent_talk_s + found.customer_talk_s - found.overlap_s + found.silence_s
    if abs(told_s - found.visit_s) > PARTS * slack_s:
        yield f"speech and silence make {told_s} s, and the visits last {found.visit_s} s"
    longest_s = (found.visit_s + slack_s) / max(1, found.visit_count) + ROUNDING_S
    for name in ("agent_longest_turn_mean_s", "customer_longest_turn_mean_s"):
        if getattr(found, name) > longest_s:
            yield f"{name} is {getattr(found, name)}, longer than its visits"


def _counts(found: Statistics) -> Iterator[str]:
    most = MOST_A_SECOND * (found.visit_s + ROUNDING_S)
    for name in COUNTED:
        if getattr(found, name) > most:
            yield f"{name} is {getattr(found, name)} in {found.visit_s} s of visits"


def _pauses(pauses: tuple[PauseBin, ...]) -> Iterator[str]:
    if pauses and tuple(each.below_s for each in pauses) != (*PAUSE_EDGES_S, None):
        yield "its pauses are in other bins than ours"
    whole = sum(each.share_percent for each in pauses)
    if pauses and abs(whole - HUNDRED) > len(pauses):
        yield f"its pauses make {whole} % together"
