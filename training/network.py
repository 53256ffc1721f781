"""The lesion network: a U-Net of 8-16-32-64 channels, four maps out. Written once for PyTorch and once for ONNX.

The ONNX graph is built from the weights with `onnx.helper`, batch normalisation folded in: opset 17, no exporter in
between, the same bytes for the same weights.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

WIDTHS = (8, 16, 32, 64)
CHANNELS = 4
OPSET, IR_VERSION = 17, 8


def block(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
        nn.Conv2d(after, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )


class LesionNet(nn.Module):
    """(N, 3, H, W) high-passed density -> (N, 4, H, W) logits; H and W are multiples of 8."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (3, *WIDTHS)
        self.down = nn.ModuleList(block(a, b) for a, b in pairwise(sizes))
        self.up = nn.ModuleList(
            block(deep + flat, flat) for deep, flat in zip(WIDTHS[:0:-1], WIDTHS[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(WIDTHS[0], CHANNELS, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = []
        for k, step in enumerate(self.down):
            x = step(x if k == 0 else nn.functional.max_pool2d(x, 2))
            kept.append(x)
        for step, flat in zip(self.up, kept[-2::-1], strict=True):
            x = step(torch.cat([nn.functional.interpolate(x, scale_factor=2, mode="nearest"), flat], dim=1))
        return self.head(x)


def to_onnx(net: LesionNet) -> bytes:
    """The network in evaluation form, with a sigmoid at its end."""
    nodes: list[onnx.NodeProto] = []
    constants: dict[str, np.ndarray] = {"scales": np.array([1, 1, 2, 2], dtype=np.float32)}

    def convolve(source: str, name: str, conv: nn.Conv2d, norm: nn.BatchNorm2d | None) -> str:
        weight = conv.weight.detach().double()
        bias = torch.zeros(weight.shape[0]).double() if conv.bias is None else conv.bias.detach().double()
        if norm is not None:
            factor = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
            weight = weight * factor[:, None, None, None]
            bias = norm.bias.detach().double() + (bias - norm.running_mean.double()) * factor
        constants[f"{name}_w"] = weight.float().numpy()
        constants[f"{name}_b"] = bias.float().numpy()
        pad = conv.kernel_size[0] // 2
        nodes.append(helper.make_node("Conv", [source, f"{name}_w", f"{name}_b"], [name], pads=[pad] * 4))
        if norm is None:
            return name
        nodes.append(helper.make_node("Relu", [name], [f"{name}_r"]))
        return f"{name}_r"

    def both(source: str, name: str, step: nn.Sequential) -> str:
        first = convolve(source, f"{name}a", step[0], step[1])
        return convolve(first, f"{name}b", step[3], step[4])

    at, kept = "hpod", []
    for k, step in enumerate(net.down):
        if k:
            nodes.append(helper.make_node("MaxPool", [at], [f"p{k}"], kernel_shape=[2, 2], strides=[2, 2]))
            at = f"p{k}"
        at = both(at, f"d{k}", step)
        kept.append(at)
    for k, (step, flat) in enumerate(zip(net.up, kept[-2::-1], strict=True)):
        nodes.append(
            helper.make_node(
                "Resize",
                [at, "", "scales"],
                [f"u{k}"],
                mode="nearest",
                coordinate_transformation_mode="asymmetric",
                nearest_mode="floor",
            )
        )
        nodes.append(helper.make_node("Concat", [f"u{k}", flat], [f"c{k}"], axis=1))
        at = both(f"c{k}", f"e{k}", step)
    logits = convolve(at, "head", net.head, None)
    nodes.append(helper.make_node("Sigmoid", [logits], ["y"]))
    graph = helper.make_graph(
        nodes,
        "lesion_v1",
        [helper.make_tensor_value_info("hpod", TensorProto.FLOAT, [1, 3, "H", "W"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, CHANNELS, "H", "W"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="parlour"
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
