"""Notices a conversation of which only one side is ever heard.

One rule: it tells one coarse thing, after minutes of talk: whom it can't hear; never how much anybody spoke, or when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.values import BLOCK_S, other

if TYPE_CHECKING:
    from counterpoint.values import FloorStep, Side

ENOUGH_S: Final = 240.0  # of one side's talk: a long explanation or a call is shorter, mostly
ENOUGH_STRETCHES: Final = 40  # with pauses as in a dialogue: a speech or a radio has few
PAUSE_S: Final = 1.0  # somebody may have answered in it
HEARD_SHARE: Final = 0.02  # of the other's talk: less is a word given to the wrong side now and then
KEPT_S: Final = 1200.0  # of talk: what changed at the counter counts within the hour


class UnheardWatch:
    """Counts the talk of each side until it is clear that one of them is never heard.

    Told after 4 minutes of one side's talk in 40 stretches with less than 2 % of it from the other, until the other
    has 2 %. It can't tell a customer behind glass from hours of telephone calls: that is for whoever reads it.
    """

    def __init__(self) -> None:
        self._talk_s: dict[Side, float] = {"agent": 0.0, "customer": 0.0}
        self._stretches: dict[Side, float] = {"agent": 0.0, "customer": 0.0}
        self._last_s: dict[Side, float] = {"agent": -PAUSE_S, "customer": -PAUSE_S}
        self._unheard: Side | None = None

    def step(self, floor: FloorStep) -> Side | None:
        """Take one frame of the floor; return the side that can't be heard, None while there is no reason to say so."""
        if floor.agent != floor.customer:
            self._count("agent" if floor.agent else "customer", floor.frame_s)
        return self._unheard

    def _count(self, side: Side, at_s: float) -> None:
        if at_s - self._last_s[side] >= PAUSE_S:
            self._stretches[side] += 1
        self._last_s[side] = at_s
        self._talk_s[side] += BLOCK_S
        if self._talk_s[side] >= KEPT_S:
            self._halve()
        self._unheard = next((one for one in self._talk_s if self._is_unheard(one)), None)

    def _halve(self) -> None:
        for side in self._talk_s:
            self._talk_s[side] /= 2
            self._stretches[side] /= 2

    def _is_unheard(self, side: Side) -> bool:
        talker = other(side)
        enough = self._talk_s[talker] >= ENOUGH_S and self._stretches[talker] >= ENOUGH_STRETCHES
        return enough and self._talk_s[side] < HEARD_SHARE * self._talk_s[talker]
