"""A few cues an hour: tokens that come back slowly, and a confidence asked that rises as they go.

One rule: the only state is the time at which the last token will be back.
"""

from __future__ import annotations


class Tokens:
    """A token bucket on the sample clock.

    Args:
        size: Tokens when full, at least 1.
        back_s: One token comes back after this many seconds.
        confidence_full: Confidence asked in [0, 1] while all tokens are there.
        confidence_empty: Confidence asked in [0, 1] for the last token.
    """

    def __init__(self, size: int, back_s: float, confidence_full: float, confidence_empty: float) -> None:
        self._size = size
        self._back_s = back_s
        self._full = confidence_full
        self._empty = confidence_empty
        self._full_at_s = 0.0

    def left(self, at_s: float) -> float:
        """Tokens left at this time, in [0, size]; fractions are a token on its way back."""
        return max(0.0, self._size - max(0.0, self._full_at_s - at_s) / self._back_s)  # rounding may fall below 0

    def confidence_asked(self, at_s: float) -> float | None:
        """Confidence in [0, 1] that a cue needs now; None while there is no whole token."""
        left = self.left(at_s)
        if left < 1:
            return None
        spent = (self._size - left) / max(1, self._size - 1)
        return self._full + (self._empty - self._full) * spent

    def spend(self, at_s: float) -> None:
        """Take one token away."""
        self._full_at_s = max(self._full_at_s, at_s) + self._back_s
