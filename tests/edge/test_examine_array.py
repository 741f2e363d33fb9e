"""The doctor's looks at an array, on a /sys and a /proc of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterpoint.edge.calibration import keep_calibration
from counterpoint.edge.calibration_request import BUTTON, Progress, tell_progress
from counterpoint.edge.examine_array import capture_holder, look_at_array, look_at_calibration, look_at_mute
from counterpoint.errors import PartMissing
from counterpoint.settings import Settings
from counterpoint.values import Calibration

STREAM = """\
Seeed reSpeaker at usb-0000:01:00.0-1.4, high speed : USB Audio

Playback:
  Status: Stop
  Interface 1
    Altset 1
    Format: S16_LE
    Channels: 2
    Rates: 16000

Capture:
  Status: Stop
  Interface 2
    Altset 1
    Format: S16_LE
    Channels: {channels}
    Rates: 16000
"""


def of(**tables: dict[str, object]) -> Settings:
    return msgspec.convert(tables, Settings)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")


def plug(root: Path, product: str, channels: int | None = 6, name: str = "reSpeaker XVF3800 4-Mic Array") -> None:
    facts = {"idVendor": "2886", "idProduct": product, "bcdDevice": "0210", "busnum": "1", "devnum": "4"}
    for fact, value in {**facts, "product": name}.items():
        write(root / "sys/bus/usb/devices/1-1.4" / fact, value)
    if channels is not None:
        write(root / "proc/asound/card2/usbid", f"2886:{product}")
        write(root / "proc/asound/card2/stream0", STREAM.format(channels=channels))
        write(root / "proc/asound/card0/id", "vc4hdmi")


class Answers:
    """An array that answers the two questions that the doctor has."""

    def __init__(self, version: tuple[int, int, int] = (2, 1, 0), *, muted: bool = False) -> None:
        self.told = {(0x80, 48): bytes([0, *version]), (0x80, 20): bytes([0, 0, muted, 0, 1, 0])}

    def __call__(self, _device: object) -> Answers:
        return self

    def ask(self, value: int, index: int, _length: int) -> bytes:
        return self.told[value, index]

    def send(self, *_: object) -> None:
        raise AssertionError("the doctor only asks")

    def close(self) -> None:
        """Nothing to let go of."""


XVF = of(array={"name": "respeaker-xvf3800"})


def test_six_channels_and_their_firmware_are_fine(tmp_path: Path) -> None:
    plug(tmp_path, "001a")
    check = look_at_array(XVF, tmp_path, Answers())
    assert (check.state, check.what) == ("ok", "reSpeaker XVF3800 4-Mic Array, firmware 2.1.0, 6 channels")


def test_the_two_channel_firmware_is_told_by_what_is_captured(tmp_path: Path) -> None:
    plug(tmp_path, "001a", channels=2)
    check = look_at_array(XVF, tmp_path, Answers())
    assert check.state == "fail"
    assert "dfu-util" in check.remedy


def test_an_array_that_may_not_be_asked_is_known_by_its_release(tmp_path: Path) -> None:
    def closed(_device: object) -> Any:
        raise PartMissing("it may not be controlled")

    plug(tmp_path, "001a")
    assert "release 2.10" in look_at_array(XVF, tmp_path, closed).what


def test_another_array_than_that_of_the_settings_is_named(tmp_path: Path) -> None:
    plug(tmp_path, "0018", name="ReSpeaker 4 Mic Array (UAC1.0)")
    assert "but respeaker-usb-v2 is" in look_at_array(XVF, tmp_path, Answers()).what
    assert look_at_array(of(array={"name": "respeaker-usb-v2"}), tmp_path).state == "ok"


def test_no_array_no_card_and_an_array_without_usb(tmp_path: Path) -> None:
    assert look_at_array(XVF, tmp_path).what == "respeaker-xvf3800 is not plugged in"
    plug(tmp_path, "001a", channels=None)
    assert "no sound card" in look_at_array(XVF, tmp_path, Answers()).what
    assert look_at_array(of(array={"name": "stereo"}), tmp_path).state == "skipped"
    assert look_at_array(of(array={"name": "ear"}), tmp_path).state == "fail"


@pytest.mark.parametrize(("muted", "state"), [(True, "warn"), (False, "ok")])
def test_the_array_is_asked_whether_it_is_muted(tmp_path: Path, state: str, *, muted: bool) -> None:
    plug(tmp_path, "001a")
    assert look_at_mute(XVF, tmp_path, Answers(muted=muted)).state == state


def test_without_such_an_array_a_switch_is_sensed_or_not(tmp_path: Path) -> None:
    assert "no mute switch" in look_at_mute(XVF, tmp_path).what
    assert look_at_mute(of(button={"mute_pin": 27}), tmp_path).what == "the switch is sensed"


def test_who_has_the_microphone_is_named(tmp_path: Path) -> None:
    assert capture_holder(tmp_path) is None
    write(tmp_path / "proc/asound/card1/pcm0c/sub0/status", "closed")
    assert capture_holder(tmp_path) is None
    write(tmp_path / "proc/asound/card1/pcm0c/sub0/status", "state: RUNNING\nowner_pid   : 812\ntrigger_time: 1.0")
    assert capture_holder(tmp_path) == ("a program", 812)
    write(tmp_path / "proc/812/comm", "pulseaudio")
    assert capture_holder(tmp_path) == ("pulseaudio", 812)


def test_where_the_two_sides_are_and_who_said_so(tmp_path: Path) -> None:
    settings = of(array={"name": "respeaker-xvf3800"}, folders={"state": str(tmp_path)})
    assert look_at_calibration(settings).state == "warn"
    keep_calibration(settings, "respeaker-xvf3800", Calibration(4, 171))
    assert look_at_calibration(settings).what == "agent at 4 degrees, customer at 171, measured"
    assert look_at_calibration(of(array={"name": "ear"})).state == "fail"
    tell_progress(tmp_path, Progress(BUTTON, "refused", what="the agent was not heard"))
    assert "refused: the agent was not heard" in look_at_calibration(settings).what
