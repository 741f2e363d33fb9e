"""What is sent next, and what each answer of a broker means for the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.messages.sending import BackOff, Pace, Sending, Verdict, in_words

PACE = Pace(in_flight=2, first_s=2.0, longest_s=100.0, refused_s=60.0)


def calm() -> Sending:
    return Sending(PACE, lambda: 1.0)


def test_the_oldest_goes_first_and_few_are_under_way() -> None:
    sending = calm()
    assert [sending.next([1, 2, 3], 0.0) for _ in range(3)] == [1, 2, None]
    sending.answered(1, 0x00, 0.0)
    assert sending.next([2, 3], 0.0) == 3


def test_only_zero_gives_a_receipt() -> None:
    for code in range(1, 256):
        sending = calm()
        sending.next([1], 0.0)
        assert sending.answered(1, code, 0.0) is not Verdict.RECEIPT
    assert calm().answered(1, 0x00, 0.0) is Verdict.RECEIPT


def test_without_a_subscriber_the_file_is_kept_and_tried_again_later() -> None:
    sending = calm()
    sending.next([1], 0.0)
    assert sending.answered(1, 0x10, 0.0) is Verdict.KEEP
    assert "start the collector" in sending.trouble
    assert sending.next([1], 1.9) is None
    assert sending.next([1], 2.0) == 1
    assert sending.answered(1, 0x00, 2.0) is Verdict.RECEIPT
    assert sending.trouble == ""


def test_waits_double_up_to_the_longest() -> None:
    back_off = BackOff(PACE, lambda: 1.0)
    assert [back_off.failed() for _ in range(8)] == [2, 4, 8, 16, 32, 64, 100, 100]
    back_off.succeeded()
    assert back_off.failed() == 2


def test_a_refusal_waits_long_and_says_what_to_do() -> None:
    sending = calm()
    sending.next([1], 0.0)
    assert sending.answered(1, 0x87, 0.0) is Verdict.KEEP
    assert "allow this device" in sending.trouble
    assert sending.next([1], 59.0) is None
    assert sending.next([1], 60.0) == 1


def test_in_trouble_one_file_tries_for_all() -> None:
    sending = calm()
    sending.next([1], 0.0)
    sending.answered(1, 0x10, 0.0)
    assert [sending.next([1, 2], 10.0), sending.next([1, 2], 10.0)] == [1, None]


@pytest.mark.parametrize("code", [0x95, 0x99])
def test_a_message_that_is_never_taken_does_not_stop_the_others(code: int) -> None:
    sending = calm()
    sending.next([1, 2], 0.0)
    assert sending.answered(1, code, 0.0) is Verdict.SET_ASIDE
    assert sending.next([1, 2], 0.0) == 2


def test_a_file_that_is_no_message_does_not_stop_the_others() -> None:
    sending = calm()
    sending.next([1, 2], 0.0)
    sending.unusable(1)
    assert [sending.next([1, 2], 0.0), sending.next([1, 2], 0.0)] == [2, None]


def test_when_the_line_is_lost_what_had_no_answer_is_sent_again() -> None:
    sending = calm()
    sending.next([1], 0.0)
    sending.line_lost()
    assert sending.next([1], 0.0) == 1


def test_each_code_is_said_in_words() -> None:
    assert "0x97" in in_words(0x97)
    assert "packet limit" in in_words(0x95)


@given(st.lists(st.tuples(st.sampled_from([0x00, 0x10, 0x87, 0x97]), st.floats(0, 50)), max_size=60), st.floats(0, 1))
def test_no_file_is_in_flight_twice_nor_loses_its_turn(answers: list[tuple[int, float]], draw: float) -> None:
    sending, now_s = Sending(PACE, lambda: draw), 0.0
    waiting = list(range(10))
    under_way: list[int] = []
    for code, passes_s in answers:
        now_s += passes_s
        while (chosen := sending.next(waiting, now_s)) is not None:
            assert chosen not in under_way
            under_way.append(chosen)
        assert len(under_way) <= PACE.in_flight
        if under_way:
            answered = under_way.pop(0)
            if sending.answered(answered, code, now_s) is Verdict.RECEIPT:
                waiting.remove(answered)
    for _ in range(40):
        now_s += 1000.0
        while (chosen := sending.next(waiting, now_s)) is not None:
            assert sending.answered(chosen, 0x00, now_s) is Verdict.RECEIPT
            waiting.remove(chosen)
        for left in under_way:
            sending.line_lost()
            assert left in waiting
        under_way = []
    assert waiting == []
