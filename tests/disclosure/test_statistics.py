"""The figures of a window: coarse, and silent where fewer than k visits could say them."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.disclosure.statistics import summarise
from visits_at import SURE, visit

K = 10


def test_counts_are_rounded_to_five_and_durations_to_five_seconds() -> None:
    told = summarise([visit(0, talk_overs=1, overlap_s=2) for _ in range(12)], K)
    assert (told.visit_count, told.talk_over_count, told.overlap_s, told.customer_talk_s) == (10, 10, 25, 720)


def test_the_count_of_visits_never_reads_as_fewer_than_k() -> None:
    assert summarise([visit(0)] * 12, 12).visit_count == 15


def test_openings_are_a_whole_percent_of_those_that_are_known() -> None:
    visits = [visit(0, opening_let_finish=finish) for finish in [True] * 8 + [False] * 4 + [None] * 3]
    assert summarise(visits, K).opening_let_finish_percent == 67


def test_openings_known_for_fewer_than_k_visits_are_not_told() -> None:
    visits = [visit(0, opening_let_finish=finish) for finish in [True] * 9 + [None] * 9]
    told = summarise(visits, K)
    assert told.opening_let_finish_percent is None
    assert told.opening_taken_after_mean_s is None


def test_how_late_openings_are_taken_needs_k_of_those_taken() -> None:
    visits = [visit(0, opening_let_finish=False, opening_taken_after_s=8) for _ in range(K)]
    assert summarise(visits, K).opening_taken_after_mean_s == 10


def test_acts_are_the_share_of_visits_whose_words_are_known() -> None:
    visits = [visit(0, acts=("promise",))] * 4 + [visit(0, acts=())] * 8 + [visit(0, acts=None)] * 9
    acts = summarise(visits, K).act_visits_percent
    assert acts is not None
    assert acts["promise"] == 33
    assert acts["summary"] == 0


def test_acts_known_for_fewer_than_k_visits_are_not_told() -> None:
    assert summarise([visit(0, acts=("promise",))] * 9 + [visit(0, acts=None)] * 9, K).act_visits_percent is None


def test_pauses_are_a_coarse_distribution() -> None:
    pauses = summarise([visit(0, pauses=(1, 0, 2, 1, 0, 0, 0))] * K, K).pauses
    assert pauses is not None
    assert [(each.below_s, each.share_percent) for each in pauses] == [
        (0.0, 25), (0.25, 0), (0.5, 50), (1.0, 25), (2.0, 0), (4.0, 0), (None, 0),
    ]  # fmt: skip


def test_pauses_of_fewer_than_k_visits_are_not_told() -> None:
    assert summarise([visit(0)] * 9 + [visit(0, pauses=(0,) * 7)], K).pauses is None


def test_where_detectors_differ_the_least_sure_speaks() -> None:
    newer = msgspec.structs.replace(SURE, source="counters", pause_error_s=0.3, event_recall_ratio={"attempt": 0.2})
    sure = summarise([visit(0)] * K + [msgspec.structs.replace(visit(0), uncertainty=newer)], K).uncertainty
    assert (sure.source, sure.pause_error_s, sure.event_recall_ratio) == ("mixed", 0.3, {"attempt": 0.2})


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=40))
def test_every_sum_is_coarse(seconds: list[int]) -> None:
    told = msgspec.to_builtins(summarise([visit(0, silence_s=each, turns=each) for each in seconds], 5))
    sums = [value for name, value in told.items() if name.endswith(("_s", "_count")) and value is not None]
    assert all(value % 5 == 0 for value in sums)
