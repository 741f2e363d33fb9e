"""Renders the few room responses that the demo convolves its dry voices with: one small office, four raw microphones.

One rule: positions and order of the microphones are the product's own, so that the responses can't disagree with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyroomacoustics as pra

from counterpoint.hearing.geometry import BUILT_IN

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE_HZ: Final = 16_000
ARRAY: Final = "respeaker-usb-v2"
ROOM_M: Final = (5.2, 4.1, 2.7)
T60_S: Final = 0.3
KEPT_S: Final = 0.22  # the tail after this is 40 dB down
ARRAY_M: Final = (2.4, 1.9, 1.05)  # where the device stands, on the counter
# Bearing in degrees counter-clockwise from +x, distance and height of the mouth above the device in metres.
PLACES: Final = {
    "agent-0": (0.0, 0.60, 0.25),
    "agent-8": (8.0, 0.55, 0.22),
    "customer-165": (165.0, 0.95, 0.48),
    "customer-180": (180.0, 0.90, 0.50),
    "customer-192": (192.0, 0.85, 0.42),
}


def responses() -> dict[str, NDArray[np.float32]]:
    """Responses by place, shape (samples, 4); the agent's at bearing 0 carries unit energy, the rest their ratio."""
    raw = {name: _render(*place) for name, place in PLACES.items()}
    unit = np.sqrt(np.mean(np.sum(raw["agent-0"] ** 2, axis=0)))
    return {name: np.asarray(response / unit, dtype=np.float32) for name, response in raw.items()}


def _render(bearing_deg: float, distance_m: float, above_m: float) -> NDArray[np.float64]:
    absorption, order = pra.inverse_sabine(T60_S, ROOM_M)
    room = pra.ShoeBox(ROOM_M, fs=RATE_HZ, materials=pra.Material(absorption), max_order=order)
    middle = np.array(ARRAY_M)
    around = np.array(BUILT_IN[ARRAY].positions_m)
    room.add_microphone_array((middle + around).T)
    bearing = np.radians(bearing_deg)
    room.add_source(middle + np.array([distance_m * np.cos(bearing), distance_m * np.sin(bearing), above_m]))
    room.compute_rir()
    kept = round(KEPT_S * RATE_HZ)
    return np.stack([np.pad(room.rir[mic][0], (0, kept))[:kept] for mic in range(len(around))], axis=1)
