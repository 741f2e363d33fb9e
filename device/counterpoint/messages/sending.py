"""What the publisher sends next, and what a broker's answer means for the file.

One rule: a file gets its receipt on reason code 0x00 and on nothing else. paho calls 0x10 ("no matching subscribers") a
success and reports refused messages as published; here both keep the file. Pure: time and chance come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SUCCESS: Final = 0x00
NO_SUBSCRIBERS: Final = 0x10
REFUSED: Final = (0x87, 0x90)
"""Not authorised; topic name invalid: nothing changes before somebody mends the broker's rules."""
NEVER_TAKEN: Final = (0x95, 0x99)
"""Packet too large; payload format invalid: this one message will never be taken, others may be."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to send and how patiently to try again, in seconds.

    Attributes:
        in_flight: Messages that may wait for their answer at once.
        first_s: Wait after the first failure; each further one doubles it.
        longest_s: The longest wait.
        refused_s: The first wait after a refusal, which only a person can mend.
    """

    in_flight: int = 4
    first_s: float = 2.0
    longest_s: float = 600.0
    refused_s: float = 60.0


class Verdict(Enum):
    """What an answer means for the file."""

    RECEIPT = "taken"
    KEEP = "kept"
    SET_ASIDE = "set aside"


class BackOff:
    """Waits that double, each with jitter, so that a fleet does not come back in one moment.

    `draw` gives a uniform number in [0, 1); a wait is between half and all of its length.
    """

    def __init__(self, pace: Pace, draw: Callable[[], float]) -> None:
        self._pace = pace
        self._draw = draw
        self._failures = 0

    def failed(self, shortest_s: float = 0.0) -> float:
        """Count a failure and return how long to wait, in seconds."""
        doubled_s = max(self._pace.first_s, shortest_s) * 2.0 ** min(self._failures, 30)
        self._failures += 1
        return min(doubled_s, self._pace.longest_s) * (0.5 + self._draw() / 2)

    def succeeded(self) -> None:
        """Start again with the shortest wait."""
        self._failures = 0


class Sending:
    """Decides which waiting file goes next and what each answer means; `trouble` says in words what is wrong.

    Invariant: a file is in flight at most once, and at most `pace.in_flight` files are.
    """

    def __init__(self, pace: Pace, draw: Callable[[], float]) -> None:
        self._pace = pace
        self._back_off = BackOff(pace, draw)
        self._in_flight: set[int] = set()
        self._aside: set[int] = set()
        self._not_before_s = float("-inf")
        self.trouble = ""

    def next(self, waiting: Iterable[int], now_s: float) -> int | None:
        """Return the oldest file that may be sent now, and count it as in flight; None while there is none."""
        room = self._pace.in_flight if not self.trouble else 1  # one file tries whether the trouble is over
        if now_s < self._not_before_s or len(self._in_flight) >= room:
            return None
        free = (each for each in waiting if each not in self._in_flight and each not in self._aside)
        chosen = next(free, None)
        if chosen is not None:
            self._in_flight.add(chosen)
        return chosen

    def can_send(self, waiting: Iterable[int]) -> bool:
        """Tell whether any of these files is in flight or may still be sent; the ones set aside may not."""
        return any(each not in self._aside for each in waiting)

    def answered(self, sequence: int, code: int, now_s: float) -> Verdict:
        """Take the broker's reason code for a file and say what becomes of the file."""
        self._in_flight.discard(sequence)
        if code == SUCCESS:
            self._back_off.succeeded()
            self.trouble = ""
            return Verdict.RECEIPT
        self.trouble = in_words(code)
        if code in NEVER_TAKEN:
            self._aside.add(sequence)
            return Verdict.SET_ASIDE
        wait_s = self._back_off.failed(self._pace.refused_s if code in REFUSED else 0.0)
        self._not_before_s = max(self._not_before_s, now_s + wait_s)
        return Verdict.KEEP

    def unusable(self, sequence: int) -> None:
        """Leave a file alone that is no message: it must not stop the others."""
        self._in_flight.discard(sequence)
        self._aside.add(sequence)

    def vanished(self, sequence: int) -> None:
        """The sensor dropped the file before it was sent."""
        self._in_flight.discard(sequence)

    def line_lost(self) -> None:
        """Nothing is in flight any more: what had no answer is sent again on the next connection."""
        self._in_flight.clear()


def in_words(code: int) -> str:
    """Say what a reason code means and what to do."""
    if code == NO_SUBSCRIBERS:
        return "nobody subscribes to the windows (0x10): start the collector; they wait here"
    if code in REFUSED:
        return f"the broker refuses the windows (0x{code:02x}): allow this device to write its topics; they wait here"
    if code in NEVER_TAKEN:
        return f"the broker will never take one window (0x{code:02x}): raise its packet limit, then start again"
    return f"the broker could not take a window (0x{code:02x}): it is tried again"
