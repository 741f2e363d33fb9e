"""One rule: all that decides who holds the floor lives in this class, and what it has committed it never takes back.

silence ──a voice──▶ turn of A ──1.5 s of silence, or B takes the floor──▶ ...
                      │  B comes in
                      ├─ in a pause of A ──▶ a backchannel (A goes on), or B's turn
                      └─ over A ──▶ talk_over (a prediction), then one of
                                    interruption, transition (B has the floor), attempt, backchannel (A keeps it)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterpoint.conversation.overlaps import Entry, Outcome, confidence, settlement
from counterpoint.conversation.speech import TOLERANCE_S, Speech
from counterpoint.values import BLOCK_S, Activity, EventKind, FloorEvent, FloorStep, OpenOverlap, Side, other

if TYPE_CHECKING:
    from counterpoint.settings import FloorRules


@dataclass(slots=True)
class Turn:
    """Who holds the floor, and since when."""

    by: Side
    start_s: float


class Floor:
    """Turns a stream of activity into turns, overlaps and what they were.

    Names after Beattie (1982), what counts after TurnBench (2026). Frames before the stream's start are ignored.
    While the sides can't be told apart nothing opens or closes; what was open then is committed as it stood,
    with the first clear frame or at the end.
    """

    def __init__(self, rules: FloorRules) -> None:
        self._rules = rules
        self._last_id = 0
        self._heard_s = 0.0
        self._now_s = 0.0
        self._is_cut = False
        self._events: list[FloorEvent] = []
        self._agent = Speech(rules)
        self._customer = Speech(rules)
        self._turn: Turn | None = None
        self._entry: Entry | None = None

    def step(self, activity: Activity) -> FloorStep:
        """Take one frame; return what is open now and the events committed in it, oldest first."""
        self._heard_s = activity.heard_until_s
        if activity.start_s < -TOLERANCE_S:
            return FloorStep(self._heard_s, activity.start_s, False, False, None, sides_clear=activity.sides_clear)
        if not activity.sides_clear:
            self._is_cut = True
            holder = self._turn.by if self._turn else None
            return FloorStep(self._heard_s, activity.start_s, False, False, holder, sides_clear=False)
        if self._is_cut:
            self._finish()
        self._now_s = activity.start_s + BLOCK_S
        agent_certain = self._agent.step(activity.agent, activity.start_s)
        customer_certain = self._customer.step(activity.customer, activity.start_s)
        self._decide(activity.takes_floor)
        return FloorStep(
            at_s=self._heard_s,
            frame_s=activity.start_s,
            agent=self._agent.is_open,
            customer=self._customer.is_open,
            holder=self._turn.by if self._turn else None,
            overlap=self._open_overlap(),
            events=self._committed(),
            agent_certain=agent_certain,
            customer_certain=customer_certain,
        )

    def close(self) -> tuple[FloorEvent, ...]:
        """Commit what is still open, as the stream ends."""
        self._finish()
        return self._committed()

    def _decide(self, takes_floor: float) -> None:
        turn = self._turn or self._open_turn()
        if turn is None:
            return
        entry = self._entry
        if entry is None and self._voice(other(turn.by)).is_open:
            entry = self._enter(turn)
        if entry is None:
            self._end_if_silent(turn)
        elif entry.overlaps:
            self._follow_overlap(turn, entry, takes_floor)
        else:
            self._follow_pause(turn, entry)

    def _open_turn(self) -> Turn | None:
        """Who began first has the floor; of two at once, the customer."""
        agent, customer = self._agent, self._customer
        if customer.is_open and (not agent.is_open or customer.start_s <= agent.start_s):
            self._turn = Turn("customer", customer.start_s)
        elif agent.is_open:
            self._turn = Turn("agent", agent.start_s)
        return self._turn

    def _enter(self, turn: Turn) -> Entry:
        """A second voice came in; if it had in fact begun before the first one's turn, the two change places."""
        second = other(turn.by)
        start_s = self._voice(second).start_s
        if start_s < turn.start_s:
            turn.by, turn.start_s, second, start_s = second, start_s, turn.by, turn.start_s
        first = self._voice(turn.by)
        first_until_s = first.before_s if first.start_s > start_s else first.until_s
        self._entry = entry = Entry(second, start_s, first_until_s)
        self._note_overlap(turn, entry)
        return entry

    def _note_overlap(self, turn: Turn, entry: Entry) -> None:
        """The second voice overlaps if the first one's speech, which had begun before it, sounds after its onset."""
        first = self._voice(turn.by)
        entry.overlaps = first.start_s <= entry.onset_s < first.until_s - TOLERANCE_S

    def _end_if_silent(self, turn: Turn) -> None:
        first = self._voice(turn.by)
        if not first.is_open and self._now_s - first.until_s >= self._rules.turn_silence_s - TOLERANCE_S:
            self._commit_turn(turn, first.until_s)

    def _follow_pause(self, turn: Turn, entry: Entry) -> None:
        """The second voice fills a pause of the first: a word while the first goes on, or it has the floor.

        By timing alone: what the detector says about an overlap means nothing without one.
        """
        first, second, rules = self._voice(turn.by), self._voice(entry.by), self._rules
        self._note_overlap(turn, entry)
        if entry.overlaps or (first.is_open and first.start_s <= entry.onset_s):
            return
        resumed = first.start_s > entry.onset_s
        silent = not resumed and self._now_s - entry.first_until_s >= rules.turn_silence_s - TOLERANCE_S
        if silent or second.until_s - entry.onset_s >= rules.pause_backchannel_max_s - TOLERANCE_S:
            self._pass_floor(turn, entry)
        elif resumed and not second.is_open:
            self._settle(turn, entry, "backchannel")

    def _pass_floor(self, turn: Turn, entry: Entry) -> None:
        """The second voice has the floor since its onset; a first one that came back meanwhile is now second."""
        back = self._voice(turn.by)
        self._commit_turn(turn, entry.first_until_s)
        self._turn = Turn(entry.by, entry.onset_s)
        if back.start_s > entry.onset_s:
            self._entry = Entry(turn.by, back.start_s, self._voice(entry.by).until_s)
            self._note_overlap(self._turn, self._entry)

    def _follow_overlap(self, turn: Turn, entry: Entry, takes_floor: float) -> None:
        first, second = self._voice(turn.by), self._voice(entry.by)
        if (first.voiced and second.voiced) or not entry.frames:
            entry.weigh(takes_floor)
        yielded = not first.is_open and self._now_s - first.until_s >= self._rules.yield_silence_s - TOLERANCE_S
        if yielded or not second.is_open:
            self._settle(turn, entry, settlement(entry, self._outcome(turn, entry), self._rules))
        else:
            self._predict(turn, entry)

    def _predict(self, turn: Turn, entry: Entry) -> None:
        """Commit a `talk_over` once, as soon as the overlap has lasted and is likely enough to take the floor."""
        rules = self._rules
        lasts = self._now_s - entry.onset_s >= rules.predict_after_s - TOLERANCE_S
        if entry.talk_over is not None or not lasts:
            return
        belief = confidence(entry, self._outcome(turn, entry), rules)
        if belief >= rules.predict_confidence:
            entry.talk_over = self._commit("talk_over", entry.by, (entry.onset_s, self._heard_s), belief)

    def _settle(self, turn: Turn, entry: Entry, kind: EventKind) -> None:
        """Say what it was; the floor passes if the second voice went on after the first."""
        first, second = self._voice(turn.by), self._voice(entry.by)
        belief = confidence(entry, self._outcome(turn, entry), self._rules)
        sure = belief if kind in ("interruption", "attempt") else 1 - belief
        offset_s = second.until_s if kind == "backchannel" else min(first.until_s, second.until_s)
        self._commit(kind, entry.by, (entry.onset_s, offset_s), sure, entry.talk_over)
        self._entry = None
        goes_on = second.is_open and not first.is_open
        if kind in ("interruption", "transition") and (goes_on or second.until_s > first.until_s):
            self._commit_turn(turn, first.until_s)
            self._turn = Turn(entry.by, entry.onset_s)

    def _outcome(self, turn: Turn, entry: Entry) -> Outcome:
        first, second = self._voice(turn.by), self._voice(entry.by)
        return Outcome(
            first_turn_s=first.until_s - turn.start_s,
            first_until_s=first.until_s,
            second_until_s=second.until_s,
            second_goes_on=second.is_open and not first.is_open,
        )

    def _finish(self) -> None:
        """Commit what is open as it stands, and start anew."""
        turn, entry = self._turn, self._entry
        if turn and entry and entry.overlaps:
            self._settle(turn, entry, settlement(entry, self._outcome(turn, entry), self._rules))
        elif turn and entry and self._voice(turn.by).start_s > entry.onset_s:
            self._settle(turn, entry, "backchannel")
        elif turn and entry:
            self._pass_floor(turn, entry)
        if self._turn:
            self._commit_turn(self._turn, self._voice(self._turn.by).until_s)
        self._forget()

    def _forget(self) -> None:
        self._agent = Speech(self._rules)
        self._customer = Speech(self._rules)
        self._turn = self._entry = None
        self._is_cut = False

    def _commit_turn(self, turn: Turn, offset_s: float) -> None:
        self._commit("turn", turn.by, (turn.start_s, offset_s), self._voice(turn.by).belief)
        self._turn = self._entry = None

    def _commit(
        self, kind: EventKind, by: Side, span: tuple[float, float], sure: float, resolves: int | None = None
    ) -> int:
        self._last_id += 1
        self._events.append(FloorEvent(self._last_id, kind, by, *span, self._heard_s, sure, resolves))
        return self._last_id

    def _committed(self) -> tuple[FloorEvent, ...]:
        if not self._events:
            return ()
        events = tuple(self._events)
        self._events.clear()
        return events

    def _open_overlap(self) -> OpenOverlap | None:
        turn, entry = self._turn, self._entry
        if turn is None or entry is None or not entry.overlaps:
            return None
        both = self._agent.voiced and self._customer.voiced
        belief = confidence(entry, self._outcome(turn, entry), self._rules)
        return OpenOverlap(entry.by, entry.onset_s, belief, entry.talk_over, both)

    def _voice(self, side: Side) -> Speech:
        return self._agent if side == "agent" else self._customer
