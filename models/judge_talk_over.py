"""Judges models/talk_over.onnx on the held-out part: scenes to talk_over.json, uncertainty.json, plots and the card.

Run: PYTHONPATH=device:. python models/judge_talk_over.py --data DIR --seed N

One rule: what is judged is what runs on the counter, zones to floor, on voices, noises and calls never trained on.
"""

from __future__ import annotations

import argparse
import json
import re
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
from models.rooms.scenes import Cast, Condition, Scene, make_scene
from models.rooms.voices import Library, read_library
from models.talk_over_plots import Figures, draw
from models.talk_over_scores import KINDS, Scores

from counterpoint.conversation.floor import Floor
from counterpoint.hearing.detector import Detector
from counterpoint.hearing.geometry import BUILT_IN, ArrayGeometry
from counterpoint.hearing.zones import Zones
from counterpoint.settings import FloorRules
from counterpoint.values import BLOCK_SAMPLES, Block, Calibration, FloorEvent

if TYPE_CHECKING:
    from models.rooms.voices import Flags, Sound

HERE: Final = Path(__file__).parent
SCENE_S: Final = 30.0
CONDITIONS: Final[tuple[Condition, ...]] = ("quiet", "office", "busy", "neighbour")
CARD_TABLE: Final = re.compile(r"(<!-- figures -->\n).*?(<!-- end -->)", re.DOTALL)
REAL_ARRAY: Final = "respeaker-usb-v2"
REAL_BEARINGS_DEG: Final = (135.0, 315.0)
"""The loudspeaker called a180, in our order of the microphones (measured by steered power), and its opposite."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the line made of a recording."""

    said: Flags
    """Decided speech, shape (2, frames)."""
    events: tuple[FloorEvent, ...]


def listen(model: bytes, geometry: ArrayGeometry, calibration: Calibration, samples: Sound) -> Heard:
    """Zones, detector and floor over a whole recording, with the look-back's worth of silence after it."""
    zones, detector, floor = Zones(geometry, calibration, len(samples)), Detector(model), Floor(FloorRules())
    frames = samples.shape[1] // BLOCK_SAMPLES
    late = round(detector.look_back_s * 50)
    padded = np.pad(samples[:, : frames * BLOCK_SAMPLES], ((0, 0), (0, late * BLOCK_SAMPLES)))
    said = np.zeros((2, frames), dtype=np.bool_)
    events: list[FloorEvent] = []
    for number in range(frames + late):
        first = number * BLOCK_SAMPLES
        activity = detector.step(zones.step(Block(padded[:, first : first + BLOCK_SAMPLES], first)))
        events += floor.step(activity).events
        if number >= late:
            said[:, number - late] = activity.agent > 0.5, activity.customer > 0.5  # noqa: PLR2004  # more likely than not
    return Heard(said, (*events, *floor.close()))


def judge(library: Library, condition: Condition, scenes: int, seed: int) -> dict[str, Scores]:
    """Scores of a condition: over all arrays, and by array."""
    model = (HERE / "talk_over.onnx").read_bytes()
    rng = np.random.default_rng((seed, 99, sum(condition.encode())))
    scores: dict[str, Scores] = {}
    for number in range(scenes):
        cast: Cast = "staff" if library.staff and number % 2 else "readers"
        scene: Scene = make_scene(rng, library, SCENE_S, condition, cast)
        heard = listen(model, scene.counter.geometry, scene.counter.calibration, scene.samples)
        for name in ("all", scene.counter.geometry.name):
            scores.setdefault(name, Scores()).add(scene, heard.said, heard.events)
    return scores


def _judge_in_process(wish: tuple[Path, Condition, int, int]) -> dict[str, Scores]:
    folder, condition, scenes, seed = wish
    return judge(read_library(folder, "test"), condition, scenes, seed)


