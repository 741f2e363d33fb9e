"""Makes models/talk_over.onnx: simulates counters, trains, exports, writes the manifest entry.

Run: PYTHONPATH=device:. python models/train_talk_over.py --data DIR --work DIR --seed N

One rule: with the same data and seed it makes the same model; nothing is drawn outside the seed.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from models.talk_over_examples import FRAMES, Examples, Lot, all_lots
from models.talk_over_net import (
    QUICK,
    SHIFT,
    TalkOverNet,
    swapped_sides,
    to_onnx,
)

from counterpoint.hearing.detector import BELIEFS
from counterpoint.hearing.zones import FEATURES, MEL_BANDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE: Final = Path(__file__).parent
CHUNK: Final = 300
"""Frames that the gradient looks back over; the memory is carried on."""
BATCH: Final = 64
LEARNING_RATE: Final = 2e-3
WARM_UP_STEPS: Final = 60
TAKES_SHARE: Final = 0.6
"""How much the belief in taking the floor counts against the beliefs in the sides."""
TALK_SHARE: Final = 0.4
"""And how much whether a voice talks or says small words, which is told of far more speech than of overlaps."""
SMALL_WORD_WEIGHT: Final = 3.0
TOLD_ENOUGH: Final = 50
SETTLED_SHARE: Final = 1.0
HIDDEN_SHARE: Final = 0.3
"""Share of the scenes of a batch in which some of the features are hidden, so that no few of them are relied on."""
TURNED_TRUTH: Final = (1, 0, 2, 3, 5, 4, 7, 6, 9, 8)
HOURS: Final = (6.0, 16.0, 12.0, 1.5)
HELD_HOURS: Final[dict[Lot, float]] = {"readers": 0.3, "staff": 0.3, "counter": 0.6, "empty": 0.1}


def train(made: Examples, held: Examples, wishes: argparse.Namespace) -> TalkOverNet:
    """Train, from earlier weights if given, the rate falling to zero; each epoch is kept in the work folder."""
    epochs = wishes.epochs
    torch.manual_seed(wishes.seed)
    rng = np.random.default_rng(wishes.seed)
    flat = made.features[::7].reshape(-1, FEATURES).astype(np.float32)
    net = TalkOverNet(flat.mean(axis=0), flat.std(axis=0) + 0.05)
    if wishes.start is not None:
        net.load_state_dict(torch.load(wishes.start), strict=False)
    optimiser = torch.optim.AdamW(net.parameters(), lr=wishes.rate, weight_decay=1e-3)
    rate = _annealed(optimiser, epochs * (len(made.features) // BATCH))
    started = time.monotonic()
    for epoch in range(epochs):
        loss = _epoch(net, optimiser, rate, made, rng)
        held_loss = _loss_of(net, held)
        torch.save(net.state_dict(), wishes.work / f"epoch-{epoch + 1}.pt")
        spent = time.monotonic() - started
        print(f"epoch {epoch + 1}/{epochs}: loss {loss:.4f}, held out {held_loss:.4f}, {spent:.0f} s", flush=True)
    return net


def _annealed(optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Up in a few steps, then down a quarter of a wave."""

    def factor(step: int) -> float:
        return min(1.0, (step + 1) / WARM_UP_STEPS) * float(0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * step / steps)))

    return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


def _epoch(
    net: TalkOverNet,
    optimiser: torch.optim.Optimizer,
    rate: torch.optim.lr_scheduler.LRScheduler,
    made: Examples,
    rng: np.random.Generator,
) -> float:
    """One pass over all scenes in random order; returns the mean loss."""
    net.train()
    order = rng.permutation(len(made.features))
    losses = []
    for start in range(0, len(order) - BATCH + 1, BATCH):
        features, truth = _batch(made, np.sort(order[start : start + BATCH]), rng)
        memory = None
        for begin in range(0, FRAMES, CHUNK):
            part = slice(begin, begin + CHUNK)
            with torch.autocast("cpu", torch.bfloat16):
                logits, memory = net(features[:, part], memory)
            loss = _loss(logits.float(), truth[:, part])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            memory = (memory[0].detach().float(), memory[1].detach().float())
            losses.append(float(loss.detach()))
        rate.step()
    return float(np.mean(losses))


