"""What the page may send, and that anything else is refused."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.practice.protocol import (
    Begin,
    End,
    LineEnded,
    LineStopped,
    Say,
    Stop,
    Voices,
    read_message,
    write_message,
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"do":"begin","role":"late-delivery","skill":"one-breath"}', Begin("late-delivery", "one-breath")),
        ('{"do":"end"}', End()),
        ('{"do":"line_ended","line":"opening"}', LineEnded("opening")),
        ('{"do":"line_stopped","line":"opening","at_s":1.5}', LineStopped("opening", 1.5)),
    ],
)
def test_what_the_page_says(text: str, message: object) -> None:
    assert read_message(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"do":"say"}',
        '{"do":"begin","role":"late-delivery"}',
        '{"do":"begin","role":"../../etc","skill":"one-breath"}',
        '{"do":"begin","role":"late-delivery","skill":"one-breath","name":"Anna"}',
        '{"do":"line_stopped","line":"opening","at_s":-1}',
        '{"do":"line_stopped","line":"opening","at_s":1e9}',
        '{"do":"line_stopped","line":"opening","at_s":NaN}',
        '{"do":"last_try","card":{"made_by":"another program"}}',
    ],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_message(text)


def test_what_the_server_says() -> None:
    assert write_message(Stop()) == '{"do":"stop"}'
    assert json.loads(write_message(Voices(agent=True, customer=False))) == {
        "do": "voices",
        "agent": True,
        "customer": False,
    }
    assert json.loads(write_message(Say("a", "/audio/r/a.ogg", "Hello.", 1.5)))["from_s"] == 1.5


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["do", "line", "at_s", "card"]), inner),
    max_leaves=8,
)


@given(JSON | st.fixed_dictionaries({"do": st.sampled_from(["begin", "end", "last_try", "line_ended"])}))
def test_any_json_is_a_message_or_is_refused(value: object) -> None:
    try:
        message = read_message(json.dumps(value))
    except msgspec.MsgspecError:
        return
    assert json.loads(msgspec.json.encode(message)) == value


@given(st.text(max_size=60))
def test_any_text_is_a_message_or_is_refused(text: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_message(text)
