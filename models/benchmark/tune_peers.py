"""The peers' best settings; one rule: chosen on the part `valid` of the first simulator, as the model's are.

Run: PYTHONPATH=device:. python -m models.benchmark.tune_peers --data DIR --peers DIR

Prints how good every setting of each peer is; the best are the defaults of its tuning. Good is the F1 of the sides
(their mean) plus the F1 of overlap, over the four main conditions.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.benchmark.conditions import MAIN
from models.benchmark.scores.frames import RATIOS, count_frames
from models.benchmark.scores.talk_overs import stack
from models.benchmark.systems import energy, pyannote, sides, silero
from models.rooms.simulator import Rooms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.benchmark.belief import Belief
    from models.benchmark.truth import Flags

    Trial = tuple[Flags, Callable[[], Belief]]

SCENE_S: Final = 60.0
MARGINS_DB: Final = (-3.0, -1.5, 0.0, 1.5, 3.0, 4.5, 6.0, 9.0)
BELOW_LOUD_DB: Final = (6.0, 9.0, 12.0, 15.0, 99.0)
PROBABILITIES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def goodness(beliefs: Sequence[tuple[Flags, Belief]]) -> float:
    """Mean F1 of the sides plus F1 of overlap; the latter alone where there are no sides."""
    counts = stack([count_frames(active, belief) for active, belief in beliefs])
    overlap = RATIOS["overlap f1"].of(counts).value
    if "agent true" not in counts:
        return overlap
    return overlap + (RATIOS["agent f1"].of(counts).value + RATIOS["customer f1"].of(counts).value) / 2


def main() -> None:
    """Listen to the scenes once, then try every setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=4, help="scenes of a minute a condition")
    parser.add_argument("--seed", type=int, default=7)
    wishes = parser.parse_args()
    rooms = Rooms(wishes.data, "valid")
    vad, on_beams = silero.SileroPerSide(wishes.peers), pyannote.PyannotePerSide(wishes.peers)
    one = pyannote.PyannoteOneMicrophone(wishes.peers)
    heard = []
    for condition, number in product(MAIN, range(wishes.scenes)):
        scene = rooms.scene(condition, SCENE_S, (wishes.seed, number))
        beams = sides.two_beams(scene)
        heard.append(
            (scene.active, sides.levels_db(beams), vad.speech(beams), on_beams.voices(beams), one.overlap(scene))
        )
        print(".", end="", flush=True)
    print()
    for wanted in product((4.0, 7.0, 10.0, 13.0, 16.0), MARGINS_DB, BELOW_LOUD_DB):
        loud = energy.EnergyTuning(*wanted)
        _show(loud, goodness([(active, energy.decide(levels, loud)) for active, levels, *_ in heard]))
    for wanted in product(PROBABILITIES, MARGINS_DB, BELOW_LOUD_DB):
        spoken = silero.SileroTuning(*wanted)
        _show(spoken, goodness([(active, silero.decide(p, levels, spoken)) for active, levels, p, *_ in heard]))
    for threshold in PROBABILITIES:
        alone = pyannote.PyannoteTuning(overlap=threshold)
        _show(alone, goodness([(active, pyannote.decide_one(two, alone)) for active, *_, two in heard]))
    for wanted3 in product((0.4, 0.5, 0.6, 0.7, 0.8), (0.3, 0.5, 0.7), (-4.5, *MARGINS_DB[:5])):
        sided = pyannote.PyannoteTuning(*wanted3)
        _show(
            sided, goodness([(active, pyannote.decide(v, two, levels, sided)) for active, levels, _, v, two in heard])
        )


def _show(tuning: object, good: float) -> None:
    print(f"{good:.4f} {tuning}")


if __name__ == "__main__":
    main()
