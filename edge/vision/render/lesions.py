"""Spots and blemishes: what adds pigment, and how it looks. Each writes its own truth into the labels."""

from __future__ import annotations

import numpy as np

from edge.vision.render.layers import Layers, Rng, disk, window

# Below these densities nobody sees a lesion, so none is labelled: a network taught to find what is not
# visible sees it everywhere.
VISIBLE_MELANIN = 0.14
VISIBLE_HAEMOGLOBIN = 0.18
# Skin that makes more melanin makes more of it in a spot, and after a blemish: the contrast that people see is
# about the same on all tones.
TONE_GAIN = 0.5
LABEL_FROM = 0.5  # of the blob's own profile: the border that a person would draw


def spot(layers: Layers, rng: Rng, x: float, y: float, radius_mm: float, density: float) -> None:
    """A freckle, lentigo or mole: melanin alone, with a rather sharp edge."""
    radius = radius_mm * layers.px_per_mm
    where, dx, dy = window(layers.shape, x, y, 2.2 * radius + 3)
    shape = disk(dx, dy, radius, radius * rng.uniform(0.06, 0.2) + 0.3, rng)
    layers.melanin[where] += density * (1 + TONE_GAIN * layers.base_melanin) * shape
    if density >= VISIBLE_MELANIN:
        layers.mark("spot", where, (shape > LABEL_FROM).astype(np.float32))
        layers.count("spot", x, y, radius)


def papule(layers: Layers, rng: Rng, x: float, y: float, radius_mm: float, density: float) -> None:
    """A red bump with a halo; one in five with a pale head."""
    px = layers.px_per_mm
    radius = radius_mm * px
    where, dx, dy = window(layers.shape, x, y, 4 * radius)
    far = np.hypot(dx, dy)
    core = disk(dx, dy, radius, 0.3 * radius, rng)
    halo = np.exp(-np.square(far / (1.9 * radius)) / 2)
    layers.haemoglobin[where] += density * (core + 0.35 * halo)
    layers.melanin[where] += 0.12 * density * (1 + layers.base_melanin) * core
    layers.height[where] += radius_mm * rng.uniform(0.05, 0.22) * np.exp(-np.square(far / radius) / 2)
    if rng.random() < 0.2:
        head = disk(dx, dy, 0.4 * radius, 0.12 * radius + 0.3, rng)
        layers.pale[where] += rng.uniform(0.08, 0.25) * head
        layers.haemoglobin[where] -= 0.7 * density * head
    if density >= VISIBLE_HAEMOGLOBIN:
        layers.mark("acne", where, (core > LABEL_FROM).astype(np.float32))
        layers.count("acne", x, y, radius)


def comedone(layers: Layers, rng: Rng, x: float, y: float, radius_mm: float) -> None:
    """A plugged pore: dark or pale, small; blemish to the eye, so labelled as one."""
    radius = radius_mm * layers.px_per_mm
    where, dx, dy = window(layers.shape, x, y, 4 * radius + 2)
    shape = disk(dx, dy, radius, 0.25 * radius + 0.3, rng)
    if rng.random() < 0.5:
        layers.melanin[where] += rng.uniform(0.5, 1.1) * shape
    else:
        layers.pale[where] += rng.uniform(0.05, 0.12) * shape
        layers.height[where] += 0.25 * radius_mm * shape
    layers.haemoglobin[where] += 0.12 * np.exp(-np.square(np.hypot(dx, dy) / (2 * radius)) / 2)
    layers.mark("acne", where, (shape > LABEL_FROM).astype(np.float32))
    layers.count("acne", x, y, radius)
