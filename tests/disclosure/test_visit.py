"""What the ledger may keep of a visit."""

from __future__ import annotations

import pytest

from counterpoint.disclosure import coarsen
from counterpoint.disclosure.visit import decode_visit, encode_visit, to_step
from counterpoint.errors import StorageError
from counterpoint.values import LeftOut
from visits_at import MEASURED, SURE, session, utc

NINE = utc("2026-11-23 09:00")


def test_a_visit_keeps_its_hour_and_coarse_sums() -> None:
    row = coarsen(session(acts={"promise": 3, "rush": 2, "judgement": 1, "summary": 0}), NINE)
    assert row is not None
    assert row.hour == NINE
    assert (row.visit_s, row.agent_talk_s, row.customer_talk_s) == (125, 40, 65)
    assert (row.overlap_s, row.silence_s, row.turns, row.cues) == (2, 15, 12, 3)
    assert (row.customer_talk_overs, row.agent_backchannels) == (2, 4)
    assert row.opening_taken_after_s == 7
    assert row.pauses == (1, 1, 1, 1, 1, 1, 1)
    assert row.uncertainty == SURE


def test_of_acts_only_those_that_may_be_published_are_kept_and_never_how_often() -> None:
    row = coarsen(session(acts={"promise": 3, "rush": 2, "judgement": 1, "summary": 0}), NINE)
    assert row is not None
    assert row.acts == ("promise",)


def test_unknown_words_stay_unknown() -> None:
    row = coarsen(session(acts=None), NINE)
    assert row is not None
    assert row.acts is None


@pytest.mark.parametrize("why", ["button", "too_short", "no_exchange"])
def test_the_button_and_what_was_no_visit_leave_no_trace(why: LeftOut) -> None:
    assert coarsen(session(left_out=why), NINE) is None


@pytest.mark.parametrize("why", ["complex", "sides_unclear", "audio_lost"])
def test_a_visit_that_can_not_be_told_is_only_counted(why: LeftOut) -> None:
    row = coarsen(session(left_out=why), NINE)
    assert row is not None
    assert row.left_out
    assert (row.visit_s, row.turns, row.acts, sum(row.pauses)) == (0, 0, None, 0)


def test_a_row_comes_back_as_it_was() -> None:
    row = coarsen(session(), NINE)
    assert row is not None
    assert decode_visit(encode_visit(row)) == row


def test_a_row_with_anything_else_in_it_is_refused() -> None:
    with pytest.raises(StorageError, match="can't be read"):
        decode_visit(b'{"hour": 1, "left_out": false, "words": "hello"}')


def test_only_events_that_have_a_name_keep_their_figures() -> None:
    assert "something_else" in MEASURED.event_recall
    row = coarsen(session(), NINE)
    assert row is not None
    assert list(row.uncertainty.event_recall_ratio) == ["interruption", "attempt"]


@pytest.mark.parametrize(("value", "rounded"), [(0, 0), (2.4, 0), (2.5, 5), (7.4, 5), (7.5, 10), (12, 10)])
def test_five_is_the_step(value: float, rounded: int) -> None:
    assert to_step(value) == rounded
