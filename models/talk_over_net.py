"""The talk-over network and its ONNX graph; one rule: shape and export live here, so that both sides agree.

features -> normalise -> linear, ReLU -> GRU -> GRU -+-> linear -> agent, customer, takes the floor: about 100 ms ago
                                                     `-> linear -> the last 17 -> convolution, ReLU -> linear
                                                         -> agent, customer: about 240 ms ago, settled
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
import torch
from models.talk_over_examples import LOOK_BACK_FRAMES, SETTLED_LOOK_BACK_FRAMES
from onnx import TensorProto, helper, numpy_helper

from counterpoint.hearing.detector import BELIEFS, INPUTS, MODEL_VERSION
from counterpoint.hearing.zones import FEATURES, feature_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

Memory = tuple[torch.Tensor, torch.Tensor]

HIDDEN: Final = 160
LAYERS: Final = 2
QUICK: Final = 3
TALK: Final = 2
"""What only the training asks besides: whether each side's voice is talk, and no small word."""
SUMMARY: Final = 32
SPAN: Final = 17
"""Summaries that the settled belief is drawn from: the judged frame, 4 before it and 12 after."""
LATER: Final = 48
SHIFT: Final = (0.0, 0.0, 0.4, 0.4, 0.4)
"""Added to the beliefs' logits after training: the settled sides where the F1 of overlaps is best, the floor where the
light's 0.6 finds more talk-overs for no more false cues; chosen on the part `valid`."""
CLIP: Final = 6.0
DROPOUT: Final = 0.1
OPSET: Final = 17


