"""Makes models/talk_over.onnx: simulates counters, trains, exports, writes the manifest entry.

Run: PYTHONPATH=device:. python models/train_talk_over.py --data DIR --work DIR --seed N

One rule: with the same data and seed it makes the same model; nothing is drawn outside the seed.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from models.rooms.scenes import Cast, Condition, Scene, make_scene
from models.rooms.voices import Library, Part, read_library
from models.talk_over_net import LOOK_BACK_FRAMES, TalkOverNet, swapped_sides, to_onnx

from counterpoint.hearing.zones import FEATURES, MEL_BANDS, Zones
from counterpoint.values import BLOCK_SAMPLES, Block

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE: Final = Path(__file__).parent
SCENE_S: Final = 30.0
FRAMES: Final = int(SCENE_S * 50)
CHUNK: Final = 500
"""Frames that the gradient looks back over; the state is carried on."""
BATCH: Final = 32
LEARNING_RATE: Final = 2e-3
TAKES_SHARE: Final = 0.4
"""How much the belief in taking the floor counts against the belief in the sides."""
TAKES_WEIGHT: Final = 1.0
"""Weight of frames that take the floor: three in four overlapping frames of the scenes do, at a counter few (TurnBench:
ten backchannels to a turn taken). So an overlap counts as a backchannel until it has lasted, or is loud."""
LOST_SHARE: Final = 0.06
"""Share of scenes in which blocks are lost."""
SCENES_A_JOB: Final = 20
FIRST_STAFF_JOB: Final = 10_000
HELD_HOURS: Final = (0.3, 0.3)


@dataclass(frozen=True, slots=True)
class Examples:
    """Features and truth of many scenes, first axis scenes, second frames."""

    features: NDArray[np.float16]
    truth: NDArray[np.uint8]
    """Agent, customer, takes the floor, and whether the last is known; look-back applied."""


def features_of(scene: Scene, rng: np.random.Generator) -> NDArray[np.float16]:
    """The zones' features of each block, by the very code that runs on the counter; now and then blocks are lost."""
    zones = Zones(scene.counter.geometry, scene.counter.calibration, len(scene.samples))
    frames = scene.samples.shape[1] // BLOCK_SAMPLES
    lost = np.zeros(frames, dtype=np.bool_)
    if rng.random() < LOST_SHARE:
        for start in rng.integers(0, frames, 4):
            lost[start : start + int(rng.integers(1, 40))] = True
    out = np.empty((frames, FEATURES), dtype=np.float16)
    for frame in range(frames):
        samples = scene.samples[:, frame * BLOCK_SAMPLES : (frame + 1) * BLOCK_SAMPLES]
        if lost[frame]:
            samples = np.zeros_like(samples)
        out[frame] = zones.step(Block(samples, frame * BLOCK_SAMPLES)).features
    return out


def truth_of(scene: Scene) -> NDArray[np.uint8]:
    """The truth of the judged frame at each step: `LOOK_BACK_FRAMES` ago."""
    now = np.stack([scene.active[0], scene.active[1], scene.takes, scene.overlap_known], axis=1)
    late = np.zeros_like(now)
    late[LOOK_BACK_FRAMES:] = now[:-LOOK_BACK_FRAMES]
    return late.astype(np.uint8)


def _job(library: Library, condition: Condition, cast: Cast, seed: tuple[int, ...]) -> Examples:
    """The examples of one job; each job has its own generator."""
    rng = np.random.default_rng(seed)
    scenes = [make_scene(rng, library, SCENE_S, condition, cast) for _ in range(SCENES_A_JOB)]
    return Examples(np.stack([features_of(s, rng) for s in scenes]), np.stack([truth_of(s) for s in scenes]))


_LIBRARIES: dict[tuple[Path, Part], Library] = {}


def _job_in_process(folder: Path, part: Part, cast: Cast, seed: tuple[int, ...]) -> Examples:
    """Read the library once a process."""
    if (folder, part) not in _LIBRARIES:
        _LIBRARIES[folder, part] = read_library(folder, part)
    return _job(_LIBRARIES[folder, part], "mixed", cast, seed)


def examples(folder: Path, work: Path, part: Part, cast: Cast, hours: float, seed: int) -> Examples:
    """Simulate `hours` of scenes, or take them from the work folder if they were simulated before."""
    kept = work / f"{part}-{cast}-{seed}-{hours:g}h-{_recipe_hash()}.npz"
    if kept.exists():
        with np.load(kept) as arrays:
            return Examples(arrays["features"], arrays["truth"])
    jobs = max(1, round(hours * 3600 / SCENE_S / SCENES_A_JOB))
    first = {"readers": 0, "staff": FIRST_STAFF_JOB}[cast]
    seeds = [(seed, {"train": 0, "valid": 1, "test": 2}[part], first + job) for job in range(jobs)]
    with ProcessPoolExecutor(2) as pool:
        done = list(pool.map(partial(_job_in_process, folder, part, cast), seeds))
    made = Examples(np.concatenate([d.features for d in done]), np.concatenate([d.truth for d in done]))
    np.savez(kept, features=made.features, truth=made.truth)
    return made


def both_casts(folder: Path, work: Path, part: Part, hours: tuple[float, float], seed: int) -> Examples:
    """Scenes of readers, then of voices with small words."""
    readers = examples(folder, work, part, "readers", hours[0], seed)
    staff = examples(folder, work, part, "staff", hours[1], seed)
    return Examples(np.concatenate([readers.features, staff.features]), np.concatenate([readers.truth, staff.truth]))


