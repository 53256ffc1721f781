"""What skin is made of here: two pigments, relief and gloss on a grid in millimetres, and the truth of what was put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Rng = np.random.Generator

LABELS = ("acne", "spot", "wrinkle", "hair")


@dataclass(eq=False)
class Layers:
    """Skin before light falls on it. Densities are relative, as in `graphs/color.py`; heights are millimetres."""

    px_per_mm: float
    melanin: Plane
    haemoglobin: Plane
    height: Plane
    pale: Plane  # share of white scattered at the surface: pus, scales, scars
    base_melanin: float
    labels: dict[str, Plane] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    # Centres of what was labelled, in pixels: x, y, radius.
    places: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        return self.melanin.shape[0], self.melanin.shape[1]

    def mark(self, label: str, window: tuple[slice, slice], mask: Plane) -> None:
        np.maximum(self.labels[label][window], mask, out=self.labels[label][window])

    def count(self, label: str, x: float, y: float, radius: float) -> None:
        self.counts[label] = self.counts.get(label, 0) + 1
        self.places.setdefault(label, []).append((x, y, radius))


def plain(shape: tuple[int, int], px_per_mm: float, melanin: float, haemoglobin: float) -> Layers:
    """Even, flat skin."""

    def full(value: float) -> Plane:
        return np.full(shape, value, dtype=np.float32)

    return Layers(
        px_per_mm,
        full(melanin),
        full(haemoglobin),
        full(0),
        full(0),
        melanin,
        {name: full(0) for name in LABELS},
    )


def octaves(shape: tuple[int, int], rng: Rng, px: Sequence[float], slope: float = 1.0) -> Plane:
    """Noise of unit SD, a sum of smooth fields of these sizes in pixels; amplitude grows with size ** slope."""
    total = np.zeros(shape, dtype=np.float32)
    for size in px:
        grid = (max(2, round(shape[1] / size) + 2), max(2, round(shape[0] / size) + 2))
        coarse = rng.standard_normal((grid[1], grid[0]), dtype=np.float32)
        fine = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
        total += float(size**slope) * np.asarray(fine, dtype=np.float32)
    return np.asarray((total - total.mean()) / max(float(total.std()), 1e-6), dtype=np.float32)


def textured(layers: Layers, rng: Rng, melanin: float, haemoglobin: float, relief_mm: float) -> None:
    """Unevenness that all skin has: melanin as an SD, haemoglobin as a share of its mean, relief in millimetres.

    Dark skin is not more uneven in proportion to its melanin; the root keeps both ends as photos show them.
    """
    px, shape = layers.px_per_mm, layers.shape
    sizes = [px * mm for mm in (0.5, 1, 2, 4, 8, 16)]
    layers.melanin += melanin * np.sqrt(0.2 + layers.melanin) * octaves(shape, rng, sizes, 0.5)
    np.maximum(layers.melanin, 0, out=layers.melanin)
    layers.haemoglobin *= np.exp(haemoglobin * octaves(shape, rng, sizes, 0.4))
    layers.height += relief_mm * octaves(shape, rng, [px * mm for mm in (0.25, 0.4, 0.7)], 1.0)


def window(
    shape: tuple[int, int], x: float, y: float, reach: float
) -> tuple[tuple[slice, slice], Plane, Plane]:
    """The part of a grid within `reach` of a point, and the distances there in x and y; may be empty."""
    x0, x1 = max(0, int(x - reach)), min(shape[1], int(x + reach) + 2)
    y0, y1 = max(0, int(y - reach)), min(shape[0], int(y + reach) + 2)
    x1, y1 = max(x0, x1), max(y0, y1)
    dy, dx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    return (slice(y0, y1), slice(x0, x1)), np.asarray(dx - x), np.asarray(dy - y)


def disk(dx: Plane, dy: Plane, radius: float, edge: float, rng: Rng, ragged: float = 0.12) -> Plane:
    """A blob of 0 to 1 with a border that is neither round nor sharp."""
    angle = np.arctan2(dy, dx)
    border = np.full(dx.shape, radius, dtype=np.float32)
    for k in (2, 3, 5):
        border += radius * ragged / k**0.5 * rng.standard_normal() * np.cos(k * angle + rng.uniform(0, 6.3))
    steep = np.clip((np.hypot(dx, dy) - border) / max(edge, 1e-3), -30, 30)
    return np.asarray(1 / (1 + np.exp(steep)), dtype=np.float32)
