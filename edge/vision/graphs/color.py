"""`color_v1`: a photo's bytes -> linear light, CIELAB, optical density, melanin and haemoglobin.

Formulas: sRGB to linear light IEC 61966-2-1; CIELAB CIE 15 with the D65 white; melanin and haemoglobin by
projection of the optical density, with shading along (1, 1, 1) taken out (Tsumura 1999, 10.1364/josaa.16.002169).
The colour correction is an input, so that calibrating a station never changes a model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from edge.vision.graphs._pack import packed

SRGB_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE_D65 = (0.95047, 1.0, 1.08883)
LAB_KNEE = (6 / 29) ** 3  # below it CIELAB is linear
# Effective absorption of the two pigments in the bands of a camera (R, G, B): melanin follows
# wavelength^-3.48 at 610, 540 and 460 nm.
MELANIN = (0.30, 0.48, 0.82)
HAEMOGLOBIN = (0.12, 0.74, 0.66)
OD_FLOOR = 1 / 1024  # linear light: darker than this an 8-bit camera knows nothing


def srgb_table() -> NDArray[np.float32]:
    """Linear light of each of the 256 bytes."""
    v = np.arange(256, dtype=np.float64) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


def curve_constants() -> dict[str, NDArray[Any]]:
    """What `decoded_nodes` need."""
    return {
        "curve_scale": np.array(1 / 255 / 1.055, dtype=np.float32),
        "curve_offset": np.array(0.055 / 1.055, dtype=np.float32),
    }


def decoded_nodes() -> list[onnx.NodeProto]:
    """`rgb` bytes -> `value` as planes of floats, and the logarithm that the curve of sRGB raises to 2.4: `curve_log`."""
    node = helper.make_node
    return [
        node("Transpose", ["rgb"], ["planes"], perm=[0, 3, 1, 2]),
        node("Cast", ["planes"], ["value"], to=TensorProto.FLOAT),
        node("Mul", ["value", "curve_scale"], ["curve_share"]),
        node("Add", ["curve_share", "curve_offset"], ["curve_base"]),
        node("Log", ["curve_base"], ["curve_log"]),
    ]


def unmixing() -> NDArray[np.float32]:
    """The 2x3 matrix that turns an optical density into (melanin, haemoglobin), shading removed."""
    mixing = np.array([(1.0, 1.0, 1.0), MELANIN, HAEMOGLOBIN], dtype=np.float64).T
    return np.linalg.inv(mixing)[1:].astype(np.float32)


def build() -> onnx.ModelProto:
    """Powers as Exp and Log, which onnxruntime works out for many pixels at once, where it looks up and raises one by one; and three channels
    mixed by MatMul, which does not lay them out for sixteen: 20 ms of core a face instead of 47.
    """
    white = np.array(WHITE_D65, dtype=np.float64)
    xyz = (np.array(SRGB_TO_XYZ, dtype=np.float64) / white[:, None]).astype(np.float32)
    lab = np.array([(0, 116, 0), (500, -500, 0), (0, 200, -200)], dtype=np.float32)
    constants: dict[str, NDArray[Any]] = {
        **curve_constants(),
        "zero": np.array(0, dtype=np.float32),
        "xyz_weights": xyz,
        "lab_weights": lab,
        "lab_bias": np.array([[-16], [0], [0]], dtype=np.float32),
        "third": np.array(1 / 3, dtype=np.float32),
        "knee": np.array(LAB_KNEE, dtype=np.float32),
        "slope": np.array(1 / (3 * (6 / 29) ** 2), dtype=np.float32),
        "offset": np.array(4 / 29, dtype=np.float32),
        "od_floor": np.array(OD_FLOOR, dtype=np.float32),
        "mh_weights": unmixing(),
        "exponent": np.array(2.4, dtype=np.float32),
        "dark_slope": np.array(1 / 255 / 12.92, dtype=np.float32),
        "dark_until": np.array(10.5, dtype=np.float32),  # bytes: 0.04045 of 255 is 10.3
        "in_a_row": np.array([3, -1], dtype=np.int64),
        "three_planes": np.array([1, 3], dtype=np.int64),
        "two_planes": np.array([1, 2], dtype=np.int64),
    }
    node = helper.make_node
    nodes = [
        # Linear light of each byte, one row of pixels a channel, then the station's gain and colour correction.
        *decoded_nodes(),
        node("Mul", ["curve_log", "exponent"], ["curve_power"]),
        node("Exp", ["curve_power"], ["curve"]),
        node("Mul", ["value", "dark_slope"], ["dark"]),
        node("Greater", ["value", "dark_until"], ["is_lit"]),
        node("Where", ["is_lit", "curve", "dark"], ["raw"]),
        node("Reshape", ["raw", "in_a_row"], ["raw_row"]),
        node("Mul", ["ccm", "gain"], ["correction"]),
        node("MatMul", ["correction", "raw_row"], ["corrected"]),
        node("Max", ["corrected", "zero"], ["lin_row"]),
        # CIELAB.
        node("MatMul", ["xyz_weights", "lin_row"], ["xyz"]),
        node("Max", ["xyz", "knee"], ["above_knee"]),
        node("Log", ["above_knee"], ["xyz_log"]),
        node("Mul", ["xyz_log", "third"], ["root_log"]),
        node("Exp", ["root_log"], ["root"]),
        node("Mul", ["xyz", "slope"], ["scaled"]),
        node("Add", ["scaled", "offset"], ["line"]),
        node("Greater", ["xyz", "knee"], ["above"]),
        node("Where", ["above", "root", "line"], ["f"]),
        node("MatMul", ["lab_weights", "f"], ["lab_mixed"]),
        node("Add", ["lab_mixed", "lab_bias"], ["lab_row"]),
        # Optical density and the two pigments.
        node("Max", ["lin_row", "od_floor"], ["lit"]),
        node("Log", ["lit"], ["log"]),
        node("Neg", ["log"], ["od_row"]),
        node("MatMul", ["mh_weights", "od_row"], ["mh_row"]),
        # Back to pictures.
        node("Shape", ["planes"], ["size"], start=2),
        node("Concat", ["three_planes", "size"], ["picture"], axis=0),
        node("Concat", ["two_planes", "size"], ["pair"], axis=0),
        node("Reshape", ["lin_row", "picture"], ["lin"]),
        node("Reshape", ["lab_row", "picture"], ["lab"]),
        node("Reshape", ["od_row", "picture"], ["od"]),
        node("Reshape", ["mh_row", "pair"], ["mh"]),
    ]
    image: list[str | int | None] = [1, 3, "H", "W"]
    return packed(
        "color_v1",
        nodes,
        [
            helper.make_tensor_value_info("rgb", TensorProto.UINT8, [1, "H", "W", 3]),
            helper.make_tensor_value_info("ccm", TensorProto.FLOAT, [3, 3]),
            helper.make_tensor_value_info("gain", TensorProto.FLOAT, [3]),
        ],
        [
            helper.make_tensor_value_info("lin", TensorProto.FLOAT, image),
            helper.make_tensor_value_info("lab", TensorProto.FLOAT, image),
            helper.make_tensor_value_info("od", TensorProto.FLOAT, image),
            helper.make_tensor_value_info("mh", TensorProto.FLOAT, [1, 2, "H", "W"]),
        ],
        constants,
    )
