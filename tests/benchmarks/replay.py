"""How much `counterpoint replay` costs on a 10-minute 4-channel recording: time, memory, and each stage of the path.

    python tests/benchmarks/replay.py [--minutes 10]

Prints a table: real-time factor and peak memory without and with words, each in a process of its own, then microseconds
a 20 ms block for each stage of the hearing path. The recording is the bundled conversation, over and over.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
import soundfile

from counterpoint.app.demo.conversation import ARRAY, CHANNELS, DemoSource, load
from counterpoint.conversation import Floor, Visits
from counterpoint.edge.array_file import load_array
from counterpoint.edge.model_files import read_model, read_uncertainty
from counterpoint.hearing import ChannelWatch, Detector, Zones
from counterpoint.nudge import Nudge
from counterpoint.settings import FloorRules, NudgeRules, SessionRules
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, Calibration

AS_FAST_AS_POSSIBLE = 1e9


def conversation_blocks() -> Iterator[Block]:
    while True:
        yield from DemoSource(load(), AS_FAST_AS_POSSIBLE).blocks()


def record(path: Path, minutes: float) -> None:
    with soundfile.SoundFile(path, "w", SAMPLE_RATE_HZ, CHANNELS, "PCM_16") as file:
        for block in islice(conversation_blocks(), round(minutes * 60 / BLOCK_S)):
            file.write(block.samples.T)


def replayed(recording: Path, out: Path, *options: str) -> dict[str, float]:
    command = [sys.executable, "-m", "counterpoint", "replay", str(recording), "--array", ARRAY, "--out", str(out)]
    printed = subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout
    summary: dict[str, float] = json.loads(printed.splitlines()[-1])
    return summary


def stage_costs(recording: Path, seconds: float = 120) -> dict[str, list[float]]:
    audio, _ = soundfile.read(recording, frames=round(seconds * SAMPLE_RATE_HZ), dtype="float32")
    array = load_array(ARRAY)
    watch, zones = ChannelWatch((0, 1, 2, 3)), Zones(array, Calibration(), CHANNELS)
    detector, floor = Detector(read_model("talk_over")), Floor(FloorRules())
    visits, nudge = Visits(SessionRules(), read_uncertainty(), words=False), Nudge(NudgeRules())
    costs: dict[str, list[float]] = {name: [] for name in ("channels", "zones", "detector", "floor", "visits", "nudge")}
    for first in range(0, len(audio) - BLOCK_SAMPLES, BLOCK_SAMPLES):
        block = Block(np.ascontiguousarray(audio[first : first + BLOCK_SAMPLES].T), first)
        marks = [time.perf_counter()]
        health = watch.step(block)
        marks.append(time.perf_counter())
        frame = zones.step(block)
        marks.append(time.perf_counter())
        activity = replace(detector.step(frame), sides_clear=health.sides_clear)
        marks.append(time.perf_counter())
        step = floor.step(activity)
        marks.append(time.perf_counter())
        visit = visits.step(step)
        marks.append(time.perf_counter())
        nudge.step(step, visit)
        marks.append(time.perf_counter())
        for name, begin, end in zip(costs, marks, marks[1:], strict=False):
            costs[name].append((end - begin) * 1e6)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "recording.wav"
        record(recording, minutes)
        print(f"{minutes:g} minutes, {CHANNELS} channels      audio s   cpu s  cpu/audio  elapsed/audio  peak MB  lost")
        for name, options in (("without words", ["--no-words"]), ("with words", [])):
            got = replayed(recording, Path(folder) / "out", *options)
            share = got["cpu_s"] / got["audio_s"]
            print(
                f"{name:26} {got['audio_s']:9.1f} {got['cpu_s']:7.2f} {share:9.2%} {got['real_time_factor']:13.2%}"
                f" {got['peak_rss_mb']:9.0f} {got['frames_lost']:5.0f}"
            )
        print("\nstage, microseconds a block      median     p99   share of real time")
        costs = stage_costs(recording)
        for name, micros in chain(costs.items(), [("all", [sum(one) for one in zip(*costs.values(), strict=True)])]):
            p99 = statistics.quantiles(micros, n=100)[98]
            share = statistics.fmean(micros) / BLOCK_S / 1e6
            print(f"{name:30} {statistics.median(micros):9.0f} {p99:7.0f} {share:14.2%}")


if __name__ == "__main__":
    main()
