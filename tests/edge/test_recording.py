"""A recording becomes the microphone's blocks, and a file that is not whole is refused with what to do."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from counterpoint.edge.recording import Recording
from counterpoint.errors import ChannelsMismatch, CounterpointError, RecordingError
from counterpoint.hearing.geometry import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from counterpoint.values import Samples

ARRAY = BUILT_IN["respeaker-usb-v2"]


def noise(samples: int, channels: int = 4) -> Samples:
    return np.random.default_rng(1).uniform(-0.5, 0.5, (samples, channels)).astype(np.float32)


def heard(path: Path) -> tuple[Samples, Recording]:
    """Every block of the file side by side, (channels, samples), and the recording at its end."""
    with Recording(path, ARRAY) as recording:
        blocks = list(recording.blocks())
    assert [block.first_sample for block in blocks] == list(range(0, 320 * len(blocks), 320))
    assert all(block.lost_samples == 0 for block in blocks)
    return np.concatenate([block.samples for block in blocks], axis=1), recording


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize("channels", [4, 6])
def test_samples_come_bit_exact_in_the_files_channel_order(tmp_path: Path, suffix: str, channels: int) -> None:
    written = np.random.default_rng(2).integers(-32768, 32767, (50_000, channels), dtype=np.int16)
    soundfile.write(tmp_path / f"a.{suffix}", written, 16000)
    samples, recording = heard(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(samples[:, :50_000].T * 32768, written)
    assert (recording.channels, recording.samples) == (channels, 50_000)


@pytest.mark.parametrize("samples", [1, 319, 320, 321, 16000, 33_333])
def test_the_last_block_is_padded_with_zeros(tmp_path: Path, samples: int) -> None:
    soundfile.write(tmp_path / "a.wav", noise(samples), 16000, subtype="FLOAT")
    found, recording = heard(tmp_path / "a.wav")
    assert recording.samples == samples
    assert found.shape[1] == -(-samples // 320) * 320
    assert not found[:, samples:].any()


@pytest.mark.parametrize("rate_hz", [8000, 11025, 44100, 48000, 96000])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_any_rate_becomes_16_khz(tmp_path: Path, rate_hz: int, suffix: str) -> None:
    seconds = np.arange(2 * rate_hz + 17) / rate_hz
    tones = np.stack([0.4 * np.sin(2 * np.pi * hertz * seconds) for hertz in (400, 700, 1100, 1700)], axis=1)
    soundfile.write(tmp_path / f"a.{suffix}", tones, rate_hz)
    samples, recording = heard(tmp_path / f"a.{suffix}")
    assert recording.samples == round(len(seconds) * 16000 / rate_hz)
    spectrum = np.abs(np.fft.rfft(samples[:, 8000:24000], axis=1))
    assert spectrum.argmax(axis=1).tolist() == [400, 700, 1100, 1700]


def test_loud_float_audio_is_clipped_to_full_scale(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(1000) * 4, 16000, subtype="FLOAT")
    samples, _ = heard(tmp_path / "a.wav")
    assert np.abs(samples).max() == 1.0


def refusal(path: Path) -> str:
    with pytest.raises(RecordingError) as refused, Recording(path, ARRAY) as recording:
        list(recording.blocks())
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    assert "check the path" in refusal(tmp_path / "none.wav")


def test_a_folder(tmp_path: Path) -> None:
    assert "name one WAV or FLAC file" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", b"RIFF", b"RIFF\xff\xff\xff\xffWAVE", b"fLaC" + bytes(40)])
def test_what_is_not_audio(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    assert "give a WAV or FLAC file" in refusal(tmp_path / "a.wav")


def test_audio_that_has_lost_something_on_its_way(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.ogg", noise(16000), 16000)
    assert "convert it to WAV or FLAC" in refusal(tmp_path / "a.ogg")


def test_a_rate_below_any_speech(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(1000), 4000)
    assert "record at 16000 Hz" in refusal(tmp_path / "a.wav")


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.999])
def test_a_wav_that_breaks_off(tmp_path: Path, form: str, keep: float) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(50_000), 16000, format=form)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    assert "truncated" in refusal(path)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.999])
def test_a_flac_that_breaks_off_is_refused_before_its_first_block(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, noise(50_000), 16000)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(RecordingError, match="truncated"), Recording(path, ARRAY):
        pytest.fail("it was opened")


def test_a_flac_that_is_damaged_inside(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, noise(50_000), 16000)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    path.write_bytes(content)
    assert "damaged" in refusal(path)


def test_a_wav_with_text_behind_its_audio_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(1000), 16000)
    content = path.read_bytes() + b"LIST" + (4).to_bytes(4, "little") + b"INFO"
    path.write_bytes(content[:4] + (len(content) - 8).to_bytes(4, "little") + content[8:])
    assert heard(path)[1].samples == 1000


def test_a_wav_written_into_a_pipe_says_no_length_and_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(1000), 16000)
    content = path.read_bytes()
    at = content.index(b"data") + 4
    path.write_bytes(content[:at] + b"\xff\xff\xff\xff" + content[at + 4 :])
    assert heard(path)[1].samples == 1000


def test_no_audio_at_all(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(0), 16000)
    assert "zero length" in refusal(tmp_path / "a.wav")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers(tmp_path: Path, value: float) -> None:
    samples = noise(40_000)
    samples[33_000, 2] = value
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    assert "export the audio again" in refusal(tmp_path / "a.wav")


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 8])
def test_the_wrong_number_of_channels(tmp_path: Path, channels: int) -> None:
    soundfile.write(tmp_path / "a.wav", noise(1000, channels), 16000)
    with pytest.raises(ChannelsMismatch, match=f"got {channels} channels"), Recording(tmp_path / "a.wav", ARRAY):
        pytest.fail("it was opened")


@pytest.mark.parametrize("break_it", [lambda content: content[:-9], lambda content: content[:30], lambda _: b""])
def test_every_refusal_is_ours(tmp_path: Path, break_it: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, noise(5000), 16000)
    path.write_bytes(break_it(path.read_bytes()))
    with pytest.raises(CounterpointError), Recording(path, ARRAY) as recording:
        list(recording.blocks())


MEMORY_PROGRAM = """
import resource, sys
from pathlib import Path
from counterpoint.edge.recording import Recording
from counterpoint.hearing.geometry import BUILT_IN
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with Recording(Path(sys.argv[1]), BUILT_IN["respeaker-usb-v2"]) as recording:
    next(blocks := recording.blocks())
    early = peak()
    count = 1 + sum(1 for _ in blocks)