def _recipe_hash() -> str:
    """Changes with the code that makes examples."""
    sources = sorted((HERE / "rooms").glob("*.py"))
    sources += sorted((HERE.parent / "device" / "counterpoint" / "hearing").glob("[gz]*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in [*sources, Path(__file__)])).hexdigest()[:12]


def train(made: Examples, held: Examples, epochs: int, seed: int, work: Path) -> TalkOverNet:
    """Train for `epochs`, the rate falling to zero; each epoch's model is kept in the work folder."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    flat = made.features[::7].reshape(-1, FEATURES).astype(np.float32)
    net = TalkOverNet(flat.mean(axis=0), flat.std(axis=0) + 0.05)
    optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=1e-3)
    started = time.monotonic()
    for epoch in range(epochs):
        _anneal(optimiser, epoch / epochs)
        loss = _epoch(net, optimiser, made, rng)
        held_loss = _loss_of(net, held)
        (work / f"epoch-{epoch + 1}.onnx").write_bytes(to_onnx(net, seed))
        spent = time.monotonic() - started
        print(f"epoch {epoch + 1}/{epochs}: loss {loss:.4f}, held out {held_loss:.4f}, {spent:.0f} s", flush=True)
    return net


def _anneal(optimiser: torch.optim.Optimizer, progress: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = LEARNING_RATE * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * progress)))


def _epoch(net: TalkOverNet, optimiser: torch.optim.Optimizer, made: Examples, rng: np.random.Generator) -> float:
    """One pass over all scenes in random order; returns the mean loss."""
    net.train()
    order = rng.permutation(len(made.features))
    losses = []
    swap = swapped_sides()
    for start in range(0, len(order) - BATCH // 2, BATCH):
        picked = np.sort(order[start : start + BATCH])
        features = made.features[picked].astype(np.float32)
        truth = made.truth[picked].copy()
        turned = rng.random(len(picked)) < 0.5  # noqa: PLR2004  # every scene is heard from both sides
        features[turned] = features[turned][:, :, swap]
        truth[turned] = truth[turned][:, :, [1, 0, 2, 3]]
        features[:, :, :MEL_BANDS] += rng.normal(0, 0.15, (len(picked), 1, 1)) + rng.normal(
            0, 0.1, (len(picked), 1, MEL_BANDS)
        )
        state = None
        for begin in range(0, FRAMES, CHUNK):
            part = slice(begin, begin + CHUNK)
            logits, state = net(torch.from_numpy(features[:, part]), state)
            loss = _loss(logits, torch.from_numpy(truth[:, part].astype(np.float32)))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            state = state.detach()
            losses.append(float(loss.detach()))
    return float(np.mean(losses))


def _loss(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of both sides, and of taking the floor where both speak."""
    plain = torch.nn.functional.binary_cross_entropy_with_logits
    sides = plain(logits[..., :2], truth[..., :2])
    known = truth[..., 3]
    weight = known * (1 - (1 - TAKES_WEIGHT) * truth[..., 2])
    takes = (plain(logits[..., 2], truth[..., 2], reduction="none") * weight).sum() / (weight.sum() + 50)
    return sides + TAKES_SHARE * takes


def _loss_of(net: TalkOverNet, held: Examples) -> float:
    net.eval()
    with torch.no_grad():
        logits, _ = net(torch.from_numpy(held.features.astype(np.float32)), None)
        return float(_loss(logits, torch.from_numpy(held.truth.astype(np.float32))))


def write_manifest_entry(manifest: Path, model: bytes) -> None:
    """Put the model's size and SHA-256 under [talk_over], leaving other entries as they are."""
    entry = (
        "[talk_over]\n"
        'file = "talk_over.onnx"\n'
        f'sha256 = "{hashlib.sha256(model).hexdigest()}"\n'
        f"size_bytes = {len(model)}\n"
        'licence = "Apache-2.0"\n'
        'card = "talk_over.md"\n'
    )
    text = manifest.read_text() if manifest.exists() else "# Models by name: file, SHA-256, size, licence.\n\n"
    pattern = re.compile(r"^\[talk_over\]\n(?:[^\[].*\n)*", re.MULTILINE)
    text = pattern.sub(entry, text) if pattern.search(text) else text.rstrip("\n") + "\n\n" + entry
    manifest.write_text(text)


def main() -> None:
    """Simulate, train, export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with speech, noise and timings")
    parser.add_argument("--work", type=Path, required=True, help="folder for simulated examples")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--hours", type=float, default=8.0, help="simulated audio of readers to train on")
    parser.add_argument("--staff-hours", type=float, default=8.0, help="and of voices with small words")
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--out", type=Path, default=HERE / "talk_over.onnx")
    wishes = parser.parse_args()
    torch.set_num_threads(1)  # a step of the recurrence is too small to share; two threads wait for each other
    wishes.work.mkdir(parents=True, exist_ok=True)
    made = both_casts(wishes.data, wishes.work, "train", (wishes.hours, wishes.staff_hours), wishes.seed)
    held = both_casts(wishes.data, wishes.work, "valid", HELD_HOURS, wishes.seed)
    net = train(made, held, wishes.epochs, wishes.seed, wishes.work)
    model = to_onnx(net.eval(), wishes.seed)
    wishes.out.write_bytes(model)
    write_manifest_entry(wishes.out.parent / "manifest.toml", model)
    print(f"{wishes.out}: {len(model)} bytes")


if __name__ == "__main__":
    main()
