"""What leaves: windows that tile the time, none with fewer than k visits, nothing but what is on the list."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from counterpoint.disclosure import Disclosure, Visit, disclose, hour_end, hour_of, release_s
from counterpoint.messages.schemas import Window, decode_window, encode
from counterpoint.settings import PrivacyRules
from visits_at import utc, visit

MONDAY = utc("2026-11-23 00:00")
HOUR = 3600
WEEK = 7 * 24 * HOUR
UTC_ZONE = ZoneInfo("UTC")
RULES = PrivacyRules()
Closing = Literal["hour", "day", "week"]

MAY_LEAVE = {
    *("schema", "id", "start_utc", "end_utc", "timezone", "fewest_visits", "fewest_people", "statistics"),
    *("visit_count", "left_out_count", "visit_s", "agent_talk_s", "customer_talk_s", "overlap_s", "silence_s"),
    *("turn_count", "talk_over_count", "cut_off_count", "agent_backchannel_count", "customer_backchannel_count"),
    *("customer_talk_over_count", "cue_count", "agent_longest_turn_mean_s", "customer_longest_turn_mean_s"),
    *("opening_let_finish_percent", "opening_taken_after_mean_s", "pauses", "below_s", "share_percent"),
    *("act_visits_percent", "open_question", "closed_question", "follow_up", "clarification", "paraphrase", "summary"),
    *("acknowledgement", "empathy", "promise", "call_back", "ease"),
    *("uncertainty", "source", "talk_share_error_points", "overlap_error_ratio", "pause_error_s"),
    *("event_recall_ratio", "event_precision_ratio", "interruption", "attempt"),
}


def make(
    visits: list[Visit],
    now_s: float,
    told_until: int | None = MONDAY,
    rules: PrivacyRules = RULES,
    zone: ZoneInfo = UTC_ZONE,
) -> Disclosure:
    return disclose(visits, told_until, now_s, rules, zone, lambda: str(uuid4()))


def at_hours(*hours: int) -> list[Visit]:
    return [visit(MONDAY + hour * HOUR) for hour in hours]


def spans(made: Disclosure) -> list[tuple[int, int]]:
    return [(int(w.start_utc.timestamp()), int(w.end_utc.timestamp())) for w in made.windows]


def test_a_window_closes_at_the_end_of_the_hour_that_brings_the_kth_visit() -> None:
    visits = at_hours(*[9] * 6, *[11] * 5)
    assert make(visits, MONDAY + 12 * HOUR - 1).windows == ()
    made = make(visits, MONDAY + 12 * HOUR)
    assert spans(made) == [(MONDAY, MONDAY + 12 * HOUR)]
    assert made.told_until == MONDAY + 12 * HOUR


def test_all_visits_of_the_last_hour_are_in_the_window() -> None:
    made = make(at_hours(*[9] * 23), MONDAY + 12 * HOUR)
    assert (made.used, made.dropped) == (23, 0)
    assert made.windows[0].statistics is not None
    assert made.windows[0].statistics.visit_count == 25


def test_k_minus_one_visits_wait() -> None:
    assert make(at_hours(*[9] * 9), MONDAY + 20 * HOUR) == Disclosure((), MONDAY, 0, 0)


def test_at_the_weeks_end_too_few_are_told_as_fewer_than_k_and_no_more() -> None:
    made = make(at_hours(*[9] * 9), MONDAY + WEEK)
    assert spans(made) == [(MONDAY, MONDAY + WEEK)]
    assert made.windows[0].statistics is None
    assert (made.used, made.dropped) == (0, 9)


def test_a_week_of_none_reads_like_a_week_of_few() -> None:
    of_none, of_few = (make(visits, MONDAY + WEEK).windows[0] for visits in ([], at_hours(9)))
    assert json.loads(encode(of_none)) | {"id": ""} == json.loads(encode(of_few)) | {"id": ""}


def test_weeks_in_which_the_device_was_off_are_not_told() -> None:
    made = make([], MONDAY + 52 * WEEK + HOUR)
    assert len(made.windows) == 1
    assert made.told_until == MONDAY + 52 * WEEK


def test_a_left_out_visit_makes_no_window() -> None:
    left_out = [visit(MONDAY, left_out=True) for _ in range(20)]
    assert make(left_out + at_hours(*[0] * 9), MONDAY + 5 * HOUR).windows == ()


def test_left_out_visits_are_counted_coarsely() -> None:
    left_out = [visit(MONDAY, left_out=True) for _ in range(4)]
    statistics = make(left_out + at_hours(*[0] * 10), MONDAY + 5 * HOUR).windows[0].statistics
    assert statistics is not None
    assert (statistics.visit_count, statistics.left_out_count) == (10, 5)


def test_a_desk_of_one_or_two_people_publishes_no_window_and_keeps_no_visit() -> None:
    made = make(at_hours(*[9] * 50), MONDAY + WEEK, rules=PrivacyRules(pool=2))
    assert made == Disclosure((), MONDAY + WEEK, 0, 50)


def test_the_floors_hold_whatever_the_rules_say() -> None:
    assert make(at_hours(*[9] * 4), MONDAY + 12 * HOUR, rules=PrivacyRules(k=1)).windows == ()


def test_a_visit_that_ends_after_its_hour_was_told_counts_for_the_next() -> None:
    late = at_hours(9)
    made = make([*late, *at_hours(*[12] * 9)], MONDAY + 13 * HOUR, told_until=MONDAY + 12 * HOUR)
    assert spans(made) == [(MONDAY + 12 * HOUR, MONDAY + 13 * HOUR)]
    assert made.used == 10


def test_the_first_window_of_a_device_begins_with_its_first_hour() -> None:
    made = make(at_hours(*[9] * 10), MONDAY + 12 * HOUR, told_until=None)
    assert spans(made) == [(MONDAY + 9 * HOUR, MONDAY + 10 * HOUR)]


def test_a_window_says_which_floors_it_keeps_and_whose_hours_it_means() -> None:
    zone = ZoneInfo("Asia/Kathmandu")
    rows = [visit(hour_of(MONDAY + 9 * HOUR, zone)) for _ in range(12)]
    window = make(rows, MONDAY + 12 * HOUR, None, PrivacyRules(k=12, pool=40), zone).windows[0]
    assert (window.fewest_visits, window.fewest_people, window.timezone) == (12, 5, "Asia/Kathmandu")
    assert json.loads(encode(window))["start_utc"] == "2026-11-23T08:15:00Z"


def test_a_window_waits_a_random_time() -> None:
    assert release_s(100.0, PrivacyRules(jitter_s=900.0), 0.5) == 550.0


zones = st.sampled_from(["UTC", "Europe/Zurich", "Asia/Kathmandu", "Australia/Lord_Howe"]).map(ZoneInfo)
starts = st.sampled_from([MONDAY, utc("2026-03-27 05:00"), utc("2026-10-23 22:00"), utc("2026-04-03 12:00")])


@st.composite
def lives(draw: st.DrawFn) -> tuple[ZoneInfo, int, list[tuple[int, Visit | None]]]:
    """A device's life: ticks, some of which first bring a visit of this hour or the one before."""
    zone, now_s = draw(zones), draw(starts)
    steps: list[tuple[int, Visit | None]] = []
    busy = draw(st.integers(1, 40))
    for _ in range(draw(st.integers(0, 60))):
        now_s += draw(st.sampled_from([60, 600, 1200, 3600, 6 * HOUR, 3 * 24 * HOUR] if busy > 20 else [60, 300]))
        hour = hour_of(now_s - draw(st.sampled_from([0, 0, 900])), zone)
        kind = draw(st.sampled_from(["visit", "visit", "visit", "left_out", "none"]))
        steps.append((now_s, None if kind == "none" else visit(hour, left_out=kind == "left_out")))
    return zone, now_s, steps