def uncertainty(scores: list[Scores]) -> dict[str, object]:
    """The fields of `values.Uncertainty`, over all conditions."""
    tallies = {kind: [one.kinds[kind] for one in scores] for kind in KINDS} | {
        "talk_over": [one.talk_over for one in scores]
    }
    hits = {kind: sum(t.hits for t in many) for kind, many in tallies.items()}
    said = {kind: hits[kind] + sum(t.false for t in many) for kind, many in tallies.items()}
    true = {kind: hits[kind] + sum(t.missed for t in many) for kind, many in tallies.items()}
    overlap_s = sum(one.overlap_s for one in scores)
    return {
        "source": "simulation",
        "talk_share_points": round(float(np.mean([e for one in scores for e in one.share_errors])), 2),
        "overlap_relative": round(sum(sum(one.overlap_errors_s) for one in scores) / overlap_s, 3),
        "event_recall": {kind: round(hits[kind] / max(true[kind], 1), 3) for kind in tallies},
        "event_precision": {kind: round(hits[kind] / max(said[kind], 1), 3) for kind in tallies},
        "pause_s": round(float(np.mean([e for one in scores for e in one.pause_errors_s])), 3),
    }


def real_clips(folder: Path) -> dict[str, dict[str, float]]:
    """The recordings of a real array: one loudspeaker is told to be the agent, its opposite must stay silent."""
    model = (HERE / "talk_over.onnx").read_bytes()
    found = {}
    for path in sorted((folder / "array").glob("*.wav")):
        samples = soundfile.read(path, dtype="float32", always_2d=True)[0].T
        said = listen(model, BUILT_IN[REAL_ARRAY], Calibration(*REAL_BEARINGS_DEG), samples).said
        found[path.stem] = {
            "agent_share": round(float(said[0].mean()), 3),
            "customer_share": round(float(said[1].mean()), 3),
            "both_share": round(float(said.all(axis=0).mean()), 3),
        }
    return found


def write_card(card: Path, figures: dict[str, Figures]) -> None:
    """Put the figures into the card's table."""
    names = list(next(iter(figures.values())))
    lines = ["| figure | " + " | ".join(figures) + " |", "|---|" + "---|" * len(figures)]
    lines += [
        f"| {name.replace('_', ' ')} | " + " | ".join(f"{one[name]:g}" for one in figures.values()) + " |"
        for name in names
    ]
    table = "\n".join(lines) + "\n"
    card.write_text(CARD_TABLE.sub(lambda found: found[1] + table + found[2], card.read_text()))


def main() -> None:
    """Judge all conditions, write figures, plots and the card's table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with speech, noise, timings and array")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--scenes", type=int, default=60, help="scenes of 30 s a condition")
    wishes = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        wished = [(wishes.data, condition, wishes.scenes, wishes.seed) for condition in CONDITIONS]
        judged = dict(zip(CONDITIONS, pool.map(_judge_in_process, wished), strict=True))
    figures: dict[str, Figures] = {condition: scores["all"].figures() for condition, scores in judged.items()}
    arrays: dict[str, dict[str, Figures]] = {
        array: {condition: scores[array].figures() for condition, scores in judged.items() if array in scores}
        for array in (*BUILT_IN, "any")
    }
    verdict = {
        "seed": wishes.seed,
        "conditions": figures,
        "arrays": arrays,
        "real_array_clips": real_clips(wishes.data),
    }
    (HERE / "talk_over.json").write_text(json.dumps(verdict, indent=1) + "\n")
    sure = uncertainty([scores["all"] for scores in judged.values()])
    (HERE / "uncertainty.json").write_text(json.dumps(sure, indent=1) + "\n")
    latencies: dict[str, list[float]] = {condition: scores["all"].latencies_s for condition, scores in judged.items()}
    draw(figures, arrays, latencies, HERE / "plots")
    write_card(HERE / "talk_over.md", figures)
    print(json.dumps(verdict, indent=1), json.dumps(sure, indent=1), sep="\n")


if __name__ == "__main__":
    main()
