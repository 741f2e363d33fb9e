"""What `doctor` makes of the array itself: its firmware, its levels, where it was told the two sides are, its mute.

One rule: as in checks.py, a judge takes values and returns a Check, and whatever is not fine has a remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from counterpoint.care.checks import SILENT_DBFS, Check

if TYPE_CHECKING:
    from counterpoint.values import Calibration

FAINT_DBFS: Final = -80.0  # the loudest 20 ms of some seconds: a quiet room with a live microphone is above it
UNEVEN_DB: Final = 10.0  # microphones of one board differ by 1 dB, and their places on it by 3
SILENT_RAW: Final = (
    2,
    0,
    8,
)  # XVF3800: this six-channel firmware has given digital zeros on the raw channels (issue 24)
ROUTABLE: Final = (2, 1, 0)
Mute = Literal["muted", "open", "sensed", "unknown"]


@dataclass(frozen=True, slots=True)
class ArraySeen:
    """An array on USB, as the kernel and the array itself tell of it.

    Attributes:
        array: Its name in the settings.
        product: What it calls itself; empty where it is not plugged in.
        release: Its USB release, as in 0x0210; 0 where it is not plugged in.
        version: Its firmware as it answers itself, None where it was not, or could not be, asked.
        channels: Channels that it offers for capture, 0 where the kernel has no sound card of it.
        needed: Channels that are needed.
        other: Name of another array that is plugged in instead, "" for none.
    """

    array: str
    product: str
    release: int
    version: tuple[int, ...] | None
    channels: int
    needed: int
    other: str = ""


def judge_array(seen: ArraySeen) -> Check:
    """Whether the array is there, with the firmware that gives its raw microphones."""
    if not seen.product:
        if seen.other:
            remedy = f'plug in the array of the settings, or set array.name = "{seen.other}"'
            return Check("array", "fail", f"{seen.array} is not plugged in, but {seen.other} is", remedy)
        remedy = "plug it in, straight into the Pi, with the cable that came with it; lsusb must list it"
        return Check("array", "fail", f"{seen.array} is not plugged in", remedy)
    what = f"{seen.product}, {_firmware(seen)}"
    if not seen.channels:
        remedy = "plug it in again; if this stays, another cable and port, and see journalctl -k"
        return Check("array", "fail", f"{what}: the kernel has no sound card of it", remedy)
    if seen.channels < seen.needed:
        remedy = f"install the maker's firmware for {seen.needed} channels at 16 kHz with dfu-util (wiring.md)"
        return Check("array", "fail", f"{what}: {seen.channels} channels, no raw microphones", remedy)
    if seen.version == SILENT_RAW:
        remedy = f"if a raw channel is silent, install {'.'.join(map(str, ROUTABLE))} or later, six channels at 16 kHz"
        return Check("array", "warn", f"{what}: this one has given silent raw channels", remedy)
    return Check("array", "ok", f"{what}, {seen.channels} channels")


def judge_holder(program: str, number: int) -> Check:
    """Another program than the sensor has the microphone."""
    remedy = f"stop it and keep it from starting: systemctl --user stop {program}, or kill {number}"
    return Check("microphone", "fail", f"{program} (process {number}) has it", remedy)


def judge_level(levels_dbfs: tuple[float, ...], loudest_dbfs: float, *, compact: bool) -> Check:
    """Whether the microphones are loud enough and, on a small board, alike; levels in dB of full scale."""
    if not levels_dbfs or loudest_dbfs <= SILENT_DBFS:
        return Check("level", "skipped", "nothing was heard")
    if loudest_dbfs < FAINT_DBFS:
        remedy = "raise the capture level in the mixer (alsamixer); nothing may cover the microphones"
        return Check("level", "warn", f"very faint: {loudest_dbfs:.0f} dB of full scale at the loudest", remedy)
    spread_db = max(levels_dbfs) - min(levels_dbfs)
    if compact and spread_db > UNEVEN_DB:
        faintest = levels_dbfs.index(min(levels_dbfs))
        remedy = "look whether something covers its hole: dust, tape, the case; else it is failing"
        return Check("level", "warn", f"microphone {faintest + 1} is {spread_db:.0f} dB fainter than another", remedy)
    return Check(
        "level", "ok", f"loudest at {loudest_dbfs:.0f} dB of full scale, {spread_db:.0f} dB between microphones"
    )


def judge_calibration(
    bearings: Calibration, origin: str, passed_over: str, refused: str, *, one_per_side: bool
) -> Check:
    """Whether anybody has said, or measured, where the two sides are; `refused`: why not, at the button's last try."""
    if refused:
        remedy = "try again: counterpoint calibrate says what to do (calibrate.md)"
        return Check("calibration", "warn", f"the button's last one was refused: {refused}", remedy)
    if one_per_side:
        return Check("calibration", "ok", "a microphone a side needs no bearings")
    what = f"agent at {bearings.agent_deg:g} degrees, customer at {bearings.customer_deg:g}"
    if passed_over:
        remedy = "counterpoint calibrate measures anew; as it is, the settings are in force"
        return Check("calibration", "warn", f"{what}, from the settings: {passed_over}", remedy)
    if origin == "assumed":
        remedy = "counterpoint calibrate measures it in half a minute"
        return Check("calibration", "warn", f"{what}, only assumed", remedy)
    return Check("calibration", "ok", f"{what}, {'measured' if origin == 'measured' else 'from the settings'}")


def judge_mute(mute: Mute) -> Check:
    """Whether the microphones are switched off by hand, and whether that can be seen at all."""
    if mute == "muted":
        return Check("mute", "warn", "the array is muted by its own button", "press the button on the array")
    if mute == "open":
        return Check("mute", "ok", "not muted; its button is a software mute (wiring.md)")
    if mute == "sensed":
        return Check("mute", "ok", "the switch is sensed")
    return Check("mute", "ok", "no mute switch is sensed (button.mute_pin): pausing is by software (wiring.md)")


def _firmware(seen: ArraySeen) -> str:
    if seen.version is not None:
        return f"firmware {'.'.join(map(str, seen.version))}"
    return f"release {seen.release >> 8:x}.{seen.release & 0xFF:02x}"