closings = st.sampled_from(["hour", "day", "week"])


def live(
    zone: ZoneInfo, steps: list[tuple[int, Visit | None]], rules: PrivacyRules
) -> tuple[list[Disclosure], list[Visit], int | None]:
    waiting: list[Visit] = []
    told_until: int | None = None
    history = []
    for now_s, arrived in steps:
        waiting += [arrived] if arrived else []
        made = make(waiting, now_s, told_until, rules, zone)
        told_until = made.told_until
        if made.used + made.dropped:
            waiting = [row for row in waiting if row.hour is not None and row.hour >= told_until]
        history.append(made)
    return history, waiting, told_until


@given(lives(), st.integers(5, 12), closings)
def test_windows_never_overlap_and_lie_on_local_hours(
    life: tuple[ZoneInfo, int, list[tuple[int, Visit | None]]], k: int, closing: Closing
) -> None:
    zone, _, steps = life
    history, _, _ = live(zone, steps, PrivacyRules(k=k, window=closing))
    told = [span for made in history for span in spans(made)]
    assert all(before[1] <= after[0] for before, after in pairwise(told))
    for start, end in told:
        assert start < end
        assert hour_of(start, zone) == start
        assert hour_of(end, zone) == end


@given(lives(), st.integers(5, 12), closings)
def test_no_visit_is_lost_or_told_twice(
    life: tuple[ZoneInfo, int, list[tuple[int, Visit | None]]], k: int, closing: Closing
) -> None:
    zone, _, steps = life
    history, waiting, _ = live(zone, steps, PrivacyRules(k=k, window=closing))
    arrived = sum(row is not None for _, row in steps)
    assert sum(made.used + made.dropped for made in history) + len(waiting) == arrived


