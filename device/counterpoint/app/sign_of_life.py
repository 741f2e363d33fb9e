"""That the sensor listens: the watchdog, the line in `systemctl status`, and how many frames were heard.

One rule: only a frame that came from the device and went all the way to a decision counts; silence in the place of a
device that is away does not, and nothing here depends on what was heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.edge.systemd import STOPPING, Watchdog, notify, status
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES

if TYPE_CHECKING:
    from counterpoint.errors import MicrophoneError
    from counterpoint.values import Block

EVERY: Final = round(5 / BLOCK_S)  # blocks: systemd waits for a sign for 30 s
A_MINUTE: Final = round(60 / BLOCK_S)  # blocks: the line says minutes


class SignOfLife:
    """Takes the sensor's blocks after their decisions, and tells systemd.

    Attributes:
        frames: Frames of the device that went from capture to decision.
    """

    def __init__(self) -> None:
        self.frames = 0
        self._watchdog = Watchdog()
        self._is_ready = False
        self._blocks = 0
        self._heard_before = 0
        self._since = 0  # block at which the microphone came, or went
        self._is_heard = True
        notify(status("starting: loads the models, opens the microphone"))

    def waits(self, missing: MicrophoneError) -> None:
        """There is no microphone to open, and it was just looked for."""
        self._get_ready()
        self._watchdog.ask_for_patience()
        notify(status(f"no microphone yet: {missing}; waiting for it"))

    def decided(self, block: Block, *, sought: bool) -> None:
        """Take a block that led to its decision; `sought`: the device is away, and was looked for just now."""
        self._get_ready()
        self.frames += block.lost_samples < BLOCK_SAMPLES
        if self._blocks % EVERY == 0:
            self._look(sought=sought)
        self._blocks += 1

    def ended(self) -> None:
        """The stream has ended; what is left is to write."""
        notify(STOPPING)
        notify(status("stopping"))

    def _get_ready(self) -> None:
        if not self._is_ready:
            self._is_ready = True
            self._watchdog.ready()

    def _look(self, *, sought: bool) -> None:
        """Every 5 s: was anything heard since the last time?"""
        is_heard = self.frames > self._heard_before
        self._heard_before = self.frames
        if is_heard:
            self._watchdog.feed()
        elif sought:
            self._watchdog.ask_for_patience()
        if is_heard is not self._is_heard:
            self._since = self._blocks
        if is_heard is not self._is_heard or self._blocks % A_MINUTE == 0:
            notify(status(_line(is_heard=is_heard, for_s=(self._blocks - self._since) * BLOCK_S)))
        self._is_heard = is_heard


def _line(*, is_heard: bool, for_s: float) -> str:
    hours, minutes = divmod(round(for_s) // 60, 60)
    how_long = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"listening, {how_long}" if is_heard else f"microphone missing: waiting for it, {how_long}"
