"""A small error that is put on what a site tells, drawn once and for ever.

One rule: the draw comes from the windows' own random ids (122 bits each, which no reader ever sees) and a label. So the
same windows give the same bytes however often they are asked, and nobody who reads summaries can take the error off.
"""

from __future__ import annotations

from hashlib import sha256
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_NORMAL: Final = NormalDist()
_BITS: Final = 53


class Blur:
    """Standard normal draws for one set of windows, by label."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._key = sha256("\n".join(sorted(ids)).encode()).digest()

    def draw(self, label: str) -> float:
        """Return the draw of this label: the same one each time."""
        bits = int.from_bytes(sha256(self._key + label.encode()).digest()[:8]) >> (64 - _BITS)
        return _NORMAL.inv_cdf((bits + 0.5) / 2**_BITS)
