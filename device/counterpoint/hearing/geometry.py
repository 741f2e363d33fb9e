"""Where the microphones of an array are; one rule: an array is a value, new arrays are values or TOML, never code.

Bearings are degrees counter-clockwise from +x, seen from above. Positions are metres from the array's centre.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from counterpoint.errors import ArrayUnknown, ChannelsMismatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.values import Calibration

SOUND_M_S: Final = 343.0
"""Speed of sound at 20 degrees Celsius."""
ELEVATION_DEG: Final = 20.0
"""Mouths are above a counter: seated to standing people at 0.4-1.5 m lie between 5 and 45 degrees."""
CONTRAST_S: Final = 60e-6
"""One sample at 16 kHz: below it the two sides sound alike in phase (32 mm of difference in path are 93 us)."""
COMPACT_M: Final = 0.15
"""Microphones of arrays up to this size hear the same levels; what differs in the long run is their gain."""
FEWEST_LEFT: Final = 3
"""A board that loses more than one of four has another fault than a dead microphone."""
MAX_CHANNELS: Final = 32

Position = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ArrayGeometry:
    """A microphone array, or one microphone a side.

    Attributes:
        name: How settings and the command line call it.
        positions_m: One (x, y, z) a raw microphone, in metres.
        raw: The device's channels that carry the raw microphones, in the order of `positions_m`.
        channels: Channels that the device delivers.
        device_names: Parts of the capture device's stable name, the likeliest first.
        one_per_side: True when raw[0] is the agent's own microphone and raw[1] the customer's.
    """

    name: str
    positions_m: tuple[Position, ...]
    raw: tuple[int, ...]
    channels: int
    device_names: tuple[str, ...] = ()
    one_per_side: bool = False

    @property
    def aperture_m(self) -> float:
        """Largest distance between two raw microphones, in metres."""
        return max(math.dist(a, b) for a in self.positions_m for b in self.positions_m)

    def without(self, channels: tuple[int, ...]) -> ArrayGeometry:
        """What is left of the array without these raw channels; bearings and centre stay."""
        left = [(place, raw) for place, raw in zip(self.positions_m, self.raw, strict=True) if raw not in channels]
        return replace(self, positions_m=tuple(place for place, _ in left), raw=tuple(raw for _, raw in left))


_BUILT_IN = (
    # Positions as the firmware reports them (AEC_MIC_ARRAY_GEO); channels 0 and 1 are processed.
    ArrayGeometry(
        name="respeaker-xvf3800",
        positions_m=((0.033, -0.033, 0.0), (0.033, 0.033, 0.0), (-0.033, 0.033, 0.0), (-0.033, -0.033, 0.0)),
        raw=(2, 3, 4, 5),
        channels=6,
        device_names=("XVF3800", "reSpeaker XVF"),
    ),
    # Counter-clockwise round the circle, the first raw microphone at bearing 0 (recordings of a real one agree with the
    # order; ODAS starts at 180); channel 0 is processed, channel 5 is the playback.
    ArrayGeometry(
        name="respeaker-usb-v2",
        positions_m=((0.032, 0.0, 0.0), (0.0, 0.032, 0.0), (-0.032, 0.0, 0.0), (0.0, -0.032, 0.0)),
        raw=(1, 2, 3, 4),
        channels=6,
        device_names=("ReSpeaker 4 Mic Array", "ArrayUAC10"),
    ),
    # The ports are 58 mm apart; channel 0 looks at the agent.
    ArrayGeometry(
        name="respeaker-2mic",
        positions_m=((0.029, 0.0, 0.0), (-0.029, 0.0, 0.0)),
        raw=(0, 1),
        channels=2,
        device_names=("seeed2micvoicec", "seeed-2mic"),
    ),
    ArrayGeometry(
        name="stereo",
        positions_m=((0.5, 0.0, 0.0), (-0.5, 0.0, 0.0)),
        raw=(0, 1),
        channels=2,
        one_per_side=True,
    ),
)
BUILT_IN: Final[Mapping[str, ArrayGeometry]] = MappingProxyType({array.name: array for array in _BUILT_IN})


class _GeometryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tables of a geometry file; each key as in `ArrayGeometry`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    positions_m: Annotated[list[tuple[float, float, float]], msgspec.Meta(min_length=2, max_length=MAX_CHANNELS)]
    channels: Annotated[int, msgspec.Meta(ge=2, le=MAX_CHANNELS)] | None = None
    raw: list[Annotated[int, msgspec.Meta(ge=0, lt=MAX_CHANNELS)]] | None = None
    device_names: list[str] = []
    one_per_side: bool = False


def parse_geometry(text: str, source: str) -> ArrayGeometry:
    """Read a geometry from TOML; `source` names it in errors.

    Keys: `name`, `positions_m` (one [x, y, z] in metres a raw microphone) and, where the device has more channels
    than raw microphones, `channels` and `raw`; optional `device_names`, `one_per_side`.

    Raises:
        ArrayUnknown: The text is no TOML, or its values can't be an array; the message says what to change.
    """
    try:
        table = msgspec.convert(tomllib.loads(text), _GeometryFile)
    except tomllib.TOMLDecodeError as error:
        raise ArrayUnknown(f"{source} is no TOML ({error}): see `positions_m` in the array guide") from error
    except msgspec.ValidationError as error:
        raise ArrayUnknown(f"{source} can't be an array ({error}): correct that key") from error
    count = len(table.positions_m)
    raw = tuple(range(count)) if table.raw is None else tuple(table.raw)
    geometry = ArrayGeometry(
        name=table.name,
        positions_m=tuple(table.positions_m),
        raw=raw,
        channels=max(raw, default=0) + 1 if table.channels is None else table.channels,
        device_names=tuple(table.device_names),
        one_per_side=table.one_per_side,
    )
    problem = _problem(geometry)
    if problem:
        raise ArrayUnknown(f"{source} can't be an array: {problem}")
    return geometry


def _problem(geometry: ArrayGeometry) -> str:
    """Why the geometry can't be used, with what to change; empty when it can."""
    positions, raw = geometry.positions_m, geometry.raw
    if len(raw) != len(positions):
        return f"{len(positions)} positions for {len(raw)} raw channels; give one position a raw channel"
    if len(set(raw)) != len(raw) or max(raw) >= geometry.channels:
        return f"raw channels {list(raw)} must differ and lie below channels = {geometry.channels}"
    if not all(math.isfinite(value) and abs(value) <= 10 for position in positions for value in position):  # noqa: PLR2004  # metres: a counter, not a hall
        return "positions_m must be finite and within 10 m; the unit is metres"
    ordered = sorted(positions)
    if any(math.dist(a, b) < 0.001 for a, b in pairwise(ordered)):  # noqa: PLR2004  # closer than a microphone's port
        return "two microphones are at the same place; give each its own position"
    if geometry.one_per_side and len(raw) != 2:  # noqa: PLR2004  # one a side is two
        return "one_per_side needs exactly two raw channels: the agent's, then the customer's"
    return ""


