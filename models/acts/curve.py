"""Macro F1 on kinds of conversation that models were not trained on, over the lines that each was trained on.

    PYTHONPATH=device:. python models/acts/curve.py --kinds counter counselling --out FILE LINES=MODEL ...

The models come from train.py with `--without` these kinds and a `--share`. One rule: all are given the same thresholds.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import onnx
from models.acts.hear import read_heard
from models.acts.judge import Case, macro
from models.acts.plots import draw_curve
from models.acts.texts import HERE, as_recognised, as_written, read_examples
from models.acts.train import THRESHOLDS

from counterpoint.words.act_model import ACTS, ActModel

HEARD: Final = HERE / "heard/examples.tsv"


def cases_of(kinds: set[str]) -> dict[str, list[Case]]:
    """The lines of these kinds by how they come."""
    lines = [one for one in read_examples("examples") if one.kind in kinds]
    heard = [(one, text) for one, _, text in read_heard(HEARD, "examples") if one.kind in kinds]
    return {
        "as written": [Case(as_written(one.text, one.acts), one.acts, one.kind) for one in lines],
        "without marks": [Case(as_recognised(one.text), one.acts, one.kind) for one in lines],
        "as heard": [Case(text, one.acts, one.kind) for one, text in heard],
    }


def _with_thresholds(content: bytes) -> bytes:
    model = onnx.load_from_string(content)
    told = {one.key: one.value for one in model.metadata_props}
    told |= {name: ",".join(f"{one[act]:.2f}" for act in ACTS) for name, one in THRESHOLDS.items()}
    onnx.helper.set_model_props(model, told)
    return bytes(model.SerializeToString())


def main() -> None:
    """Print and draw the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="LINES=MODEL")
    parser.add_argument("--kinds", nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    ways = cases_of(set(given.kinds))
    points: dict[str, list[tuple[float, float]]] = {f"{way} ({len(cases)})": [] for way, cases in ways.items()}
    for one in given.models:
        lines, _, file = one.partition("=")
        model = ActModel(_with_thresholds(Path(file).read_bytes()))
        for (way, cases), places in zip(ways.items(), points.values(), strict=True):
            f1 = macro(cases, [frozenset[str](model.classify(case.text)) for case in cases])
            places.append((float(lines), f1))
            print(f"{lines} lines, {way}: macro F1 {f1:.3f}", flush=True)
    draw_curve(points, "lines in training", given.out)


if __name__ == "__main__":
    main()
