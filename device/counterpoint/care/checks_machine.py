"""What `doctor` makes of the machine: pins and who holds them, the light, heat, power, swap, and the two services.

One rule: as in checks.py, a judge takes values and returns a Check, and whatever is not fine has a remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.care.checks import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

HOT_C: Final = 70.0
TOO_HOT_C: Final = 80.0  # a Pi lowers its clock from here on
RESTARTS: Final = 5  # since the machine started: more is no single mishap
NOW: Final = {0: "under-voltage", 1: "a capped clock", 2: "throttling", 3: "the soft temperature limit"}
BEFORE: Final = 16  # the same bits, since the machine started
WEAK: Final = 1 << 0 | 1 << BEFORE


@dataclass(frozen=True, slots=True)
class PinSeen:
    """One pin of the settings: its key and number, and who holds it ("" for nobody), as the kernel says."""

    key: str
    pin: int
    holder: str


def judge_pins(chip: str, pins: Sequence[PinSeen], *, ours: bool) -> Check:
    """Whether the chip is there and nobody else holds a pin; `ours`: the sensor runs and holds them."""
    if ours:
        return Check("pins", "ok", f"{chip}, the running sensor has them")
    if busy := [pin for pin in pins if pin.holder]:
        named = ", ".join(f"GPIO {pin.pin} ({pin.key}) by {pin.holder}" for pin in busy)
        remedy = f"stop what holds it, take its overlay out of config.txt, or give {busy[0].key} another pin"
        return Check("pins", "fail", f"held: {named}", remedy)
    return Check("pins", "ok", f"{chip}, {len(pins)} pins free")


def judge_light(kind: str, shown: str | None, trouble: str = "") -> Check:
    """Whether the light of the settings is the light there is; `shown` is the running sensor's word."""
    if trouble:
        what, _, remedy = trouble.partition(": ")
        return Check("light", "fail", what, remedy or "see wiring.md")
    if kind == "none":
        return Check("light", "warn", "light.kind is none: nobody is cued", 'set light.kind, as to "pins"')
    if shown == "none":
        remedy = "see the pins check, or for a ring plug the array in again; then systemctl restart counterpoint-sensor"
        return Check("light", "fail", f"the sensor runs without its light ({kind})", remedy)
    return Check("light", "ok", kind if shown is None else f"{kind}, the running sensor has it")


def judge_temperature(celsius: float | None) -> Check:
    """Whether the processor is cool enough to keep its speed."""
    if celsius is None:
        return Check("temperature", "skipped", "this machine does not tell")
    what = f"{celsius:.0f} degrees Celsius"
    if celsius >= TOO_HOT_C:
        return Check("temperature", "fail", f"{what}: it slows down", "give the case air, or the Pi a heat sink or fan")
    if celsius >= HOT_C:
        return Check("temperature", "warn", what, "keep it out of the sun and off other machines; a heat sink helps")
    return Check("temperature", "ok", what)


def judge_power(throttled: int | None) -> Check:
    """What a Pi's firmware says of its supply and its clock (get_throttled)."""
    if throttled is None:
        return Check("power", "skipped", "this machine does not tell")
    now = [name for bit, name in NOW.items() if throttled >> bit & 1]
    before = [name for bit, name in NOW.items() if throttled >> (bit + BEFORE) & 1]
    if not now and not before:
        return Check("power", "ok", "never too little since the machine started")
    what = ", ".join(now) + " now" if now else ", ".join(before) + " since the machine started"
    weak = throttled & WEAK
    remedy = "use the Pi's own power supply and a short cable" if weak else "give the case air, or a fan"
    return Check("power", "fail" if now else "warn", what, remedy)


def judge_swap(devices: Sequence[str]) -> Check:
    """Whether memory can get onto the disk; what is compressed within memory (zram) can't."""
    on_disk = [device for device in devices if "zram" not in device]
    if on_disk:
        remedy = "swapoff -a, and keep it off: what was heard could get onto the disk"
        return Check("swap", "warn", f"memory may be written to {', '.join(on_disk)}", remedy)
    return Check("swap", "ok", "memory never gets onto the disk")


def judge_service(name: str, unit: str, state: str, restarts: int, status: str) -> Check:
    """How systemd finds one of the two services; `status` is the service's own line."""
    if state == "active":
        if restarts > RESTARTS:
            what = f"running, and was started again {restarts} times"
            return Check(name, "warn", what, f"see why: journalctl -u {unit}")
        return Check(name, "ok", status or "running")
    if state == "failed":
        return Check(name, "fail", status or "it has failed", f"see why: journalctl -u {unit}")
    return Check(name, "warn", status or f"not running ({state})", f"systemctl enable --now {unit}")
