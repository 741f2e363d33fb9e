"""The recogniser's own thread: the light never waits for a word.

One rule: words live inside `_Listener` until they have become acts; what leaves this file is kinds and times.

    offer ─▶ gate ─▶ bounded queue ─▶ recogniser ─▶ classify ─▶ acts ─▶ collect
    (line's thread)        │          (own thread)                      (line's thread)
                           └ live: a full queue drops and counts; replay: it waits
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from counterpoint.edge.wiped_memory import wipe_registers
from counterpoint.errors import ModelError
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ, ListeningAct
from counterpoint.words import Doubt, SpeechGate, classify

if TYPE_CHECKING:
    from counterpoint.settings import WordsSettings
    from counterpoint.values import FloorStep, Samples, SessionStep, ZoneFrame
    from counterpoint.words import ReadActs, Recogniser, Utterance

CHUNK_BLOCKS: Final = 10  # 0.2 s a call: a call has a cost, and words come seconds late anyway
NICE: Final = 10  # on a busy core the hearing path goes first


@dataclass(frozen=True, slots=True)
class _Chunk:
    start_s: float
    samples: Samples


@dataclass(frozen=True, slots=True)
class _End:
    """The agent's stretch ended."""


@dataclass(frozen=True, slots=True)
class _Forget:
    """The visit ended: doubt starts anew, and the recogniser lets go of what it heard."""


class WordsLine:
    """Audio in by `offer`, listening acts out by `collect`; the recogniser runs on a thread of its own.

    Attributes:
        unknown: Words are off for this visit: not understood over `doubt_s`, or the recogniser failed.
        dropped: Blocks of 20 ms that outran the recogniser and were left out; always 0 with `wait`.
    """

    def __init__(
        self, recogniser: Recogniser, rules: WordsSettings, *, wait: bool, read_acts: ReadActs = classify
    ) -> None:
        self.unknown = False
        self.dropped = 0
        self._recogniser = recogniser
        self._rules = rules
        self._read_acts = read_acts
        self._wait = wait
        self._gate = SpeechGate()
        self._gathered = np.zeros(CHUNK_BLOCKS * BLOCK_SAMPLES, dtype=np.float32)
        self._blocks = 0  # gathered so far
        self._gathered_s = 0.0
        self._visit_open = False
        self._settling = False  # an utterance was ended and its acts are not collected yet
        self._most_chunks = max(1, round(rules.queue_s / (CHUNK_BLOCKS * BLOCK_S)))
        self._changed = threading.Condition()
        self._queue: deque[_Chunk | _End | _Forget] = deque()
        self._busy = False
        self._closing = False
        self._broken = False
        self._doubtful = False
        self._acts: list[ListeningAct] = []
        self._thread = threading.Thread(target=self._work, name="words", daemon=True)
        self._thread.start()

    def offer(self, frame: ZoneFrame, step: FloorStep, visit: SessionStep) -> None:
        """Take one frame; waits only in a replay."""
        if self._visit_open and not visit.is_open:
            self._end_visit()
        self._visit_open = visit.is_open
        if self.unknown:
            return
        passed = self._gate.step(frame, step, visit)
        if passed.ended:
            self._end_stretch()
        if passed.samples is not None:
            self._gather(passed.samples, passed.start_s)

    def collect(self) -> list[ListeningAct]:
        """Acts recognised since the last call; in a replay, all of the utterances ended so far and no others."""
        with self._changed:
            if self._wait:
                if not self._settling:
                    return []
                self._changed.wait_for(self._is_idle)
                self._settling = False
            acts, self._acts = self._acts, []
            off = self._broken or (self._doubtful and self._visit_open)
        if off and not self.unknown:
            self._go_silent()
        return acts

    def close(self) -> None:
        """Finish the utterance under way, stop the thread; `collect` then gives what is left. May be called twice.

        A counter that is told to stop has seconds, not the queue's length: what waits there is dropped and counted.
        """
        if not self._thread.is_alive():
            return
        if not self._wait:
            self._drop_waiting()
        self._end_stretch()
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _drop_waiting(self) -> None:
        with self._changed:
            waiting = [item for item in self._queue if isinstance(item, _Chunk)]
            self._queue = deque(item for item in self._queue if not isinstance(item, _Chunk))
        for chunk in waiting:
            self.dropped += len(chunk.samples) // BLOCK_SAMPLES
            chunk.samples.fill(0.0)

    def _go_silent(self) -> None:
        self.unknown = True
        if self._gate.shut():
            self._end_stretch()

    def _end_visit(self) -> None:
        if self._gate.shut():
            self._end_stretch()
        self._put(_Forget())
        with self._changed:
            self._doubtful = False
            self.unknown = self._broken

    def _end_stretch(self) -> None:
        self._send()
        self._put(_End())
        self._settling = True

    def _gather(self, samples: Samples, start_s: float) -> None:
        if self._blocks == 0:
            self._gathered_s = start_s
        first = self._blocks * BLOCK_SAMPLES
        self._gathered[first : first + BLOCK_SAMPLES] = samples
        self._blocks += 1
        if self._blocks == CHUNK_BLOCKS:
            self._send()

    def _send(self) -> None:
        if self._blocks == 0:
            return
        chunk = _Chunk(self._gathered_s, self._gathered[: self._blocks * BLOCK_SAMPLES].copy())
        with self._changed:
            if self._wait:
                self._changed.wait_for(lambda: len(self._queue) < self._most_chunks or self._broken)
            if len(self._queue) < self._most_chunks:
                self._queue.append(chunk)
                self._changed.notify_all()
            else:
                self.dropped += self._blocks
        self._blocks = 0
        self._gathered.fill(0.0)

    def _put(self, mark: _End | _Forget) -> None:
        with self._changed:
            self._queue.append(mark)
            self._changed.notify_all()

    def _is_idle(self) -> bool:
        return (not self._queue and not self._busy) or self._broken

    def _work(self) -> None:
        if sys.platform == "linux":  # where a thread has a priority of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        listener = _Listener(self._recogniser, self._rules, self._read_acts)
        try:
            while (item := self._next()) is not None:
                acts = listener.take(item)
                with self._changed:
                    self._acts.extend(acts)
                    self._doubtful = listener.doubtful
                    self._busy = False
                    self._changed.notify_all()
        except ModelError:
            return  # words are off from here on: `unknown` says so, and the light goes on
        finally:
            with self._changed:
                self._broken = not self._closing or self._busy
                self._queue.clear()
                self._changed.notify_all()
            self._recogniser.close()

    def _next(self) -> _Chunk | _End | _Forget | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            if not self._queue:
                return None
            self._busy = True
            item = self._queue.popleft()
            self._changed.notify_all()
            return item


