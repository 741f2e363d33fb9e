"""Whether the answer can be had without listening; one rule: a shortcut sees the truth's spans, and still must fail.

Each gives every second voice a score: how long both are heard, how long the voice lasts (both known only afterwards),
and a logistic classifier of its bandwidth and level alone, trained on the other half of the scenes. Where one comes
near the model, the model's figure says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.scores.talk_overs import HEARD_S
from models.benchmark.truth import RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.benchmark.truth import SecondVoice, Sound
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROLL_OFF: Final = 0.95
"""Share of the power below the frequency that is called the bandwidth."""
WINDOW: Final = 512
SILENCE: Final = 1e-12
NEWTON_STEPS: Final = 25
PENALTY: Final = 1e-3
PLAIN: Final = "duration of the overlap"
LENGTH: Final = "length of the second voice"
SOUND: Final = "bandwidth and level alone"


@dataclass(frozen=True, slots=True)
class Sounded:
    """How a second voice sounds, dry: without room and noise.

    Attributes:
        level_db: Its level.
        bandwidth_hz: Below it lie 95 % of its power.
        own_level_db: Level against all that the same side says in the scene.
        own_bandwidth: Bandwidth against the same, in octaves.
    """

    level_db: float
    bandwidth_hz: float
    own_level_db: float
    own_bandwidth: float


@dataclass(frozen=True, slots=True)
class Case:
    """One second voice: of which scene, whether it takes the floor, how long it is and how it sounds."""

    scene: int
    takes: bool
    both_s: float
    length_s: float
    sounded: Sounded | None


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What a rule without listening reaches."""

    area: float
    recall_at: dict[float, float]
    takes: int
    backchannels: int


def sounded(voices: Sequence[SecondVoice], dry: Sound) -> tuple[Sounded, ...]:
    """Measure every second voice in the dry sound of the two sides, shape (2, samples)."""
    whole = [_level_and_bandwidth(side[np.abs(side) > 0]) for side in dry]
    found = []
    for one in voices:
        level, bandwidth = _level_and_bandwidth(dry[one.side, int(one.onset_s * RATE) : int(one.end_s * RATE)])
        own_level, own_bandwidth = whole[one.side]
        octaves = float(np.log2(max(bandwidth, 1.0) / max(own_bandwidth, 1.0)))
        found.append(Sounded(level, bandwidth, level - own_level, octaves))
    return tuple(found)


def cases(scene: int, voices: Sequence[SecondVoice], how: Sequence[Sounded]) -> list[Case]:
    """The voices that the model is judged on: what takes the floor for 0.3 s or more, and backchannels."""
    kept = []
    for number, one in enumerate(voices):
        takes = one.takes_floor and one.both_s >= HEARD_S
        if takes or one.kind == "backchannel":
            heard = how[number] if how else None
            kept.append(Case(scene, takes, one.both_s, one.end_s - one.onset_s, heard))
    return kept


def shortcuts(found: Sequence[Case], limits: Sequence[float]) -> dict[str, Shortcut]:
    """What each rule reaches; the classifier is missing where no dry sound was given."""
    takes = np.array([one.takes for one in found])
    scores = {
        PLAIN: np.array([one.both_s for one in found]),
        LENGTH: np.array([one.length_s for one in found]),
    }
    if found and all(one.sounded for one in found):
        scores[SOUND] = _by_sound(found, takes)
    return {name: _reach(score, takes, limits) for name, score in scores.items()}


def _reach(score: Floats, takes: NDArray[np.bool_], limits: Sequence[float]) -> Shortcut:
    yes, no = score[takes], score[~takes]
    above = (yes[:, None] > no[None]).mean() + 0.5 * (yes[:, None] == no[None]).mean() if yes.size and no.size else 0.5
    recalls = {}
    for limit in limits:
        allowed = int(limit * no.size)
        bar = np.sort(no)[::-1][allowed] if no.size > allowed else -np.inf
        recalls[limit] = float((yes > bar).mean()) if yes.size else 0.0
    return Shortcut(float(above), recalls, int(yes.size), int(no.size))


def _by_sound(found: Sequence[Case], takes: NDArray[np.bool_]) -> Floats:
    """Scores of a logistic classifier that has seen the other half of the scenes only."""
    rows = [one.sounded for one in found if one.sounded]
    plain = np.array([[r.level_db, np.log2(max(r.bandwidth_hz, 1.0)), r.own_level_db, r.own_bandwidth] for r in rows])
    plain = (plain - plain.mean(axis=0)) / (plain.std(axis=0) + 1e-9)
    inputs = np.hstack([np.ones((len(plain), 1)), plain, plain**2])
    halves = np.array([one.scene % 2 for one in found], dtype=np.bool_)
    scores = np.zeros(len(found))
    for half in (halves, ~halves):
        if half.any() and (~half).any():
            scores[half] = inputs[half] @ _logistic(inputs[~half], takes[~half].astype(np.float64))
    return scores


def _logistic(inputs: Floats, wanted: Floats) -> Floats:
    """Weights of a logistic regression, each class counting the same (Newton's method)."""
    share = np.clip(wanted.mean(), 1e-3, 1 - 1e-3)
    counts = np.where(wanted > 0, 0.5 / share, 0.5 / (1 - share))
    weights = np.zeros(inputs.shape[1])
    for _ in range(NEWTON_STEPS):
        believed = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (counts * (believed - wanted)) + PENALTY * len(wanted) * weights
        bend = (inputs.T * (counts * believed * (1 - believed))) @ inputs + PENALTY * len(wanted) * np.eye(len(weights))
        weights -= np.linalg.solve(bend, slope)
    return weights


def _level_and_bandwidth(sound: Sound) -> tuple[float, float]:
    """Level in dB and the frequency below which most of the power lies, of a stretch of sound."""
    if len(sound) < WINDOW:
        sound = np.pad(sound, (0, WINDOW - len(sound)))
    frames = sound[: len(sound) // WINDOW * WINDOW].reshape(-1, WINDOW) * np.hanning(WINDOW)
    power = (np.abs(np.fft.rfft(frames, axis=1)) ** 2).mean(axis=0)
    share = np.cumsum(power) / max(power.sum(), SILENCE)
    bandwidth_hz = float(np.searchsorted(share, ROLL_OFF) * RATE / WINDOW)
    return float(10 * np.log10(np.mean(sound**2) + SILENCE)), bandwidth_hz
