"""Draws a scene of the halls; one rule: the order of the draws is fixed, so a seed is a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from models.benchmark.arrays import ARRAY_OF
from models.benchmark.truth import AGENT, CUSTOMER, FRAME_S, HeardScene, Sound
from models.halls.calls import Calls, spoken
from models.halls.extras import Extras
from models.halls.noises import Noises
from models.halls.plan import Plan, Said
from models.halls.scene import Stage, beside, placed, voice_powers
from models.halls.script import DENSE, NATURAL, Conversation
from models.halls.voices import VOICES, Choir, Voice, pitch_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.benchmark.conditions import Condition
    from models.benchmark.truth import Flags
    from models.halls.labels import Span
    from models.halls.scene import Talker

    from counterpoint.values import Calibration

_WRITTEN: Final = 0.65
"""Share of conversations from written lines; the others follow calls, most of them with readers."""
_SPOKEN_CALL: Final = 0.3
_STRANGERS: Final = 8
_WINDOW_S: Final = 60.0
_LEVEL_DB: Final = (-38.0, -20.0)
"""Of the voices, against full scale."""
_CLIPPED: Final = 0.08
"""Share of recordings whose gain was set too high: a thousandth of the loudest samples is cut."""
_HEADROOM: Final = 0.97
_SELF_NOISE_DB: Final = (-56.0, -46.0)
"""Of each microphone, against the voices."""
_VISIT_S: Final = (60.0, 240.0)
_ALONE_S: Final = (50.0, 130.0)
_FIRST_S: Final = (8.0, 40.0)
_ALONE_TALK: Final = 0.4
"""Share of waits in which the agent says something alone: to a colleague, into a telephone."""
_FULL: Final = 32767


class Singers(Protocol):
    """Voices by name."""

    @property
    def readers(self) -> tuple[str, ...]:
        """Who has talk only."""
        ...

    @property
    def spoken(self) -> tuple[str, ...]:
        """Who has written lines, small words and cuts."""
        ...

    def voice(self, name: str) -> Voice:
        """One of them."""
        ...


@dataclass(frozen=True, slots=True)
class Cast:
    """Who speaks in a scene: agent's first, then as many as stand on the other side, and others who are strangers."""

    voices: tuple[Voice, ...]
    written: bool
    strangers: tuple[Voice, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A stretch of a scene with a customer: who speaks, and what."""

    cast: Cast
    plan: Plan


class Halls:
    """The second simulator: `models.benchmark.truth.Simulator`, of the part `halls` alone."""

    def __init__(self, choir: Singers, calls: Calls, noises: Noises) -> None:
        self._choir = choir
        self._calls = calls
        self._noises = noises
        self._pitches: dict[str, float] = {}

    @classmethod
    def of(cls, folder: Path) -> Halls:
        """From a data folder: `speech/librispeech`, `speech/hall-voices`, `noise`, `timings`.

        Raises:
            ValueError: Not all synthetic voices have said all their lines; scenes would differ from the frozen ones.
        """
        calls = Calls(folder / "timings" / "two-party-calls.csv.gz")
        choir = Choir(folder / "speech")
        if len(choir.spoken) != VOICES:
            raise ValueError(f"{len(choir.spoken)} of {VOICES} voices are whole: run models/halls/speak.py to its end")
        return cls(choir, calls, Noises(folder / "noise"))

    @property
    def name(self) -> str:
        """As the tables call it."""
        return "halls"

    def scene(self, condition: Condition, seconds: float, seed: tuple[int, ...]) -> HeardScene:
        """Draw one scene of this length, whole frames of 20 ms."""
        rng = np.random.default_rng([*seed, 0x4A11])
        frames = round(seconds / FRAME_S)
        seconds = frames * FRAME_S
        geometry = ARRAY_OF[condition.arrays[int(rng.integers(len(condition.arrays)))]]
        stage = Stage.draw(rng, condition, geometry, seconds)
        truly = placed(rng, stage.told, condition.placement_deg)
        visits, waits = self._visits(rng, condition, seconds)
        plan = Plan()
        for visit in visits:
            plan.add(visit.plan)
        powers = voice_powers(rng, condition.gap_db)
        self._speak(stage, condition, visits, truly, powers)
        extras = Extras(stage, self._calls, self._noises, visits[0].cast.strangers, plan.stretches())
        for wait in waits:
            extras.hands(AGENT, wait, (3.0, 25.0), (-15.0, -5.0))
        for extra in condition.extras:
            extras.add(extra)
        self._around(stage, condition, visits[0].cast.strangers)
        return HeardScene(
            simulator=self.name,
            condition=condition.name,
            seed=seed,
            samples=_recorded(rng, stage.heard, condition.dead_microphones),
            geometry=geometry,
            calibration=stage.told,
            true_calibration=truly,
            active=_active(plan, frames),
            second_voices=plan.second_voices(),
            pitch_hz=(self._pitch(visits[0].cast.voices[0]), self._pitch(visits[0].cast.voices[1])),
            dry=plan.dry(stage.heard.shape[1]),
        )

    def _pitch(self, voice: Voice) -> float:
        if voice.name not in self._pitches:
            self._pitches[voice.name] = pitch_of(voice)
        return self._pitches[voice.name]

    def _cast(self, rng: np.random.Generator, customers: int, agent: Cast | None) -> Cast:
        """Voices for a visit; an agent stays through a day, and the manner of talking with them."""
        written = bool(rng.random() < _WRITTEN) if agent is None else agent.written
        all_spoken = [str(one) for one in rng.permutation(list(self._choir.spoken))]
        all_readers = [str(one) for one in rng.permutation(list(self._choir.readers))]
        synthetic = written or rng.random() < _SPOKEN_CALL
        names = all_spoken if synthetic else all_readers
        if agent is not None:
            names = [agent.voices[0].name, *(one for one in names if one != agent.voices[0].name)]
        kept, left = names[: customers + 1], names[customers + 1 :]
        others = [*left, *(all_readers if synthetic else all_spoken)]
        strangers = [others[int(one)] for one in rng.permutation(len(others))[:_STRANGERS]]
        if agent is not None:
            return Cast((agent.voices[0], *(self._choir.voice(one) for one in kept[1:])), written, agent.strangers)
        return Cast(
            tuple(self._choir.voice(one) for one in kept), written, tuple(self._choir.voice(one) for one in strangers)
        )

    def _visits(self, rng: np.random.Generator, condition: Condition, seconds: float) -> tuple[list[Visit], list[Span]]:
        """The visits of a scene and the waits between them."""
        cast = self._cast(rng, condition.customers, None)
        if condition.style == "dense":
            at = float(rng.uniform(0.2, 1.2))
            return [Visit(cast, self._talk(rng, condition, cast, (at, seconds)).kept(seconds))], []
        visits: list[Visit] = []
        waits: list[Span] = []
        at = min(float(rng.uniform(*_FIRST_S)), seconds / 4)
        while at < seconds:
            until = min(at + float(rng.uniform(*_VISIT_S)), seconds)
            visits.append(Visit(cast, self._talk(rng, condition, cast, (at, until)).kept(seconds)))
            ended = visits[-1].plan.end_s + 1.0
            at = ended + float(rng.uniform(*_ALONE_S))
            if ended < seconds:
                waits.append((ended, min(at, seconds)))
                visits.append(Visit(cast, self._alone(rng, cast, waits[-1]).kept(seconds)))
            cast = self._cast(rng, condition.customers, cast)
        return visits, waits

    def _talk(self, rng: np.random.Generator, condition: Condition, cast: Cast, within: Span) -> Plan:
        """A conversation between two moments; nothing begins after the second."""
        dense = condition.style == "dense"
        if cast.written:
            talk = Conversation(rng, cast.voices, DENSE if dense else NATURAL, condition.pauses_s)
            return talk.play(within[0], within[1] if dense else within[1] - 4.0)
        plan, at = Plan(), within[0]
        while at < within[1] - 1.0:
            length = min(_WINDOW_S if dense else _VISIT_S[1], within[1] - at)
            talks = self._calls.window(rng, length, rich=dense)
            plan.add(spoken(rng, talks, cast.voices, at, condition.pauses_s))
            at = max(at + length, plan.end_s) + 0.6
        return plan

    def _alone(self, rng: np.random.Generator, cast: Cast, wait: Span) -> Plan:
        """At times the agent says something though nobody is there."""
        plan = Plan()
        if rng.random() < _ALONE_TALK:
            said = cast.voices[0].filled(rng, float(rng.uniform(1.2, 5.0)), to_the_end=True)
            plan.say(Said(0, float(rng.uniform(wait[0], wait[1])), said))
        return plan

    def _speak(
        self,
        stage: Stage,
        condition: Condition,
        visits: Sequence[Visit],
        truly: Calibration,
        powers: tuple[float, float],
    ) -> None:
        """Everybody takes their place and says their lines; each visit has its own customers, the agent stays."""
        agent = stage.talker(
            visits[0].cast.voices[0], stage.mouth(AGENT, truly.agent_deg), powers[AGENT], truly.customer_deg
        )
        for number, visit in enumerate(visits):
            middle = truly.customer_deg
            if number:
                middle = placed(stage.rng, stage.told, condition.placement_deg).customer_deg
            talkers: list[Talker] = [agent]
            if any(one.side == CUSTOMER for one in visit.plan.said):
                for voice, bearing in zip(
                    visit.cast.voices[1:], beside(stage.rng, middle, condition.customers), strict=True
                ):
                    place = stage.mouth(CUSTOMER, bearing)
                    talkers.append(stage.talker(voice, place, powers[CUSTOMER], truly.agent_deg))
            stage.speak(visit.plan, talkers)

    def _around(self, stage: Stage, condition: Condition, crowd: Sequence[Voice]) -> None:
        microphones, length = stage.heard.shape
        noises = self._noises.around(stage.rng, condition.noise, microphones, length, crowd)
        around = stage.ear.diffuse(noises)
        stage.heard += around * np.float32(10 ** (condition.noise_db / 20) / np.sqrt(np.mean(around**2) + 1e-20))


def _active(plan: Plan, frames: int) -> Flags:
    return np.stack(plan.active(frames))


def _recorded(rng: np.random.Generator, heard: Sound, dead: int) -> Sound:
    """What the device writes down: its own noise, a level, at times clipping, 16 bits; dead microphones say nothing."""
    own = 10 ** (float(rng.uniform(*_SELF_NOISE_DB)) / 20)
    heard = heard + rng.standard_normal(heard.shape, np.float32) * np.float32(own)
    gain = 10 ** (float(rng.uniform(*_LEVEL_DB)) / 20)
    if rng.random() < _CLIPPED:
        gain = 1.0 / float(np.quantile(np.abs(heard[:, ::7]), 0.999))
    else:
        gain = min(gain, _HEADROOM / float(np.abs(heard).max()))
    out = np.asarray(np.round(np.clip(heard * gain, -1, 1) * _FULL) / _FULL, dtype=np.float32)
    out[rng.permutation(len(out))[:dead]] = 0.0
    return out
