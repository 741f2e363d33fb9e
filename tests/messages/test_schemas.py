"""What may be in a message, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.errors import MessageError
from counterpoint.messages.coarse import coarse_health
from counterpoint.messages.schemas import (
    LARGEST_BYTES,
    SensorHealth,
    State,
    decode_note,
    decode_window,
    encode,
    schema_name,
)
from counterpoint.messages.topics import topic
from counterpoint.values import ChannelHealth, Health
from windows_made import window

if TYPE_CHECKING:
    from counterpoint.messages.schemas import Window


def changed(**properties: object) -> bytes:
    return json.dumps(json.loads(encode(window())) | properties).encode()


def test_a_window_comes_back_as_it_was() -> None:
    made: Window = window()
    assert decode_window(encode(made)) == made
    assert (schema_name(made), schema_name(State)) == ("window.v1", "state.v1")


def test_a_window_is_small() -> None:
    assert len(encode(window())) < 2048


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        changed(schema="window.v2"),
        changed(agent="Sam"),
        changed(id="00000000-0000-1000-8000-000000000000"),
        changed(fewest_visits=4),
        changed(fewest_people=2),
        changed(start_utc="2026-11-23T09:00:00"),
        changed(timezone="not a zone"),
        changed(statistics={"visit_count": 10}),
        encode(State(state="online")),
        b" " * (LARGEST_BYTES + 1),
    ],
)
def test_what_is_no_window_is_refused(payload: bytes) -> None:
    with pytest.raises(MessageError):
        decode_window(payload)


@pytest.mark.parametrize("name", ["visit_count", "talk_over_count", "customer_talk_s"])
def test_a_figure_that_is_not_coarse_is_refused(name: str) -> None:
    statistics = json.loads(encode(window()))["statistics"]
    with pytest.raises(MessageError):
        decode_window(changed(statistics=statistics | {name: 13}))


@pytest.mark.parametrize("act", ["rush", "judgement"])
def test_acts_that_stay_in_practice_are_refused(act: str) -> None:
    statistics = json.loads(encode(window()))["statistics"]
    with pytest.raises(MessageError):
        decode_window(changed(statistics=statistics | {"act_visits_percent": {act: 10}}))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_a_message_error(payload: bytes) -> None:
    try:
        decode_note(payload)
    except MessageError as error:
        assert "ignored" in str(error)  # noqa: PT017 - either outcome is right


def test_a_topic_has_no_room_for_more_than_codes() -> None:
    assert topic("kiosk-7", "a1", "window") == "counterpoint/v1/kiosk-7/a1/window"
    for level in ("+", "#", "a/b", "", "Front desk", "x" * 37, "a\n"):
        with pytest.raises(MessageError, match="can't be a topic"):
            topic("kiosk-7", level, "window")


def test_health_is_coarse_and_leaves_out_what_speech_changes() -> None:
    health = Health(frames_lost=199, words="on", light="pins", channels=ChannelHealth(clipping=(1,)))
    assert coarse_health(health, 12_345) == SensorHealth(
        microphone="fine", words="on", light="pins", frames_lost_count=100, disk_free_mb=12_300
    )


@pytest.mark.parametrize(
    ("channels", "microphone"),
    [
        (ChannelHealth(silent=(3,), frozen=(3,)), "fault"),
        (ChannelHealth(duplicated=((1, 2),)), "fault"),
        (ChannelHealth(silent=(1,), one_per_side=True), "fine"),  # or its gate would tell who is listening
        (ChannelHealth(frozen=(1,), one_per_side=True), "fault"),
        (ChannelHealth(silent=(1, 2, 3, 4), frozen=(1, 2, 3, 4), duplicated=((1, 2), (3, 4))), "fine"),
    ],
)
def test_a_muted_microphone_is_not_told_from_a_sound_one(channels: ChannelHealth, microphone: str) -> None:
    assert coarse_health(Health(frames_lost=0, channels=channels), 0).microphone == microphone


def test_an_unknown_light_or_state_of_words_is_not_passed_on() -> None:
    told = coarse_health(Health(frames_lost=0, light="Sam's lamp", words="the words"), 0)
    assert (told.light, told.words) == ("none", "off")
    assert msgspec.json.decode(encode(told))["schema"] == "sensor-health.v1"
