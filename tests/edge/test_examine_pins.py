"""The doctor's look at the pins, with a kernel of the test's own behind the two questions that it asks."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterpoint.edge import examine_pins
from counterpoint.edge.examine_pins import GET_CHIP_INFO, GET_LINE_INFO, look_at_pins, wanted_pins
from counterpoint.settings import Settings


def of(**tables: dict[str, object]) -> Settings:
    return msgspec.convert(tables, Settings)


class Kernel:
    """One GPIO chip, with the lines that somebody holds."""

    def __init__(self, label: str, held: dict[int, str]) -> None:
        self.label = label
        self.held = held

    def __call__(self, _chip: int, number: int, about: Any) -> int:
        if number == GET_CHIP_INFO:
            about.label = self.label.encode()
        elif about.offset in self.held:
            about.flags, about.consumer = 1, self.held[about.offset].encode()
        return 0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/gpiochip0").touch()
    return tmp_path


def test_the_numbers_are_the_kernels() -> None:
    assert (GET_CHIP_INFO, GET_LINE_INFO) == (0x8044B401, 0xC100B405)
    assert ctypes.sizeof(examine_pins._LineInfo) == 256


def test_free_pins_of_a_pi_are_fine(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine_pins, "ioctl", Kernel("pinctrl-bcm2711", {2: "not one of ours"}))
    check = look_at_pins(Settings(), ours=False, root=root)
    assert (check.state, check.what) == ("ok", "gpiochip0 (pinctrl-bcm2711), 5 pins free")


def test_who_holds_a_busy_pin_is_named_with_its_program(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine_pins, "ioctl", Kernel("pinctrl-rp1", {18: "fan"}))
    (root / "proc/812/fd").mkdir(parents=True)
    (root / "proc/812/fd/5").symlink_to("anon_inode:gpio-line")
    (root / "proc/812/comm").write_text("fancontrol\n")
    (root / "proc/813/fd").mkdir(parents=True)
    (root / "proc/813/fd/0").symlink_to("/dev/null")
    check = look_at_pins(Settings(), ours=False, root=root)
    assert check.what == "held: GPIO 18 (light.amber_pin) by 'fan': fancontrol (process 812)"
    assert look_at_pins(Settings(), ours=True, root=root).state == "ok"


def test_a_pin_that_the_kernel_itself_holds_has_no_program(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine_pins, "ioctl", Kernel("pinctrl-rp1", {17: ""}))
    assert "'the kernel'" in look_at_pins(Settings(), ours=False, root=root).what


def test_a_chip_that_is_no_pis_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine_pins, "ioctl", Kernel("gpio-keys", {}))
    assert look_at_pins(Settings(), ours=False, root=root).state == "fail"
    assert look_at_pins(of(light={"kind": "usb_v2_ring"}), ours=False, root=root).state == "warn"


def test_a_file_that_is_no_chip_is_passed_over(root: Path) -> None:
    assert look_at_pins(Settings(), ours=False, root=root).state == "fail"


def test_the_pins_that_are_needed_depend_on_the_light() -> None:
    assert [key for key, _ in wanted_pins(of(light={"kind": "rgb"}, button={"mute_pin": 27}))] == [
        "light.red_pin",
        "light.green_pin",
        "light.blue_pin",
        "state_light.white_pin",
        "state_light.red_pin",
        "button.pin",
        "button.mute_pin",
    ]
    assert len(list(wanted_pins(of(light={"kind": "xvf3800_ring"})))) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look at every chip")
def test_a_chip_that_may_not_be_looked_at_says_so(root: Path) -> None:
    (root / "dev/gpiochip0").chmod(0)
    assert look_at_pins(Settings(), ours=False, root=root).remedy == "run doctor as root"
