"""The act network and its ONNX graph; one rule: shape and export live here, so that both sides agree.

word + ending -> embedding -> three convolutions, wider and wider -+-> linear -> at its best place -+
                                                                   +-> mean, maximum -> linear -----+-> acts
                                                        what the patterns found -> linear ----------+
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
import torch
from models.acts.texts import KINDS
from onnx import TensorProto, helper, numpy_helper

from counterpoint.words.act_model import INPUTS, KIND, MODEL_VERSION
from counterpoint.words.tokens import ENDINGS, FIRST_WORD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Thresholds = Mapping[str, Mapping[str, float]]

SIZE: Final = 40  # numbers a word
CHANNELS: Final = 56
DEPTH: Final = 2  # convolutions after the first; a place then hears 7 words to each side
DROPOUT: Final = 0.2
PATTERN_TRUST: Final = 1.5  # what a pattern's word counts at the start of training, as a logit
FAR: Final = 1e4
OPSET: Final = 17


class ActNet(torch.nn.Module):  # type: ignore[misc]  # torch publishes its types, but is skipped for speed
    """Logits of the acts of a batch of utterances, each as rows of (word, ending), filled up with zeros.

    `known` holds a word vector a row, or zeros; what is learnt of a word itself is added to what its vector tells.
    """

    def __init__(self, known: NDArray[np.float32]) -> None:
        super().__init__()
        self.register_buffer("known", torch.from_numpy(known))
        self.told = torch.nn.Linear(known.shape[1], SIZE, bias=False)
        torch.nn.init.normal_(self.told.weight, std=0.3)
        self.word = torch.nn.Embedding(len(known), SIZE, padding_idx=0)
        self.ending = torch.nn.Embedding(ENDINGS, SIZE, padding_idx=0)
        for table in (self.word, self.ending):
            torch.nn.init.normal_(table.weight, std=0.3)
            with torch.no_grad():
                table.weight[0] = 0
        with torch.no_grad():
            self.word.weight[torch.from_numpy(known.any(axis=1))] = 0
        self.near = torch.nn.Conv1d(SIZE, CHANNELS, 3, padding=1)
        self.wider = torch.nn.ModuleList(
            torch.nn.Conv1d(CHANNELS, CHANNELS, 3, padding=2**n, dilation=2**n) for n in range(1, DEPTH + 1)
        )
        self.place = torch.nn.Linear(CHANNELS, len(KINDS))
        self.whole = torch.nn.Linear(2 * CHANNELS, len(KINDS))
        self.pattern = torch.nn.Linear(len(KINDS), len(KINDS), bias=False)
        with torch.no_grad():
            self.pattern.weight.copy_(PATTERN_TRUST * torch.eye(len(KINDS)))
        self.forget = torch.nn.Dropout(DROPOUT)

    def forward(self, rows: torch.Tensor, patterns: torch.Tensor, itself: torch.Tensor) -> torch.Tensor:
        """Logits, shape (batch, acts). `itself` (batch, words) is 0 where a word is known by its vector alone."""
        there = (rows[..., 1] > 0).float().unsqueeze(1)
        words = self.told(self.known[rows[..., 0]]) + self.word(rows[..., 0]) * itself.unsqueeze(2)
        level = (words + self.ending(rows[..., 1])).transpose(1, 2)
        level = torch.relu(self.near(self.forget(level) * there)) * there
        for layer in self.wider:
            level = (level + torch.relu(layer(self.forget(level)))) * there
        level = self.forget(level)
        away = (there - 1) * FAR
        best = (self.place(level.transpose(1, 2)).transpose(1, 2) + away).amax(2)
        both = torch.cat([(level + away).amax(2), level.sum(2) / there.sum(2)], 1)
        return best + self.whole(both) + self.pattern(patterns)


def to_onnx(nets: Sequence[ActNet], vocabulary: Mapping[str, int], thresholds: Thresholds) -> bytes:
    """The mean of some networks as one graph: rows (1, n, 2) and patterns (1, acts) in, probabilities (acts) out."""
    constants: dict[str, NDArray[np.generic]] = {"which": np.array(0), "end": np.array(1)}
    nodes = [
        helper.make_node("Gather", ["rows", "which"], ["words"], axis=2),
        helper.make_node("Gather", ["rows", "end"], ["endings"], axis=2),
    ]
    for number, net in enumerate(nets):
        constants |= _constants(net, f"n{number}_")
        nodes += _nodes(f"n{number}_")
    nodes += [
        helper.make_node("Mean", [f"n{number}_logits" for number in range(len(nets))], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["likely"]),
        helper.make_node("Flatten", ["likely"], ["acts"]),
    ]
    graph = helper.make_graph(
        nodes,
        KIND,
        [
            helper.make_tensor_value_info(INPUTS[0], TensorProto.INT64, [1, "n", 2]),
            helper.make_tensor_value_info(INPUTS[1], TensorProto.FLOAT, [1, len(KINDS)]),
        ],
        [helper.make_tensor_value_info("acts", TensorProto.FLOAT, [1, len(KINDS)])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    helper.set_model_props(model, _told(vocabulary, thresholds))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _told(vocabulary: Mapping[str, int], thresholds: Thresholds) -> dict[str, str]:
    """The model's metadata: what it is, its words in the order of their rows, its acts and their thresholds."""
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    if [vocabulary[word] for word in words] != list(range(FIRST_WORD, FIRST_WORD + len(words))):
        raise SystemExit("the vocabulary's numbers are not in a row")
    told = {"kind": KIND, "version": MODEL_VERSION, "language": "en", "licence": "Apache-2.0"}
    told |= {"words": "\n".join(words), "acts": ",".join(KINDS)}
    return told | {name: ",".join(f"{one[kind]:.2f}" for kind in KINDS) for name, one in thresholds.items()}


