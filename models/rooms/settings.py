"""What is heard in a scene besides the conversation, and how; one rule: all chances and levels of a scene are here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from models.benchmark.arrays import ARRAY_OF
from models.benchmark.parts import NOISES
from models.rooms.acoustics import random_array

if TYPE_CHECKING:
    from models.benchmark.conditions import Condition, Extra, NoiseKind, Style

    from counterpoint.hearing.geometry import ArrayGeometry

Heard = Literal["neighbour", "queue", "gong", "telephone", "radio", "playback", "cough", "keyboard", "breath"]

BUSY_NOISES: Final = ("crowded-bar", "busy-street")
LEVELS_DB: Final[dict[Extra, tuple[float, float]]] = {
    "neighbour": (-14, -5),
    "queue": (-16, -8),
    "gong": (-6, 6),
    "telephone": (-10, 3),
    "radio": (-18, -10),
    "playback": (-12, -5),
    "cough": (-3, 3),
    "keyboard": (-20, -3),
}
"""As the benchmark's conditions say."""
SHARES: Final[dict[Heard, tuple[float, float, float]]] = {
    "neighbour": (0.28, -20, -3),
    "queue": (0.12, -22, -6),
    "gong": (0.05, -12, 8),
    "telephone": (0.06, -18, 5),
    "radio": (0.08, -25, -6),
    "playback": (0.09, -20, -3),
    "cough": (0.22, -15, 4),
    "keyboard": (0.3, -25, 0),
    "breath": (0.35, -30, -10),
}
"""In training: the share of scenes, and the range of levels, somewhat wider than the benchmark's."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One scene's surroundings.

    Attributes:
        geometry: The array.
        t60_s: Reverberation time.
        placement_deg: Mouths are up to this far beside where the zones are told.
        customers: People on the customer's side.
        noises: One of these comes from everywhere; any of the part's when empty.
        noise_db: Its level; levels are in dB against the mean power of the two voices.
        extras: What else is heard, and how loud.
        gap_db: How much louder the agent is than the customer.
        gain_db: Microphones differ by up to this much, either way.
        dead: Raw microphones that give silence.
        pauses_s: Range of pauses added inside turns, or None.
        style: How people talk.
        leak_db: A faint copy of each voice is heard from the other's place; None for none.
        telephone: Both voices are a call's, of a narrow band, played in a silent room.
        coloured: The whole recording went through some other device.
        recorded_db: Level of the voices in the file.
    """

    geometry: ArrayGeometry
    t60_s: float
    placement_deg: float
    customers: int
    noises: tuple[str, ...]
    noise_db: float
    extras: tuple[tuple[Heard, float], ...]
    gap_db: float
    gain_db: float
    recorded_db: float
    dead: tuple[int, ...] = ()
    pauses_s: tuple[float, float] | None = None
    style: Style | Literal["any"] = "any"
    leak_db: float | None = None
    telephone: bool = False
    coloured: bool = False


def of_condition(rng: np.random.Generator, condition: Condition) -> Setting:
    """A scene of one of the benchmark's conditions, heard with the part `test`'s noises."""
    geometry = ARRAY_OF[str(rng.choice(condition.arrays))]
    dead = rng.choice(len(geometry.raw), condition.dead_microphones, replace=False)
    return Setting(
        geometry=geometry,
        t60_s=float(rng.uniform(*condition.t60_s)),
        placement_deg=condition.placement_deg,
        customers=condition.customers,
        noises=_noises(condition.noise),
        noise_db=condition.noise_db,
        extras=tuple((extra, float(rng.uniform(*LEVELS_DB[extra]))) for extra in condition.extras),
        gap_db=float(rng.uniform(*condition.gap_db) * rng.choice([-1, 1])),
        gain_db=condition.gain_db,
        recorded_db=float(rng.uniform(-40, -24)),
        dead=tuple(int(one) for one in dead),
        pauses_s=condition.pauses_s,
        style=condition.style,
    )


def at_random(rng: np.random.Generator) -> Setting:
    """A scene to train on: anything may be heard, and much of it at once."""
    geometry = random_array(rng)
    noise_db = rng.choice([rng.uniform(-55, -28), rng.uniform(-28, -12), rng.uniform(-14, -3)], p=[0.3, 0.4, 0.3])
    extras = [
        (kind, float(rng.uniform(low, high))) for kind, (share, low, high) in SHARES.items() if rng.random() < share
    ]
    setting = Setting(
        geometry=geometry,
        t60_s=float(rng.uniform(0.15, 0.9)),
        placement_deg=25.0,
        customers=int(rng.choice([1, 2, 3], p=[0.76, 0.17, 0.07])),
        noises=(),
        noise_db=float(noise_db),
        extras=tuple(extras),
        gap_db=float(np.clip(rng.normal(0, 4.5), -12, 12)),
        gain_db=float(rng.choice([0.5, 1.5, 3.3])),
        recorded_db=float(rng.uniform(-46, -12)),
        dead=_dead(rng, len(geometry.raw)),
        pauses_s=(0.8, 3.0) if rng.random() < 0.12 else None,  # noqa: PLR2004  # share of scenes
        leak_db=float(rng.uniform(-25, -12)) if rng.random() < 0.15 else None,  # noqa: PLR2004  # share of scenes
        coloured=bool(rng.random() < 0.3),  # noqa: PLR2004  # share of scenes
    )
    return _telephone(rng, setting) if rng.random() < 0.12 else setting  # noqa: PLR2004  # share of scenes


def _telephone(rng: np.random.Generator, setting: Setting) -> Setting:
    """A call that is played at the two places of a silent room; each channel carries an echo of the other."""
    leak_db = float(rng.uniform(-38, -12)) if rng.random() < 0.7 else None  # noqa: PLR2004  # share of calls
    quiet = replace(setting, telephone=True, customers=1, leak_db=leak_db, noise_db=float(rng.uniform(-70, -30)))
    return replace(quiet, t60_s=float(rng.uniform(0.15, 0.45)), extras=setting.extras if rng.random() < 0.3 else ())  # noqa: PLR2004  # share of calls


def _noises(kind: NoiseKind) -> tuple[str, ...]:
    """Names of the part `test` that sound like this; anything is quiet enough in a quiet room."""
    if kind == "quiet":
        return ()
    return BUSY_NOISES if kind == "busy" else tuple(name for name in NOISES["test"] if name not in BUSY_NOISES)


def _dead(rng: np.random.Generator, microphones: int) -> tuple[int, ...]:
    """Now and then one of many microphones is dead."""
    if microphones < 4 or rng.random() > 0.035:  # noqa: PLR2004  # of two or three, none can be spared; share of scenes
        return ()
    return (int(rng.integers(microphones)),)
