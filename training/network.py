"""The lesion network: a U-Net of 8-16-32-64 channels, four maps out. Here for PyTorch; `graph.py` writes the same for ONNX."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from training.graph import CHANNELS, graph_of

WIDTHS = (8, 16, 32, 64)


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


def weights_of(net: LesionNet) -> dict[str, np.ndarray]:
    """What the graph needs of the network in evaluation form: batch normalisation folded into each convolution, by the graph's names."""
    found: dict[str, np.ndarray] = {}

    def fold(name: str, conv: nn.Conv2d, norm: nn.BatchNorm2d | None) -> None:
        weight = conv.weight.detach().double()
        bias = torch.zeros(weight.shape[0]).double() if conv.bias is None else conv.bias.detach().double()
        if norm is not None:
            factor = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
            weight = weight * factor[:, None, None, None]
            bias = norm.bias.detach().double() + (bias - norm.running_mean.double()) * factor
        found[f"{name}_w"] = weight.float().numpy()
        found[f"{name}_b"] = bias.float().numpy()

    for letter, steps in (("d", net.down), ("e", net.up)):
        for k, step in enumerate(steps):
            fold(f"{letter}{k}a", step[0], step[1])
            fold(f"{letter}{k}b", step[3], step[4])
    fold("head", net.head, None)
    return found


def to_onnx(net: LesionNet) -> bytes:
    """The network in evaluation form, with a sigmoid at its end."""
    return graph_of(weights_of(net))
