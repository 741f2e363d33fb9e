"""The line only passes values on: what the stages see is what came before them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from counterpoint.app.pipeline import Pipeline
from counterpoint.care import UnheardWatch
from counterpoint.conversation import Floor, Visits
from counterpoint.hearing import BUILT_IN, ChannelWatch, Detector, PlacementWatch, Zones
from counterpoint.hearing.geometry import spare_channels
from counterpoint.nudge import Nudge
from counterpoint.settings import FloorRules, NudgeRules, SessionRules
from counterpoint.values import (
    BLOCK_S,
    BLOCK_SAMPLES,
    Activity,
    Block,
    Calibration,
    FloorStep,
    ListeningAct,
    Placement,
    SessionStep,
    Uncertainty,
    ZoneFrame,
)

ARRAY = BUILT_IN["respeaker-usb-v2"]
NOT_MEASURED = Uncertainty("simulation", 0.0, 0.0, {}, {}, 0.0)


class ScriptedDetector(Detector):
    """Believes what the script says, whatever it hears: the line is under test here, not the model."""

    def __init__(self, customer_until_s: float, agent_from_s: float, agent_until_s: float) -> None:
        self._customer_until_s = customer_until_s
        self._agent = (agent_from_s, agent_until_s)

    @property
    def look_back_s(self) -> float:
        return 0.1

    def step(self, frame: ZoneFrame) -> Activity:
        start_s = round(frame.start_s - self.look_back_s, 6)
        customer = 0.95 if 0 <= start_s < self._customer_until_s else 0.02
        agent = 0.95 if self._agent[0] <= start_s < self._agent[1] else 0.02
        return Activity(start_s, agent, customer, 0.9, frame.start_s + BLOCK_S)


class RecordedWords:
    """Gives one act, once, and remembers how it was asked."""

    def __init__(self) -> None:
        self.unknown = False
        self.offered = 0
        self.closed = False
        self._acts = [ListeningAct("open_question", 5.0)]

    def offer(self, frame: ZoneFrame, step: FloorStep, visit: SessionStep) -> None:  # noqa: ARG002 - the port's names
        self.offered += 1

    def collect(self) -> Sequence[ListeningAct]:
        acts, self._acts = (self._acts, []) if self.offered > 300 else ([], self._acts)
        return acts

    def close(self) -> None:
        self.closed = True


class MisplacedArray(PlacementWatch):
    """Says this of the array's place, whatever it hears."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement

    def step(self, block: Block) -> Placement:  # noqa: ARG002 - the watch's names
        return self._placement


def line(
    detector: ScriptedDetector, words: RecordedWords | None = None, placement: PlacementWatch | None = None
) -> Pipeline:
    return Pipeline(
        zones=Zones(ARRAY, Calibration(), 4),
        channels=ChannelWatch((0, 1, 2, 3), spare=spare_channels(ARRAY, Calibration(), 4)),
        placement=placement or PlacementWatch(ARRAY, Calibration(), 4),
        detector=detector,
        floor=Floor(FloorRules()),
        unheard=UnheardWatch(),
        visits=Visits(SessionRules(end_silence_s=6), NOT_MEASURED, words=words is not None),
        nudge=Nudge(NudgeRules()),
        words=words,
    )


def blocks(seconds: float, *, dead: tuple[int, ...] = ()) -> Sequence[Block]:
    noise = np.random.default_rng(1)
    made = []
    for number in range(round(seconds / BLOCK_S)):
        samples = (noise.standard_normal((4, BLOCK_SAMPLES)) * 0.05).astype(np.float32)
        samples[list(dead)] = 0
        made.append(Block(samples, number * BLOCK_SAMPLES))
    return made


