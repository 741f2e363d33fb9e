"""How much of the customer's speech reaches the recogniser, on simulated counters; run it, it is no test.

    python tests/benchmarks/words_leak.py DATA [--scenes N] [--seconds S] [--seed N]

DATA is the folder of speech, noise and call timings that models/rooms reads; needs the training extra. Held-out
voices, rooms and noises. The whole line decides: zones, detector, floor, gate; only the visit is always open.
One rule: truth is the simulator's, frame by frame; nothing is forgiven at the edges.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import numpy as np
from models.rooms.scenes import Condition, make_scene
from models.rooms.voices import Library, read_library

from counterpoint.conversation import Floor
from counterpoint.edge.model_files import read_model
from counterpoint.hearing import Detector, Zones
from counterpoint.settings import FloorRules
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, Block, SessionStep
from counterpoint.words import SpeechGate

if TYPE_CHECKING:
    from models.rooms.scenes import Scene
    from numpy.typing import NDArray

TAIL: Final = 40  # blocks of silence, so that the last speech is judged
OPEN: Final = SessionStep(is_open=True)


def main() -> None:
    """Print one row a condition."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DATA")
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=1)
    wishes = parser.parse_args()
    library, model = read_library(wishes.folder, "test"), read_model("talk_over")
    print("condition    customer alone, let in   agent alone, let in   frames of each")
    for condition in get_args(Condition):
        print(f"{condition:<12} {_row(library, model, condition, wishes)}", flush=True)


def _row(library: Library, model: bytes, condition: Condition, wishes: argparse.Namespace) -> str:
    counts = np.zeros(4, dtype=np.int64)
    for number in range(wishes.scenes):
        scene = make_scene(np.random.default_rng((wishes.seed, number)), library, wishes.seconds, condition)
        passed = _passed(scene, model)
        agent, customer = scene.active[0], scene.active[1]
        for place, alone in enumerate((customer & ~agent, agent & ~customer)):
            counts[2 * place : 2 * place + 2] += (int((alone & passed).sum()), int(alone.sum()))
    leaked, customers, let_in, agents = counts.tolist()
    return f"{leaked / max(1, customers):18.2%} {let_in / max(1, agents):21.1%}        {customers}, {agents}"


def _passed(scene: Scene, model: bytes) -> NDArray[np.bool_]:
    """Which frames the gate let through."""
    geometry = scene.counter.geometry
    channels = len(scene.samples)
    zones, detector = Zones(geometry, scene.counter.calibration, channels), Detector(model)
    floor, gate = Floor(FloorRules()), SpeechGate()
    frames = scene.active.shape[1]
    samples = np.pad(scene.samples, ((0, 0), (0, TAIL * BLOCK_SAMPLES)))
    through = np.zeros(frames, dtype=np.bool_)
    for index in range(frames + TAIL):
        first = index * BLOCK_SAMPLES
        frame = zones.step(Block(samples[:, first : first + BLOCK_SAMPLES].astype(np.float32), first))
        step = gate.step(frame, floor.step(detector.step(frame)), OPEN)
        place = round(step.start_s / BLOCK_S)
        if step.samples is not None and 0 <= place < frames:
            through[place] = True
    return through


if __name__ == "__main__":
    main()
