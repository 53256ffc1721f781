"""Where things are on the rendered head, and its form: enough for detectors and masks, no portrait."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.render.layers import Layers, Plane, Rng, octaves

LEFT, TOP, RIGHT, BOTTOM = -112.0, -128.0, 112.0, 150.0  # mm of the picture


@dataclass(frozen=True)
class Grid:
    """Millimetres of the canonical frame <-> pixels of the picture."""

    px_per_mm: float

    @property
    def shape(self) -> tuple[int, int]:
        return round((BOTTOM - TOP) * self.px_per_mm), round((RIGHT - LEFT) * self.px_per_mm)

    def pixel(self, mm: tuple[float, float]) -> tuple[float, float]:
        return (mm[0] - LEFT) * self.px_per_mm, (mm[1] - TOP) * self.px_per_mm

    def axes(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Millimetres: x as a row and y as a column."""
        height, width = self.shape
        x = (np.arange(width, dtype=np.float32) + 0.5) / self.px_per_mm + LEFT
        y = (np.arange(height, dtype=np.float32) + 0.5) / self.px_per_mm + TOP
        return x[None], y[:, None]


def _bump(x: Plane, y: Plane, at: tuple[float, float], size: tuple[float, float]) -> Plane:
    return np.asarray(
        np.exp(-np.square((x - at[0]) / size[0]) / 2 - np.square((y - at[1]) / size[1]) / 2), dtype=np.float32
    )


def form(grid: Grid) -> Plane:
    """Height of the face in mm: an ellipsoid with sockets, nose, lips and chin."""
    x, y = grid.axes()
    inside = np.clip(1 - np.square(x / 88) - np.square((y - 8) / 130), 0.02, 1)
    height = 48 * np.sqrt(inside)
    for side in (-1, 1):
        height = height - 5 * _bump(x, y, (side * 30, 2), (13, 8))
        height = height + 3 * _bump(x, y, (side * 40, 32), (16, 14))
    height = height + 9 * _bump(x, y, (0, 12), (6, 18)) + 12 * _bump(x, y, (0, 33), (8, 8))
    height = height + 4 * _bump(x, y, (0, 64), (20, 7)) + 5 * _bump(x, y, (0, 96), (16, 10))
    return np.asarray(height, dtype=np.float32)


def head_mask(grid: Grid) -> Plane:
    """Head, hair and neck against the backdrop, with a soft edge."""
    x, y = grid.axes()
    far = np.sqrt(np.square(x / 82) + np.square((y - 2) / 118))
    head = 1 / (1 + np.exp(np.clip((far - 1) * 120, -30, 30)))
    neck = 1 / (1 + np.exp(np.clip((np.abs(x) - 46) * 2, -30, 30))) * (y > 70)
    return np.asarray(np.maximum(head, neck), dtype=np.float32)


def _ellipse(grid: Grid, at: tuple[float, float], axes: tuple[float, float], angle: float = 0.0) -> Plane:
    mask = np.zeros(grid.shape, dtype=np.uint8)
    x, y = grid.pixel(at)
    size = (round(axes[0] * grid.px_per_mm), round(axes[1] * grid.px_per_mm))
    cv2.ellipse(mask, (round(x), round(y)), size, angle, 0, 360, 255, -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.12 * grid.px_per_mm)
    return np.asarray(np.asarray(soft, dtype=np.float32) / 255, dtype=np.float32)


def features(layers: Layers, grid: Grid, rng: Rng, *, eyes_open: bool) -> None:
    """Hair, brows, eyes, lips and nostrils, painted over the skin."""
    _hair(layers, grid, rng)
    strands = 1 + 0.5 * octaves(grid.shape, rng, [3, 9], 0.3)
    for side in (-1, 1):
        brow = _ellipse(grid, (side * 31, -17), (17, 3.6), side * -4)
        layers.melanin += 2.6 * brow * np.clip(strands, 0.2, 2)
        _eye(layers, grid, side, eyes_open=eyes_open)
        nostril = _ellipse(grid, (side * 7, 41), (4.2, 2.2), side * 12)
        layers.melanin += 4.5 * nostril
    lips = np.maximum(_ellipse(grid, (0, 61), (25, 5)), _ellipse(grid, (0, 67), (21, 6)))
    layers.haemoglobin += 0.7 * lips
    layers.melanin += 0.25 * lips + 2.2 * _ellipse(grid, (0, 63.5), (24, 0.7))


def _hair(layers: Layers, grid: Grid, rng: Rng) -> None:
    x, y = grid.axes()
    far = np.sqrt(np.square(x / 72) + np.square((y - 18) / 88))
    hair = 1 / (1 + np.exp(np.clip((1 - far) * 60, -30, 30))) * (y < 60)
    strands = octaves(grid.shape, rng, [4, 16, 50], 0.3)
    layers.melanin += np.asarray(hair * np.clip(4.5 + strands, 2.5, 7), dtype=np.float32)


def _eye(layers: Layers, grid: Grid, side: int, *, eyes_open: bool) -> None:
    at = (side * 31.5, 0.0)
    crease = np.clip(_ellipse(grid, (at[0], -3.5), (16, 6)) - _ellipse(grid, (at[0], -1.5), (17, 6.5)), 0, 1)
    layers.melanin += 0.8 * crease
    if not eyes_open:
        lid = np.clip(_ellipse(grid, (at[0], 1), (14, 4.5)) - _ellipse(grid, (at[0], -1.0), (15, 5)), 0, 1)
        layers.melanin += 3.5 * lid
        return
    white = _ellipse(grid, at, (14, 5.2))
    keep = 1 - white
    layers.melanin *= keep
    layers.haemoglobin *= keep
    layers.pale += 0.85 * white
    iris = _ellipse(grid, at, (5.8, 5.0)) * white
    layers.pale *= 1 - iris
    layers.melanin += 4.2 * iris + 2.5 * _ellipse(grid, at, (2.4, 2.4))
    lashes = np.clip(
        _ellipse(grid, (at[0], -0.9), (15.2, 6.1)) - _ellipse(grid, (at[0], 0.5), (15.6, 6.2)), 0, 1
    )
    layers.melanin += 3.5 * lashes
    layers.pale += 0.9 * _ellipse(grid, (at[0] - 1.8, -1.8), (0.8, 0.8))
