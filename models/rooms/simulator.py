"""The first simulator of the benchmark; one rule: the same seed gives the same scene, whatever was drawn before.

In most scenes everybody has small words of their own and the talk is staged; in the rest readers speak a real call's
timing, and only timing tells what takes the floor. A `day` is visits on real timings with nobody there between them.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import AGENT, CUSTOMER, RATE, HeardScene, Sound
from models.rooms import dialogues, scenes, scripts, settings
from models.rooms.talkers import spoken
from models.rooms.voices import read_library

if TYPE_CHECKING:
    from pathlib import Path

    from models.benchmark.conditions import Condition
    from models.benchmark.parts import Part
    from models.rooms.scenes import Scene
    from models.rooms.talkers import Cast, Person, Talk, Utterance
    from models.rooms.voices import Library

SMALL_WORDS_SHARE: Final = 0.7
VISIT_S: Final = (60.0, 120.0)
NOBODY_S: Final = (45.0, 75.0)
PITCH_HZ: Final = (60.0, 400.0)
PITCH_FRAME: Final = 640
VOICED: Final = 0.6
"""Height of the correlation's peak in a frame that has a pitch."""


class Rooms:
    """Scenes of one part at image-source counters, with the voices, noises and calls of the data in `folder`."""

    def __init__(self, folder: Path, part: Part) -> None:
        self._library = read_library(folder, part)

    @property
    def name(self) -> str:
        """As the tables call it."""
        return "rooms"

    def scene(self, condition: Condition, seconds: float, seed: tuple[int, ...]) -> HeardScene:
        """Draw one scene of this length."""
        rng = np.random.default_rng([zlib.crc32(condition.name.encode()), *seed])
        setting = settings.of_condition(rng, condition)
        cast: Cast = "staff" if rng.random() < SMALL_WORDS_SHARE else "readers"
        if condition.style == "day":
            people, talk = _day(rng, self._library, setting.customers, cast, seconds)
        else:
            people = scenes.people_of(rng, self._library, setting.customers, cast, mixed=False)
            talk = scenes.benchmark_talk(rng, self._library, people, setting, seconds)
        made = scenes.scene_of(rng, self._library, setting, people, talk, known=True)
        return _heard(made, condition, seed)


def _heard(made: Scene, condition: Condition, seed: tuple[int, ...]) -> HeardScene:
    sides = [made.talk.dry[[n for n, one in enumerate(made.people) if one.side == side]].sum(axis=0) for side in (0, 1)]
    return HeardScene(
        simulator="rooms",
        condition=condition.name,
        seed=seed,
        samples=made.samples,
        geometry=made.counter.geometry,
        calibration=made.counter.calibration,
        true_calibration=made.counter.true_calibration,
        active=made.active,
        second_voices=scripts.second_voices(made.spans),
        pitch_hz=(pitch_hz(sides[AGENT]), pitch_hz(sides[CUSTOMER])),
        dry=np.stack(sides),
    )


def _day(
    rng: np.random.Generator, library: Library, customers: int, cast: Cast, seconds: float
) -> tuple[tuple[Person, ...], Talk]:
    """Visits of different customers to one agent, on calls' timings, and nobody between them."""
    begins, now = [], float(rng.uniform(-VISIT_S[0], NOBODY_S[1] / 2))
    while now < seconds:
        begins.append((now, now + float(rng.uniform(*VISIT_S))))
        now = begins[-1][1] + float(rng.uniform(*NOBODY_S))
    people = scenes.people_of(rng, library, customers * max(len(begins), 1), cast, mixed=False)
    said: list[Utterance] = []
    for number, (start_s, end_s) in enumerate(begins):
        here = [0, *range(1 + number * customers, 1 + (number + 1) * customers)]
        said += _visit(rng, library, people, here, (start_s, min(end_s, seconds)))
    return people, spoken(people, said, seconds)


def _visit(
    rng: np.random.Generator, library: Library, people: tuple[Person, ...], here: list[int], span_s: tuple[float, float]
) -> list[Utterance]:
    """One visit, its times those of the scene; what came before the scene began is left out."""
    spans = scripts.from_call(rng, library.calls, span_s[1] - span_s[0])
    said = dialogues.from_timings(rng, tuple(people[one] for one in here), spans, whole_phrases=True)
    return [later for one in said if (later := one.later(span_s[0], here[one.person])).span.start_s >= 0]


def pitch_hz(dry: Sound) -> float:
    """Median fundamental of the voiced frames of a dry voice, in Hz; 0 where it says nothing.

    Correlation of frames of 40 ms with themselves; the loudest fifth of the frames are looked at.
    """
    frames = dry[: len(dry) // PITCH_FRAME * PITCH_FRAME].reshape(-1, PITCH_FRAME)
    power = np.mean(frames**2, axis=1)
    if not power.any():
        return 0.0
    frames = frames[power >= np.percentile(power[power > power.max() / 1000], 80)]
    spectrum = np.abs(np.fft.rfft(frames, 2 * PITCH_FRAME, axis=1)) ** 2
    likeness = np.fft.irfft(spectrum, axis=1)[:, :PITCH_FRAME]
    likeness = likeness / likeness[:, :1] / (1 - np.arange(PITCH_FRAME) / PITCH_FRAME)
    shortest, longest = int(RATE / PITCH_HZ[1]), int(RATE / PITCH_HZ[0])
    before, here, after = (likeness[:, shortest + by : longest + by] for by in (-1, 0, 1))
    peak = here.max(axis=1)
    high = (here >= before) & (here >= after) & (here > 0.85 * peak[:, None])
    first = np.argmax(high, axis=1) + shortest  # of the multiples of a period, the period
    voiced = (peak > VOICED) & high.any(axis=1)
    return float(np.median(RATE / first[voiced])) if voiced.any() else 0.0
