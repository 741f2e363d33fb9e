"""Whether the machine's wall clock is set.

One rule: the kernel knows. A year that looks right is not enough where the kernel can be asked: a machine without a
battery clock starts with the time at which it was switched off. Where a unit may make no clock calls, as the
publisher's, systemd's timedated is asked: it asks the kernel.
"""

from __future__ import annotations

import ctypes
import subprocess
import time
from contextlib import suppress
from enum import Enum
from functools import lru_cache
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
ASK_AGAIN_S: Final = 10
"""timedated is a program that is started to answer: not every second."""
ANSWER_S: Final = 5.0
BUILT_S: Final = 1_763_769_600
"""22 November 2025: no clock that is set can say less."""


class Kernel(Enum):
    """What the kernel says of its clock."""

    SET = "set"
    NOT_SET = "not set"
    SILENT = "may not be asked"


def kernel_clock() -> Kernel:
    """Ask the kernel; where it may not be asked, systemd; SILENT where neither answers."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        state = -1
    if state < 0:
        return timedated_clock(int(time.monotonic()) // ASK_AGAIN_S)
    return Kernel.NOT_SET if state == TIME_ERROR else Kernel.SET


@lru_cache(maxsize=1)
def timedated_clock(_moment: int) -> Kernel:
    """Ask systemd's timedated, which answers for the kernel; the same moment is not asked twice."""
    question = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    with suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run(question, capture_output=True, text=True, timeout=ANSWER_S, check=True).stdout.strip()
        return {"yes": Kernel.SET, "no": Kernel.NOT_SET}.get(answer, Kernel.SILENT)
    return Kernel.SILENT


def clock_is_set(
    ask: Callable[[], Kernel] = kernel_clock,
    now_s: Callable[[], float] = time.time,
    mark: Path = SYNCHRONISED_MARK,
) -> bool:
    """Tell whether the wall clock is known to be set; where nobody can be asked, whether its year is possible."""
    if now_s() < BUILT_S:
        return False
    return mark.exists() or ask() is not Kernel.NOT_SET