@given(lives(), st.integers(5, 12))
def test_statistics_rest_on_at_least_k_visits(
    life: tuple[ZoneInfo, int, list[tuple[int, Visit | None]]], k: int
) -> None:
    zone, _, steps = life
    history, _, _ = live(zone, steps, PrivacyRules(k=k))
    arrived = [row for _, row in steps if row is not None and not row.left_out]
    with_statistics = [w for made in history for w in made.windows if w.statistics]
    assert len(arrived) >= k * len(with_statistics)
    for made in history:
        told = [w for w in made.windows if w.statistics]
        assert made.used >= k * len(told)
        assert all(w.statistics and w.statistics.visit_count >= k for w in told)


@given(lives())
def test_asking_again_says_nothing_new(life: tuple[ZoneInfo, int, list[tuple[int, Visit | None]]]) -> None:
    zone, now_s, steps = life
    _, waiting, told_until = live(zone, steps, PrivacyRules(k=5))
    again = make(waiting, now_s, told_until, PrivacyRules(k=5), zone)
    assert again.windows == ()


def names_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for inner in value.values() for name in names_in(inner)}
    return {name for inner in value for name in names_in(inner)} if isinstance(value, list) else set()


@given(lives())
def test_nothing_leaves_that_is_not_on_the_list(life: tuple[ZoneInfo, int, list[tuple[int, Visit | None]]]) -> None:
    zone, _, steps = life
    history, _, _ = live(zone, steps, PrivacyRules(k=5))
    for window in (window for made in history for window in made.windows):
        assert names_in(json.loads(encode(window))) <= MAY_LEAVE
        assert decode_window(encode(window)) == window


@given(lives(), closings)
def test_a_window_of_days_or_weeks_ends_with_one(
    life: tuple[ZoneInfo, int, list[tuple[int, Visit | None]]], closing: Closing
) -> None:
    zone, _, steps = life
    history, _, _ = live(zone, steps, PrivacyRules(k=5, window=closing))
    for window in (window for made in history for window in made.windows):
        local = window.end_utc.astimezone(zone)
        assert closing == "hour" or (local.hour, local.minute) == (0, 0)
        assert closing != "week" or local.isoweekday() == 1


def test_a_day_is_told_once_it_is_over() -> None:
    rules = PrivacyRules(window="day")
    visits = at_hours(*[9] * 10, *[15] * 3)
    assert make(visits, MONDAY + 23 * HOUR, rules=rules).windows == ()
    made = make(visits, MONDAY + 24 * HOUR, rules=rules)
    assert (spans(made), made.used) == ([(MONDAY, MONDAY + 24 * HOUR)], 13)


def test_the_hour_after_the_window_is_free_again() -> None:
    made = make(at_hours(*[9] * 10), MONDAY + 12 * HOUR)
    assert hour_end(MONDAY + 9 * HOUR, UTC_ZONE) == made.told_until
    assert isinstance(made.windows[0], Window)
