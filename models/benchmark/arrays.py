"""The arrays of the benchmark by name; one rule: the one that is never trained on is here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.benchmark.conditions import NEVER_TRAINED

from counterpoint.hearing.geometry import BUILT_IN, ArrayGeometry

if TYPE_CHECKING:
    from collections.abc import Mapping

_RECTANGLE: Final = ArrayGeometry(
    name=NEVER_TRAINED,
    positions_m=((0.04, -0.02, 0.0), (0.04, 0.02, 0.0), (-0.04, 0.02, 0.0), (-0.04, -0.02, 0.0)),
    raw=(0, 1, 2, 3),
    channels=4,
)
ARRAY_OF: Final[Mapping[str, ArrayGeometry]] = {**BUILT_IN, NEVER_TRAINED: _RECTANGLE}
