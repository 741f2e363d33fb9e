"""Whether somebody has a capture device open.

One rule: ALSA says so in /proc; nothing is opened, so that looking can't disturb who listens.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

CARDS: Final = Path("/proc/asound")
CLOSED: Final = "closed"


def capture_in_use(cards: Path = CARDS) -> bool:
    """Tell whether a program has any capture device of this machine open."""
    for status in cards.glob("card*/pcm*c/sub*/status"):
        with suppress(OSError):  # unplugged between the two looks
            if status.read_text().strip() != CLOSED:
                return True
    return False
