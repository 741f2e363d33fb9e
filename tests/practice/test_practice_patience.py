"""Nobody waits for a card longer than a few seconds, whatever the recogniser does."""

from __future__ import annotations

import threading
import time

from counterpoint.practice.patience import PatientWords
from counterpoint.values import FloorStep, ListeningAct, SessionStep, ZoneFrame

ACT = ListeningAct("promise", 1.0)


class Words:
    """A recogniser's line that is done when it is let."""

    def __init__(self, *, done: bool) -> None:
        self.unknown = False
        self.offered = 0
        self.may_end = threading.Event()
        if done:
            self.may_end.set()

    def offer(self, _frame: ZoneFrame, _step: FloorStep, _visit: SessionStep) -> None:
        self.offered += 1

    def collect(self) -> list[ListeningAct]:
        return [ACT]

    def close(self) -> None:
        self.may_end.wait(20)


def test_last_words_that_come_in_time_count() -> None:
    words = PatientWords(Words(done=True))
    words.close()
    assert words.collect() == [ACT]
    assert not words.unknown


def test_last_words_that_do_not_come_leave_all_unknown() -> None:
    slow = Words(done=False)
    words = PatientWords(slow, patience_s=0.05)
    began_s = time.monotonic()
    words.close()
    assert time.monotonic() - began_s < 10
    words.collect()
    assert words.unknown
    slow.may_end.set()


def test_doubt_is_passed_on_as_it_comes_and_goes() -> None:
    line = Words(done=True)
    words = PatientWords(line)
    line.unknown = True
    words.collect()
    assert words.unknown
    line.unknown = False
    words.collect()
    assert not words.unknown
