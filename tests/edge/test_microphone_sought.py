"""Whether a microphone that is away is looked for, as the sensor's watchdog asks."""

from __future__ import annotations

import time

import pytest

from counterpoint.edge import microphone as microphone_module
from counterpoint.edge.microphone import SOUGHT_S, Microphone
from counterpoint.errors import MicrophoneMissing
from counterpoint.hearing.geometry import BUILT_IN


@pytest.fixture
def microphone(monkeypatch: pytest.MonkeyPatch) -> Microphone:
    """One whose device is not there when it is opened again, three times; then it is told to stop."""
    microphone = Microphone(BUILT_IN["respeaker-usb-v2"], "counter")
    tries: list[str] = []

    def missing(name: str, _channels: int) -> None:
        tries.append(name)
        if len(tries) == 3:
            microphone._stopping.set()
        raise MicrophoneMissing(name)

    monkeypatch.setattr(microphone_module, "open_again", missing)
    monkeypatch.setattr(microphone_module, "RETRY_S", 0.001)
    return microphone


def test_one_that_was_never_away_is_not_sought(microphone: Microphone) -> None:
    assert not microphone.is_sought


def test_each_try_to_open_it_again_is_a_search_and_one_that_hangs_is_none(microphone: Microphone) -> None:
    microphone._reopen("counter")
    assert microphone.is_sought
    microphone._sought_s = time.monotonic() - SOUGHT_S
    assert not microphone.is_sought


def test_one_that_gives_audio_is_not_sought(microphone: Microphone) -> None:
    microphone._reopen("counter")
    microphone.is_listening = True
    assert not microphone.is_sought
