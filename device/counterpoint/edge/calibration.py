"""Where the two sides are, as `calibrate` measured it: a small file in the sensor's folder.

One rule: the newer word wins, told without a clock. The file says which bearings the settings had when it was measured;
while they still have them, what was measured is in force; once somebody has changed them by hand, they are.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
import numpy as np

from counterpoint.care.calibrating import Hearing
from counterpoint.edge.outbox import read_plain, write_whole
from counterpoint.errors import MessageError
from counterpoint.hearing.geometry import SOUND_M_S, direction, raw_channels, tells_sides_apart
from counterpoint.values import Calibration

if TYPE_CHECKING:
    from counterpoint.hearing.geometry import ArrayGeometry
    from counterpoint.settings import Settings

NAME: Final = "calibration.json"
STEP_DEG: Final = 4  # the parabola between two does the rest
ELEVATIONS_DEG: Final = (5.0, 20.0, 35.0)  # mouths over a counter
MOST_MICROPHONES: Final = 8

Degrees = Annotated[float, msgspec.Meta(ge=-360, le=360)]
Origin = Literal["measured", "settings", "assumed"]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    array: str
    agent_deg: Degrees
    customer_deg: Degrees
    instead_of_agent_deg: Degrees
    instead_of_customer_deg: Degrees


@dataclass(frozen=True, slots=True)
class InForce:
    """The bearings to use, where they come from, and why not from a measurement that there is (else empty)."""

    bearings: Calibration
    origin: Origin
    passed_over: str = ""


def calibration_in_force(settings: Settings, array: ArrayGeometry) -> InForce:
    """What was measured with this array, unless the settings have been changed since; else what they say."""
    by_hand = _set(settings)
    otherwise: Origin = "assumed" if by_hand == Calibration() else "settings"
    found = _read(Path(settings.folders.state))
    if found is None:
        return InForce(by_hand, otherwise)
    if found.array != array.name:
        return InForce(by_hand, otherwise, f"what was measured is of {found.array}")
    if Calibration(found.instead_of_agent_deg, found.instead_of_customer_deg) != by_hand:
        return InForce(by_hand, "settings", "array.agent_deg or array.customer_deg was changed after the measurement")
    measured = Calibration(found.agent_deg, found.customer_deg)
    if not tells_sides_apart(array, measured):
        return InForce(by_hand, otherwise, f"{array.name} is another than when it was measured")
    return InForce(measured, "measured")


def keep_calibration(settings: Settings, array: str, found: Calibration) -> None:
    """Write what was measured, whole or not at all; it belongs to whom the folder belongs, whoever runs this.

    Raises:
        StorageError: The disk is full, or the folder can't be written.
    """
    by_hand = _set(settings)
    content = _File(array, found.agent_deg, found.customer_deg, by_hand.agent_deg, by_hand.customer_deg)
    path = Path(settings.folders.state) / NAME
    write_whole(path, msgspec.json.encode(content))
    give_to_owner_of_folder(path)


def give_to_owner_of_folder(path: Path) -> None:
    """Let the sensor read what root has written into its folder; nothing to do for anybody else."""
    owner = path.parent.stat()
    with suppress(PermissionError):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def hearing_of(array: ArrayGeometry, channels: int) -> Hearing:
    """What a calibration needs of this array, of which the source gives so many channels.

    Raises:
        ChannelsMismatch: The array can't be found in that many channels.
    """
    raw = raw_channels(array, channels)[:MOST_MICROPHONES]
    early_s = None if array.one_per_side else _early_s(array)
    return Hearing(raw, early_s, partial(tells_sides_apart, array))


def _early_s(array: ArrayGeometry) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    places = np.array(array.positions_m[:MOST_MICROPHONES])
    towards = [[direction(bearing, up) for bearing in range(0, 360, STEP_DEG)] for up in ELEVATIONS_DEG]
    early_s: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.array(towards) @ places.T / SOUND_M_S
    return early_s


def _set(settings: Settings) -> Calibration:
    return Calibration(settings.array.agent_deg, settings.array.customer_deg)


def _read(state: Path) -> _File | None:
    try:
        content = read_plain(state / NAME)
        return None if content is None else msgspec.json.decode(content, type=_File)
    except (MessageError, msgspec.DecodeError, UnicodeDecodeError, OSError):
        return None
