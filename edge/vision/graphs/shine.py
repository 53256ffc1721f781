"""`shine_v1`: linear light and the skin's own colour -> the light that comes straight back, as a share of white.

Dichromatic model (Shafer 1985; for skin Ohtsuki & Tominaga 2012, 10.1117/12.908336): a pixel is d times the body
colour plus s times the colour of the lamp, which is white after correction. s follows by least squares for
two unknowns in three channels, which is one 1x1 convolution whose weights depend on the body colour alone:
w = ((b.b) 1 - (b.1) b) / (3 (b.b) - (b.1)^2). Below 0 a pixel is more colourful than the body; the sign is kept, so
that means over an area are not biased by its noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from edge.vision.graphs._pack import packed


def build() -> onnx.ModelProto:
    constants: dict[str, NDArray[Any]] = {
        "three": np.array(3, dtype=np.float32),
        # A grey body cannot be told from a reflection; the floor keeps the answer finite there.
        "tiny": np.array(1e-6, dtype=np.float32),
        "weights_shape": np.array([1, 3, 1, 1], dtype=np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Mul", ["body", "body"], ["squares"]),
        node("ReduceSum", ["squares"], ["bb"], keepdims=0),
        node("ReduceSum", ["body"], ["b1"], keepdims=0),
        node("Mul", ["body", "b1"], ["b_b1"]),
        node("Sub", ["bb", "b_b1"], ["numerator"]),
        node("Mul", ["bb", "three"], ["bb3"]),
        node("Mul", ["b1", "b1"], ["b1b1"]),
        node("Sub", ["bb3", "b1b1"], ["determinant"]),
        node("Max", ["determinant", "tiny"], ["denominator"]),
        node("Div", ["numerator", "denominator"], ["row"]),
        node("Reshape", ["row", "weights_shape"], ["weights"]),
        node("Conv", ["lin", "weights"], ["shine"]),
    ]
    return packed(
        "shine_v1",
        nodes,
        [
            helper.make_tensor_value_info("lin", TensorProto.FLOAT, [1, 3, "H", "W"]),
            helper.make_tensor_value_info("body", TensorProto.FLOAT, [3]),
        ],
        [helper.make_tensor_value_info("shine", TensorProto.FLOAT, [1, 1, "H", "W"])],
        constants,
    )
