"""The sensor's health, made coarse before it may be published.

One rule: nothing here varies with speech or presence. Clipping is left out (loud speech clips), and so is a microphone
that seems dead as a whole: that is what a mute looks like, and mute is never published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from counterpoint.messages.schemas import SensorHealth

if TYPE_CHECKING:
    from counterpoint.values import ChannelHealth, Health

COARSE: Final = 100
LIGHTS: Final[dict[str, Literal["pins", "terminal"]]] = {"pins": "pins", "ring": "pins", "terminal": "terminal"}
"""A ring counts as pins: a reader asks whether there is a light of its own."""
WORDS: Final = ("on", "missing")


def coarse_health(health: Health, disk_free_mb: int) -> SensorHealth:
    """Return what may be told of the sensor's health."""
    return SensorHealth(
        microphone="fault" if _one_channel_fails(health.channels) else "fine",
        words=next((state for state in WORDS if state == health.words), "off"),
        light=LIGHTS.get(health.light, "none"),
        frames_lost_count=health.frames_lost // COARSE * COARSE,
        disk_free_mb=disk_free_mb // COARSE * COARSE,
    )


def _one_channel_fails(channels: ChannelHealth) -> bool:
    return len(channels.dead) == 1 or (not channels.dead and bool(channels.duplicated))
