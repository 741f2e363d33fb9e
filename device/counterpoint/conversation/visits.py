"""One rule: a visit begins with a customer's voice, and what it was is said once, after it has ended."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING, Final

from counterpoint.conversation.statistics import TalkTime, Tally
from counterpoint.values import BLOCK_S, SAMPLE_RATE_HZ, Session, SessionStep

if TYPE_CHECKING:
    from counterpoint.settings import SessionRules
    from counterpoint.values import Cue, FloorEvent, FloorStep, LeftOut, ListeningAct, Span, Uncertainty, WhichVisit

COMPLEX_AFTER_S: Final = 20.0  # talk needed before a visit under way is called complex: less is a greeting in chorus
FAREWELL_S: Final = 5.0  # an answer to the customer's last word begins within this time: later talk is among colleagues
WORD_END_S: Final = 0.5  # a recogniser may place the end of the last word this much after the speech


class Visit:
    """One visit under way, from the customer's first word.

    What the agent's side says after the customer's last word waits until it is known to have been said to the
    customer: they speak again, or it is the one turn that answers them and has ended.

    Attributes:
        customer_until_s: End of the customer's last speech, in seconds.
    """

    def __init__(self, start_s: float) -> None:
        self.start_s = start_s
        self.customer_until_s = start_s
        self.talk = TalkTime(start_s)
        self.tally = Tally(start_s)
        self.acts: list[ListeningAct] = []
        self.cues: Counter[str] = Counter()
        self.unclear_s = 0.0
        self.lost_s = 0.0
        self.by_button = False
        self.words_known = True
        self._answered = False
        self._waiting_speech: list[Span] = []
        self._waiting_turns: list[FloorEvent] = []

    def take(self, step: FloorStep) -> None:
        """Count what one frame made certain."""
        if not step.sides_clear:
            self.unclear_s += BLOCK_S
        if step.customer_certain:
            self._hear_customer(step.customer_certain)
        if step.agent_certain:
            self._hear_agent(step.agent_certain)
        for event in step.events:
            self.note(event)

    def note(self, event: FloorEvent) -> None:
        """Count one event, or let it wait: a turn of the agent's side after the customer's last word."""
        if event.kind != "turn" or event.by == "customer" or event.offset_s <= self.customer_until_s:
            self.tally.note(event)
        elif self._answered or event.onset_s > self.customer_until_s + FAREWELL_S:
            self._waiting_turns.append(event)
        else:
            self._answered = True
            self._count_speech(event.offset_s)
            self.tally.note(event)

    def is_complex(self, rules: SessionRules) -> bool:
        """Both speak at once for too much of the time in which anyone speaks."""
        return self.talk.overlap_s > rules.complex_overlap_share * self.talk.anyone_s

    def had_customer(self, rules: SessionRules) -> bool:
        """Someone was served: enough of a customer's speech, and an exchange."""
        return not (self._is_too_short(rules) or self._is_one_sided())

    def left_out(self, rules: SessionRules) -> LeftOut | None:
        """The first reason that holds; None when the visit counts."""
        length_s = self.talk.last_s - self.start_s
        reasons: tuple[tuple[LeftOut, bool], ...] = (
            ("button", self.by_button),
            ("sides_unclear", self.unclear_s > rules.unclear_share * length_s),
            ("audio_lost", self.lost_s > rules.lost_share * length_s),
            ("too_short", self._is_too_short(rules)),
            ("no_exchange", self._is_one_sided()),
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
            acts=self._counted_acts() if self.words_known else None,
            cues=dict(self.cues),
            left_out=self.left_out(rules),
            uncertainty=uncertainty,
        )

    def _is_too_short(self, rules: SessionRules) -> bool:
        return self.talk.of("customer") < rules.min_customer_s

    def _is_one_sided(self) -> bool:
        return self.tally.exchanges == 0

    def _counted_acts(self) -> dict[str, int]:
        until_s = self.talk.last_s + WORD_END_S
        return dict(Counter(act.kind for act in self.acts if act.at_s <= until_s))

    def _hear_customer(self, span: Span) -> None:
        """The customer is still there: all that waited was said to them."""
        self._count_speech(inf)
        for turn in self._waiting_turns:
            self.tally.note(turn)
        self._waiting_turns.clear()
        self._answered = False
        self.customer_until_s = span[1]
        self.talk.add("customer", span)

    def _hear_agent(self, span: Span) -> None:
        waiting = self._waiting_speech
        if span[0] < self.customer_until_s:
            self.talk.add("agent", span)
        elif waiting and waiting[-1][1] >= span[0]:
            waiting[-1] = (waiting[-1][0], span[1])
        else:
            waiting.append(span)

    def _count_speech(self, until_s: float) -> None:
        for span in self._waiting_speech:
            if span[0] < until_s:
                self.talk.add("agent", span)
        self._waiting_speech = [span for span in self._waiting_speech if span[0] >= until_s]


class Visits:
    """Finds customers' visits in the stream of the floor, and what happened in each.

    A visit is open as soon as a customer is heard, so that the light works in its first sentence. Whether it counts is
    known only at its end: without 3 s of customer's speech and one change of the floor between the sides it is given
    out with the reason in `left_out` ("too_short", "no_exchange"), as are visits that the button, unclear sides, lost
    audio or too much overlap exclude. Speech of the agent's side alone opens nothing, and keeps nothing open: a visit
    ends after 45 s without any speech of the customer, whoever talks meanwhile. The last speech that belongs to it is
    the customer's last word, or the agent's answer to it (a farewell): one turn, begun within 5 s and ended before the
    visit is over. What the agent's side says after that is talk among colleagues: no second, turn or act of it counts,
    unless the customer speaks again within the 45 s.

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
        if step.at_s - visit.customer_until_s >= self._rules.end_silence_s:
            return SessionStep(is_open=False, closed=self._end(visit))
        talked = visit.talk.anyone_s >= COMPLEX_AFTER_S
        is_complex = talked and visit.is_complex(self._rules)
        return SessionStep(is_open=True, is_complex=is_complex, left_out=visit.by_button)

    def add_act(self, act: ListeningAct) -> None:
        """Count a listening act of the open visit; it may come seconds late. One from before the visit is dropped."""
        if self._visit and act.at_s >= self._visit.start_s:
            self._visit.acts.append(act)

    def add_cue(self, cue: Cue) -> None:
        """Count a cue that was lit; its end is none."""
        if self._visit and cue.cue != "off":
            self._visit.cues[cue.cue] += 1

    def add_lost(self, samples: int) -> None:
        """Note samples that were lost and filled with zeros."""
        if self._visit:
            self._visit.lost_s += samples / SAMPLE_RATE_HZ

    def leave_out(self, which: WhichVisit) -> None:
        """Leave out the open visit: the button was pressed.

        If none is open, "open_or_next" leaves out the next customer's, and "open" none. A noise that opens a visit
        without a customer (too short, or no exchange) does not use up the wish for the next one.
        """
        if self._visit:
            self._visit.by_button = True
        elif which == "open_or_next":
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
            self._visit.note(event)
        return self._end(self._visit)

    def _open(self, start_s: float) -> None:
        self._visit = Visit(start_s)
        self._visit.by_button = self._leave_next
        self._visit.words_known = self._words

    def _end(self, visit: Visit) -> Session:
        self._visit = None
        self._leave_next = self._leave_next and not visit.had_customer(self._rules)
        return visit.session(self._rules, self._uncertainty)
