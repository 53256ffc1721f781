"""The lesion network's weights -> its ONNX graph, built with `onnx.helper`: opset 17, no exporter in between, the same bytes for the same weights.

What comes up from below and what comes across from the same size are convolved each by its own part of the weights and added: the same
sums as one convolution of both side by side, which onnxruntime would first have to lay out anew (183 ms of core a face instead of 137).

At the finest size eight channels would leave half of a vector of sixteen idle, in the step that costs most. There two columns
lie side by side as sixteen channels of a picture of half the width, the left column's eight first: again the same sums (76 ms of core a face in place of 131).
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS = 4
LEVELS = 4
FINEST_UP = LEVELS - 2  # the step up that ends at the finest size
OPSET, IR_VERSION = 17, 8
TAPS = (-1, 0, 1)  # columns of a kernel


def strided(weight: np.ndarray) -> np.ndarray:
    """A kernel on single columns -> one four columns wide that goes by two, and answers for both."""
    out, into, rows, columns = weight.shape
    pair = np.zeros((2, out, into, rows, columns + 1), dtype=np.float32)
    for p in range(2):
        pair[p, ..., p : p + columns] = weight
    return pair.reshape(2 * out, into, rows, columns + 1)


def paired(weight: np.ndarray) -> np.ndarray:
    """A kernel on single columns -> the same on pairs of them."""
    out, into, rows, columns = weight.shape
    reach = columns // 2
    pair = np.zeros((2, out, 2, into, rows, columns), dtype=np.float32)
    for p in range(2):
        for tap in range(-reach, reach + 1):
            at, q = divmod(p + tap, 2)
            pair[p, :, q, :, :, at + reach] = weight[..., tap + reach]
    return pair.reshape(2 * out, 2 * into, rows, columns)


def spread(weight: np.ndarray) -> np.ndarray:
    """A kernel on columns of which each two are one that was doubled -> the same on the single one, with an answer for both."""
    out, into, rows, columns = weight.shape
    pair = np.zeros((2, out, into, rows, columns), dtype=np.float32)
    for p in range(2):
        for tap in TAPS:
            pair[p, ..., (p + tap) // 2 + 1] += weight[..., tap + 1]
    return pair.reshape(2 * out, into, rows, columns)


def twice(bias: np.ndarray) -> np.ndarray:
    return np.concatenate([bias, bias])


class _Graph:
    """Nodes and constants as they come to be."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants = {
            "scales": np.array([1, 1, 2, 2], dtype=np.float32),
            "scales_pairs": np.array([1, 1, 2, 1], dtype=np.float32),
            "two_rows": np.array([2, -1], dtype=np.int64),
            "maps": np.array([1, CHANNELS], dtype=np.int64),
        }
        self._weights = weights

    def add(self, kind: str, sources: list[str], name: str, **how: object) -> str:
        self.nodes.append(helper.make_node(kind, sources, [name], **how))
        return name

    def convolve(self, source: str, name: str, *, pairs: bool = False) -> str:
        weight, bias = self._weights[f"{name}_w"], self._weights[f"{name}_b"]
        return self._conv(source, name, paired(weight) if pairs else weight, twice(bias) if pairs else bias)

    def into_pairs(self, source: str, name: str) -> str:
        """The first convolution of all, which takes single columns and gives pairs."""
        weight, bias = strided(self._weights[f"{name}_w"]), twice(self._weights[f"{name}_b"])
        return self._conv(source, name, weight, bias, pads=[1] * 4, strides=[1, 2])

    def _conv(
        self, source: str, name: str, weight: np.ndarray, bias: np.ndarray | None, **how: object
    ) -> str:
        named = {f"{name}_w": np.ascontiguousarray(weight)} | ({} if bias is None else {f"{name}_b": bias})
        self.constants |= named
        return self.add("Conv", [source, *named], name, **({"pads": [weight.shape[2] // 2] * 4} | how))

    def relu(self, source: str) -> str:
        return self.add("Relu", [source], f"{source}_r")

    def halved(self, source: str, name: str, *, pairs: bool = False) -> str:
        if not pairs:
            return self.add("MaxPool", [source], name, kernel_shape=[2, 2], strides=[2, 2])
        self.add("MaxPool", [source], f"{name}_rows", kernel_shape=[2, 1], strides=[2, 1])
        self.nodes.append(
            helper.make_node("Split", [f"{name}_rows"], [f"{name}_left", f"{name}_right"], axis=1)
        )
        return self.add("Max", [f"{name}_left", f"{name}_right"], name)

    def joined(self, below: str, across: str, k: int, *, pairs: bool = False) -> str:
        """The first convolution of a step up, of both its sources."""
        weight, bias = self._weights[f"e{k}a_w"], self._weights[f"e{k}a_b"]
        deep = weight.shape[1] - weight.shape[0]
        up, flat = weight[:, :deep], weight[:, deep:]
        self.add(
            "Resize",
            [below, "", "scales_pairs" if pairs else "scales"],
            f"u{k}",
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        self._conv(across, f"e{k}s", paired(flat) if pairs else flat, None)
        self._conv(f"u{k}", f"e{k}u", spread(up) if pairs else up, twice(bias) if pairs else bias)
        return self.add("Add", [f"e{k}u", f"e{k}s"], f"e{k}a")

    def single(self, source: str, name: str, like: str) -> str:
        """Pairs -> single columns, of the size of `like`."""
        self.add("Reshape", [source, "two_rows"], f"{name}_apart")
        self.add("Transpose", [f"{name}_apart"], f"{name}_mixed", perm=[1, 0])
        self.add("Shape", [like], f"{name}_size", start=2)
        self.add("Concat", ["maps", f"{name}_size"], f"{name}_shape", axis=0)
        return self.add("Reshape", [f"{name}_mixed", f"{name}_shape"], name)


def graph_of(weights: dict[str, np.ndarray]) -> bytes:
    """The file of these weights (`network.weights_of`), with a sigmoid at its end."""
    graph = _Graph(weights)
    first = graph.relu(graph.into_pairs("hpod", "d0a"))
    at = graph.relu(graph.convolve(first, "d0b", pairs=True))
    kept = [at]
    for k in range(1, LEVELS):
        at = graph.halved(at, f"p{k}", pairs=k == 1)
        at = graph.relu(graph.convolve(graph.relu(graph.convolve(at, f"d{k}a")), f"d{k}b"))
        kept.append(at)
    for k, across in enumerate(kept[-2::-1]):
        pairs = k == FINEST_UP
        both = graph.relu(graph.joined(at, across, k, pairs=pairs))
        at = graph.relu(graph.convolve(both, f"e{k}b", pairs=pairs))
    graph.add("Sigmoid", [graph.convolve(at, "head", pairs=True)], "likely")
    graph.single("likely", "y", "hpod")
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
    """The weights in a file of `graph_of`: the same ones, but for the rounding of the sums that `spread` makes.

    A file of before is read too: one with single columns (version 1.1.1), and one that joined its sources as well (1.1.0).
    """
    found = {i.name: numpy_helper.to_array(i) for i in onnx.load_from_string(data).graph.initializer}
    for name in ("scales", "scales_pairs", "two_rows", "maps"):
        found.pop(name, None)
    if found["d0a_w"].shape[-1] == len(TAPS) + 1:
        _single(found)
    for k in range(LEVELS - 1):
        if f"e{k}u_w" in found:
            found[f"e{k}a_w"] = np.concatenate([found.pop(f"e{k}u_w"), found.pop(f"e{k}s_w")], axis=1)
            found[f"e{k}a_b"] = found.pop(f"e{k}u_b", found.get(f"e{k}a_b"))
    return found


def _single(found: dict[str, np.ndarray]) -> None:
    """Kernels on pairs of columns -> those on single ones that they were made of."""
    k = FINEST_UP
    for name in ("d0a", "d0b", f"e{k}u", f"e{k}b", "head"):
        found[f"{name}_b"] = np.split(found[f"{name}_b"], 2)[0]
    found["d0a_w"] = np.split(found["d0a_w"], 2)[0][..., : len(TAPS)]
    for name in ("d0b", f"e{k}s", f"e{k}b", "head"):
        # What the left column of a pair answers: its own taps lie on the pair before and on this one.
        left = np.split(found[f"{name}_w"], 2)[0]
        even, odd = np.split(left, 2, axis=1)
        middle = left.shape[-1] // 2
        own = [even[..., middle]] if middle == 0 else [odd[..., 0], even[..., middle], odd[..., middle]]
        found[f"{name}_w"] = np.stack(own, axis=-1)
    left, right = np.split(found[f"e{k}u_w"], 2)
    found[f"e{k}u_w"] = np.stack([left[..., 0], left[..., 1] - right[..., 2], right[..., 2]], axis=-1)