def _constants(net: ActNet, to: str) -> dict[str, NDArray[np.generic]]:
    """The learnt numbers, names beginning with `to`, linear layers the way MatMul takes them."""
    learnt = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    learnt["word.weight"] += learnt.pop("known") @ learnt.pop("told.weight").T
    for name in ("word.weight", "ending.weight"):
        learnt[name] = learnt[name].astype(np.float16)
    for name in ("place.weight", "whole.weight", "pattern.weight"):
        learnt[name] = np.ascontiguousarray(learnt[name].T)
    return {to + name: value for name, value in learnt.items()}


def _nodes(to: str) -> list[onnx.NodeProto]:
    """One network, from `words` and `endings` to its logits; an utterance fills its rows, so nothing is masked."""

    def node(operation: str, inputs: str, output: str, **settings: object) -> onnx.NodeProto:
        names = [name[1:] if name.startswith("/") else to + name for name in inputs.split()]
        return helper.make_node(operation, names, [to + output], **settings)

    nodes = [
        node("Gather", "word.weight /words", "half_of_words"),
        node("Gather", "ending.weight /endings", "half_of_endings"),
        node("Cast", "half_of_words", "of_words", to=TensorProto.FLOAT),
        node("Cast", "half_of_endings", "of_endings", to=TensorProto.FLOAT),
        node("Add", "of_words of_endings", "summed"),
        node("Transpose", "summed", "turned", perm=[0, 2, 1]),
        node("Conv", "turned near.weight near.bias", "near_level", pads=[1, 1]),
        node("Relu", "near_level", "level0"),
    ]
    for layer in range(DEPTH):
        wide = 2 ** (layer + 1)
        weights = f"wider.{layer}.weight wider.{layer}.bias"
        nodes += [
            node("Conv", f"level{layer} {weights}", f"wide{layer}", pads=[wide, wide], dilations=[wide]),
            node("Relu", f"wide{layer}", f"rectified{layer}"),
            node("Add", f"level{layer} rectified{layer}", f"level{layer + 1}"),
        ]
    top = f"level{DEPTH}"
    return [
        *nodes,
        node("Transpose", top, "places", perm=[0, 2, 1]),
        node("MatMul", "places place.weight", "each"),
        node("ReduceMax", "each", "best", axes=[1], keepdims=0),
        node("ReduceMax", top, "highest", axes=[2], keepdims=0),
        node("ReduceMean", top, "mean", axes=[2], keepdims=0),
        node("Concat", "highest mean", "both", axis=1),
        node("MatMul", "both whole.weight", "of_whole"),
        node("MatMul", "/patterns pattern.weight", "of_patterns"),
        node("Sum", "best place.bias of_whole whole.bias of_patterns", "logits"),
    ]
