"""The doctor's looks at light, heat, power, swap and services, on a /sys and a /proc of the test's own."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from counterpoint.edge import examine_machine
from counterpoint.edge.examine_machine import (
    THROTTLED,
    ask_systemd,
    look_at_heat_and_power,
    look_at_light,
    look_at_services,
    look_at_swap,
)
from counterpoint.errors import PartMissing
from counterpoint.settings import Settings


def of(**tables: dict[str, object]) -> Settings:
    return msgspec.convert(tables, Settings)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_warmest_zone_and_the_supply_are_read(tmp_path: Path) -> None:
    write(tmp_path / "sys/class/thermal/thermal_zone0/temp", "48312\n")
    write(tmp_path / "sys/class/thermal/thermal_zone1/temp", "71000\n")
    write(tmp_path / THROTTLED, "50000\n")
    temperature, power = look_at_heat_and_power(Settings(), tmp_path)
    assert temperature.what == "71 degrees Celsius"
    assert power.what == "under-voltage, throttling since the machine started"


def test_a_machine_that_tells_nothing_is_no_fault(tmp_path: Path) -> None:
    assert [check.state for check in look_at_heat_and_power(Settings(), tmp_path)] == ["skipped", "skipped"]
    assert look_at_swap(Settings(), tmp_path)[0].state == "ok"


def test_swap_on_a_disk_is_told(tmp_path: Path) -> None:
    write(tmp_path / "proc/swaps", "Filename\tType\tSize\n/dev/zram0 partition 1\n/var/swap file 102396 0 -2\n")
    assert look_at_swap(Settings(), tmp_path)[0].what == "memory may be written to /var/swap"


def test_without_systemd_the_services_are_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask_systemd("counterpoint-sensor.service") == {}
    assert [check.state for check in look_at_services(Settings())] == ["skipped", "skipped"]


def test_what_systemd_says_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = "LoadState=loaded\\nActiveState=active\\nNRestarts=2\\nStatusText=listening, 3 h 2 min"
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\nprintf "{said}\\n"\n')
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert [check.what for check in look_at_services(Settings())] == ["listening, 3 h 2 min"] * 2


class Ring:
    """An XVF3800 of some firmware, or one that does not answer."""

    def __init__(self, version: tuple[int, int, int] | None) -> None:
        self.version = version

    def __call__(self, _device: object) -> Ring:
        return self

    def ask(self, _value: int, _index: int, _length: int) -> bytes:
        if self.version is None:
            raise OSError(110, "Connection timed out")
        return bytes([0, *self.version])

    def send(self, *_: object) -> None:
        raise AssertionError("the doctor only asks")

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.mark.parametrize(
    ("version", "state", "what"),
    [
        ((2, 1, 0), "ok", "xvf3800_ring"),
        ((2, 0, 6), "fail", "can't light single LEDs"),
        (None, "fail", "does not answer"),
    ],
)
def test_a_ring_is_asked_for_its_firmware(
    tmp_path: Path, version: tuple[int, int, int] | None, state: str, what: str
) -> None:
    ring = of(light={"kind": "xvf3800_ring"})
    assert look_at_light(ring, None, tmp_path).what == "the ring's array is not plugged in"
    facts = {"idVendor": "2886", "idProduct": "001a", "bcdDevice": "0210", "busnum": "1", "devnum": "4"}
    for fact, value in facts.items():
        write(tmp_path / "sys/bus/usb/devices/1-1" / fact, value)
    check = look_at_light(ring, None, tmp_path, Ring(version))
    assert check.state == state
    assert what in check.what


def test_a_ring_that_may_not_be_controlled_says_what_allows_it(tmp_path: Path) -> None:
    def closed(_device: object) -> Ring:
        raise PartMissing("install 60-counterpoint.rules")

    facts = {"idVendor": "2886", "idProduct": "0018", "bcdDevice": "0210", "busnum": "1", "devnum": "4"}
    for fact, value in facts.items():
        write(tmp_path / "sys/bus/usb/devices/1-1" / fact, value)
    check = look_at_light(of(light={"kind": "usb_v2_ring"}), None, tmp_path, closed)
    assert (check.state, check.remedy) == ("fail", "install 60-counterpoint.rules")


def test_a_running_sensor_is_believed_about_its_light() -> None:
    assert look_at_light(of(light={"kind": "xvf3800_ring"}), "pins").state == "ok"
    assert look_at_light(Settings(), "none").state == "fail"
    assert examine_machine.SENSOR_UNIT == "counterpoint-sensor.service"
