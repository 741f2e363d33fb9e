"""Real recordings of an array; one rule: one loudspeaker is the agent, and all that is given to the customer is wrong.

Every clip is heard eight times: the channels turned by 0, 90, 180 and 270 degrees with the bearings, and the sides
exchanged. What is given to the side where nobody is is the side error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
from models.benchmark.truth import FRAME_S, RATE, HeardScene

from counterpoint.hearing.geometry import BUILT_IN
from counterpoint.values import Calibration

if TYPE_CHECKING:
    from pathlib import Path

    from models.benchmark.belief import System
    from models.benchmark.truth import Sound

ARRAY: Final = "respeaker-usb-v2"
BEARING_DEG: Final = 135.0
"""The loudspeaker called a180, in our order of the microphones (measured by steered power)."""
QUARTERS: Final = 4


def side_errors(folder: Path, system: System) -> dict[str, float]:
    """For every clip, over its eight hearings, the share of the speech found that is given to the empty side.

    Only clips with one loudspeaker say something of sides; the others are left out. NaN where no speech was found.
    """
    clips = [path for path in sorted((folder / "array").glob("*.wav")) if path.stem.count("_a") == 0]
    return {path.stem: _side_error(path, system) for path in clips}


def _side_error(path: Path, system: System) -> float:
    samples: Sound = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    wrong = right = 0
    for turn in range(QUARTERS):
        bearing = (BEARING_DEG - 90 * turn) % 360
        opposite = (bearing + 180) % 360
        for side, calibration in enumerate((Calibration(bearing, opposite), Calibration(opposite, bearing))):
            said = system.hear(_scene(np.roll(samples, -turn, axis=0), calibration)).said
            if said is not None:
                right += int(said[side].sum())
                wrong += int(said[1 - side].sum())
    return wrong / (right + wrong) if right + wrong else float("nan")


def _scene(samples: Sound, calibration: Calibration) -> HeardScene:
    """A recording as a scene of which nothing is known."""
    frames = int(samples.shape[1] / RATE / FRAME_S)
    return HeardScene(
        simulator="real",
        condition="real array",
        seed=(),
        samples=samples,
        geometry=BUILT_IN[ARRAY],
        calibration=calibration,
        true_calibration=calibration,
        active=np.zeros((2, frames), dtype=np.bool_),
        second_voices=(),
        pitch_hz=(0.0, 0.0),
    )
