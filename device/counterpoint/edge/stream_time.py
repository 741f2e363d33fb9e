"""Finds the audio that never came: the room's time against the samples received.

One rule: times come in, lost samples go out; lateness that goes away again is jitter, lateness that stays is loss.

    lateness ▲                       ┌───────── the least lateness has risen for good: lost
             │  jitter: ▲  ▲         │
             │  ▁▁▁▁▁▁▁▁▌▁▁▌▁▁▁▁▁▁▁▁▁│          the least lateness of a window: the device's own delay
             └──────────────────────────────▶ time
"""

from __future__ import annotations

from math import inf
from typing import Final

from counterpoint.values import SAMPLE_RATE_HZ

WINDOW_S: Final = 0.5  # late audio has come within this, or never comes
PAUSE_S: Final = 0.25  # after a stop of our own process this long, what is buffered comes in a burst: judge afresh
UNSURE_S: Final = 0.02  # sound servers deliver in steps of up to 10 ms, and lateness moves by one step
SURE_S: Final = 0.002  # when the device itself says that it lost something
DRIFT: Final = 500e-6  # sound cards' clocks are off by up to 100 ppm, bad ones by 300
AHEAD_S: Final = 1.0  # no device can know the future: its time has run away
START_S: Final = 4.0  # PulseAudio's null sources need up to 2 s for their first samples
BEHIND_S: Final = 0.1  # while the device is away, so much is left for its first samples


class StreamTime:
    """How many samples the room had and the device never gave; `opened_s` is when it was opened first.

    Attributes:
        runs_away: More audio has come than time has passed: what reads is not a microphone any more.
        lost_while_open: Samples lost while there was a device; the time that it was away is not among them.
    """

    def __init__(self, opened_s: float) -> None:
        self.runs_away = False
        self.lost_while_open = 0
        self._opened_s = opened_s
        self._was_away = False
        self._start_s: float | None = None
        self._told_s = 0.0  # audio accounted for, delivered or lost
        self._usual_s: float | None = None  # the device's own delay, as lateness since the first samples
        self._last_s = 0.0
        self._in_doubt = False
        self._window_s = 0.0
        self._least_s = inf

    def arrived(self, duration_s: float, at_s: float) -> int:
        """Take the length of audio that was read at `at_s`; return how many samples were lost before it."""
        if self._start_s is None:
            self._start_s = at_s - duration_s
            self._begin_window(at_s)
        elif at_s - self._last_s > PAUSE_S:
            self._begin_window(at_s)
        self._last_s = at_s
        self._told_s += duration_s
        late_s = at_s - self._start_s - self._told_s
        self._least_s = min(self._least_s, late_s)
        self.runs_away = late_s < (self._usual_s or 0.0) - AHEAD_S
        return self._judge(at_s) if at_s - self._window_s >= WINDOW_S else 0

    def dropped(self, duration_s: float) -> int:
        """Take the length of audio that is known to be lost; return its samples, and look closely for more."""
        self._in_doubt = True
        self._begin_window(self._last_s)
        lost = self._lose(duration_s)
        self.lost_while_open += lost
        return lost

    def away(self, at_s: float) -> int:
        """While there is no device: return the samples lost by `at_s` and not told yet.

        Before the first audio there are none, until it should have come: then the room's time begins without it.
        """
        if self._start_s is None:
            if at_s - self._opened_s < START_S:
                return 0
            self._start_s = at_s
        self._was_away = True
        missing_s = at_s - self._start_s - (self._usual_s or 0.0) - BEHIND_S - self._told_s
        return self._lose(missing_s) if missing_s > 0 else 0

    def reopened(self, at_s: float) -> None:
        """The device is back: what is still missing is known to be lost."""
        self._in_doubt = self._was_away = True
        self._begin_window(at_s)
        self._last_s = at_s

    def _judge(self, at_s: float) -> int:
        """Close a window: what it has in excess of the usual lateness is lost; less than the limit is drift."""
        length_s = at_s - self._window_s
        if self._usual_s is None:
            self._usual_s = self._least_s
        excess_s = self._least_s - self._usual_s
        limit_s = SURE_S if self._in_doubt else UNSURE_S
        while_open = not self._was_away
        self._begin_window(at_s)
        self._in_doubt = self._was_away = False
        if excess_s > limit_s:
            lost = self._lose(excess_s)
            self.lost_while_open += lost if while_open else 0
            return lost
        self._usual_s += min(max(excess_s, -DRIFT * length_s), DRIFT * length_s)
        return 0

    def _lose(self, duration_s: float) -> int:
        lost = round(duration_s * SAMPLE_RATE_HZ)
        self._told_s += lost / SAMPLE_RATE_HZ
        return lost

    def _begin_window(self, at_s: float) -> None:
        self._window_s = at_s
        self._least_s = inf
