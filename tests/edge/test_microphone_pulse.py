"""The microphone against a real PulseAudio in real time: right channels, nothing lost, and back after the plug."""

from __future__ import annotations

import time
from importlib.util import find_spec
from threading import Timer
from typing import TYPE_CHECKING

import numpy as np
import pytest

from counterpoint.edge import sound_devices
from counterpoint.edge.microphone import Microphone
from counterpoint.hearing.geometry import BUILT_IN
from sound_server import HAS_PULSEAUDIO, SoundServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from counterpoint.values import Block, Samples
    from sound_server import Frames

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("pyaudio") is None, reason="needs PyAudio: apt-get install python3-pyaudio"),
    pytest.mark.skipif(not HAS_PULSEAUDIO, reason="needs apt-get install pulseaudio pulseaudio-utils"),
]
ARRAY = BUILT_IN["respeaker-usb-v2"]
TONES_HZ = (400, 700, 1100, 1700, 2300, 3100)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    with SoundServer(tmp_path, {"counter": 4, "respeaker": 6}) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def tones(channels: int, seconds: float, rate_hz: int = 16000) -> Frames:
    at = np.arange(int(seconds * rate_hz))[:, None] / rate_hz
    frames: Frames = (8000 * np.sin(2 * np.pi * np.array(TONES_HZ[:channels]) * at)).astype(np.int16)
    return frames


def listen(microphone: Microphone, seconds: float) -> list[Block]:
    """Blocks of the next seconds on the sample clock."""
    blocks: list[Block] = []
    for block in microphone.blocks():
        blocks.append(block)
        if len(blocks) >= seconds * 50:
            break
    return blocks


def sound(blocks: list[Block]) -> Samples:
    return np.concatenate([block.samples for block in blocks], axis=1)


def loudest_hz(samples: Samples) -> list[int]:
    spectrum = np.abs(np.fft.rfft(samples, axis=1))
    return [round(peak * 16000 / samples.shape[1]) for peak in spectrum.argmax(axis=1)]


def wait_for(server: SoundServer, microphone: Microphone, sink: str) -> Samples:
    """Play the tones and return a second of them as the microphone hears them; they must come within 5 s."""
    server.play(sink, tones(microphone.channels, 20))
    give_up_s = time.monotonic() + 5
    while not sound(listen(microphone, 0.1)).any():
        assert time.monotonic() < give_up_s
    listen(microphone, 0.1)
    return sound(listen(microphone, 1))


def room_ahead_s(microphone: Microphone) -> float:
    """How far the room's clock is ahead of the sample clock, up to a constant."""
    return time.monotonic() - listen(microphone, 0.02)[0].start_s


@pytest.mark.parametrize(("device", "channels"), [("counter", 4), ("ReSpeaker", 6)])
def test_every_channel_is_where_it_belongs(server: SoundServer, device: str, channels: int) -> None:
    with Microphone(ARRAY, device, channels) as microphone:
        assert loudest_hz(wait_for(server, microphone, device.lower())) == list(TONES_HZ[:channels])
    assert (microphone.lost_samples, microphone.reopened) == (0, 0)


def test_noise_comes_through_bit_exact_and_whole(server: SoundServer) -> None:
    noise = np.random.default_rng(4).integers(-32768, 32767, (32_000, 4), dtype=np.int16)
    with Microphone(ARRAY, "counter", 4) as microphone:
        listen(microphone, 0.1)
        server.play("counter", np.concatenate((np.zeros((4000, 4), np.int16), noise)))
        samples = sound(listen(microphone, 3)).T * 32768
    start = int(np.flatnonzero(samples.any(axis=1))[0])
    np.testing.assert_array_equal(samples[start : start + len(noise)], noise)


def test_after_the_plug_was_pulled_audio_is_back_within_five_seconds_and_no_log_tells(
    server: SoundServer, caplog: pytest.LogCaptureFixture
) -> None:
    with Microphone(ARRAY, "counter", 4) as microphone:
        listen(microphone, 2)
        before_s = room_ahead_s(microphone)
        server.kill()
        gap = listen(microphone, 2)
        assert sum(block.lost_samples for block in gap) > 1.5 * 16000
        server.start()
        assert loudest_hz(wait_for(server, microphone, "counter")) == pytest.approx(TONES_HZ[:4], abs=3)
        assert microphone.reopened == 1
        assert caplog.text == ""  # it could be a mute
        assert microphone.lost_while_open < 0.05 * 16000
        assert room_ahead_s(microphone) == pytest.approx(before_s, abs=0.05)


def test_a_server_that_hangs_is_noticed_and_the_room_goes_on(server: SoundServer) -> None:
    with Microphone(ARRAY, "counter", 4) as microphone:
        listen(microphone, 2)
        before_s = room_ahead_s(microphone)
        with server.hung():
            gap = listen(microphone, 2)
            assert sum(block.lost_samples for block in gap) > 1.2 * 16000
            assert room_ahead_s(microphone) == pytest.approx(before_s, abs=0.2)
        assert loudest_hz(wait_for(server, microphone, "counter")) == pytest.approx(TONES_HZ[:4], abs=3)
        assert room_ahead_s(microphone) == pytest.approx(before_s, abs=0.05)


def test_closing_from_another_thread_ends_the_blocks(server: SoundServer) -> None:
    assert server.address
    with Microphone(ARRAY, "counter", 4) as microphone:
        Timer(2.5, microphone.close).start()
        start_s = time.monotonic()
        assert list(microphone.blocks())
    assert time.monotonic() - start_s < 3.5


def test_a_device_without_16_khz_is_resampled_from_its_own_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_devices, "SAMPLE_RATE_HZ", 48_000)  # as if it refused 16 kHz: PulseAudio never does
    with SoundServer(tmp_path, {"counter": 4}, rate_hz=48_000) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        with Microphone(ARRAY, "counter", 4) as microphone:
            listen(microphone, 0.1)
            server.play("counter", tones(4, 4, 48_000))
            samples = sound(listen(microphone, 2))
    assert loudest_hz(samples) == list(TONES_HZ[:4])
    assert microphone.lost_samples == 0
