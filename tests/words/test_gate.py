"""The gate: only the agent's own speech, in a visit, while the customer is silent."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.values import BLOCK_S, FloorStep, SessionStep, ZoneFrame
from counterpoint.words import SpeechGate

LOOK_BACK = 5  # blocks that the floor judges behind the newest
OPEN = SessionStep(is_open=True)


class Counter:
    """A counter with perfect ears that are `late` blocks late in noticing a voice; beams carry their block's number."""

    def __init__(self, late: int = 0, visit: SessionStep = OPEN) -> None:
        self.agent: list[bool] = []
        self.customer: list[bool] = []
        self.late = late
        self.visit = visit

    def speaks(self, seconds: float, agent: bool = False, customer: bool = False) -> Counter:
        blocks = round(seconds / BLOCK_S)
        self.agent += [agent] * blocks
        self.customer += [customer] * blocks
        return self

    def passed(self) -> tuple[list[int], int]:
        """Blocks that came through, and how many stretches ended."""
        gate, through, ended = SpeechGate(), [], 0
        self.speaks(1.0)
        for newest in range(len(self.agent)):
            beam = np.full(320, newest - 1, dtype=np.float32)
            judged = newest - LOOK_BACK
            step = FloorStep(
                at_s=(newest + 1) * BLOCK_S,
                frame_s=judged * BLOCK_S,
                agent=self._heard(self.agent, judged),
                customer=self._heard(self.customer, judged),
                holder=None,
            )
            result = gate.step(ZoneFrame(newest * BLOCK_S, np.zeros(1, dtype=np.float32), beam), step, self.visit)
            ended += result.ended
            if result.samples is not None:
                assert np.all(result.samples == round(result.start_s / BLOCK_S)), "the audio is that of the time given"
                through.append(int(result.samples[0]))
        return through, ended

    def _heard(self, voice: list[bool], block: int) -> bool:
        return block >= self.late and all(voice[block - self.late : block + 1])


def test_the_agents_speech_passes_with_a_little_before_and_after() -> None:
    through, ended = Counter().speaks(1.0).speaks(2.0, agent=True).speaks(1.0).passed()
    assert through == list(range(50 - 12, 150 + 15))
    assert ended == 1


def test_the_first_sound_is_not_cut_though_the_floor_is_sure_a_tenth_later() -> None:
    through, _ = Counter(late=5).speaks(1.0).speaks(2.0, agent=True).speaks(1.0).passed()
    assert min(through) < 50


def test_the_customers_speech_does_not_pass() -> None:
    through, ended = Counter().speaks(1.0).speaks(3.0, customer=True).speaks(1.0).passed()
    assert (through, ended) == ([], 0)


def test_speech_of_both_does_not_pass() -> None:
    through, _ = Counter().speaks(1.0).speaks(2.0, agent=True, customer=True).speaks(1.0).passed()
    assert through == []


@pytest.mark.parametrize(
    "visit",
    [
        SessionStep(is_open=False),
        SessionStep(is_open=True, is_complex=True),
        SessionStep(is_open=True, left_out=True),
    ],
    ids=["no visit", "complex", "left out"],
)
def test_nothing_passes_outside_a_plain_visit(visit: SessionStep) -> None:
    through, _ = Counter(visit=visit).speaks(1.0).speaks(2.0, agent=True).passed()
    assert through == []


def test_an_answer_without_a_gap_lets_no_customer_in_though_noticed_late() -> None:
    through, _ = Counter(late=5).speaks(1.0).speaks(2.0, agent=True).speaks(3.0, customer=True).passed()
    assert [block for block in through if block >= 150] == []


def test_shutting_says_whether_a_stretch_was_under_way() -> None:
    gate = SpeechGate()
    assert not gate.shut()
    for newest in range(40):
        frame = ZoneFrame(newest * BLOCK_S, np.zeros(1, dtype=np.float32), np.zeros(320, dtype=np.float32))
        gate.step(frame, FloorStep((newest + 1) * BLOCK_S, newest * BLOCK_S, True, False, "agent"), OPEN)
    assert gate.shut()
    assert not gate.shut()


def test_shutting_lets_go_of_the_sound() -> None:
    gate = SpeechGate()
    for newest in range(40):
        beam = np.ones(320, dtype=np.float32)
        frame = ZoneFrame(newest * BLOCK_S, np.zeros(1, dtype=np.float32), beam)
        gate.step(frame, FloorStep((newest + 1) * BLOCK_S, newest * BLOCK_S, True, False, "agent"), OPEN)
    gate.shut()
    assert not gate._beams.any()


def test_the_button_stops_what_has_not_passed_yet() -> None:
    gate, ended = SpeechGate(), []
    for newest in range(100):
        frame = ZoneFrame(newest * BLOCK_S, np.zeros(1, dtype=np.float32), np.zeros(320, dtype=np.float32))
        visit = SessionStep(is_open=True, left_out=newest >= 60)
        step = FloorStep((newest + 1) * BLOCK_S, (newest - LOOK_BACK) * BLOCK_S, True, False, "agent")
        passed = gate.step(frame, step, visit)
        ended += [newest] if passed.ended else []
        assert passed.samples is None or newest < 60
    assert ended == [60]


VOICES = st.sampled_from(["agent", "customer", "both", "nobody"])


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.tuples(VOICES, st.integers(8, 150)), max_size=12))
def test_at_most_a_hundredth_of_customer_only_speech_passes(talk: list[tuple[str, int]]) -> None:
    """Pieces shorter than 0.16 s are no speech to the floor, and are not asked of the gate."""
    counter = Counter(late=5)
    for who, blocks in itertools.chain([("customer", 100)], talk):
        counter.speaks(blocks * BLOCK_S, agent=who in {"agent", "both"}, customer=who in {"customer", "both"})
    alone = {block for block, (c, a) in enumerate(zip(counter.customer, counter.agent, strict=True)) if c and not a}
    through, _ = counter.passed()
    assert len(alone.intersection(through)) <= 0.01 * len(alone)
