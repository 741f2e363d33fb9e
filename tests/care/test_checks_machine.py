"""What the doctor makes of the machine: pins, light, heat, power, swap, services."""

from __future__ import annotations

import pytest

from counterpoint.care.checks import Check, State
from counterpoint.care.checks_machine import (
    PinSeen,
    judge_light,
    judge_pins,
    judge_power,
    judge_service,
    judge_swap,
    judge_temperature,
)

CHIP = "gpiochip0 (pinctrl-rp1)"
FREE = PinSeen("button.pin", 17, "")
HELD = PinSeen("light.amber_pin", 18, "'spi0 CS1': python3 (process 812)")
UNIT = "counterpoint-sensor.service"

CASES: list[tuple[Check, State, str]] = [
    (judge_pins(CHIP, [FREE], ours=False), "ok", "pinctrl-rp1), 1 pins free"),
    (judge_pins(CHIP, [FREE, HELD], ours=False), "fail", "GPIO 18 (light.amber_pin) by 'spi0 CS1': python3"),
    (judge_pins(CHIP, [HELD], ours=True), "ok", "the running sensor has them"),
    (judge_light("pins", None), "ok", "pins"),
    (judge_light("pins", "pins"), "ok", "the running sensor has it"),
    (judge_light("xvf3800_ring", "none"), "fail", "without its light (xvf3800_ring)"),
    (judge_light("none", None), "warn", "nobody is cued"),
    (judge_light("usb_v2_ring", None, "it is not plugged in: plug it in"), "fail", "it is not plugged in"),
    (judge_temperature(None), "skipped", "does not tell"),
    (judge_temperature(48.3), "ok", "48 degrees"),
    (judge_temperature(71.0), "warn", "71 degrees"),
    (judge_temperature(82.0), "fail", "it slows down"),
    (judge_power(None), "skipped", "does not tell"),
    (judge_power(0), "ok", "never"),
    (judge_power(0x50005), "fail", "under-voltage, throttling now"),
    (judge_power(0x50000), "warn", "under-voltage, throttling since the machine started"),
    (judge_power(0x80000), "warn", "soft temperature limit since"),
    (judge_swap([]), "ok", "never"),
    (judge_swap(["/dev/zram0"]), "ok", "never"),
    (judge_swap(["/dev/zram0", "/var/swap"]), "warn", "/var/swap"),
    (judge_service("sensor", UNIT, "active", 0, "listening, 3 h 2 min"), "ok", "listening, 3 h 2 min"),
    (judge_service("sensor", UNIT, "active", 9, ""), "warn", "started again 9 times"),
    (judge_service("sensor", UNIT, "failed", 0, ""), "fail", "it has failed"),
    (judge_service("sensor", UNIT, "inactive", 0, ""), "warn", "not running (inactive)"),
]


@pytest.mark.parametrize(("check", "state", "what"), CASES)
def test_each_finding_has_its_state_and_its_words(check: Check, state: State, what: str) -> None:
    assert check.state == state
    assert what in check.what


@pytest.mark.parametrize("check", [check for check, state, _ in CASES if state in ("warn", "fail")])
def test_whatever_is_not_fine_has_a_remedy(check: Check) -> None:
    assert check.remedy


def test_a_weak_supply_and_a_hot_case_have_different_remedies() -> None:
    assert "power supply" in judge_power(0x50005).remedy
    assert "fan" in judge_power(0x80008).remedy
