"""What every peer that works side by side needs: two beams, who is louder, and the rule of call analytics.

One rule: a peer gets the best that it could have here. Its beams are ours, its thresholds the best on the part `valid`
(`tune_peers.py`), and its clean-up may look ahead, which costs it no latency.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.belief import BOTH, EVEN, Belief, HeardOverlap
from models.benchmark.systems.hashes import BENCHMARK, DEVICE
from models.benchmark.truth import FRAME_S, RATE

from counterpoint.hearing import Zones
from counterpoint.values import BLOCK_SAMPLES, Block, Calibration, FloorEvent

if TYPE_CHECKING:
    from models.benchmark.belief import Numbers
    from models.benchmark.truth import Flags, HeardScene, Sound
    from numpy.typing import NDArray

    from counterpoint.values import Side

GRACE_S: Final = 0.5
"""More overlap than this is an interruption, as call-ai-metrics 0.1.0 and other call analytics have it."""
BRIDGE_FRAMES: Final = 10
SHORTEST_FRAMES: Final = 6
"""Pauses under 0.2 s are filled as in the truth; bursts under 0.12 s are no speech."""
SMOOTH_FRAMES: Final = 5
SILENCE: Final = 1e-10
LOUD_PERCENTILE: Final = 95
FRAME: Final = round(FRAME_S * RATE)
SOURCES: Final = (
    BENCHMARK / "belief.py",
    Path(__file__),
    *(DEVICE / "hearing" / name for name in ("geometry.py", "sectors.py", "zones.py")),
)
"""What every peer's result depends on besides its own file."""


def two_beams(scene: HeardScene) -> Sound:
    """A beam towards each side with a null at the other, shape (2, samples); with a microphone a side, the two."""
    samples = scene.samples
    if scene.geometry.one_per_side:
        return samples[:2]
    swapped = Calibration(scene.calibration.customer_deg, scene.calibration.agent_deg)
    return np.stack([_beam(scene, scene.calibration), _beam(scene, swapped)])


def _beam(scene: HeardScene, calibration: Calibration) -> Sound:
    """The zones' beam for the recogniser, whose delay of one block is taken off."""
    zones = Zones(scene.geometry, calibration, len(scene.samples))
    blocks = scene.samples.shape[1] // BLOCK_SAMPLES
    heard = np.zeros((blocks + 1, BLOCK_SAMPLES), dtype=np.float32)
    whole = np.pad(scene.samples[:, : blocks * BLOCK_SAMPLES], ((0, 0), (0, BLOCK_SAMPLES)))
    for number in range(blocks + 1):
        first = number * BLOCK_SAMPLES
        heard[number] = zones.step(Block(whole[:, first : first + BLOCK_SAMPLES], first)).agent_beam
    beam: Sound = heard[1:].ravel()
    return beam


def levels_db(beams: Sound) -> Numbers:
    """Level of every 20 ms of both beams, evened out over 0.1 s, shape (2, frames)."""
    frames = beams[:, : beams.shape[1] // FRAME * FRAME].reshape(2, -1, FRAME)
    power = np.mean(frames.astype(np.float64) ** 2, axis=2)
    even = np.ones(SMOOTH_FRAMES) / SMOOTH_FRAMES
    smooth = np.stack([np.convolve(one, even, mode="same") for one in power])
    levels: Numbers = (10 * np.log10(smooth + SILENCE)).astype(np.float32)
    return levels


def own_voice(levels: Numbers, margin_db: float, below_loud_db: float = 99.0) -> Flags:
    """Where a beam holds its own side's voice and not the other's that leaks, shape (2, frames).

    Args:
        levels: Of both beams in dB, shape (2, frames).
        margin_db: How much softer than the other beam it may be.
        below_loud_db: How much softer than its own loud speech (its 95th percentile).
    """
    lead = levels[0] - levels[1]
    loud = np.percentile(levels, LOUD_PERCENTILE, axis=1, keepdims=True) if levels.size else levels
    own: Flags = np.stack([lead > -margin_db, lead < margin_db]) & (levels > loud - below_loud_db)
    return own


def above(probability: Numbers, threshold: float) -> Numbers:
    """The same beliefs, moved so that even odds lie at the threshold."""
    p = np.clip(probability.astype(np.float64), 1e-4, 1 - 1e-4)
    odds = np.log(p / (1 - p)) - np.log(threshold / (1 - threshold))
    moved: Numbers = (1 / (1 + np.exp(-odds))).astype(np.float32)
    return moved


def cleaned(said: Flags) -> Flags:
    """Short pauses filled, short bursts dropped, shape (2, frames)."""
    return np.stack([_without(~_without(~side, BRIDGE_FRAMES), SHORTEST_FRAMES) for side in said])


def runs(flags: Flags) -> NDArray[np.intp]:
    """Starts and ends of the runs of true, shape (runs, 2)."""
    return np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))).reshape(-1, 2)


def _without(flags: Flags, shorter_than: int) -> Flags:
    """The flags without runs of true that are shorter."""
    kept = flags.copy()
    for start, end in runs(flags):
        if end - start < shorter_than:
            kept[start:end] = False
    return kept


def by_duration(activity: Numbers) -> Belief:
    """A belief of the 0.5 s rule: who comes in second and overlaps for longer than that has interrupted.

    The confidence grows with the overlap, and is even at 0.5 s, so that sweeping it sweeps the rule's length.
    """
    said = cleaned(activity > EVEN)
    begun = [_begun_at(side) for side in said]
    overlaps: list[HeardOverlap] = []
    events: list[FloorEvent] = []
    for start, end in runs(said[0] & said[1]):
        side = int(begun[1][start] >= begun[0][start])
        frames = np.arange(1, end - start + 1)
        lasted_s = frames * FRAME_S
        at_s = (start + frames) * FRAME_S
        onset_s = float(start * FRAME_S)
        confidence = (lasted_s / (lasted_s + GRACE_S)).astype(np.float32)
        overlaps.append(HeardOverlap(side, onset_s, at_s, confidence, np.full(len(frames), BOTH, dtype=np.uint8)))
        long = np.flatnonzero(lasted_s > GRACE_S)
        if long.size:
            when_s = float(at_s[long[0]])
            by: Side = "customer" if side else "agent"
            events.append(FloorEvent(len(events) + 1, "talk_over", by, onset_s, when_s, when_s, 0.5))
    return Belief(activity=said.astype(np.float32), overlaps=tuple(overlaps), events=tuple(events))


def _begun_at(side: Flags) -> NDArray[np.intp]:
    """For every frame the start of the run that it is in; 0 outside any."""
    begun = np.zeros(len(side), dtype=np.intp)
    for start, end in runs(side):
        begun[start:end] = start
    return begun
