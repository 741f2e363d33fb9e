"""One button: short leaves a visit out, long pauses."""

from __future__ import annotations

from counterpoint.care.pause import Pause
from counterpoint.settings import ButtonSettings


def a_pause() -> Pause:
    return Pause(ButtonSettings(pause_s=3600))


def test_nothing_is_paused_at_first() -> None:
    assert not a_pause().paused(0.0)


def test_a_short_press_leaves_this_visit_or_the_next_out_and_listens_on() -> None:
    pause = a_pause()
    assert pause.press("short", 10.0) == "open_or_next"
    assert not pause.paused(10.0)


def test_a_long_press_leaves_only_an_open_visit_out_and_pauses_for_an_hour() -> None:
    pause = a_pause()
    assert pause.press("long", 10.0) == "open"
    assert pause.paused(3609.9)
    assert not pause.paused(3610.0)


def test_any_press_ends_a_pause_and_leaves_nothing_out() -> None:
    for kind in ("short", "long"):
        pause = a_pause()
        pause.press("long", 10.0)
        assert pause.press(kind, 20.0) is None
        assert not pause.paused(20.0)


def test_after_an_hour_a_long_press_pauses_anew() -> None:
    pause = a_pause()
    pause.press("long", 10.0)
    pause.press("long", 4000.0)
    assert pause.paused(4001.0)
