"""One rule: a visit begins with a customer's voice, and what it was is said once, after it has ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from counterpoint.conversation.statistics import TalkTime, Tally
from counterpoint.values import BLOCK_S, SAMPLE_RATE_HZ, Session, SessionStep

if TYPE_CHECKING:
    from counterpoint.settings import SessionRules
    from counterpoint.values import Cue, FloorEvent, FloorStep, LeftOut, ListeningAct, Uncertainty

COMPLEX_AFTER_S: Final = 20.0  # talk needed before a visit under way is called complex: less is a greeting in chorus


class Visit:
    """One visit under way, from the customer's first word."""

    def __init__(self, start_s: float) -> None:
        self.start_s = start_s
        self.talk = TalkTime(start_s)
        self.tally = Tally(start_s)
        self.acts: Counter[str] = Counter()
        self.cues: Counter[str] = Counter()
        self.unclear_s = 0.0
        self.lost_s = 0.0
        self.by_button = False
        self.words_known = True

    def take(self, step: FloorStep) -> None:
        """Count what one frame made certain."""
        if not step.sides_clear:
            self.unclear_s += BLOCK_S
        if step.customer_certain:
            self.talk.add("customer", step.customer_certain)
        if step.agent_certain:
            self.talk.add("agent", step.agent_certain)
        for event in step.events:
            self.tally.note(event)

    def is_complex(self, rules: SessionRules) -> bool:
        """Both speak at once for too much of the time in which anyone speaks."""
        return self.talk.overlap_s > rules.complex_overlap_share * self.talk.anyone_s

    def left_out(self, rules: SessionRules) -> LeftOut | None:
        """The first reason that holds; None when the visit counts."""
        length_s = self.talk.last_s - self.start_s
        reasons: tuple[tuple[LeftOut, bool], ...] = (
            ("button", self.by_button),
            ("sides_unclear", self.unclear_s > rules.unclear_share * length_s),
            ("audio_lost", self.lost_s > rules.lost_share * length_s),
            ("too_short", self.talk.of("customer") < rules.min_customer_s),
            ("no_exchange", self.tally.exchanges == 0),
            ("complex", self.is_complex(rules)),
        )
        return next((reason for reason, holds in reasons if holds), None)

    def session(self, rules: SessionRules, uncertainty: Uncertainty) -> Session:
        """The visit as a value."""
        talk, tally = self.talk, self.tally
        agent = tally.side("agent", talk.of("agent"))
        return Session(
            start_s=self.start_s,
            end_s=talk.last_s,
            agent=agent,
            customer=tally.side("customer", talk.of("customer")),
            overlap_s=talk.overlap_s,
            silence_s=max(talk.last_s - self.start_s - talk.anyone_s, 0.0),
            talk_overs=tally.talk_overs,
            cut_offs=agent.interruptions,
            opening_let_finish=tally.opening_let_finish,
            opening_taken_after_s=tally.opening_taken_after_s,
            pauses_s=tuple(tally.pauses_s),
            acts=dict(self.acts) if self.words_known else None,
            cues=dict(self.cues),
            left_out=self.left_out(rules),
            uncertainty=uncertainty,
        )


class Visits:
    """Finds customers' visits in the stream of the floor, and what happened in each.

    A visit is open as soon as a customer is heard, so that the light works in its first sentence. Whether it counts is
    known only at its end: without 3 s of customer's speech and one change of the floor between the sides it is given
    out with the reason in `left_out` ("too_short", "no_exchange"), as are visits that the button, unclear sides, lost
    audio or too much overlap exclude. Speech of the agent's side alone opens nothing. It ends after 45 s in which
    nobody spoke, once the floor is empty, and its end is the last speech, not the end of that silence.

    Args:
        rules: What counts as a visit.
        uncertainty: The detector's measured error, given to every visit.
        words: A recogniser listens; without one the acts of every visit are unknown, not zero.
    """

    def __init__(self, rules: SessionRules, uncertainty: Uncertainty, words: bool = True) -> None:
        self._rules = rules
        self._uncertainty = uncertainty
        self._words = words
        self._visit: Visit | None = None
        self._leave_next = False

    def step(self, step: FloorStep) -> SessionStep:
        """Take one frame of the floor; return whether a visit is open, and the one that has just ended."""
        if self._visit is None and step.customer_certain:
            self._open(step.customer_certain[0])
        visit = self._visit
        if visit is None:
            return SessionStep(is_open=False)
        visit.take(step)
        if step.holder is None and step.at_s - visit.talk.last_s >= self._rules.end_silence_s:
            return SessionStep(is_open=False, closed=self._end(visit))
        talked = visit.talk.anyone_s >= COMPLEX_AFTER_S
        return SessionStep(is_open=True, is_complex=talked and visit.is_complex(self._rules))

    def add_act(self, act: ListeningAct) -> None:
        """Count a listening act of the open visit; it may come seconds late. One from before the visit is dropped."""
        if self._visit and act.at_s >= self._visit.start_s:
            self._visit.acts[act.kind] += 1

    def add_cue(self, cue: Cue) -> None:
        """Count a cue that was lit; its end is none."""
        if self._visit and cue.cue != "off":
            self._visit.cues[cue.cue] += 1

    def add_lost(self, samples: int) -> None:
        """Note samples that were lost and filled with zeros."""
        if self._visit:
            self._visit.lost_s += samples / SAMPLE_RATE_HZ

    def leave_out(self) -> None:
        """Leave out the open visit, or the next one if none is open: the button was pressed."""
        if self._visit:
            self._visit.by_button = True
        else:
            self._leave_next = True

    def words_unknown(self) -> None:
        """The words of the open visit can't be trusted: its acts are unknown, not zero."""
        if self._visit:
            self._visit.words_known = False

    def close(self, events: tuple[FloorEvent, ...]) -> Session | None:
        """Take what the floor committed as the stream ended; return the visit that was open, if any."""
        if self._visit is None:
            return None
        for event in events:
            self._visit.tally.note(event)
        return self._end(self._visit)

    def _open(self, start_s: float) -> None:
        self._visit = Visit(start_s)
        self._visit.by_button, self._leave_next = self._leave_next, False
        self._visit.words_known = self._words

    def _end(self, visit: Visit) -> Session:
        self._visit = None
        return visit.session(self._rules, self._uncertainty)
