"""A random piece of skin with all that may lie on it, and its truth: what the network learns from and is judged on.

Half of what is drawn is *unlabelled*: flushes, vessels, pores, scars, drops, shadows, make-up edges. A network that never saw
them takes every red patch of a real face for a blemish. The tone is drawn from a flat range, so that dark
skin is no exception.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.render import lesions, relief
from edge.vision.render.camera import Camera, Rgb, shoot
from edge.vision.render.layers import LABELS, Layers, Plane, Rng, octaves, plain, textured, window
from edge.vision.render.light import ARMS, Lamp, Surface, lit
from edge.vision.render.tone import RANGE, melanin_for

PX_PER_MM = 8.0
SIDE_MM = 32.0


@dataclass(frozen=True, eq=False)
class Patch:
    """One photo of a piece of skin and what is on it, both at `px_per_mm`."""

    rgb: Rgb
    labels: dict[str, Plane]  # 0 or 1
    places: dict[str, list[tuple[float, float, float]]]  # x, y, radius in pixels
    ita: float
    px_per_mm: float
    pores: int
    photo_mm_per_px: float


def random_patch(
    seed: int,
    px_per_mm: float = 4.0,
    pitch: tuple[float, float] = (0.08, 0.26),
) -> Patch:
    """The patch of a seed: the same bytes for the same seed and version."""
    rng = np.random.default_rng([20261122, seed])
    side = round(SIDE_MM * PX_PER_MM)
    ita = float(rng.uniform(*RANGE))
    haemoglobin = float(rng.uniform(0.15, 0.6))
    melanin = melanin_for(round(ita, 1), round(haemoglobin, 2))
    layers = plain((side, side), PX_PER_MM, melanin, haemoglobin)
    textured(layers, rng, rng.uniform(0.01, 0.06), rng.uniform(0.04, 0.3), rng.uniform(0.002, 0.012))
    _distract(layers, rng)
    pores = _relief(layers, rng)
    _lesions(layers, rng)
    linear = _light(layers, rng)
    mm_per_px = float(rng.uniform(*pitch))
    rgb = _photo(linear, mm_per_px, rng, round(SIDE_MM * px_per_mm))
    scale = px_per_mm / PX_PER_MM
    size = (rgb.shape[1], rgb.shape[0])
    labels = {
        name: (np.asarray(cv2.resize(layers.labels[name], size, interpolation=cv2.INTER_AREA)) > 0.45).astype(
            np.float32
        )
        for name in LABELS
    }
    places = {
        name: [(x * scale, y * scale, r * scale) for x, y, r in found]
        for name, found in layers.places.items()
    }
    return Patch(rgb, labels, places, ita, px_per_mm, pores, mm_per_px)


def _spread(rng: Rng, side: float) -> tuple[float, float]:
    return float(rng.uniform(0, side)), float(rng.uniform(0, side))


def _lesions(layers: Layers, rng: Rng) -> None:
    side = layers.shape[0]
    if rng.random() < 0.55:
        centre = _spread(rng, side)
        for _ in range(rng.integers(1, 9)):
            # Blemishes come in groups.
            x, y = _spread(rng, side) if rng.random() < 0.5 else rng.normal(centre, 0.18 * side)
            radius = float(np.clip(rng.lognormal(np.log(1.1), 0.45), 0.5, 3.5))
            if rng.random() < 0.25:
                lesions.comedone(layers, rng, float(x), float(y), float(rng.uniform(0.35, 0.7)))
            else:
                lesions.papule(layers, rng, float(x), float(y), radius, float(rng.uniform(0.14, 0.8)))
    if rng.random() < 0.55:
        for _ in range(int(rng.integers(1, 14))):
            radius = float(np.clip(rng.lognormal(np.log(0.9), 0.5), 0.4, 4.0))
            lesions.spot(layers, rng, *_spread(rng, side), radius, float(rng.uniform(0.1, 1.0)))


def _relief(layers: Layers, rng: Rng) -> int:
    px, side = layers.px_per_mm, layers.shape[0]
    pores = 0
    if rng.random() < 0.7:
        pores = relief.pores(layers, rng, float(rng.uniform(0, 25)), (0.1, 0.26))
    if rng.random() < 0.45:
        direction = rng.uniform(0, np.pi)
        for _ in range(rng.integers(1, 7)):
            angle = direction + rng.normal(0, 0.25)
            path = relief.curve(
                rng, _spread(rng, side), angle, float(rng.uniform(3, 23)) * px, rng.uniform(0.1, 0.9)
            )
            relief.line(layers, path, float(rng.uniform(0.15, 0.6)), float(rng.uniform(0.02, 0.22)))
    if rng.random() < 0.35:
        relief.hairs(layers, rng, int(rng.integers(1, 9)), (0.06, 0.2))
    if rng.random() < 0.15:  # stubble
        for _ in range(int(rng.integers(30, 250))):
            where, dx, dy = window(layers.shape, *_spread(rng, side), 1.5)
            layers.melanin[where] += rng.uniform(0.2, 1.0) * (np.hypot(dx, dy) < 1.1)
    return pores


def _distract(layers: Layers, rng: Rng) -> None:
    """What a face has and nobody counts."""
    px, side, shape = layers.px_per_mm, layers.shape[0], layers.shape
    if rng.random() < 0.6:  # a flush: large, soft, no border
        field = octaves(shape, rng, [6 * px, 12 * px, 24 * px], 0.6)
        layers.haemoglobin += float(rng.uniform(0.05, 0.35)) * np.maximum(field, 0)
    if rng.random() < 0.5:  # small red blotches without relief or centre
        field = octaves(shape, rng, [1.5 * px, 2.5 * px, 4 * px], 0.7)
        layers.haemoglobin += float(rng.uniform(0.03, 0.14)) * np.maximum(field - 0.8, 0)
    if rng.random() < 0.35:  # melasma: large patches of melanin
        field = octaves(shape, rng, [8 * px, 16 * px], 0.6)
        layers.melanin += float(rng.uniform(0.05, 0.3)) * np.clip(2 * field, 0, 1)
    if rng.random() < 0.35:  # vessels
        mask = np.zeros(shape, dtype=np.uint8)
        for _ in range(int(rng.integers(2, 12))):
            path = relief.curve(
                rng, _spread(rng, side), rng.uniform(0, 6.3), float(rng.uniform(2, 12)) * px, 2.5
            )
            cv2.polylines(
                mask,
                [np.rint(path * 16).astype(np.int32)],
                isClosed=False,
                color=255,
                thickness=1,
                lineType=cv2.LINE_AA,
                shift=4,
            )
        soft = np.asarray(cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 0.12 * px))
        layers.haemoglobin += float(rng.uniform(0.3, 0.9)) * soft
    if rng.random() < 0.2:  # scars: pale, sunken
        for _ in range(int(rng.integers(1, 6))):
            where, dx, dy = window(shape, *_spread(rng, side), 5 * px)
            blob = np.exp(-np.square(np.hypot(dx, dy) / (rng.uniform(0.4, 1.4) * px)) / 2)
            layers.pale[where] += rng.uniform(0.02, 0.1) * blob
            layers.height[where] -= rng.uniform(0.05, 0.25) * blob
    if rng.random() < 0.15:  # a border of lip, brow or hair
        angle, at = rng.uniform(0, 6.3), rng.uniform(-0.45, 0.45) * side
        rows, columns = np.mgrid[:side, :side].astype(np.float32) - side / 2
        far = columns * np.cos(angle) + rows * np.sin(angle) - abs(at) - 0.15 * side
        share = 1 / (1 + np.exp(-np.clip(far / rng.uniform(1, 8), -30, 30)))
        layers.haemoglobin += float(rng.uniform(0, 0.8)) * share
        layers.melanin += float(rng.uniform(0, 2.0)) * share


def _light(layers: Layers, rng: Rng) -> NDArray[np.float32]:
    turn = float(rng.uniform(-25, 25))
    lamps = [
        replace(
            lamp,
            azimuth=lamp.azimuth + turn,
            height=float(rng.uniform(30, 65)),
            power=lamp.power * float(rng.uniform(0.5, 1.5)),
        )
        for lamp in ARMS
    ]
    if rng.random() < 0.3:
        lamps = [Lamp(float(rng.uniform(0, 360)), float(rng.uniform(30, 60)), float(rng.uniform(0.5, 1.0)))]
    side = layers.shape[0]
    rows, columns = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    form = float(rng.uniform(0, 6)) * -(
        rng.uniform(-1, 1) * columns + rng.uniform(-1, 1) * rows + columns**2 + rows**2
    )
    gloss = octaves(layers.shape, rng, [8, 40, 120], 0.3)
    gloss_map = np.maximum(float(rng.uniform(0, 0.05)) * gloss, -0.01)
    for _ in range(int(rng.integers(0, 4)) if rng.random() < 0.2 else 0):  # drops of water
        where, dx, dy = window(layers.shape, *_spread(rng, side), 16)
        gloss_map[where] += 0.5 * np.exp(-np.square(np.hypot(dx, dy) / rng.uniform(2, 5)) / 2)
    surface = Surface(gloss=float(rng.uniform(0.0, 0.06)), sharpness=float(rng.uniform(8, 30)))
    picture = lit(layers, lamps, surface, form.astype(np.float32), gloss_map.astype(np.float32))
    if rng.random() < 0.25:  # a shadow falls on it
        shade = octaves(layers.shape, rng, [60, 140], 1.0)
        picture *= (1 - float(rng.uniform(0.1, 0.5)) / (1 + np.exp(-shade * rng.uniform(2, 12))))[..., None]
    return np.asarray(picture, dtype=np.float32)


def _photo(linear: NDArray[np.float32], mm_per_px: float, rng: Rng, side: int) -> Rgb:
    """Through a camera at its own pitch, then to the frame that the scan works in."""
    own = max(48, round(SIDE_MM / mm_per_px))
    how = cv2.INTER_AREA if own < linear.shape[0] else cv2.INTER_CUBIC
    seen = np.asarray(cv2.resize(linear, (own, own), interpolation=how), dtype=np.float32)
    balance = np.exp(rng.normal(0, 0.03, 3))
    camera = Camera(
        exposure=float(np.exp(rng.normal(0, 0.15))),
        balance=(float(balance[0]), float(balance[1]), float(balance[2])),
        blur_px=float(rng.uniform(0.3, 1.0)),
        noise=float(rng.uniform(0.3, 3.0)),
        jpeg=int(rng.integers(80, 99)),
    )
    rgb = shoot(seen, camera, rng)
    how = cv2.INTER_AREA if side < own else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (side, side), interpolation=how), dtype=np.uint8)
