"""No light: cues are decided and recorded, nothing is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from counterpoint.settings import LightSettings
    from counterpoint.values import Cue


class NoLight:
    """Shows nothing."""

    kind = "none"

    def show(self, cue: Cue) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Nothing to let go of."""


def open_light(_settings: LightSettings) -> NoLight:
    """A light that shows nothing."""
    return NoLight()
