"""Fits how the floor turns the detector's evidence and the length of an overlap into a confidence.

Run: PYTHONPATH=device:. python models/fit_overlaps.py --data DIR --work DIR --seed 7

One rule: fitted on the part that is held out of training and of the judgement; the weights printed here are those of
conversation/overlaps.py. Logistic regression: log-odds = a * logit(evidence) + b * (length - 0.5 s) + c.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from models.talk_over_examples import Examples, all_lots
from models.train_talk_over import HELD_HOURS
from numpy.typing import NDArray

from counterpoint.conversation.overlaps import CLIP, NEUTRAL_S, RECENT_FRAMES
from counterpoint.values import BLOCK_S

HERE: Final = Path(__file__).parent
TAKES_FLOOR: Final = 2
"""Which of the beliefs it is."""
LOOKS_S: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.3)
"""Lengths of a still open overlap at which it is judged."""
BRIDGE: Final = 10
"""Frames in which both need not speak at once for an overlap to go on."""
Table = NDArray[np.float64]


def beliefs(model: bytes, features: NDArray[np.float16]) -> Table:
    """P(takes the floor) of each frame of one scene."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options)
    first, *memories = session.get_inputs()
    inputs = {memory.name: np.zeros(memory.shape, dtype=np.float32) for memory in memories}
    out = np.zeros(len(features))
    for frame, row in enumerate(features.astype(np.float32)):
        belief, *after = session.run(None, {first.name: row[None], **inputs})
        inputs = dict(zip(inputs, after, strict=True))
        out[frame] = belief[0, TAKES_FLOOR]
    return out


def looks(made: Examples, model: bytes) -> Table:
    """One row a look: length in seconds, logit of the evidence, 1 where the floor is taken or fought for."""
    rows: list[tuple[float, float, float]] = []
    for features, truth in zip(made.features, made.truth > 0, strict=True):
        takes = beliefs(model, features)
        both = truth[:, 0] & truth[:, 1]
        for first, last in _stretches(both):
            if truth[first:last, 3].any():
                rows += _of_one(takes[first:last], float(truth[first:last, 2].any()))
    return np.array(rows)


def _stretches(both: NDArray[np.bool_]) -> list[tuple[int, int]]:
    frames = np.flatnonzero(both)
    if not len(frames):
        return []
    parts = np.split(frames, np.flatnonzero(np.diff(frames) > BRIDGE) + 1)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]


def _of_one(takes: Table, label: float) -> list[tuple[float, float, float]]:
    rows = []
    for length_s in LOOKS_S:
        frames = round(length_s / BLOCK_S)
        if frames <= len(takes):
            evidence = float(np.clip(takes[max(0, frames - RECENT_FRAMES) : frames].mean(), CLIP, 1 - CLIP))
            rows.append((length_s, np.log(evidence / (1 - evidence)), label))
    return rows


def fit(rows: Table) -> Table:
    """Weights of the evidence's logit, of the length over NEUTRAL_S, and the constant (Newton's method)."""
    design = np.column_stack([rows[:, 1], rows[:, 0] - NEUTRAL_S, np.ones(len(rows))])
    weights = np.zeros(3)
    for _ in range(30):
        belief = 1 / (1 + np.exp(-design @ weights))
        curvature = (design.T * (belief * (1 - belief))) @ design + 1e-2 * np.eye(3)
        weights += np.linalg.solve(curvature, design.T @ (rows[:, 2] - belief) - 1e-2 * weights)
    return weights


def main() -> None:
    """Print the weights, and how often the floor was taken at each length and evidence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--model", type=Path, default=HERE / "talk_over.onnx")
    wishes = parser.parse_args()
    held = all_lots(wishes.data, wishes.work, "valid", HELD_HOURS, wishes.seed)
    rows = looks(held, wishes.model.read_bytes())
    print("evidence {:.2f}, a second {:.2f}, constant {:.2f}".format(*fit(rows)))
    print("length   overlaps   taken   evidence of the taken   of the others")
    for length_s in LOOKS_S:
        here = rows[rows[:, 0] == length_s]
        evidence = 1 / (1 + np.exp(-here[:, 1]))
        taken = here[:, 2] == 1
        print(
            f"{length_s:4.1f} s {len(here):10} {taken.mean():7.0%}"
            f" {evidence[taken].mean():23.2f} {evidence[~taken].mean():15.2f}"
        )


if __name__ == "__main__":
    main()
