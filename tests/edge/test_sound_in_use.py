"""ALSA's own word on who has a capture device open."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoint.edge.sound_in_use import capture_in_use


@pytest.mark.parametrize(
    ("stream", "status", "used"),
    [
        ("pcm0c", "closed\n", False),
        ("pcm0c", "state: RUNNING\nowner_pid   : 812\n", True),
        ("pcm0c", "state: SETUP\n", True),
        ("pcm0p", "state: RUNNING\n", False),
    ],
)
def test_a_capture_device_that_is_not_closed_is_in_use(tmp_path: Path, stream: str, status: str, *, used: bool) -> None:
    for name, text in (("pcm1c", "closed\n"), (stream, status)):
        (tmp_path / "card1" / name / "sub0").mkdir(parents=True)
        (tmp_path / "card1" / name / "sub0" / "status").write_text(text)
    assert capture_in_use(tmp_path) is used


def test_without_sound_cards_none_is(tmp_path: Path) -> None:
    assert not capture_in_use(tmp_path / "asound")
