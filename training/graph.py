"""The lesion network's weights -> its ONNX graph, built with `onnx.helper`: opset 17, no exporter in between, the same bytes for the same weights.

What comes up from below and what comes across from the same size are convolved each by its own part of the weights and added: the same
sums as one convolution of both side by side, which onnxruntime would first have to lay out anew (183 ms of core a face instead of 137).
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS = 4
LEVELS = 4
OPSET, IR_VERSION = 17, 8


class _Graph:
    """Nodes and constants as they come to be."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants = {"scales": np.array([1, 1, 2, 2], dtype=np.float32)}
        self._weights = weights

    def convolve(self, source: str, name: str) -> str:
        weight = self._weights[f"{name}_w"]
        self.constants |= {f"{name}_w": weight, f"{name}_b": self._weights[f"{name}_b"]}
        pad = weight.shape[2] // 2
        self.nodes.append(
            helper.make_node("Conv", [source, f"{name}_w", f"{name}_b"], [name], pads=[pad] * 4)
        )
        return name

    def relu(self, source: str) -> str:
        self.nodes.append(helper.make_node("Relu", [source], [f"{source}_r"]))
        return f"{source}_r"

    def halved(self, source: str, name: str) -> str:
        self.nodes.append(helper.make_node("MaxPool", [source], [name], kernel_shape=[2, 2], strides=[2, 2]))
        return name

    def joined(self, below: str, across: str, k: int) -> str:
        """The first convolution of a step up, of both its sources."""
        weight = self._weights[f"e{k}a_w"]
        deep = weight.shape[1] - weight.shape[0]
        self.constants |= {
            f"e{k}u_w": np.ascontiguousarray(weight[:, :deep]),
            f"e{k}s_w": np.ascontiguousarray(weight[:, deep:]),
            f"e{k}a_b": self._weights[f"e{k}a_b"],
        }
        self.nodes += [
            helper.make_node(
                "Resize",
                [below, "", "scales"],
                [f"u{k}"],
                mode="nearest",
                coordinate_transformation_mode="asymmetric",
                nearest_mode="floor",
            ),
            helper.make_node("Conv", [across, f"e{k}s_w"], [f"s{k}"], pads=[1] * 4),
            helper.make_node("Conv", [f"u{k}", f"e{k}u_w", f"e{k}a_b"], [f"v{k}"], pads=[1] * 4),
            helper.make_node("Add", [f"v{k}", f"s{k}"], [f"e{k}a"]),
        ]
        return f"e{k}a"


def graph_of(weights: dict[str, np.ndarray]) -> bytes:
    """The file of these weights (`network.weights_of`), with a sigmoid at its end."""
    graph = _Graph(weights)
    at, kept = "hpod", []
    for k in range(LEVELS):
        if k:
            at = graph.halved(at, f"p{k}")
        at = graph.relu(graph.convolve(graph.relu(graph.convolve(at, f"d{k}a")), f"d{k}b"))
        kept.append(at)
    for k, across in enumerate(kept[-2::-1]):
        at = graph.relu(graph.convolve(graph.relu(graph.joined(at, across, k)), f"e{k}b"))
    graph.convolve(at, "head")
    graph.nodes.append(helper.make_node("Sigmoid", ["head"], ["y"]))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "lesion_v1",
            [helper.make_tensor_value_info("hpod", TensorProto.FLOAT, [1, 3, "H", "W"])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, CHANNELS, "H", "W"])],
            [numpy_helper.from_array(value, name) for name, value in graph.constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="parlour",
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def weights_from(data: bytes) -> dict[str, np.ndarray]:
    """The weights in a file of `graph_of`, or in one of before, which joined its sources (version 1.1.0)."""
    found = {i.name: numpy_helper.to_array(i) for i in onnx.load_from_string(data).graph.initializer}
    for k in range(LEVELS - 1):
        if f"e{k}u_w" in found:
            found[f"e{k}a_w"] = np.concatenate([found.pop(f"e{k}u_w"), found.pop(f"e{k}s_w")], axis=1)
    found.pop("scales")
    return found
