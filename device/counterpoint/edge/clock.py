"""Whether the machine's wall clock is set.

One rule: the kernel knows. A year that looks right is not enough where the kernel can be asked: a machine without a
battery clock starts with the time at which it was switched off. Asked in the publisher only: the sensor's unit may not
make clock calls.
"""

from __future__ import annotations

import ctypes
import time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

TIME_ERROR: Final = 5
"""adjtimex(2): the clock is not synchronised."""
TIMEX_BYTES: Final = 512
"""More than struct timex on any machine; zeros ask without changing anything."""
SYNCHRONISED_MARK: Final = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd touches it after the first answer of a time server, before the kernel's own bit settles."""
BUILT_S: Final = 1_763_769_600
"""22 November 2025: no clock that is set can say less."""


class Kernel(Enum):
    """What the kernel says of its clock."""

    SET = "set"
    NOT_SET = "not set"
    SILENT = "may not be asked"


def kernel_clock() -> Kernel:
    """Ask the kernel; SILENT where the call is not allowed or not there."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return Kernel.SILENT
    if state < 0:
        return Kernel.SILENT
    return Kernel.NOT_SET if state == TIME_ERROR else Kernel.SET


def clock_is_set(
    ask: Callable[[], Kernel] = kernel_clock,
    now_s: Callable[[], float] = time.time,
    mark: Path = SYNCHRONISED_MARK,
) -> bool:
    """Tell whether the wall clock is known to be set; where nobody can be asked, whether its year is possible."""
    if now_s() < BUILT_S:
        return False
    return mark.exists() or ask() is not Kernel.NOT_SET
