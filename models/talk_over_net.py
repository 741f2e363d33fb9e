"""The talk-over network and its ONNX graph; one rule: shape and export live here, so that both sides agree.

features (114) -> normalise -> linear, ReLU -> GRU -> GRU -> linear, sigmoid -> agent, customer, takes the floor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from counterpoint.hearing.detector import MODEL_VERSION
from counterpoint.hearing.zones import FEATURES, MEL_BANDS, SHARE_BANDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

HIDDEN: Final = 128
LAYERS: Final = 2
OUTPUTS: Final = 3
LOOK_BACK_FRAMES: Final = 5
"""The belief is about 100 ms ago: the wait in which an onset, a burst and a reflection part."""
CLIP: Final = 6.0
DROPOUT: Final = 0.15
TAKES_SHIFT: Final = 0.0
"""Added to the logit of taking the floor: earlier predictions for more false alarms; chosen on the valid part."""
OPSET: Final = 17


class TalkOverNet(torch.nn.Module):  # type: ignore[misc]  # torch publishes its types, but is skipped for speed
    """Beliefs about each frame of a stream of features."""

    def __init__(self, mean: NDArray[np.float32], spread: NDArray[np.float32]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("scale", torch.tensor(1 / spread))
        self.inlet = torch.nn.Linear(FEATURES, HIDDEN)
        self.memory = torch.nn.GRU(HIDDEN, HIDDEN, LAYERS, batch_first=True, dropout=DROPOUT)
        self.forget = torch.nn.Dropout(DROPOUT)
        self.outlet = torch.nn.Linear(HIDDEN, OUTPUTS)

    def forward(self, features: torch.Tensor, state: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits, shape (batch, frames, 3), and the state after the last frame."""
        level = torch.clamp((features - self.mean) * self.scale, -CLIP, CLIP)
        remembered, after = self.memory(self.forget(torch.relu(self.inlet(level))), state)
        return self.outlet(remembered), after


def swapped_sides() -> NDArray[np.int64]:
    """Which feature stands where when agent and customer change places."""
    order = np.arange(FEATURES)
    agent, customer = MEL_BANDS, 2 * MEL_BANDS
    order[agent : agent + MEL_BANDS], order[customer : customer + MEL_BANDS] = (
        np.arange(customer, customer + MEL_BANDS),
        np.arange(agent, agent + MEL_BANDS),
    )
    shares = 4 * MEL_BANDS
    order[shares : shares + SHARE_BANDS] = np.arange(shares + SHARE_BANDS, shares + 2 * SHARE_BANDS)
    order[shares + SHARE_BANDS : shares + 2 * SHARE_BANDS] = np.arange(shares, shares + SHARE_BANDS)
    return order


def to_onnx(net: TalkOverNet, seed: int) -> bytes:
    """The network as one ONNX step: features (1, 114) and state (2, 1, 128) in, beliefs (1, 3) and state out."""
    graph = helper.make_graph(
        [*_inlet_nodes(), *_memory_nodes(), *_outlet_nodes()],
        "talk_over",
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, FEATURES]),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, [LAYERS, 1, HIDDEN]),
        ],
        [
            helper.make_tensor_value_info("belief", TensorProto.FLOAT, [1, OUTPUTS]),
            helper.make_tensor_value_info("state_after", TensorProto.FLOAT, [LAYERS, 1, HIDDEN]),
        ],
        [numpy_helper.from_array(value, name) for name, value in _constants(net).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    helper.set_model_props(
        model,
        {
            "kind": "talk_over",
            "version": MODEL_VERSION,
            "features": str(FEATURES),
            "look_back_frames": str(LOOK_BACK_FRAMES),
            "seed": str(seed),
            "licence": "Apache-2.0",
        },
    )
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _constants(net: TalkOverNet) -> dict[str, NDArray[np.generic]]:
    """The learnt numbers by name, gates in ONNX's order."""
    learnt = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    constants: dict[str, NDArray[np.generic]] = {
        "mean": learnt["mean"],
        "scale": learnt["scale"],
        "low": np.array(-CLIP, dtype=np.float32),
        "high": np.array(CLIP, dtype=np.float32),
        "first_axis": np.array([0], dtype=np.int64),
        "inlet_weight": learnt["inlet.weight"],
        "inlet_bias": learnt["inlet.bias"],
        "outlet_weight": learnt["outlet.weight"],
        "outlet_bias": learnt["outlet.bias"] + np.array([0, 0, TAKES_SHIFT], dtype=np.float32),
    }
    for layer in range(LAYERS):
        names = [f"memory.{part}_l{layer}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        into, back, bias, bias_back = (_gates(learnt[name]) for name in names)
        constants[f"w{layer}"] = into[None]
        constants[f"r{layer}"] = back[None]
        constants[f"b{layer}"] = np.concatenate([bias, bias_back])[None]
    return constants


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
        nodes += [
            helper.make_node(
                "GRU",
                [f"below{layer}", f"w{layer}", f"r{layer}", f"b{layer}", "", f"state{layer}"],
                ["", f"after{layer}"],
                hidden_size=HIDDEN,
                linear_before_reset=1,
            ),
        ]
        if layer + 1 < LAYERS:
            nodes.append(helper.make_node("Identity", [f"after{layer}"], [f"below{layer + 1}"]))
    return nodes


def _outlet_nodes() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Concat", [f"after{layer}" for layer in range(LAYERS)], ["state_after"], axis=0),
        helper.make_node("Squeeze", [f"after{LAYERS - 1}", "first_axis"], ["top"]),
        helper.make_node("Gemm", ["top", "outlet_weight", "outlet_bias"], ["logits"], transB=1),
        helper.make_node("Sigmoid", ["logits"], ["belief"]),
    ]
