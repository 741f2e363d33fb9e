"""What else is heard in a hall, by the names of the conditions; one rule: none of it is anybody's turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import RATE
from models.halls import sounds
from models.halls.calls import spoken
from models.halls.hall import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from models.benchmark.conditions import Extra
    from models.benchmark.truth import Sound
    from models.halls.calls import Calls
    from models.halls.labels import Span
    from models.halls.noises import Noises
    from models.halls.scene import Stage
    from models.halls.voices import Voice

_CALL_S: Final = 120.0
_BODY_EVERY_S: Final = (4.0, 14.0)
_FREE_TRIES: Final = 12


class Extras:
    """Adds the extras of a condition to a stage.

    Attributes:
        stage: Where they are heard.
        calls: Timings of others' conversations.
        noises: Recordings of small things.
        strangers: Voices that nobody at the counter has.
        stretches: When each of the two sides speaks.
    """

    def __init__(
        self,
        stage: Stage,
        calls: Calls,
        noises: Noises,
        strangers: Sequence[Voice],
        stretches: tuple[Sequence[Span], Sequence[Span]],
    ) -> None:
        self.stage = stage
        self.calls = calls
        self.noises = noises
        self.strangers = strangers
        self.stretches = stretches

    def add(self, extra: Extra) -> None:
        """Let one be heard through the whole scene."""
        ways: Mapping[Extra, Callable[[], None]] = {
            "neighbour": self._neighbour,
            "queue": self._queue,
            "gong": self._gong,
            "telephone": self._telephone,
            "radio": self._radio,
            "playback": self._playback,
            "cough": self._cough,
            "keyboard": self._keyboard,
        }
        ways[extra]()

    def _towards(self, side: int) -> float:
        told = self.stage.told
        return (told.agent_deg, told.customer_deg)[side]

    def _pair(self, bearing_deg: float, metres: tuple[float, float], below_db: tuple[float, float]) -> None:
        """Two others talk to each other, on a call's timing, from places beside each other."""
        stage = self.stage
        chosen = stage.rng.choice(len(self.strangers), 2, replace=False)
        voices = [self.strangers[int(one)] for one in chosen]
        far = stage.uniform(*metres)
        talkers = []
        for voice, aside in zip(voices, (-1, 1), strict=True):
            bearing = bearing_deg + aside * stage.uniform(4, 14)
            place = stage.at(bearing, float(np.clip(far + stage.uniform(-0.3, 0.3), *metres)), stage.uniform(0.1, 0.5))
            power = 10 ** (-stage.uniform(*below_db) / 10)
            talkers.append(stage.talker(voice, place, power, bearing - aside * 90 + stage.uniform(-60, 60)))
        at = 0.0
        while at < stage.seconds:
            length = min(_CALL_S, stage.seconds - at)
            plan = spoken(stage.rng, self.calls.window(stage.rng, length, rich=False), voices, at)
            stage.speak(plan.kept(stage.seconds), talkers)
            at += _CALL_S

    def _neighbour(self) -> None:
        side = 90.0 if self.stage.rng.random() < 0.5 else -90.0  # noqa: PLR2004  # left or right
        across = self._towards(1) - self._towards(0)
        middle = self._towards(0) + ((across + 360) % 360) / 2 - 90 + side
        self._pair(middle + self.stage.uniform(-25, 25), (1.6, 4.0), (5.0, 14.0))

    def _queue(self) -> None:
        self._pair(self._towards(1) + self.stage.uniform(-12, 12), (1.8, 3.5), (8.0, 16.0))

    def _gong(self) -> None:
        stage = self.stage
        place = stage.at(stage.uniform(0, 360), stage.uniform(1.5, 4), stage.uniform(0.8, 1.4))
        answer = stage.answer(Source(place, passes_hz=(200, 6000)))
        tone, level = sounds.gong(stage.rng), stage.uniform(-4, 6)
        at = stage.uniform(3, 15)
        while at < stage.seconds:
            stage.sound(tone, answer, at, level)
            at += stage.uniform(15, 30)

    def _telephone(self) -> None:
        stage = self.stage
        on_counter = stage.rng.random() < 0.5  # noqa: PLR2004  # or behind it
        far = stage.uniform(0.3, 0.7) if on_counter else stage.uniform(1.0, 2.5)
        place = stage.at(self._towards(0) + stage.uniform(-70, 70), far, stage.uniform(0.0, 0.15))
        answer = stage.answer(Source(place, passes_hz=(350, 5500)))
        at = stage.uniform(2, 12)
        while at < stage.seconds:
            ring = sounds.telephone(stage.rng)
            stage.sound(ring, answer, at, stage.uniform(-10, 3))
            at += len(ring) / RATE + stage.uniform(8, 25)

    def _radio(self) -> None:
        stage = self.stage
        place = stage.at(self._towards(1) + stage.uniform(-120, 120), stage.uniform(1.5, 4), stage.uniform(0.2, 1.4))
        answer = stage.answer(Source(place, passes_hz=(160, 6500)))
        level, at = -stage.uniform(10, 18), 0.0
        while at < stage.seconds:
            length = min(stage.uniform(15, 40), stage.seconds - at)
            if stage.rng.random() < 0.6 and length > 2:  # noqa: PLR2004  # more music than talk; seconds
                stage.sound(sounds.music(stage.rng, length), answer, at, level)
            else:
                stage.sound(self._monologue(length), answer, at, level)
            at += length

    def _monologue(self, seconds: float) -> Sound:
        voice = self.strangers[int(self.stage.rng.integers(len(self.strangers)))]
        return voice.filled(self.stage.rng, seconds, to_the_end=True).samples

    def _playback(self) -> None:
        stage = self.stage
        side = int(stage.rng.integers(2))
        place = stage.mouth(side, self._towards(side) + stage.uniform(-12, 12)) * (0.7, 0.7, 0.4)
        low, high = stage.uniform(150, 350), stage.uniform(3200, 7000)
        answer = stage.answer(Source(place, passes_hz=(low, high)))
        level, at = -stage.uniform(5, 12), stage.uniform(0.5, 6)
        while at < stage.seconds:
            length = stage.uniform(1.5, 7)
            stage.sound(self._monologue(length), answer, at, level)
            at += length + stage.uniform(1, 8)

    def _free(self, side: int, seconds: float) -> float | None:
        """A moment at which this side says nothing for so long."""
        for _ in range(_FREE_TRIES):
            at = self.stage.uniform(0, max(0.1, self.stage.seconds - seconds))
            if all(off < at or on > at + seconds for on, off in self.stretches[side]):
                return at
        return None

    def _cough(self) -> None:
        stage = self.stage
        for side in (0, 1):
            place = stage.mouth(side, self._towards(side) + stage.uniform(-8, 8))
            answer = stage.answer(Source(place, -place / np.linalg.norm(place)))
            for _ in range(max(1, round(stage.seconds / stage.uniform(*_BODY_EVERY_S) / 2))):
                dry = sounds.BODY[int(stage.rng.integers(len(sounds.BODY)))](stage.rng)
                at = self._free(side, len(dry) / RATE)
                if at is not None:
                    stage.sound(dry, answer, at, stage.uniform(-4, 3))

    def _keyboard(self) -> None:
        self.hands(int(self.stage.rng.integers(2)), (0.0, self.stage.seconds), (1.0, 6.0), (-20.0, -3.0))

    def hands(self, side: int, within: Span, every_s: Span, levels_db: Span) -> None:
        """Typing, paper, a printer, a chair before one of the two, now and then."""
        stage = self.stage
        places = [
            stage.at(self._towards(side) + stage.uniform(-35, 35), stage.uniform(0.22, 0.55), stage.uniform(0.0, 0.08))
            for _ in range(2)
        ]
        answers = [stage.answer(Source(place)) for place in places]
        at = within[0] + stage.uniform(*every_s)
        while at < within[1]:
            kind = int(stage.rng.integers(len(sounds.HANDS) + 1))
            near = kind == len(sounds.HANDS)
            dry = self.noises.near(stage.rng, stage.uniform(0.8, 3.5)) if near else sounds.HANDS[kind](stage.rng)
            stage.sound(dry, answers[int(stage.rng.integers(2))], at, stage.uniform(*levels_db))
            at += len(dry) / RATE + stage.uniform(*every_s)