def raw_channels(geometry: ArrayGeometry, given: int) -> tuple[int, ...]:
    """Which of `given` channels carry the raw microphones: all of the device's were given, or only the raw ones.

    Raises:
        ChannelsMismatch: It is neither.
    """
    if given == geometry.channels:
        return geometry.raw
    if given == len(geometry.raw):
        return tuple(range(given))
    need = f"{geometry.channels} channels"
    if geometry.channels != len(geometry.raw):
        need += f" (or its {len(geometry.raw)} raw ones)"
    raise ChannelsMismatch(
        f"got {given} channels, {geometry.name} needs {need}: choose another array or another recording"
    )


def direction(bearing_deg: float, elevation_deg: float = ELEVATION_DEG) -> Position:
    """Unit vector towards a bearing."""
    bearing, elevation = math.radians(bearing_deg), math.radians(elevation_deg)
    flat = math.cos(elevation)
    return (flat * math.cos(bearing), flat * math.sin(bearing), math.sin(elevation))


def arrival_s(position: Position, bearing_deg: float) -> float:
    """How much earlier than at the array's centre a far sound from `bearing_deg` arrives, in seconds."""
    return sum(p * u for p, u in zip(position, direction(bearing_deg), strict=True)) / SOUND_M_S


def tells_sides_apart(geometry: ArrayGeometry, calibration: Calibration) -> bool:
    """Whether the two bearings differ by at least one sample of delay at some pair of microphones.

    Two microphones in a line along the counter hear both sides at the same time: they can't.
    """
    if geometry.one_per_side:
        return True
    shifts = [
        arrival_s(position, calibration.agent_deg) - arrival_s(position, calibration.customer_deg)
        for position in geometry.positions_m
    ]
    return max(shifts) - min(shifts) >= CONTRAST_S


def spare_channels(geometry: ArrayGeometry, calibration: Calibration, given: int) -> tuple[int, ...]:
    """Which of `given` channels may die, one of them at a time: the others still tell the sides apart.

    None of a microphone a side, of a wide array, where each microphone hears its own surroundings, or of a small one.

    Raises:
        ChannelsMismatch: The array can't be found in that many channels.
    """
    whole = replace(geometry, raw=raw_channels(geometry, given))
    if whole.one_per_side or whole.aperture_m > COMPACT_M or len(whole.raw) <= FEWEST_LEFT:
        return ()
    return tuple(raw for raw in whole.raw if tells_sides_apart(whole.without((raw,)), calibration))
