"""The words' thread: audio in, acts out; the light's line never waits on a counter."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from counterpoint.edge.words_line import CHUNK_BLOCKS, WordsLine, _Chunk
from counterpoint.errors import ModelError
from counterpoint.settings import WordsSettings
from counterpoint.values import BLOCK_S, FloorStep, ListeningAct, SessionStep, ZoneFrame
from counterpoint.words import Utterance, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from counterpoint.values import Samples

RULES = WordsSettings(queue_s=1.0, doubt_s=1.0)
BEAM = np.full(320, 0.1, dtype=np.float32)


class Ear:
    """A recogniser that hears what it is told to, once an utterance, over the middle of its audio."""

    def __init__(self, text: str = "what happened then", confidence: float = 0.9) -> None:
        self.text = text
        self.confidence = confidence
        self.samples = 0
        self.utterances = 0
        self.closed = False
        self.forgot = 0
        self.fails = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def accept(self, samples: Samples) -> Utterance | None:
        self.may_go_on.wait(5)
        if self.fails:
            raise ModelError("the recogniser stopped")
        self.samples += len(samples)
        return None

    def finish(self) -> Utterance | None:
        if self.samples == 0:
            return None
        seconds, self.samples = self.samples / 16_000, 0
        self.utterances += 1
        words = self.text.split()
        each = seconds / max(1, len(words))
        return Utterance(tuple(Word(word, i * each, (i + 1) * each, self.confidence) for i, word in enumerate(words)))

    def forget(self) -> None:
        self.forgot += 1

    def close(self) -> None:
        self.closed = True


class Talk:
    """Feeds a line with who speaks, frame by frame, and keeps every act with the frame at which it came."""

    def __init__(self, line: WordsLine) -> None:
        self.line = line
        self.blocks = 0
        self.acts: list[tuple[int, ListeningAct]] = []

    def speaks(self, seconds: float, *, agent: bool = False, customer: bool = False, visit: bool = True) -> Talk:
        for _ in range(round(seconds / BLOCK_S)):
            start_s = self.blocks * BLOCK_S
            step = FloorStep(start_s + BLOCK_S, start_s - 0.1, agent, customer, None)
            self.line.offer(ZoneFrame(start_s, BEAM, BEAM), step, SessionStep(is_open=visit))
            self.acts += [(self.blocks, act) for act in self.line.collect()]
            self.blocks += 1
        return self

    def kinds(self) -> list[str]:
        return [act.kind for _, act in self.acts]


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def line(ear: Ear) -> Iterator[WordsLine]:
    line = WordsLine(ear, RULES, wait=True)
    yield line
    line.close()


def test_an_utterance_of_the_agent_becomes_acts_at_its_end(line: WordsLine) -> None:
    talk = Talk(line).speaks(1.0).speaks(2.0, agent=True).speaks(2.0)
    assert talk.kinds() == ["follow_up", "open_question"]
    assert talk.acts[0][1].at_s == pytest.approx(2.9 + 0.3, abs=0.05)  # judged 0.1 s back, with 0.3 s after it


def test_a_replay_gives_the_same_acts_at_the_same_frames_every_time() -> None:
    def run() -> list[tuple[int, ListeningAct]]:
        line = WordsLine(Ear(), RULES, wait=True)
        talk = Talk(line)
        for seconds in (0.6, 3.0, 1.2):
            talk.speaks(0.8, customer=True).speaks(0.6).speaks(seconds, agent=True).speaks(0.9)
        line.close()
        return talk.acts

    assert run() == run()


def test_a_replay_never_drops_though_the_queue_is_short(line: WordsLine) -> None:
    Talk(line).speaks(12.0, agent=True).speaks(1.0)
    assert line.dropped == 0


def test_a_counter_never_waits_it_drops_and_counts(ear: Ear) -> None:
    ear.may_go_on.clear()
    line = WordsLine(ear, RULES, wait=False)
    Talk(line).speaks(6.0, agent=True)
    ear.may_go_on.set()
    line.close()
    assert line.dropped > 100


def test_audio_after_a_drop_is_another_utterance(ear: Ear) -> None:
    ear.may_go_on.clear()
    line = WordsLine(ear, RULES, wait=False)
    talk = Talk(line).speaks(0.6, agent=True)
    wait_until(line, lambda: line._busy)  # the first piece is with the recogniser, which hangs
    talk.speaks(4.0, agent=True)
    ear.may_go_on.set()
    wait_until(line, lambda: not line._queue and not line._busy)
    talk.speaks(0.2, agent=True).speaks(1.0)
    wait_until(line, line._is_idle)
    line.close()
    assert line.dropped > 0
    assert ear.utterances == 2


def wait_until(line: WordsLine, reached: Callable[[], bool]) -> None:
    with line._changed:
        assert line._changed.wait_for(reached, 5)


def test_the_customer_is_not_recognised(line: WordsLine, ear: Ear) -> None:
    talk = Talk(line).speaks(1.0).speaks(5.0, customer=True).speaks(1.0)
    assert talk.kinds() == []
    assert ear.utterances == 0


def test_nothing_is_recognised_outside_a_visit(line: WordsLine, ear: Ear) -> None:
    Talk(line).speaks(1.0, visit=False).speaks(5.0, agent=True, visit=False).speaks(1.0, visit=False)
    assert ear.utterances == 0


def test_after_a_visit_neither_the_line_nor_the_recogniser_holds_what_was_heard(line: WordsLine, ear: Ear) -> None:
    Talk(line).speaks(1.0).speaks(2.1, agent=True).speaks(1.0, visit=False)
    wait_until(line, line._is_idle)
    assert ear.forgot == 1
    assert not line._gathered.any()


def test_a_recogniser_that_fails_leaves_no_sound_in_the_queue(ear: Ear) -> None:
    ear.may_go_on.clear()
    line = WordsLine(ear, RULES, wait=False)
    Talk(line).speaks(2.0, agent=True)
    ear.fails = True
    ear.may_go_on.set()
    line._thread.join(5)
    assert not line._queue


def test_closing_gives_what_is_left(line: WordsLine) -> None:
    talk = Talk(line).speaks(1.0).speaks(2.0, agent=True)
    assert talk.kinds() == []
    line.close()
    assert [act.kind for act in line.collect()] == ["follow_up", "open_question"]


def test_a_counter_that_is_told_to_stop_does_not_wait_for_words_that_wait(ear: Ear) -> None:
    ear.may_go_on.clear()
    line = WordsLine(ear, RULES, wait=False)
    talk = Talk(line).speaks(0.6, agent=True)
    wait_until(line, lambda: line._busy)  # the first piece is with the recogniser, which is slow
    talk.speaks(0.8, agent=True)
    waiting = [item.samples for item in line._queue if isinstance(item, _Chunk)]
    assert len(waiting) > 1
    threading.Timer(0.2, ear.may_go_on.set).start()
    line.close()
    assert line.dropped >= len(waiting) * CHUNK_BLOCKS
    assert not any(samples.any() for samples in waiting)


def test_closing_twice_is_fine_and_gives_the_memory_back(line: WordsLine, ear: Ear) -> None:
    line.close()
    line.close()
    assert ear.closed


def test_another_language_turns_words_off_for_the_visit_and_no_longer(line: WordsLine, ear: Ear) -> None:
    ear.confidence = 0.2
    talk = Talk(line).speaks(2.0, agent=True).speaks(1.0)
    off, heard = line.unknown, ear.utterances
    talk.speaks(2.0, agent=True).speaks(1.0)
    assert ear.utterances == heard, "nothing more is recognised in this visit"
    assert off
    ear.confidence = 0.9
    talk.speaks(1.0, visit=False).speaks(2.0, agent=True).speaks(1.0)
    assert not line.unknown
    assert ear.utterances == heard + 1


def test_a_recogniser_that_fails_turns_words_off_and_nothing_else(line: WordsLine, ear: Ear) -> None:
    ear.fails = True
    talk = Talk(line).speaks(2.0, agent=True).speaks(2.0).speaks(1.0, visit=False).speaks(2.0, agent=True)
    assert line.unknown
    assert talk.kinds() == []


def test_no_word_is_printed_or_logged(
    ear: Ear, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    ear.text = "what is marzipan"
    line = WordsLine(ear, RULES, wait=True)
    talk = Talk(line).speaks(2.0, agent=True).speaks(1.0)
    ear.fails = True
    talk.speaks(2.0, agent=True).speaks(1.0)
    line.close()
    out, err = capfd.readouterr()
    assert "marzipan" not in out + err + caplog.text + repr(vars(line))