class TalkOverNet(torch.nn.Module):  # type: ignore[misc]  # torch publishes its types, but is skipped for speed
    """Beliefs about each frame of a stream of features."""

    def __init__(self, mean: NDArray[np.float32], spread: NDArray[np.float32]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("scale", torch.tensor(1 / spread))
        self.register_buffer("shift", torch.zeros(BELIEFS))
        self.inlet = torch.nn.Linear(FEATURES, HIDDEN)
        self.memory = torch.nn.GRU(HIDDEN, HIDDEN, LAYERS, batch_first=True, dropout=DROPOUT)
        self.forget = torch.nn.Dropout(DROPOUT)
        self.quick = torch.nn.Linear(HIDDEN, QUICK)
        self.summary = torch.nn.Linear(HIDDEN, SUMMARY)
        self.later = torch.nn.Conv1d(SUMMARY, LATER, SPAN)
        self.settled = torch.nn.Linear(LATER, BELIEFS - QUICK)
        self.talk = torch.nn.Linear(HIDDEN, TALK)

    def forward(self, features: torch.Tensor, memory: Memory | None) -> tuple[torch.Tensor, Memory]:
        """Logits, shape (batch, frames, 7), the last two for training only, and the memory after the last frame."""
        state, recent = memory or (None, features.new_zeros(len(features), SPAN - 1, SUMMARY))
        level = torch.clamp((features - self.mean) * self.scale, -CLIP, CLIP)
        remembered, after = self.memory(self.forget(torch.relu(self.inlet(level))), state)
        summaries = torch.cat([recent, self.summary(remembered).to(recent.dtype)], dim=1)
        later = torch.relu(self.later(summaries.transpose(1, 2))).transpose(1, 2)
        beliefs = torch.cat([self.quick(remembered), self.settled(later)], dim=2) + self.shift
        return torch.cat([beliefs, self.talk(remembered)], dim=2), (after, summaries[:, 1 - SPAN :])


def swapped_sides() -> NDArray[np.int64]:
    """Which feature stands where when agent and customer change places."""
    order = np.arange(FEATURES)
    for agent, customer in feature_groups():
        order[agent], order[customer] = np.arange(FEATURES)[customer], np.arange(FEATURES)[agent]
    return order


def to_onnx(net: TalkOverNet, seed: int) -> bytes:
    """The network as one ONNX step: features and memory in, five beliefs and the memory after it out.

    The large weights are stored in 16 bits and widened when the model is loaded: half the size, the same speed.
    """
    state, recent = [LAYERS, 1, HIDDEN], [1, SPAN - 1, SUMMARY]
    shapes = dict(zip(INPUTS, ([1, FEATURES], state, recent), strict=True))
    after = {"belief": [1, BELIEFS], "state_after": state, "recent_after": recent}
    constants = _constants(net)
    graph = helper.make_graph(
        [*_widened(constants), *_inlet_nodes(), *_memory_nodes(), *_quick_nodes(), *_settled_nodes()],
        "talk_over",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in after.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    helper.set_model_props(
        model,
        {
            "kind": "talk_over",
            "version": MODEL_VERSION,
            "features": str(FEATURES),
            "look_back_frames": str(LOOK_BACK_FRAMES),
            "settled_look_back_frames": str(SETTLED_LOOK_BACK_FRAMES),
            "seed": str(seed),
            "licence": "Apache-2.0",
        },
    )
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _constants(net: TalkOverNet) -> dict[str, NDArray[np.generic]]:
    """The learnt numbers by name, gates in ONNX's order; what is named `..._half` is widened on loading."""
    learnt = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    constants: dict[str, NDArray[np.generic]] = {
        "mean": learnt["mean"],
        "scale": learnt["scale"],
        "shift": learnt["shift"],
        "low": np.array(-CLIP, dtype=np.float32),
        "high": np.array(CLIP, dtype=np.float32),
        "first_axis": np.array([0], dtype=np.int64),
        "one": np.array([1], dtype=np.int64),
        "span": np.array([SPAN], dtype=np.int64),
        "inlet_weight_half": learnt["inlet.weight"].astype(np.float16),
        "later_weight_half": learnt["later.weight"].transpose(0, 2, 1).reshape(LATER, -1).astype(np.float16),
        "later_bias": learnt["later.bias"],
    }
    for part in ("inlet", "quick", "summary", "settled"):
        constants.setdefault(f"{part}_weight", learnt[f"{part}.weight"])
        constants[f"{part}_bias"] = learnt[f"{part}.bias"]
    del constants["inlet_weight"]
    for layer in range(LAYERS):
        names = [f"memory.{part}_l{layer}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        into, back, bias, bias_back = (_gates(learnt[name]) for name in names)
        constants[f"w{layer}_half"] = into[None].astype(np.float16)
        constants[f"r{layer}_half"] = back[None].astype(np.float16)
        constants[f"b{layer}"] = np.concatenate([bias, bias_back])[None]
    return constants


def _widened(constants: dict[str, NDArray[np.generic]]) -> list[onnx.NodeProto]:
    halves = [name for name in constants if name.endswith("_half")]
    return [helper.make_node("Cast", [name], [name.removesuffix("_half")], to=TensorProto.FLOAT) for name in halves]


def _gates(stacked: NDArray[np.float32]) -> NDArray[np.float32]:
    """Torch stacks reset, update, new; ONNX stacks update, reset, hidden."""
    reset, update, new = np.split(stacked, 3)
    return np.concatenate([update, reset, new])


def _inlet_nodes() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Sub", ["features", "mean"], ["centred"]),
        helper.make_node("Mul", ["centred", "scale"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "low", "high"], ["level"]),
        helper.make_node("Gemm", ["level", "inlet_weight", "inlet_bias"], ["inlet"], transB=1),
        helper.make_node("Relu", ["inlet"], ["rectified"]),
        helper.make_node("Unsqueeze", ["rectified", "first_axis"], ["below0"]),
        helper.make_node("Split", ["state"], [f"state{layer}" for layer in range(LAYERS)], axis=0),
    ]


def _memory_nodes() -> list[onnx.NodeProto]:
    nodes = []
    for layer in range(LAYERS):
        nodes.append(
            helper.make_node(
                "GRU",
                [f"below{layer}", f"w{layer}", f"r{layer}", f"b{layer}", "", f"state{layer}"],
                ["", f"after{layer}"],
                hidden_size=HIDDEN,
                linear_before_reset=1,
            )
        )
        if layer + 1 < LAYERS:
            nodes.append(helper.make_node("Identity", [f"after{layer}"], [f"below{layer + 1}"]))
    nodes.append(helper.make_node("Concat", [f"after{layer}" for layer in range(LAYERS)], ["state_after"], axis=0))
    nodes.append(helper.make_node("Squeeze", [f"after{LAYERS - 1}", "first_axis"], ["top"]))
    return nodes


def _quick_nodes() -> list[onnx.NodeProto]:
    return [helper.make_node("Gemm", ["top", "quick_weight", "quick_bias"], ["quick"], transB=1)]


def _settled_nodes() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Gemm", ["top", "summary_weight", "summary_bias"], ["summary"], transB=1),
        helper.make_node("Unsqueeze", ["summary", "first_axis"], ["newest"]),
        helper.make_node("Concat", ["recent", "newest"], ["summaries"], axis=1),
        helper.make_node("Slice", ["summaries", "one", "span", "one"], ["recent_after"]),
        helper.make_node("Flatten", ["summaries"], ["flat"]),
        helper.make_node("Gemm", ["flat", "later_weight", "later_bias"], ["later_level"], transB=1),
        helper.make_node("Relu", ["later_level"], ["later"]),
        helper.make_node("Gemm", ["later", "settled_weight", "settled_bias"], ["settled"], transB=1),
        helper.make_node("Concat", ["quick", "settled"], ["unshifted"], axis=1),
        helper.make_node("Add", ["unshifted", "shift"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["belief"]),
    ]
