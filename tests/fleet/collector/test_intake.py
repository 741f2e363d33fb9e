"""Whatever bytes come on whatever topic: a window, a word of a device, or kept apart with a reason; never an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from counterpoint.fleet.collector.intake import Arrival, SortedOut, named, read, sort_out
from counterpoint.fleet.store.rows import Heard, KeptApart, Known, KnownDevice, Taken
from counterpoint.messages.schemas import State, Window, encode
from fleet_messages import health, hour_window

NOW = 1_795_429_800
NOTHING = Known({}, {})
WINDOW_TOPIC = "counterpoint/v1/hall-3/dev-1/window"


def arrives(payload: bytes, topic: str = WINDOW_TOPIC, now: int = NOW) -> Taken | Heard | KeptApart | None:
    return read(Arrival(topic, payload, now))


def reason(payload: bytes, topic: str = WINDOW_TOPIC) -> str:
    judged = arrives(payload, topic)
    assert isinstance(judged, KeptApart), judged
    assert judged.payload == payload
    return judged.reason


def with_statistics(**figures: object) -> Window:
    window = hour_window(1, NOW)
    assert window.statistics is not None
    return replace(window, statistics=replace(window.statistics, **figures))


def changed(**properties: object) -> bytes:
    tree: dict[str, Any] = json.loads(encode(hour_window(1, NOW)))
    tree.update(properties)
    return json.dumps(tree).encode()


def test_a_good_window_is_taken() -> None:
    window = hour_window(1, NOW)
    assert arrives(encode(window)) == Taken("hall-3", "dev-1", window, NOW)
    assert isinstance(arrives(encode(replace(window, statistics=None))), Taken)


def test_a_window_of_a_whole_local_day_or_week_is_taken_too() -> None:
    monday = datetime(2026, 11, 15, 23, tzinfo=UTC)  # midnight in Zurich
    for lasts in (timedelta(days=1), timedelta(weeks=1)):
        window = replace(hour_window(1, NOW), start_utc=monday, end_utc=monday + lasts, timezone="Europe/Zurich")
        assert isinstance(arrives(encode(window)), Taken)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "not a window.v1"),
        (b"\xff\xfe", "not a window.v1"),
        (b"[" * 5000, "not a window.v1"),
        (b" " * 9000, "8192"),
        (changed()[:-40], "truncated"),
        (changed(name="Anna"), "unknown field"),
        (changed(schema="window.v2"), "window.v2"),
        (changed(schema="state.v1"), "state.v1"),
        (changed(id="1; DROP TABLE site"), "not a window.v1"),
        (changed(timezone="Mars/Olympus"), "no time zone"),
        (changed(timezone="../../etc/passwd"), "not a window.v1"),
        (changed(start_utc="2026-11-23T08:30:00Z"), "does not begin and end with a local hour"),
        (changed(start_utc="2026-11-23T08:00:00.5Z"), "whole hours"),
        (changed(start_utc="2026-11-23T11:00:00Z"), "whole hours"),
        (changed(end_utc="2026-11-23T11:00:00Z"), "in the future"),
        (changed(end_utc="9999-12-31T23:00:00Z"), "in the future"),
        (changed(start_utc="2026-09-01T08:00:00Z"), "too old"),
        (changed(start_utc="0001-01-01T00:00:00+23:59"), "too old"),
        (changed(start_utc="2026-11-20T08:00:00Z"), "beyond the end of its week"),
        (changed(fewest_visits=10**30), "k is 1000"),
        (changed(fewest_visits=5000), "k is 5000"),
    ],
)
def test_what_is_no_window_is_kept_apart_with_the_reason(payload: bytes, why: str) -> None:
    assert why in reason(payload)


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ({"visit_count": 5}, "fewer than its own k"),
        ({"visit_count": 500_000}, "no counter has"),
        ({"visit_s": 10**8}, "longer than there was time"),
        ({"agent_talk_s": 100_000}, "agent_talk_s"),
        ({"overlap_s": 5_000}, "more than one side spoke"),
        ({"silence_s": 0, "agent_talk_s": 0, "overlap_s": 0}, "speech and silence"),
        ({"agent_longest_turn_mean_s": 1000}, "longer than its visits"),
        ({"turn_count": 1_000_000}, "turn_count"),
    ],
)
def test_figures_that_can_not_be_true_together(figures: dict[str, object], why: str) -> None:
    assert why in reason(encode(with_statistics(**figures)))


def test_visits_of_days_without_a_clock_stand_in_one_hour_and_are_believed() -> None:
    grown = {
        name: getattr(with_statistics().statistics, name) * 30
        for name in (
            "visit_count",
            "visit_s",
            "agent_talk_s",
            "customer_talk_s",
            "overlap_s",
            "silence_s",
            "turn_count",
        )
    }
    assert isinstance(arrives(encode(with_statistics(**grown))), Taken)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "counterpoint/v1/hall/dev/cmd",
        "counterpoint/v2/hall/dev/window",
        "counterpoint/v1/Hall/dev/window",
        "counterpoint/v1/hall/dev/window/more",
        "counterpoint/v1/hall/<b>/window",
        "counterpoint/v1/'; DROP TABLE site; --/dev/window",
    ],
)
def test_a_topic_of_somebody_else_is_kept_apart(topic: str) -> None:
    judged = arrives(encode(hour_window(1, NOW)), topic)
    assert isinstance(judged, KeptApart)
    assert (judged.site, judged.device) == ("", "")


def test_the_code_of_all_sites_is_nobodys() -> None:
    assert "reserved" in reason(encode(hour_window(1, NOW)), "counterpoint/v1/all/dev-1/window")


def test_an_empty_retained_message_only_clears() -> None:
    assert arrives(b"", "counterpoint/v1/hall-3/dev-1/state") is None
    assert arrives(b"", "counterpoint/v1/hall-3/dev-1/birth") is None
    assert isinstance(arrives(b"", "counterpoint/v1/hall-3/dev-1/health"), KeptApart)


def sorted_out(*arrivals: tuple[str, bytes], known: Known = NOTHING) -> SortedOut:
    return sort_out([Arrival(topic, payload, NOW) for topic, payload in arrivals], known)


def test_a_device_at_another_site_and_one_in_quarantine() -> None:
    known = Known(
        {"dev-1": KnownDevice("hall-4", quarantined=False), "dev-2": KnownDevice("hall-3", quarantined=True)}, {}
    )
    batch = sorted_out(
        (WINDOW_TOPIC, encode(hour_window(1, NOW))),
        ("counterpoint/v1/hall-3/dev-2/window", encode(hour_window(1, NOW))),
        ("counterpoint/v1/hall-3/dev-2/health", health()),
        known=known,
    )
    assert ["fleet store move dev-1 --site hall-3" in batch.apart[0].reason, "quarantine" in batch.apart[1].reason] == [
        True
    ] * 2
    assert [one.device for one in batch.heard] == ["dev-2"]  # IT still sees how it fares
    assert batch.windows == ()


def test_within_one_batch_the_first_word_of_a_new_device_counts() -> None:
    batch = sorted_out(
        ("counterpoint/v1/hall-3/dev-1/state", encode(State(state="online"))),
        ("counterpoint/v1/tower/dev-1/window", encode(hour_window(1, NOW))),
    )
    assert [one.site for one in batch.heard] == ["hall-3"]
    assert "belongs to site hall-3" in batch.apart[0].reason


def test_a_site_has_one_zone() -> None:
    known = Known({}, {"hall-3": "Europe/Vienna"})
    assert (
        "the site's zone is Europe/Vienna"
        in sorted_out((WINDOW_TOPIC, encode(hour_window(1, NOW))), known=known).apart[0].reason
    )


def test_devices_and_sites_of_a_batch() -> None:
    arrivals = [Arrival(WINDOW_TOPIC, b"x", NOW), Arrival("nothing", b"", NOW), Arrival("a/b/c/d/e", b"", NOW)]
    assert named(arrivals) == ({"dev-1"}, {"hall-3"})


LEAVES = st.sampled_from(["window", "state", "birth", "health", "reply", "cmd", "x"])
TOPICS = st.one_of(st.text(max_size=60), LEAVES.map(lambda leaf: f"counterpoint/v1/hall-3/dev-1/{leaf}"))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=9), inner, max_size=4)),
    max_leaves=9,
)
WINDOW_KEYS = st.sampled_from(
    ["id", "start_utc", "end_utc", "timezone", "fewest_visits", "fewest_people", "statistics", "schema"]
)
PAYLOADS = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda tree: json.dumps(tree).encode()),
    st.dictionaries(WINDOW_KEYS, JSON, max_size=3).map(lambda some: changed(**some)),
    st.integers(0, 1200).map(lambda length: changed()[:length]),
)


@given(TOPICS, PAYLOADS)
def test_no_message_is_ever_an_error_or_lost(topic: str, payload: bytes) -> None:
    batch = sorted_out((topic, payload))
    kept = len(batch.windows) + len(batch.heard) + len(batch.apart)
    cleared = payload == b"" and topic.endswith(("/state", "/birth"))
    assert kept == (0 if cleared else 1)
    for one in batch.apart:
        assert one.reason.isprintable()
        assert one.topic.isprintable()
        assert one.payload == payload


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_whatever_times_a_window_claims_it_is_taken_only_for_whole_hours_of_one_week(
    start_s: int, length_s: int
) -> None:
    window = hour_window(1, NOW)
    start = window.start_utc + timedelta(seconds=start_s)
    judged = arrives(encode(replace(window, start_utc=start, end_utc=start + timedelta(seconds=length_s))))
    if isinstance(judged, Taken):
        assert start_s % 3600 == length_s % 3600 == 0
        assert 0 < length_s <= 7 * 86_400
        assert judged.window.end_utc.timestamp() <= NOW + 300