print(count, peak() - early)
"""


def test_ten_minutes_are_read_without_keeping_them(tmp_path: Path) -> None:
    second = (noise(48_000) * 32767).astype(np.int16)
    with soundfile.SoundFile(tmp_path / "a.wav", "w", 48_000, 4) as file:
        for _ in range(600):
            file.write(second)
    run = [sys.executable, "-c", MEMORY_PROGRAM, str(tmp_path / "a.wav")]
    count, grown_kb = map(int, subprocess.check_output(run, env={"PYTHONPATH": ":".join(sys.path)}).split())
    assert count == 30_000
    assert grown_kb < 10_000  # the whole file would be 230 MB


def with_tag(wav: bytes) -> bytes:
    """The file as some players leave it: an ID3v2 tag of 200 bytes before the audio."""
    return b"ID3\x04\x00\x00\x00\x00\x01\x48" + bytes(200) + wav


def test_a_tag_before_the_audio_is_passed_over(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "plain.wav", noise(1000), 16000, subtype="FLOAT")
    tagged = with_tag((tmp_path / "plain.wav").read_bytes())
    (tmp_path / "a.wav").write_bytes(tagged)
    assert heard(tmp_path / "a.wav")[1].samples == 1000
    (tmp_path / "cut.wav").write_bytes(tagged[:-1000])
    with pytest.raises(RecordingError, match="truncated"):
        heard(tmp_path / "cut.wav")
