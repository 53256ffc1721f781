"""`relief_v1`: a fine photo of skin -> dark lines, dark pits and texture, by the Hessian at three scales.

The bytes become optical density (mostly green, where a camera's noise is least), so that light falls out of every derivative.
Second derivatives of Gaussians (sigma 0.15, 0.25 and 0.375 mm at 8 px/mm), each as a profile along the rows and one down the columns, all of
them side by side in two convolutions; their eigenvalues in closed form. A line is curved across and straight along:
ridge = s^2 (-l1 - |l2|), l1 <= l2; a pit is curved both ways: pit = s^2 (-l2). After Frangi 1998 (10.1007/BFb0056195) and Ng 2014, without their
exponents, so that the figure stays in units of density. `band` is the density between 0.15 and 0.5 mm: texture.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from edge.vision.graphs._pack import packed
from edge.vision.graphs.color import curve_constants, decoded_nodes, srgb_table

PX_PER_MM = 8.0
SIGMAS_MM = (0.15, 0.25, 0.375)
PIT_SCALES = 2  # pores are 0.1 to 0.26 mm in radius: the first two scales
BAND_MM = (0.15, 0.5)
WEIGHTS = (0.3, 0.5, 0.2)  # of the channels' densities: blue is noisy on dark skin
DARKEST = 1 / 255  # of white: below it a camera knows nothing
RADIUS = 12  # px: 4 sigma of the coarsest line, 3 of the band
# Filters side by side: as many as onnxruntime works on at once on any core; what is not needed is left idle. Measured with two threads, the
# dense kernels of 25 x 25 took 2.5 times as long, and eleven lanes without idle ones a seventh longer.
LANES = 16
Kernel = NDArray[np.float64]


def gaussian(sigma: float, radius: int = RADIUS) -> Kernel:
    """A sampled Gaussian of sum 1."""
    x = np.arange(-radius, radius + 1)
    g = np.exp(-np.square(x) / (2 * sigma**2))
    return np.asarray(g / g.sum(), dtype=np.float64)


def profiles(sigma: float, radius: int = RADIUS) -> tuple[Kernel, Kernel, Kernel]:
    """A Gaussian along one axis and its first and second derivative, which answer 0 to what is flat and exactly to a line or a parabola."""
    x = np.arange(-radius, radius + 1, dtype=np.float64)
    g = gaussian(sigma, radius)
    first = -x * g
    first /= -(x * first).sum()  # answers -1 to a slope of 1 as a correlation with reversed sign
    second = (np.square(x) / sigma**2 - 1) / sigma**2 * g
    second -= second.mean()
    second *= 2 / (np.square(x) * second).sum()
    return g, first, second


def second_derivatives(sigma: float, radius: int = RADIUS) -> tuple[Kernel, Kernel, Kernel]:
    """Kernels of d2/dx2, d2/dxdy and d2/dy2 of a Gaussian."""
    g, first, second = profiles(sigma, radius)
    return np.outer(g, second), np.outer(first, first), np.outer(second, g)


def density_table() -> NDArray[np.float32]:
    """Optical density of each byte; nothing is denser than `DARKEST`."""
    return np.asarray(-np.log(np.maximum(srgb_table(), DARKEST)), dtype=np.float32)


def build() -> onnx.ModelProto:
    along, down = [], []  # each filter is one profile along the rows, then one down the columns
    for mm in SIGMAS_MM:
        sigma = mm * PX_PER_MM
        g, first, second = profiles(sigma)
        for row, column in ((second, g), (first, first), (g, second)):
            along.append(sigma * row)
            down.append(sigma * column)
    fine, coarse = (gaussian(mm * PX_PER_MM) for mm in BAND_MM)
    along += [fine, coarse]
    down += [fine, -coarse]
    idle = [np.zeros(2 * RADIUS + 1)] * (LANES - len(along))
    constants: dict[str, NDArray[Any]] = {
        **curve_constants(),
        "darkest": np.array(math.log(DARKEST) / 2.4, dtype=np.float32),
        "weights": -2.4 * np.array([WEIGHTS], dtype=np.float32),
        "in_a_row": np.array([3, -1], dtype=np.int64),
        "one_plane": np.array([1, 1], dtype=np.int64),
        "along": np.stack([*along, *idle])[:, None, None, :].astype(np.float32),
        "down": np.stack([*down, *idle])[:, None, :, None].astype(np.float32),
        "pads": np.array([0, 0, RADIUS, RADIUS, 0, 0, RADIUS, RADIUS], dtype=np.int64),
        "parts": np.array([1] * len(along) + [len(idle)], dtype=np.int64),
        "half": np.array(0.5, dtype=np.float32),
    }
    node = helper.make_node
    names = [f"{part}{s}" for s in range(len(SIGMAS_MM)) for part in ("xx", "xy", "yy")]
    nodes = [
        # Above `DARKEST` the density is -2.4 times this logarithm, and below it is not asked for.
        *decoded_nodes(),
        node("Max", ["curve_log", "darkest"], ["logs"]),
        node("Reshape", ["logs", "in_a_row"], ["log_row"]),
        node("MatMul", ["weights", "log_row"], ["density_row"]),
        node("Shape", ["planes"], ["size"], start=2),
        node("Concat", ["one_plane", "size"], ["picture"], axis=0),
        node("Reshape", ["density_row", "picture"], ["density"]),
        node("Pad", ["density", "pads"], ["padded"], mode="reflect"),
        node("Conv", ["padded", "along"], ["rows"]),
        node("Conv", ["rows", "down"], ["all"], group=LANES),
        node("Split", ["all", "parts"], [*names, "fine", "minus_coarse", "idle"], axis=1),
        node("Add", ["fine", "minus_coarse"], ["band"]),
    ]
    for s in range(len(SIGMAS_MM)):
        nodes += [
            # Eigenvalues of [[xx, xy], [xy, yy]]: mean -+ root(((xx - yy) / 2)^2 + xy^2).
            node("Add", [f"xx{s}", f"yy{s}"], [f"trace{s}"]),
            node("Mul", [f"trace{s}", "half"], [f"mean{s}"]),
            node("Sub", [f"xx{s}", f"yy{s}"], [f"difference{s}"]),
            node("Mul", [f"difference{s}", "half"], [f"skew{s}"]),
            node("Mul", [f"skew{s}", f"skew{s}"], [f"skew_squared{s}"]),
            node("Mul", [f"xy{s}", f"xy{s}"], [f"xy_squared{s}"]),
            node("Add", [f"skew_squared{s}", f"xy_squared{s}"], [f"spread_squared{s}"]),
            node("Sqrt", [f"spread_squared{s}"], [f"spread{s}"]),
            node("Sub", [f"mean{s}", f"spread{s}"], [f"low{s}"]),
            node("Add", [f"mean{s}", f"spread{s}"], [f"high{s}"]),
            node("Abs", [f"high{s}"], [f"along{s}"]),
            node("Add", [f"low{s}", f"along{s}"], [f"minus_ridge{s}"]),
            node("Neg", [f"minus_ridge{s}"], [f"ridge_signed{s}"]),
            node("Relu", [f"ridge_signed{s}"], [f"ridge{s}"]),
            node("Neg", [f"high{s}"], [f"pit_signed{s}"]),
            node("Relu", [f"pit_signed{s}"], [f"pit{s}"]),
        ]
    nodes += [
        node("Max", [f"ridge{s}" for s in range(len(SIGMAS_MM))], ["ridge"]),
        node("Max", [f"pit{s}" for s in range(PIT_SCALES)], ["pit"]),
    ]
    plane: list[str | int | None] = [1, 1, "H", "W"]
    return packed(
        "relief_v1",
        nodes,
        [helper.make_tensor_value_info("rgb", TensorProto.UINT8, [1, "H", "W", 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, plane) for name in ("ridge", "pit", "band")],
        constants,
    )
