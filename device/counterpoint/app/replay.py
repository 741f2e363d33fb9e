"""`counterpoint replay`: a recording through the same line as on the counter, into files.

One rule: nothing here decides anything; the figures measured on a file are those of the counter.
"""

from __future__ import annotations

import itertools
import resource
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import Progress

from counterpoint.app.parts import build_pipeline, build_words
from counterpoint.care import bearing_mistakes
from counterpoint.care.checks import placement_faults, unheard_fault
from counterpoint.edge.array_file import load_array
from counterpoint.edge.recording import Recording
from counterpoint.edge.results import Results
from counterpoint.errors import UsageError
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, Calibration, Placement, Side

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from counterpoint.app.pipeline import Moment, Pipeline
    from counterpoint.edge.words_line import WordsLine
    from counterpoint.settings import Settings

PROGRESS_EVERY: Final = 250  # blocks: the bar moves five times a recorded minute, and costs nothing


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """What to replay, for which array and bearings (degrees), and where to write."""

    recording: Path
    array: str
    agent_deg: float
    customer_deg: float
    out: Path
    words: bool


class ReplaySummary(msgspec.Struct, frozen=True):
    """The last line that `replay` prints.

    `real_time_factor` is elapsed time over audio time; `cpu_s` counts every thread, both from the first block to the
    last file.
    """

    audio_s: float
    cpu_s: float
    real_time_factor: float
    peak_rss_mb: float
    frames_lost: int
    words_dropped: int


@dataclass(slots=True)
class _Tally:
    """What came of the blocks: how many lost some sound, whether anybody spoke, and what was wrong at the end."""

    lost: int = 0
    heard: bool = False
    silent: tuple[int, ...] = ()
    placement: Placement = field(default_factory=Placement)
    unheard: Side | None = None

    def add(self, block: Block, moment: Moment) -> None:
        self.lost += block.lost_samples > 0
        self.heard |= moment.floor.agent or moment.floor.customer
        self.silent = moment.channels.silent
        self.placement, self.unheard = moment.placement, moment.unheard

    def doubts(self) -> Iterator[str]:
        """What is no failure and still makes the results worth little, a line each."""
        if not self.heard:
            yield "0 visits; nobody was heard: check --agent, --customer and the channels"
        if self.silent:
            yield f"digital silence on raw channel {', '.join(map(str, self.silent))}: check the recording's channels"
        faults = [*placement_faults(self.placement), *([unheard_fault(self.unheard)] if self.unheard else [])]
        yield from (f"{what}: {remedy}" for what, remedy in faults)


def replay(order: ReplayOrder, settings: Settings) -> int:
    """Replay one recording; print the summary line; return 0.

    Raises:
        CounterpointError: Bad recording, array, model or folder; the message says what to do.
    """
    array = load_array(order.array)
    for mistake in bearing_mistakes(order.agent_deg, order.customer_deg):
        raise UsageError(f"{mistake.problem}: {mistake.remedy}")
    with ExitStack() as stack:
        recording = stack.enter_context(Recording(order.recording, array))
        words = build_words(settings, wait=True) if order.words else None
        if words is not None:
            stack.callback(words.close)
        calibration = Calibration(order.agent_deg, order.customer_deg)
        pipeline = build_pipeline(settings, array, calibration, channels=recording.channels, words=words)
        results = stack.enter_context(Results(order.out))
        print(_through(recording, pipeline, results, words).decode())
    return 0


def _through(recording: Recording, pipeline: Pipeline, results: Results, words: WordsLine | None) -> bytes:
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    tally = _step_all(recording, pipeline, results)
    ending = pipeline.close()
    results.events(ending.events)
    results.acts(ending.acts)
    results.session(ending.session)
    results.finish(-(-recording.samples // BLOCK_SAMPLES))
    for doubt in tally.doubts():
        print(f"counterpoint: {doubt}", file=sys.stderr)
    audio_s = recording.samples / SAMPLE_RATE_HZ
    summary = ReplaySummary(
        audio_s=round(audio_s, 3),
        cpu_s=round(time.process_time() - started_cpu_s, 3),
        real_time_factor=round((time.perf_counter() - started_s) / max(audio_s, BLOCK_S), 5),
        peak_rss_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        frames_lost=tally.lost,
        words_dropped=words.dropped if words is not None else 0,
    )
    return msgspec.json.encode(summary)


def _step_all(recording: Recording, pipeline: Pipeline, results: Results) -> _Tally:
    tally, frames = _Tally(), 0
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("replaying", total=recording.duration_s or None)
        for block in _with_tail(recording, pipeline.settled_look_back_s):
            moment = pipeline.step(block)
            results.activity(moment.activity)
            results.events(moment.floor.events)
            results.cues(() if moment.cue is None else (moment.cue,))
            results.acts(moment.acts)
            results.session(moment.visit.closed)
            tally.add(block, moment)
            frames += 1
            if frames % PROGRESS_EVERY == 0:
                progress.update(bar, completed=frames * BLOCK_S)
    return tally


def _with_tail(recording: Recording, look_back_s: float) -> Iterator[Block]:
    """The recording's blocks, then as much silence as the detector looks back, so that every frame is settled."""
    tail = round(look_back_s / BLOCK_S)
    last = 0
    for block in recording.blocks():
        last = block.first_sample + BLOCK_SAMPLES
        yield block
    silence = np.zeros((recording.channels, BLOCK_SAMPLES), dtype=np.float32)
    for first in itertools.islice(itertools.count(last, BLOCK_SAMPLES), tail):
        yield Block(silence, first)
