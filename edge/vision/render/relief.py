"""Lines and pores: what changes the relief of the skin, and so is seen by its shadows."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.render.layers import Layers, Plane, Rng, octaves, window

VISIBLE_DEPTH_MM = 0.035  # shallower lines are texture
SHIFT = 4  # bits of a pixel's fraction that OpenCV draws with


def line(layers: Layers, points: NDArray[np.float64], width_mm: float, depth_mm: float) -> None:
    """A furrow along `points` (pixels), deepest in the middle and fading to both ends."""
    px = layers.px_per_mm
    sigma = max(width_mm * px / 2, 0.6)
    x0, y0 = np.maximum(np.floor(points.min(axis=0) - 5 * sigma), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(points.max(axis=0) + 5 * sigma) + 1, layers.shape[::-1]).astype(int)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    drawn = np.zeros((y1 - y0, x1 - x0), dtype=np.float32)
    fixed = np.rint((points - (x0, y0)) * 2**SHIFT).astype(int)
    for k in range(len(points) - 1):
        fade = np.sin(np.pi * (k + 0.5) / (len(points) - 1)) ** 0.6
        piece = np.zeros(drawn.shape, dtype=np.uint8)
        # Each piece only touches its own box, so the whole line costs what its length costs.
        xs, ys = np.sort(fixed[k : k + 2] >> SHIFT, axis=0).T
        box = (slice(max(0, ys[0] - 2), ys[1] + 3), slice(max(0, xs[0] - 2), xs[1] + 3))
        cv2.line(piece, fixed[k].tolist(), fixed[k + 1].tolist(), 255, 1, cv2.LINE_AA, SHIFT)
        np.maximum(drawn[box], piece[box] * np.float32(fade / 255), out=drawn[box])
    valley = np.asarray(cv2.GaussianBlur(drawn, (0, 0), sigma), dtype=np.float32)
    # A line of one pixel blurred by sigma peaks at 1 / (sigma sqrt(2 pi)).
    valley = np.clip(valley * sigma * 2.507, 0, 1)
    where = (slice(y0, y1), slice(x0, x1))
    layers.height[where] -= depth_mm * valley
    layers.haemoglobin[where] += 0.4 * min(depth_mm, 0.25) * valley  # a fold shows a little red
    if depth_mm >= VISIBLE_DEPTH_MM:
        layers.mark("wrinkle", where, (valley > 0.5).astype(np.float32))
        x, y = (float(v) for v in points[len(points) // 2])
        layers.count("wrinkle", x, y, sigma)


def curve(
    rng: Rng, start: tuple[float, float], angle: float, length: float, bend: float
) -> NDArray[np.float64]:
    """A smooth path from `start`, in pixels: it turns by about `bend` radians on its way."""
    steps = max(6, int(length / 6))
    turns = bend * np.cumsum(rng.standard_normal(steps)) / steps
    turns += bend * rng.uniform(-0.5, 0.5) * np.linspace(0, 1, steps)
    angles = angle + turns
    moves = length / steps * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.vstack([np.array([start]), np.array([start]) + np.cumsum(moves, axis=0)])


def pores(
    layers: Layers, rng: Rng, per_cm2: float, radius_mm: tuple[float, float], mask: Plane | None = None
) -> int:
    """Pits, as a share of `mask`; returns how many. They shade, and the depth of a pit is dark."""
    px = layers.px_per_mm
    height, width = layers.shape
    wanted = rng.poisson(per_cm2 * height * width / px**2 / 100)
    made = 0
    for _ in range(wanted):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        if mask is not None and rng.random() > mask[int(y), int(x)]:
            continue
        r = rng.uniform(*radius_mm)
        where, dx, dy = window(layers.shape, x, y, 3 * r * px)
        pit = np.exp(-np.square(np.hypot(dx, dy * rng.uniform(0.75, 1.3)) / (r * px)) / 2)
        layers.height[where] -= r * rng.uniform(0.35, 0.7) * pit
        layers.melanin[where] += rng.uniform(0.05, 0.25) * pit
        made += 1
    return made


def hairs(layers: Layers, rng: Rng, number: int, width_mm: tuple[float, float]) -> None:
    """Single hairs across the skin: dark, thin, labelled as what they are, so that they are no wrinkles."""
    px = layers.px_per_mm
    height, width = layers.shape
    for _ in range(number):
        start = (rng.uniform(0, width), rng.uniform(0, height))
        path = curve(rng, start, rng.uniform(0, 6.3), rng.uniform(4, 40) * px, rng.uniform(0.2, 1.5))
        thick = max(1, round(rng.uniform(*width_mm) * px))
        mask = np.zeros((height, width), dtype=np.uint8)
        fixed = np.rint(path * 2**SHIFT).astype(np.int32)
        cv2.polylines(
            mask, [fixed], isClosed=False, color=255, thickness=thick, lineType=cv2.LINE_AA, shift=SHIFT
        )
        share = mask.astype(np.float32) / 255
        layers.melanin += rng.uniform(0.4, 2.0) * share
        np.maximum(layers.labels["hair"], (share > 0.5).astype(np.float32), out=layers.labels["hair"])


def rough(layers: Layers, rng: Rng, relief_mm: float) -> None:
    """Coarser texture: relief of half a millimetre to one and a half."""
    px = layers.px_per_mm
    layers.height += relief_mm * octaves(layers.shape, rng, [0.5 * px, 0.9 * px, 1.5 * px], 0.8)
