"""One rule: every figure of a visit is counted here, once, as it becomes certain."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final

from counterpoint.values import SideCounts

if TYPE_CHECKING:
    from counterpoint.values import EventKind, FloorEvent, Side, Span

SPANS_KEPT: Final = 16  # speech becomes certain less than 1 s late: more stretches than any can lie in that time
GREETING_S: Final = 1.0  # a customer's first turn below this is a "hello", not the opening


class TalkTime:
    """Seconds of speech of each side, and of both at once, from stretches that arrive as they become certain.

    Attributes:
        overlap_s: Seconds in which both sides spoke.
        last_s: End of the last speech of either side, in seconds.
    """

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._talk_s: dict[Side, float] = {"agent": 0.0, "customer": 0.0}
        self._agent: deque[Span] = deque(maxlen=SPANS_KEPT)
        self._customer: deque[Span] = deque(maxlen=SPANS_KEPT)
        self.overlap_s = 0.0
        self.last_s = start_s

    def add(self, side: Side, span: Span) -> None:
        """Count a stretch of speech; what lies before the start of the visit is left out."""
        start_s, end_s = max(span[0], self._start_s), span[1]
        if end_s <= start_s:
            return
        own, others = (self._agent, self._customer) if side == "agent" else (self._customer, self._agent)
        self._talk_s[side] += end_s - start_s
        for since_s, until_s in reversed(others):
            if until_s <= start_s:
                break
            self.overlap_s += max(min(end_s, until_s) - max(start_s, since_s), 0.0)
        self.last_s = max(self.last_s, end_s)
        if own and own[-1][1] >= start_s:
            start_s = own.pop()[0]
        own.append((start_s, end_s))

    def of(self, side: Side) -> float:
        """Seconds of speech of one side."""
        return self._talk_s[side]

    @property
    def anyone_s(self) -> float:
        """Seconds in which at least one side spoke."""
        return self._talk_s["agent"] + self._talk_s["customer"] - self.overlap_s


class Tally:
    """Events of one visit, by side, and what follows from their order.

    Attributes:
        exchanges: How often the floor went from one side to the other.
        talk_overs: The agent's predictions that were settled as an interruption or an attempt.
        pauses_s: From the end of a customer's turn to the start of the agent's next, in seconds; negative when the
            agent came in early. A turn that the agent took by interruption is no answer and has none.
        opening_let_finish: The customer's first turn that is more than a greeting ended without the agent taking it.
        opening_taken_after_s: Seconds into that turn at which the agent took it, or None.
    """

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._counts: Counter[tuple[Side, EventKind]] = Counter()
        self._longest_s: dict[Side, float] = {"agent": 0.0, "customer": 0.0}
        self._last_turn: FloorEvent | None = None
        self._taken: FloorEvent | None = None
        self.exchanges = 0
        self.talk_overs = 0
        self.pauses_s: list[float] = []
        self.opening_let_finish: bool | None = None
        self.opening_taken_after_s: float | None = None

    def note(self, event: FloorEvent) -> None:
        """Count one event of the floor; predictions count once they are settled."""
        if event.kind == "turn":
            self._note_turn(event)
        elif event.kind != "talk_over" and event.onset_s >= self._start_s:
            self._note_settlement(event)

    def side(self, side: Side, talk_s: float) -> SideCounts:
        """The counts of one side, with its seconds of speech."""
        return SideCounts(
            talk_s=talk_s,
            turns=self._counts[side, "turn"],
            interruptions=self._counts[side, "interruption"],
            attempts=self._counts[side, "attempt"],
            transitions=self._counts[side, "transition"],
            backchannels=self._counts[side, "backchannel"],
            longest_turn_s=self._longest_s[side],
        )

    def _note_settlement(self, event: FloorEvent) -> None:
        self._counts[event.by, event.kind] += 1
        if event.by == "agent" and event.kind in ("interruption", "attempt") and event.resolves is not None:
            self.talk_overs += 1
        if event.by == "agent" and event.kind == "interruption":
            self._taken = event

    def _note_turn(self, turn: FloorEvent) -> None:
        before, self._last_turn = self._last_turn, turn
        if before and before.by != turn.by:
            self.exchanges += 1
            if turn.by == "agent" and not self._was_taken_by(turn):
                self.pauses_s.append(turn.onset_s - before.offset_s)
        if turn.offset_s <= self._start_s:
            return
        self._counts[turn.by, "turn"] += 1
        lasted_s = turn.offset_s - max(turn.onset_s, self._start_s)
        self._longest_s[turn.by] = max(self._longest_s[turn.by], lasted_s)
        if turn.by == "customer" and self.opening_let_finish is None:
            self._judge_opening(turn)

    def _was_taken_by(self, turn: FloorEvent) -> bool:
        return self._taken is not None and self._taken.onset_s == turn.onset_s

    def _judge_opening(self, turn: FloorEvent) -> None:
        taken = self._taken
        if taken is not None and turn.onset_s <= taken.onset_s <= turn.offset_s:
            self.opening_let_finish = False
            self.opening_taken_after_s = taken.onset_s - turn.onset_s
        elif turn.offset_s - turn.onset_s >= GREETING_S:
            self.opening_let_finish = True
