"""When the sensor may write to its disk: a memory card can take seconds over it, and the light waits meanwhile.

One rule: a write begins in a frame without an overlap and without a lit cue, unless it has waited for too long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.values import BLOCK_S

if TYPE_CHECKING:
    from counterpoint.values import Cue, FloorStep

EVERY: Final = round(5 / BLOCK_S)  # windows close on the hour, so this is soon enough
AT_MOST: Final = round(60 / BLOCK_S)  # a room of many voices must not keep a visit from the disk for ever


class QuietMoments:
    """Finds the frames in which to write: about every 5 s, a minute apart at most; the first frame is one."""

    def __init__(self) -> None:
        self._frames = EVERY - 1  # since the last write
        self._is_lit = False

    def step(self, floor: FloorStep, cue: Cue | None) -> bool:
        """Take one frame of the floor and what it did to the light; return whether to write now."""
        if cue is not None:
            self._is_lit = cue.cue != "off"
        self._frames += 1
        is_quiet = floor.overlap is None and not self._is_lit
        if self._frames < (EVERY if is_quiet else AT_MOST):
            return False
        self._frames = 0
        return True
