"""The agent's light on the ring of an array: twelve LEDs that the array's own USB control sets.

One rule: one thread moves the ring and nobody waits for it; an array that goes away is found again, and is made dark,
since a ring that has just got its power plays a show of its own.

Only some LEDs of the ring are used, those that face the agent: the ring lies on the counter, and both can see it.
"""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from counterpoint.edge.glow import Glow
from counterpoint.edge.pins import say_once
from counterpoint.errors import PartMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.edge.usb_control import Control
    from counterpoint.settings import LightSettings
    from counterpoint.values import Cue, CueKind

LEDS: Final = 12
TICK_S: Final = 0.03  # a request takes about 1 ms; faster than the eye follows at so low a brightness
REFRESH_S: Final = 2.0  # the same again: this finds an array that was plugged in anew
END_S: Final = 2.0
Rgb = tuple[int, int, int]
DARK: Final[Rgb] = (0, 0, 0)


class Ring(Protocol):
    """How one kind of ring is told its colours."""

    def begin(self, control: Control) -> None:
        """End the ring's own show; OSError when the device is gone, PartMissing when it can't do what is needed."""

    def set(self, control: Control, colours: tuple[Rgb, ...]) -> None:
        """Show these twelve colours; OSError when the device is gone."""


class RingLight:
    """A ring as the agent's light; `open_control` opens its array, and is called again after a loss.

    Raises:
        PartMissing: There is no such array, it may not be opened, or its firmware is too old.
    """

    kind = "ring"

    def __init__(self, settings: LightSettings, ring: Ring, open_control: Callable[[], Control]) -> None:
        self._glow = Glow(settings.brightness, settings.ramp_s)
        self._lit = {(settings.ring_first + at) % LEDS for at in range(settings.ring_count)}
        self._ring = ring
        self._open_control = open_control
        self._shown: tuple[Rgb, ...] | None = None
        self._control: Control | None = None
        self._told: SimpleQueue[CueKind | None] = SimpleQueue()
        self._reach()
        self._thread = Thread(target=self._run, name="ring light", daemon=True)
        self._thread.start()

    def show(self, cue: Cue) -> None:
        """Ramp to this cue."""
        self._told.put(cue.cue)

    def close(self) -> None:
        """Go dark and let go of the array; again is fine."""
        self._told.put(None)
        self._thread.join(END_S)

    def _run(self) -> None:
        while True:
            moves = not self._glow.is_still(monotonic())
            try:
                cue = self._told.get(timeout=TICK_S if moves else REFRESH_S)
            except Empty:
                self._try(self._colours(), again=not moves)
                continue
            if cue is None:
                break
            self._glow.show(cue, monotonic() - TICK_S)  # so that the first step is not dark already
            self._try(self._colours())
        self._try((DARK,) * LEDS)
        self._let_go()

    def _colours(self) -> tuple[Rgb, ...]:
        red, green, blue = (round(255 * power) for power in self._glow.colour(monotonic()))
        return tuple((red, green, blue) if at in self._lit else DARK for at in range(LEDS))

    def _try(self, colours: tuple[Rgb, ...], *, again: bool = False) -> None:
        """Show the colours where they have changed, or `again`; an array that is away is looked for at each refresh."""
        if colours == self._shown and not again:
            return
        try:
            if self._control is None and again:
                self._reach()
            if self._control is not None:
                self._ring.set(self._control, colours)
                self._shown = colours
        except (OSError, PartMissing) as error:
            say_once(f"no light on the array's ring ({error}): plug the array in again; the rest runs on")
            self._let_go()

    def _reach(self) -> None:
        self._control = self._open_control()
        self._ring.begin(self._control)
        self._shown = None

    def _let_go(self) -> None:
        if self._control is not None:
            self._control.close()
        self._control = None
