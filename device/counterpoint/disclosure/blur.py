"""A small error that is put on what a site tells, drawn once and for ever.

One rule: the draw comes from the windows' own random ids (122 bits each, which no reader ever sees) and a label. So the
same windows give the same bytes however often they are asked, and nobody who reads summaries can take the error off.
"""

from __future__ import annotations

from hashlib import sha256
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()
_BITS: Final = 53


class Blur:
    """Standard normal draws for one set of windows, by label; `ids` is a digest of the windows' ids."""

    def __init__(self, ids: bytes) -> None:
        self._key = ids

    def draw(self, label: str) -> float:
        """Return the draw of this label: the same one each time."""
        bits = int.from_bytes(sha256(self._key + label.encode()).digest()[:8]) >> (64 - _BITS)
        return _NORMAL.inv_cdf((bits + 0.5) / 2**_BITS)