class _Listener:
    """The thread's side: gives audio to the recogniser and turns utterances into acts."""

    def __init__(self, recogniser: Recogniser, rules: WordsSettings, read_acts: ReadActs) -> None:
        self._recogniser = recogniser
        self._read_acts = read_acts
        self._doubt = Doubt(rules)
        self._began_s = 0.0  # where the recogniser's clock is zero, on the sample clock
        self._given_s = 0.0  # audio given since then
        self._settled_s = 0.0  # of it, already in an utterance

    @property
    def doubtful(self) -> bool:
        return self._doubt.words_off

    def take(self, item: _Chunk | _End | _Forget) -> list[ListeningAct]:
        if isinstance(item, _Forget):
            self._doubt.forget()
            self._recogniser.forget()
            wipe_registers()
            return []
        if isinstance(item, _End):
            return self._finish()
        acts: list[ListeningAct] = []
        if abs(self._began_s + self._given_s - item.start_s) > BLOCK_S / 2:  # audio was dropped: another utterance
            acts = self._finish()
            self._began_s = item.start_s
        utterance = self._recogniser.accept(item.samples)
        self._given_s += len(item.samples) / SAMPLE_RATE_HZ
        item.samples.fill(0.0)
        return acts + self._acts(utterance)

    def _finish(self) -> list[ListeningAct]:
        acts = self._acts(self._recogniser.finish())
        self._given_s = self._settled_s = 0.0
        return acts

    def _acts(self, utterance: Utterance | None) -> list[ListeningAct]:
        if utterance is None:
            return []
        self._doubt.hear(utterance, self._given_s - self._settled_s)
        self._settled_s = self._given_s
        if not utterance.words:
            return []
        at_s = round(self._began_s + utterance.words[-1].end_s, 3)
        return [ListeningAct(kind, at_s) for kind in self._read_acts(utterance.text)]
