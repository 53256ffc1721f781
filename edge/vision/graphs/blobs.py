"""`blobs_v1`: melanin and haemoglobin densities -> how much each place stands out as a spot, by scale-space blobs.

The negative Laplacian of a Gaussian times sigma^2 (Lindeberg 1998, 10.1023/A:1008045108935) at sigma 0.5, 0.9 and 1.6 mm at
4 px/mm; the largest of the three counts. A Gaussian spot of density A answers A / 2 at its own size, a disk 0.74 A. The two coarser scales
are made on pictures of a half and a quarter of the size: they have no detail to lose there, and cost a tenth.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from edge.vision.graphs._pack import packed
from edge.vision.graphs.relief import second_derivatives

PX_PER_MM = 4.0
SIGMAS_MM = (0.5, 0.9, 1.6)
STEPS = (1, 2, 4)  # px: on what picture each scale is made
PLANES = 2  # melanin, haemoglobin


def kernel(sigma: float, step: int) -> NDArray[np.float32]:
    """The negative Laplacian, normalised for scale, on pixels `step` times as large.

    Averaging over a square of `step` pixels blurs by itself, with a variance of (step^2 - 1) / 12.
    """
    own = math.sqrt(sigma**2 - (step**2 - 1) / 12) / step
    xx, _, yy = second_derivatives(own, round(3.5 * own))
    return (-((sigma / step) ** 2) * (xx + yy)).astype(np.float32)[None, None]


def build() -> onnx.ModelProto:
    node = helper.make_node
    constants: dict[str, NDArray[Any]] = {}
    # The two planes go through as a batch: one filter for both.
    nodes = [node("Transpose", ["mh"], ["planes1"], perm=[1, 0, 2, 3])]
    for step, mm in zip(STEPS, SIGMAS_MM, strict=True):
        weights = kernel(mm * PX_PER_MM, step)
        radius = weights.shape[-1] // 2
        constants[f"kernel{step}"] = weights
        constants[f"pads{step}"] = np.array([0, 0, radius, radius, 0, 0, radius, radius], dtype=np.int64)
        if step > 1:
            shape = [step, step]
            nodes.append(
                node("AveragePool", ["planes1"], [f"planes{step}"], kernel_shape=shape, strides=shape)
            )
        nodes += [
            node("Pad", [f"planes{step}", f"pads{step}"], [f"padded{step}"], mode="reflect"),
            node("Conv", [f"padded{step}", f"kernel{step}"], [f"blob{step}"]),
        ]
        if step > 1:
            constants[f"back{step}"] = np.array([1, 1, step, step], dtype=np.float32)
            nodes.append(
                node(
                    "Resize", [f"blob{step}", "", f"back{step}"], [f"full{step}"], mode="linear",
                    coordinate_transformation_mode="half_pixel",
                )
            )  # fmt: skip
    nodes += [
        node("Max", ["blob1", "full2", "full4"], ["most"]),
        node("Transpose", ["most"], ["blob"], perm=[1, 0, 2, 3]),
    ]
    planes: list[str | int | None] = [1, PLANES, "H", "W"]
    return packed(
        "blobs_v1",
        nodes,
        [helper.make_tensor_value_info("mh", TensorProto.FLOAT, planes)],
        [helper.make_tensor_value_info("blob", TensorProto.FLOAT, planes)],
        constants,
    )
