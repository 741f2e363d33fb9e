"""How each number of a card is counted; pure, from what happened in the try.

One rule: what can't be known is None, never zero.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.practice.journal import Try
    from counterpoint.values import ActKind

BREATH_FROM_S: Final = 0.2  # answers in conversation come after this much (Levinson & Torreira 2015)
BREATH_TO_S: Final = 1.5  # the floor's own bound: after so much silence a turn is over
TOO_LONG_S: Final = 3.0  # what call centres count as a silence


def talk_overs(tried: Try) -> float:
    """The agent's talk-overs, as the device counts them."""
    return len(tried.talk_overs)


def gave_way(tried: Try) -> float:
    """How often the customer fell silent because they were talked over."""
    return len(tried.gave_way_s)


def let_finish(tried: Try) -> float | None:
    """Share of the customer's turns that nobody talked over, in percent; None before there is one."""
    turns = tried.turns("customer")
    if not turns:
        return None
    onsets = [event.onset_s for event in tried.talk_overs]
    finished = sum(not any(turn.onset_s <= onset_s <= turn.offset_s for onset_s in onsets) for turn in turns)
    return 100.0 * finished / len(turns)


def pause(tried: Try) -> float | None:
    """Median pause before the agent's answers, in seconds; None without an answer."""
    return round(median(tried.pauses_s), 2) if tried.pauses_s else None


def breaths(tried: Try) -> float | None:
    """Share of the answers that came after one breath, in percent; None without an answer."""
    if not tried.pauses_s:
        return None
    fitting = sum(BREATH_FROM_S <= pause_s <= BREATH_TO_S for pause_s in tried.pauses_s)
    return 100.0 * fitting / len(tried.pauses_s)


def too_long(tried: Try) -> float:
    """Silences over three seconds, whether the customer broke them or the agent."""
    asked = len(tried.course.hello_s) if tried.course else 0
    return asked + sum(pause_s > TOO_LONG_S for pause_s in tried.pauses_s)


def count(*kinds: ActKind) -> Callable[[Try], float | None]:
    """A figure: how many acts of these kinds; None where words are not known."""

    def counted(tried: Try) -> float | None:
        return None if tried.acts is None else float(sum(act.kind in kinds for act in tried.acts))

    return counted


def open_share(tried: Try) -> float | None:
    """Share of the questions that were open, in percent; None without a question."""
    opened, closed = count("open_question")(tried), count("closed_question")(tried)
    if opened is None or closed is None or opened + closed == 0:
        return None
    return 100.0 * opened / (opened + closed)


def longest_answer(tried: Try) -> float | None:
    """The customer's longest turn after the opening, in seconds; None without one."""
    answers = tried.turns("customer")[1:]
    return round(max(turn.offset_s - turn.onset_s for turn in answers), 1) if answers else None


def customer_share(tried: Try) -> float | None:
    """The customer's share of all talk, in percent; None before anyone spoke."""
    agent_s, customer_s = tried.talk_s("agent"), tried.talk_s("customer")
    return 100.0 * customer_s / (agent_s + customer_s) if agent_s + customer_s else None


def confirmed(tried: Try) -> float | None:
    """How often the customer said that it was right; None where a person played the customer."""
    return None if tried.course is None else float(tried.course.confirmed)


def ended(tried: Try) -> float | None:
    """1 if the customer came to their goodbye, 0 if not; None where a person played the customer."""
    return None if tried.course is None else float(tried.course.ended)


def listened_before(*kinds: ActKind) -> Callable[[Try], float | None]:
    """A figure: seconds of the customer's speech before the first such act; None without one."""

    def listened(tried: Try) -> float | None:
        first_s = min((act.at_s for act in tried.acts or () if act.kind in kinds), default=None)
        return None if first_s is None else round(tried.talk_s("customer", first_s), 1)

    return listened