def _batch(made: Examples, picked: NDArray[np.int64], rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Some scenes, half of them heard from the other side, at other levels, with some features hidden."""
    features = made.features[picked].astype(np.float32)
    truth = made.truth[picked].copy()
    turned = rng.random(len(picked)) < 0.5  # noqa: PLR2004  # every scene is heard from both sides
    features[turned] = features[turned][:, :, swapped_sides()]
    truth[turned] = truth[turned][:, :, TURNED_TRUTH]
    features[:, :, :MEL_BANDS] += rng.normal(0, 0.15, (len(picked), 1, 1)) + rng.normal(
        0, 0.1, (len(picked), 1, MEL_BANDS)
    )
    mean = features.mean(axis=(0, 1))
    for scene in np.flatnonzero(rng.random(len(picked)) < HIDDEN_SHARE):
        first = int(rng.integers(FEATURES - MEL_BANDS // 2))
        hidden = slice(first, first + int(rng.integers(2, MEL_BANDS // 2)))
        features[scene, :, hidden] = mean[hidden]
    return torch.from_numpy(features), torch.from_numpy(truth.astype(np.float32))


def _loss(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of both sides, of both once settled, of taking the floor where both speak, and of talk."""
    plain = torch.nn.functional.binary_cross_entropy_with_logits
    quick = plain(logits[..., :2], truth[..., :2])
    settled = plain(logits[..., QUICK:BELIEFS], truth[..., 4:6])
    takes = _weighed(logits[..., 2], truth[..., 2], truth[..., 3])
    small = 1 + (SMALL_WORD_WEIGHT - 1) * (1 - truth[..., 6:8])
    talk = _weighed(logits[..., BELIEFS:], truth[..., 6:8], truth[..., 8:10] * small)
    return quick + SETTLED_SHARE * settled + TAKES_SHARE * takes + TALK_SHARE * talk


def _weighed(logits: torch.Tensor, truth: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy where the truth is told; of little when that is nearly nowhere."""
    told = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="none") * weight
    return told.sum() / (weight.sum() + TOLD_ENOUGH)


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
    pattern = re.compile(r"^\[talk_over\]\n(?:[^\[\n].*\n)*", re.MULTILINE)
    text = pattern.sub(entry, text) if pattern.search(text) else text.rstrip("\n") + "\n\n" + entry
    manifest.write_text(text)


def main() -> None:
    """Simulate, train, export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with speech, noise and timings")
    parser.add_argument("--work", type=Path, required=True, help="folder for simulated examples")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--hours", type=float, nargs=4, default=HOURS, help="simulated audio: readers, staff, at counters, empty"
    )
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--rate", type=float, default=LEARNING_RATE, help="learning rate at its highest")
    parser.add_argument("--start", type=Path, help="weights of an earlier run (epoch-N.pt) to go on from")
    parser.add_argument("--out", type=Path, default=HERE / "talk_over.onnx")
    wishes = parser.parse_args()
    torch.set_num_threads(1)  # a step of the recurrence is too small to share; two threads wait for each other
    wishes.work.mkdir(parents=True, exist_ok=True)
    hours: dict[Lot, float] = dict(zip(HELD_HOURS, wishes.hours, strict=True))
    made = all_lots(wishes.data, wishes.work, "train", hours, wishes.seed)
    held = all_lots(wishes.data, wishes.work, "valid", HELD_HOURS, wishes.seed)
    net = train(made, held, wishes)
    net.shift.copy_(torch.tensor(SHIFT))
    model = to_onnx(net.eval(), wishes.seed)
    wishes.out.write_bytes(model)
    write_manifest_entry(wishes.out.parent / "manifest.toml", model)
    print(f"{wishes.out}: {len(model)} bytes")


if __name__ == "__main__":
    main()
