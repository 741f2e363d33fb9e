"""The microphone against real PortAudio and ALSA devices made of files, without any sound server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

from counterpoint.edge import sound_devices, stream_time
from counterpoint.edge.microphone import Microphone
from counterpoint.edge.sound_devices import open_again
from counterpoint.errors import ChannelsMismatch, MicrophoneMissing, PartMissing
from counterpoint.hearing.geometry import BUILT_IN
from sound_server import Feeder, file_device, narrow_device, write_alsa

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoint.values import Block
    from sound_server import Frames

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("pyaudio") is None, reason="needs PyAudio: apt-get install python3-pyaudio"),
]
ARRAY = BUILT_IN["respeaker-usb-v2"]


def counting(channels: int) -> Frames:
    """Frames whose channels are constant: 1000, 2000, ... so that each can be told from the others at any time."""
    return np.tile(np.arange(1, channels + 1, dtype=np.int16) * 1000, (16_000, 1))


@pytest.fixture
def paced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Feeder:
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, {"Counter": file_device(tmp_path / "fifo")})))
    return Feeder(tmp_path / "fifo", counting(4))


def listen(microphone: Microphone, seconds: float) -> list[Block]:
    blocks: list[Block] = []
    for block in microphone.blocks():
        blocks.append(block)
        if len(blocks) >= seconds * 50:
            break
    return blocks


def test_a_paced_device_gives_its_channels_in_order_and_loses_nothing(paced: Feeder) -> None:
    with paced, Microphone(ARRAY, "counter", 4) as microphone:
        start_s = time.monotonic()
        blocks = listen(microphone, 3)
        assert time.monotonic() - start_s == pytest.approx(3, abs=0.3)
    for block in blocks:
        np.testing.assert_array_equal(block.samples[:, 0] * 32768, [1000, 2000, 3000, 4000])
    assert microphone.lost_samples == 0


def test_what_never_arrives_is_zeros_and_counted(paced: Feeder) -> None:
    with paced, Microphone(ARRAY, "counter", 4) as microphone:
        listen(microphone, 1.5)
        paced.lose(0.3)
        blocks = listen(microphone, 2.5)
    assert microphone.lost_samples == pytest.approx(0.3 * 16000, abs=0.05 * 16000)
    assert sum(block.lost_samples for block in blocks) == microphone.lost_samples
    assert sum(int((block.samples[0] == 0).sum()) for block in blocks) == microphone.lost_samples
    assert microphone.lost_while_open == microphone.lost_samples


def test_a_device_that_never_gives_a_sample_is_silence_in_the_rooms_time(
    paced: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_time, "START_S", 0.3)
    with Microphone(ARRAY, "counter", 4) as microphone:
        blocks = listen(microphone, 0.5)
        assert not microphone.is_listening
        with paced:  # or the capture thread, which waits in ALSA, can't end
            microphone.close()
            time.sleep(0.2)
    assert all(block.lost_samples == 320 for block in blocks)
    assert microphone.lost_while_open == 0


def test_a_source_that_runs_faster_than_time_is_reopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.raw").write_bytes(counting(4).tobytes())
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, {"counter": file_device(tmp_path / "a.raw")})))
    with Microphone(ARRAY, "counter", 4) as microphone:
        for _ in microphone.blocks():
            if microphone.reopened:
                break
    assert microphone.reopened == 1


def test_a_missing_microphone_is_told_with_those_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = {"porch": narrow_device(1), "kitchen": narrow_device(2)}
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, devices)))
    with (
        pytest.raises(MicrophoneMissing, match=r'called counter; .* array.device .* "porch", "kitchen"'),
        _any("counter"),
    ):
        pytest.fail("it was opened")


def test_too_few_channels_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, {"counter": narrow_device(2)})))
    with pytest.raises(ChannelsMismatch, match="2 channels"), _any("counter"):
        pytest.fail("it was opened")


def test_the_raw_channels_alone_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, {"counter": narrow_device(4)})))
    with _any("counter") as microphone:
        assert microphone.channels == 4


def test_without_a_setting_the_arrays_own_name_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = {"desk": narrow_device(2), "'My ArrayUAC10 here'": narrow_device(6)}
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, devices)))
    with _any("") as microphone:
        assert microphone.channels == 6


def test_for_an_array_with_a_name_no_other_microphone_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = {"'!default'": narrow_device(6), "webcam": narrow_device(6)}
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, devices)))
    with pytest.raises(MicrophoneMissing, match="called ReSpeaker 4 Mic Array or ArrayUAC10;"), _any(""):
        pytest.fail("it was opened")


def test_for_an_array_without_a_name_the_default_device_will(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, {"'!default'": narrow_device(2)})))
    with Microphone(BUILT_IN["stereo"], "") as microphone:
        assert microphone.channels == 2


def test_only_the_device_that_was_opened_takes_its_own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = {"counter_two": narrow_device(6), "counter": narrow_device(6)}
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, devices)))
    again = open_again("counter (hw:1,0)", 6)  # a plug pulled changes the place, and this one has none
    again.close()
    assert (again.name, again.channels) == ("counter", 6)
    for other, channels in (("count", 6), ("webcam", 6), ("counter", 7)):
        with pytest.raises(MicrophoneMissing, match="is not there"):
            open_again(other, channels)


def test_of_two_devices_of_that_name_the_one_with_enough_channels_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = {"counter_a": narrow_device(2), "counter_b": narrow_device(6), "counter_c": narrow_device(1)}
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(write_alsa(tmp_path, devices)))
    with _any("counter") as microphone:
        assert microphone.channels == 6


def test_without_any_sound_card_nothing_is_printed_but_our_line(tmp_path: Path) -> None:
    program = (
        "from counterpoint.edge.microphone import Microphone\n"
        "from counterpoint.errors import MicrophoneMissing\n"
        "from counterpoint.hearing.geometry import BUILT_IN\n"
        "try: Microphone(BUILT_IN['respeaker-usb-v2'], 'no such device').__enter__()\n"
        "except MicrophoneMissing as missing: print(missing)\n"
    )
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=30
    )
    assert run.stderr == ""
    assert run.stdout.startswith("no microphone is called no such device")


def test_without_pyaudio_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_devices, "pyaudio", None)
    with pytest.raises(PartMissing, match="python3-pyaudio"), _any("counter"):
        pytest.fail("it was opened")


def _any(device: str) -> Microphone:
    return Microphone(ARRAY, device)
