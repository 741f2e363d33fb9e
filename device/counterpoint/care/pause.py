"""What the button asks for, on the sample clock; one rule: it is never stored, published or logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from counterpoint.settings import ButtonSettings
    from counterpoint.values import WhichVisit

Press = Literal["short", "long"]


class Pause:
    """Whether the device may listen: a long press pauses until the next press, or for `pause_s`."""

    def __init__(self, rules: ButtonSettings) -> None:
        self._pause_s = rules.pause_s
        self._until_s: float | None = None

    def press(self, kind: Press, at_s: float) -> WhichVisit | None:
        """Take a press at this time (seconds on the sample clock); return which visit is to be left out, if any.

        A short press leaves out the open visit, or the next one if nobody is there yet. A long one pauses, and leaves
        out the open visit only: who comes after the pause has nothing to do with it. While paused any press ends the
        pause and leaves nothing out.
        """
        if self.paused(at_s):
            self._until_s = None
            return None
        if kind == "long":
            self._until_s = at_s + self._pause_s
            return "open"
        return "open_or_next"

    def paused(self, at_s: float) -> bool:
        """The device must not listen at this time, in seconds on the sample clock."""
        return self._until_s is not None and at_s < self._until_s
