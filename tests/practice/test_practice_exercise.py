"""One practice from block to card: what the line says becomes messages for the page, and a customer who answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from counterpoint.practice.exercise import LONGEST_S, Choice, Exercise
from counterpoint.practice.line import Line, blocks_of
from counterpoint.practice.protocol import BLOCK_BYTES, Light, LineEnded, LineStopped, Say, Stop, ToPage, Voices
from counterpoint.practice.role_files import RoleFolder
from counterpoint.practice.roles import NEEDED, Role, RoleLine
from counterpoint.values import (
    BLOCK_S,
    BLOCK_SAMPLES,
    Block,
    Cue,
    FloorEvent,
    FloorStep,
    ListeningAct,
    OpenOverlap,
    Session,
    SessionStep,
)

SILENCE = Block(np.zeros((2, BLOCK_SAMPLES), np.float32), 0)


@dataclass
class Moment:
    floor: FloorStep
    visit: SessionStep
    cue: Cue | None
    acts: tuple[ListeningAct, ...]


@dataclass
class Ending:
    events: tuple[FloorEvent, ...] = ()
    session: Session | None = None
    acts: tuple[ListeningAct, ...] = ()


@dataclass
class Stages:
    """The line as a test wants it: what it says next is set beforehand."""

    agent: bool = False
    customer: bool = False
    is_complex: bool = False
    cue: Cue | None = None
    acts: tuple[ListeningAct, ...] = ()
    overlap: OpenOverlap | None = None
    frames: int = 0

    def step(self, _block: Block, /) -> Moment:
        self.frames += 1
        at_s = self.frames * BLOCK_S
        floor = FloorStep(at_s, at_s - BLOCK_S, self.agent, self.customer, None, self.overlap)
        moment = Moment(floor, SessionStep(is_open=True, is_complex=self.is_complex), self.cue, self.acts)
        self.cue, self.acts = None, ()
        return moment

    def close(self) -> Ending:
        return Ending(acts=(ListeningAct("promise", self.frames * BLOCK_S),))


@dataclass
class Words:
    unknown: bool = False


@dataclass
class Practice:
    """An exercise with such a line, and what the page was told."""

    folder: RoleFolder | None
    words: Words | None = field(default_factory=Words)
    stages: Stages = field(default_factory=Stages)
    told: list[ToPage] = field(default_factory=list)

    def __post_init__(self) -> None:
        choice = Choice("parcel", "A parcel", self.folder, "note-a-promise")
        self.exercise = Exercise(choice, lambda: Line(self.stages, self.words))

    def runs(self, seconds: float) -> Practice:
        for _ in range(round(seconds / BLOCK_S)):
            self.told += self.exercise.step(SILENCE)
        return self

    def says(self) -> list[str]:
        return [message.line for message in self.told if isinstance(message, Say)]


@pytest.fixture
def folder(tmp_path: Path) -> RoleFolder:
    for when in NEEDED:
        soundfile.write(tmp_path / f"{when}.wav", np.full(16_000, 0.1, np.float32), 16_000)
    role = Role("A parcel", "It is late.", tuple(RoleLine(when, when, f"The {when}.") for when in NEEDED))
    return RoleFolder(role, {when: tmp_path / f"{when}.wav" for when in NEEDED})


def test_the_customer_begins_and_answers_what_the_agent_did(folder: RoleFolder) -> None:
    practice = Practice(folder).runs(1.1)
    assert Say("opening", "/audio/parcel/opening.wav", "The opening.", 0.0) in practice.told
    practice.exercise.played(LineEnded("opening"))
    practice.stages.agent = True
    practice.runs(1.0)
    practice.stages.agent = False
    practice.stages.acts = (ListeningAct("closed_question", 2.1),)
    practice.runs(1.0)
    assert practice.says() == ["opening", "short"]


def test_a_cue_of_the_line_is_the_light_of_the_page(folder: RoleFolder) -> None:
    practice = Practice(folder)
    practice.stages.cue = Cue(0.02, "talk_over", "because")
    assert practice.runs(BLOCK_S).told == [Light("talk_over")]


def test_a_customer_who_is_talked_over_is_told_to_stop_and_goes_on(folder: RoleFolder) -> None:
    practice = Practice(folder).runs(1.2)
    practice.stages.agent = practice.stages.customer = True
    practice.stages.overlap = OpenOverlap("agent", 0.3, 0.9, 1, both=True)
    practice.runs(0.2)
    assert Stop() in practice.told
    practice.exercise.played(LineStopped("opening", 0.1))
    practice.stages.agent = practice.stages.customer = False
    practice.stages.overlap = None
    practice.runs(2.0)
    assert practice.says() == ["opening", "opening"]
    assert practice.exercise.close().card.moments[0].kind == "gave_way"


def test_who_speaks_is_told_five_times_a_second(folder: RoleFolder) -> None:
    practice = Practice(folder)
    practice.stages.agent = True
    heard = [message for message in practice.runs(1.0).told if isinstance(message, Voices)]
    assert heard == [Voices(agent=True, customer=False)] * 5


def test_a_forgotten_page_comes_to_an_end(folder: RoleFolder) -> None:
    practice = Practice(folder).runs(LONGEST_S - 1)
    assert not practice.exercise.is_over
    assert practice.runs(1.5).exercise.is_over


def test_the_last_words_count_too(folder: RoleFolder) -> None:
    card = Practice(folder).runs(1.0).exercise.close().card
    assert card.words_known
    assert card.numbers[0].value == 1


@pytest.mark.parametrize("why", ["no model", "not understood", "complex"])
def test_words_that_are_not_sure_are_unknown_for_the_whole_practice(folder: RoleFolder, why: str) -> None:
    practice = Practice(folder, words=None if why == "no model" else Words())
    if practice.words is not None:
        practice.words.unknown = why == "not understood"
    practice.stages.is_complex = why == "complex"
    practice.runs(0.5)
    if practice.words is not None:
        practice.words.unknown = False
    practice.stages.is_complex = False
    card = practice.runs(0.5).exercise.close().card
    assert not card.words_known
    assert card.numbers[0].value is None


def test_two_people_play_no_lines() -> None:
    practice = Practice(None)
    practice.exercise.played(LineEnded("opening"))
    assert not practice.runs(10.0).says()
    assert practice.exercise.close().card.numbers[2].value is None


def test_a_frame_of_the_page_is_blocks_of_two_channels() -> None:
    sound = np.zeros((2 * BLOCK_SAMPLES, 2), "<i2")
    sound[:, 0], sound[:, 1] = 16384, -32768
    blocks = list(blocks_of(sound.tobytes(), 640))
    assert len(sound.tobytes()) == 2 * BLOCK_BYTES
    assert [block.first_sample for block in blocks] == [640, 960]
    assert blocks[0].samples.shape == (2, BLOCK_SAMPLES)
    assert (blocks[1].samples[0, 0], blocks[1].samples[1, -1]) == (0.5, -1.0)
