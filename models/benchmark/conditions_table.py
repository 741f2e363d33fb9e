"""The conditions as a table for the page; one rule: the page shows what the code draws, which is tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.benchmark.conditions import ARRAYS, MAIN, STRESS
from models.benchmark.tables import Table

if TYPE_CHECKING:
    from models.benchmark.conditions import Condition


def conditions_table() -> Table:
    """The dense conditions; each main one has a day as well."""
    head = ["condition", "noise", "level, dB", "T60, s", "louder by, dB", "beside, degrees", "and"]
    return Table("conditions", "Conditions", [head, *(_row(one) for one in (*MAIN, *STRESS))])


def _row(one: Condition) -> list[str]:
    return [
        one.name,
        one.noise,
        f"{one.noise_db:g}",
        _range(one.t60_s),
        _range(one.gap_db),
        f"{one.placement_deg:g}",
        ", ".join(_extras(one)),
    ]


def _extras(one: Condition) -> list[str]:
    words: list[str] = list(one.extras)
    if one.customers > 1:
        words.append(f"{one.customers} people on the customer's side")
    if one.pauses_s:
        words.append(f"pauses of {_range(one.pauses_s)} s inside turns")
    if one.gain_db > 1:
        words.append(f"microphones differ by up to {one.gain_db:g} dB either way")
    if one.dead_microphones:
        words.append(f"{one.dead_microphones} microphone gives silence")
    if set(one.arrays) != set(ARRAYS):
        words.append("on " + ", ".join(one.arrays))
    return words


def _range(ends: tuple[float, float]) -> str:
    low, high = ends
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
