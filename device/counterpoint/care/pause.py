"""What the button asks for, on the sample clock; one rule: it is never stored, published or logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from counterpoint.settings import ButtonSettings

Press = Literal["short", "long"]


class Pause:
    """Whether the device may listen: a long press pauses until the next press, or for `pause_s`."""

    def __init__(self, rules: ButtonSettings) -> None:
        self._pause_s = rules.pause_s
        self._until_s: float | None = None

    def press(self, kind: Press, at_s: float) -> bool:
        """Take a press at this time (seconds on the sample clock); return whether this visit is to be left out.

        A short press leaves the visit out; a long one does too, and pauses. While paused any press ends the pause.
        """
        if self.paused(at_s):
            self._until_s = None
            return False
        if kind == "long":
            self._until_s = at_s + self._pause_s
        return True

    def paused(self, at_s: float) -> bool:
        """The device must not listen at this time, in seconds on the sample clock."""
        return self._until_s is not None and at_s < self._until_s
