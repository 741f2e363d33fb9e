"""Two people at a counter, without a room: the bundled conversation's dry voices, from any bearing, at any array.

.venv/bin/python tests/two_talkers.py       prints the table of device/docs/calibrate.md
"""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile

import counterpoint.app.demo.conversation as demo
from counterpoint.care.calibrating import Calibrating
from counterpoint.edge.calibration import hearing_of
from counterpoint.hearing.geometry import BUILT_IN, SOUND_M_S, direction
from counterpoint.values import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, Calibration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.hearing.geometry import ArrayGeometry
    from counterpoint.values import Samples, Side

AUDIO: Final = Path(demo.__file__).with_name("audio")
LONG_S: Final = 8.0
NOISE_RMS: Final = 1e-3  # -60 dBFS: a quiet office
OFFSETS_DEG: Final = (0, 10, 20, 30, 40)
ROOMS: Final = ((0, 8), (165, 180, 192))
"""Bearings of the agent and the customer whose room responses come with the demo (USB v2's four microphones)."""


@cache
def voice(side: Side) -> Samples:
    """8 s of this side of the bundled conversation, dry, pauses cut as they come."""
    said = [soundfile.read(file, dtype="float32")[0] for file in sorted(AUDIO.glob(f"[12]-*-{side}.ogg"))]
    sound: Samples = np.concatenate(said)[: round(LONG_S * SAMPLE_RATE_HZ)]
    return sound


def from_bearing(sound: Samples, array: ArrayGeometry, bearing_deg: float, elevation_deg: float = 20.0) -> Samples:
    """A far sound at each microphone: shifted by its delay, which is a turn of each frequency's phase."""
    early_s = np.array(array.positions_m) @ np.array(direction(bearing_deg, elevation_deg)) / SOUND_M_S
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE_HZ)
    spectra = np.fft.rfft(sound) * np.exp(2j * np.pi * np.outer(early_s, hertz))
    shifted: Samples = np.fft.irfft(spectra, len(sound)).astype(np.float32)
    return shifted


def two(array: ArrayGeometry, agent_deg: float, customer_deg: float) -> dict[Side, Samples]:
    """What each side's words are at the array, without a room."""
    places: dict[Side, float] = {"agent": agent_deg, "customer": customer_deg}
    return {side: from_bearing(voice(side), array, bearing) for side, bearing in places.items()}


def in_room(sound: Samples, response: str) -> Samples:
    """The sound in a room of the demo, at the USB v2's four microphones."""
    answer = soundfile.read(AUDIO / f"{response}.flac", dtype="float32")[0].T
    size = len(sound) + answer.shape[1]
    together = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(answer, size), size)[:, : len(sound)]
    heard: Samples = together.astype(np.float32)
    return heard


def calibrated(array: ArrayGeometry, heard: Mapping[Side, Samples], expected: Calibration | None = None) -> Calibrating:
    """A calibration in which each side says this when it is its turn; noise is everywhere."""
    calibrating = Calibrating(hearing_of(array, len(array.raw)), expected or Calibration())
    rng = np.random.default_rng(7)
    said: dict[Side, int] = {"agent": 0, "customer": 0}
    first_sample = 0
    while not calibrating.is_over:
        samples = rng.normal(0, NOISE_RMS, (len(array.raw), BLOCK_SAMPLES)).astype(np.float32)
        side = calibrating.step_now
        if (side == "agent" or side == "customer") and side in heard:  # noqa: PLR1714 - mypy narrows this form only
            part = heard[side][:, said[side] : said[side] + BLOCK_SAMPLES]
            samples[:, : part.shape[1]] += part
            said[side] += BLOCK_SAMPLES
        calibrating.step(Block(samples, first_sample))
        first_sample += BLOCK_SAMPLES
    return calibrating


def off_by(array: ArrayGeometry, agent_deg: float, customer_deg: float) -> tuple[float, float]:
    """How far a calibration is off without a room, in degrees, for the agent and the customer."""
    return _off_by(calibrated(array, two(array, agent_deg, customer_deg)), agent_deg, customer_deg)


def off_by_in_room(agent_deg: int, customer_deg: int) -> tuple[float, float]:
    """The same in a room of the demo."""
    heard: dict[Side, Samples] = {
        "agent": in_room(voice("agent"), f"agent-{agent_deg}"),
        "customer": in_room(voice("customer"), f"customer-{customer_deg}"),
    }
    return _off_by(calibrated(BUILT_IN["respeaker-usb-v2"], heard), agent_deg, customer_deg)


def _off_by(calibrating: Calibrating, agent_deg: float, customer_deg: float) -> tuple[float, float]:
    found = calibrating.found
    assert found is not None, calibrating.refusal
    wrong = (found.agent_deg - agent_deg, found.customer_deg - customer_deg)
    return (wrong[0] + 180) % 360 - 180, (wrong[1] + 180) % 360 - 180


def table() -> str:
    """The error of calibrations by array and offset, as a table."""
    lines = ["| offset, degrees | XVF3800: agent, customer | USB v2: agent, customer |", "|---|---|---|"]
    for offset in OFFSETS_DEG:
        cells = [
            "{:+.1f}, {:+.1f}".format(*off_by(BUILT_IN[name], offset, 180 - offset))
            for name in ("respeaker-xvf3800", "respeaker-usb-v2")
        ]
        lines.append(f"| {offset} | {cells[0]} | {cells[1]} |")
    for agent_deg, customer_deg in product(*ROOMS):
        off = "{:+.1f}, {:+.1f}".format(*off_by_in_room(agent_deg, customer_deg))
        lines.append(f"| {agent_deg} and {customer_deg}, in the demo's room | | {off} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
