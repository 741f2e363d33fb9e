"""How far a long run is; one rule: one line, with the time that is left, and nothing of it on the standard output."""

from __future__ import annotations

import sys
import time
from typing import Final

QUIET_S: Final = 30.0
"""Where nobody watches a terminal a line comes this often."""


class Progress:
    """Work done against all of it, in any unit.

    Args:
        label: What is done.
        total: All of it.
    """

    def __init__(self, label: str, total: float) -> None:
        self._label = label
        self._total = total
        self._done = 0.0
        self._begun_s = self._shown_s = time.monotonic()
        self._live = sys.stderr.isatty()

    def add(self, done: float, what: str) -> None:
        """So much more is done; `what` was done last."""
        self._done += done
        now_s = time.monotonic()
        if self._live or now_s - self._shown_s >= QUIET_S:
            self._shown_s = now_s
            print(self._line(now_s, what), end="\r" if self._live else "\n", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Say how long it took."""
        took_s = time.monotonic() - self._begun_s
        clear = "\033[K" if self._live else ""
        print(f"{self._label}: done in {_minutes(took_s)}{clear}", file=sys.stderr, flush=True)

    def _line(self, now_s: float, what: str) -> str:
        share = self._done / self._total
        left_s = (now_s - self._begun_s) * (1 - share) / max(share, 1e-6)
        return f"{self._label}: {share:4.0%}, {_minutes(left_s)} left ({what})" + ("\033[K" if self._live else "")


def _minutes(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds:.0f} s"
