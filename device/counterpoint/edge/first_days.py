"""How long the sensor has run since it was installed, for the first days without light.

One rule: time is counted while it runs, in one small file; a machine without a battery clock can count no other way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.edge.outbox import write_whole

if TYPE_CHECKING:
    from pathlib import Path

DAY_S: Final = 86_400
EVERY_S: Final = 3600.0  # a power cut costs the count an hour at most, and the card 24 writes a day
DIGITS: Final = 10
COUNTED_DAYS: Final = 60  # no setting asks for more


class FirstDays:
    """Counts the seconds that the sensor has run, up to 60 days, in `folder`/ran_s.

    A file that can't be read counts as none: the light stays dark for longer, never for less.

    Raises:
        StorageError: In `keep`: the disk is full, or the folder can't be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ran_s"
        self._before_s = _read(self._path)
        self._kept_s = 0.0

    def dark_until_s(self, dark_days: int) -> float:
        """End of the dark days on the sample clock, in seconds; 0 or less when they are over."""
        return dark_days * DAY_S - self._before_s

    def keep(self, at_s: float) -> None:
        """Write the count, once an hour; `at_s` is the sample clock in seconds. Cheap: call it every few seconds."""
        due = at_s - self._kept_s >= EVERY_S
        if due and self._before_s + self._kept_s < COUNTED_DAYS * DAY_S:
            write_whole(self._path, f"{self._before_s + at_s:.0f}".encode())
            self._kept_s = at_s


def _read(path: Path) -> float:
    try:
        content = path.read_bytes()[: DIGITS + 1]
    except OSError:
        return 0.0
    return float(content) if content.isdigit() and len(content) <= DIGITS else 0.0