def test_a_talk_over_lights_within_the_budget_and_ends_up_in_the_visit() -> None:
    talk_over = line(ScriptedDetector(customer_until_s=9, agent_from_s=5, agent_until_s=11))
    moments = [talk_over.step(block) for block in blocks(18)]
    lit = [moment.cue for moment in moments if moment.cue and moment.cue.cue == "talk_over"]
    sessions = [moment.visit.closed for moment in moments if moment.visit.closed]
    assert len(lit) == 1
    assert lit[0].at_s == pytest.approx(5.7, abs=0.15)
    assert len(sessions) == 1
    assert sessions[0].cues == {"talk_over": 1}
    assert sessions[0].talk_overs == 1


def test_with_one_dead_microphone_of_four_it_is_told_and_the_light_goes_on() -> None:
    hard_of_hearing = line(ScriptedDetector(customer_until_s=20, agent_from_s=12, agent_until_s=20))
    moments = [hard_of_hearing.step(block) for block in blocks(20, dead=(2,))]
    assert moments[-1].channels.silent == (2,)
    assert {moment.floor.sides_clear for moment in moments} == {True}
    assert [moment.cue.cue for moment in moments if moment.cue] == ["talk_over"]


def test_the_zones_hear_without_the_dead_microphone() -> None:
    hard_of_hearing = line(ScriptedDetector(customer_until_s=0, agent_from_s=0, agent_until_s=0))
    for block in blocks(6, dead=(2,)):
        last = hard_of_hearing.step(block).frame
    without = Zones(ARRAY, Calibration(), 4)
    without.without((2,))
    for block in blocks(6, dead=(2,)):
        told = without.step(block)
    np.testing.assert_allclose(last.agent_beam, told.agent_beam, atol=0.01)


def test_two_dead_microphones_keep_the_light_dark() -> None:
    deaf = line(ScriptedDetector(customer_until_s=20, agent_from_s=12, agent_until_s=20))
    moments = [deaf.step(block) for block in blocks(20, dead=(2, 3))]
    assert moments[-1].channels.silent == (2, 3)
    assert not moments[-1].floor.sides_clear
    assert [moment.cue for moment in moments if moment.cue] == []


@pytest.mark.parametrize("fault", [Placement(wrong_order=True), Placement(turned=True), Placement(alike=True)])
def test_an_array_out_of_place_keeps_the_light_dark(fault: Placement) -> None:
    blind = line(
        ScriptedDetector(customer_until_s=9, agent_from_s=5, agent_until_s=11), placement=MisplacedArray(fault)
    )
    moments = [blind.step(block) for block in blocks(18)]
    assert moments[-1].placement == fault
    assert {moment.floor.sides_clear for moment in moments} == {False}
    assert [moment.cue for moment in moments if moment.cue] == []


def test_the_button_leaves_the_visit_out_and_dark() -> None:
    pressed = line(ScriptedDetector(customer_until_s=9, agent_from_s=5, agent_until_s=11))
    moments = []
    for number, block in enumerate(blocks(18)):
        if number == 100:
            pressed.leave_out("open_or_next")
        moments.append(pressed.step(block))
    assert [moment.cue for moment in moments if moment.cue] == []
    assert {moment.visit.left_out for moment in moments[100:] if moment.visit.is_open} == {True}
    assert [moment.visit.closed.left_out for moment in moments if moment.visit.closed] == ["button"]


def test_acts_arrive_late_and_count_in_the_visit() -> None:
    words = RecordedWords()
    talking = line(ScriptedDetector(customer_until_s=4, agent_from_s=4.2, agent_until_s=8), words)
    moments = [talking.step(block) for block in blocks(9)]
    ending = talking.close()
    assert words.offered == len(moments)
    assert words.closed
    assert ending.session is not None
    assert ending.session.acts == {"open_question": 1}


def test_without_words_acts_are_unknown_and_not_zero() -> None:
    silent = line(ScriptedDetector(customer_until_s=4, agent_from_s=4.2, agent_until_s=8))
    for block in blocks(9):
        silent.step(block)
    session = silent.close().session
    assert session is not None
    assert session.acts is None
