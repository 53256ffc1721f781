"""Open eyes by their irises: a dark disc with white on both sides, which only eyes have, on skin of any tone.

The detectors know eyes by what faces they were trained on look like: on dark rendered skin YuNet's eyes lay 4 to 15 mm beside the true ones and the
cascade mostly found none, as there the white of an eye is lighter than the lid. Here the picture is only compared with the face's own
mean, and the weaker of the two whites counts: brows, folds and nostrils have dark skin on one side. Narrowed eyes on two
portraits in a smile stay below the limit; then, and with closed eyes, there is no answer and the detectors' eyes stand.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.face import Box, Point
from edge.vision.resample import sample

Plane = NDArray[np.float32]

FACE_PX = 180  # width of the face box at which irises are looked for: 0.8 mm a pixel
SIZE = (
    200,
    120,
)  # px of the band around the first guess: eyes that were taken for brows or lids are still in it
# Radii looked for: an iris of 5.9 mm in faces whose box is 2.0 to 2.5 eye distances wide.
RADII = (6.0, 7.0, 8.0, 9.2)
DISC = 0.8  # of the radius
WHITE_FROM, WHITE_TO, WHITE_HIGH = 1.2, 2.2, 0.55  # of the radius: where the whites lie beside the disc
BRIGHTEST = 2.0  # of the face's mean: a gleam counts no more than a white
LEAST = 0.5  # rendered eyes give 0.66 to 1.1, an open eye of a portrait 0.57 and 0.64, folds of smiles at most 0.44
CANDIDATES = 14
APART = (0.34, 0.54)  # of the face box
EXPECTED = 0.44
SLOPE = 0.2  # against the first guess: rise over run
REACH = 0.35  # of the eye distance: farther above or below the first guess is no eye


def irises(rgb: NDArray[np.uint8], box: Box, right: Point, left: Point) -> tuple[Point, Point] | None:
    """The centres of both irises near a first guess, in pixels of the photo; None where they are not clearly seen."""
    unit = box[2] / FACE_PX
    turn = math.atan2(left[1] - right[1], left[0] - right[0])
    cos, sin = unit * math.cos(turn), unit * math.sin(turn)
    (width, height), mx, my = SIZE, (right[0] + left[0]) / 2, (right[1] + left[1]) / 2
    x0, y0 = mx - cos * width / 2 + sin * height / 2, my - sin * width / 2 - cos * height / 2
    to_photo = np.array([[cos, -sin, x0], [sin, cos, y0]])
    found = _pair(_contrast(sample(rgb, to_photo, SIZE)))
    if found is None:
        return None
    first, second = (to_photo @ (x, y, 1) for x, y in found)
    return (float(first[0]), float(first[1])), (float(second[0]), float(second[1]))


def _contrast(window: NDArray[np.uint8]) -> Plane:
    """How much lighter than a disc the darker of its two sides is, of the window's own level; the best of all radii."""
    grey = np.asarray(cv2.cvtColor(window, cv2.COLOR_RGB2GRAY), dtype=np.float32)
    level = np.minimum(grey / max(float(np.median(grey)), 1.0), BRIGHTEST)
    best = np.full(level.shape, -np.inf, dtype=np.float32)
    for radius in RADII:
        disc, right, left = (cv2.filter2D(level, -1, kernel) for kernel in _kernels(radius))
        best = np.maximum(best, np.minimum(right, left) - disc)
    return np.asarray(best, dtype=np.float32)


@cache
def _kernels(radius: float) -> tuple[Plane, Plane, Plane]:
    """Means over the disc and over the whites beside it."""
    reach = math.ceil(WHITE_TO * radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    far = np.hypot(x, y)
    beside = (np.abs(y) < WHITE_HIGH * radius) & (far > WHITE_FROM * radius) & (np.abs(x) < WHITE_TO * radius)
    masks = (far < DISC * radius, beside & (x < 0), beside & (x > 0))
    disc, right, left = (np.asarray(mask / mask.sum(), dtype=np.float32) for mask in masks)
    return disc, right, left


def _pair(contrast: Plane) -> tuple[Point, Point] | None:
    """The best two peaks that lie as eyes do."""
    peaks = (contrast == cv2.dilate(contrast, np.ones((9, 9), dtype=np.uint8))) & (contrast > LEAST)
    ys, xs = np.nonzero(peaks)
    chosen = np.argsort(-contrast[ys, xs], kind="stable")[:CANDIDATES]
    places = [(float(contrast[y, x]), int(x), int(y)) for y, x in zip(ys[chosen], xs[chosen], strict=True)]
    best, found = -np.inf, None
    for (strong, x, y), (other, u, v) in product(places, places):
        across, down = u - x, v - y
        if not APART[0] * FACE_PX < across < APART[1] * FACE_PX or abs(down) > SLOPE * across:
            continue
        if max(abs(y - SIZE[1] / 2), abs(v - SIZE[1] / 2)) > REACH * across:
            continue
        off = 2 * abs((x + u - SIZE[0]) / 2) + abs(down) + 0.8 * abs(across - EXPECTED * FACE_PX)
        merit = min(strong, other) + 0.3 * max(strong, other) - off / FACE_PX
        if merit > best:
            best, found = merit, (_summit(contrast, x, y), _summit(contrast, u, v))
    return found


def _summit(contrast: Plane, x: int, y: int) -> Point:
    """A peak to a fraction of a pixel, by parabolas through its neighbours."""

    def off(before: float, at: float, after: float) -> float:
        bend = before - 2 * at + after
        return 0.0 if bend >= 0 else float(np.clip((before - after) / (2 * bend), -0.5, 0.5))

    height, width = contrast.shape
    if not (0 < x < width - 1 and 0 < y < height - 1):
        return float(x), float(y)
    row, column = contrast[y, x - 1 : x + 2], contrast[y - 1 : y + 2, x]
    return x + off(*(float(v) for v in row)), y + off(*(float(v) for v in column))
