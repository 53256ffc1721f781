"""Wrinkles and fine lines: millimetres of dark line per square centimetre, region by region.

Only long, narrow places count. On held-out rendered skin the network finds lines far better than the ridge filter, which takes
every fine texture for one; hairs go with the network's hair map. The light matters: lines show by their shadows, so figures compare only under the same light, as everything here.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.concerns._base import Anchors, Concern, Measured
from edge.vision.regions import Mask, Plane, count
from edge.vision.surface import Surface

REGIONS = (
    "forehead", "glabella", "left_crows_feet", "right_crows_feet", "left_under_eye", "right_under_eye",
    "left_cheek", "right_cheek",
)  # fmt: skip
# A line begins where the map is this strong, and goes on down to the second figure.
NETWORK = (0.5, 0.35)  # probability
RIDGE = (0.045, 0.034)  # optical density of the analytic ridge filter
LEAST_MM = 2.5
SLENDER = 3.0  # length over width
ANCHORS = Anchors(clear=2.0, severe=25.0)


def measure(surface: Surface) -> Measured | None:
    """By the network where it is installed, else by the ridge filter, which needs the finer photo."""
    detail, usable = surface.detail, surface.usable(REGIONS)
    if not usable:
        return None
    if "wrinkles" in detail.by_network:
        heat, limits, skin, px = detail.lesion["wrinkle"], NETWORK, detail.skin, detail.px_per_mm
    elif detail.relief is not None:
        relief = detail.relief
        heat, limits, skin, px = relief.ridge, RIDGE, relief.skin, relief.px_per_mm
    else:
        return None
    labels, lengths, depths = lines(heat, skin, limits, px)
    pixels = np.maximum(np.bincount(labels.ravel(), minlength=len(lengths)), 1)
    by_region, total, area, weighted = {}, 0.0, 0.0, 0.0
    for region in usable:
        own = sized(detail.inside(region.skin), skin) & skin
        cm2 = count(own) / px**2 / 100
        if cm2 <= 0:
            continue
        # A line that crosses a border counts with the part of it that lies inside.
        share = np.bincount(labels[own], minlength=len(lengths)) / pixels
        mm = float((lengths * share).sum())
        by_region[region.name] = mm / cm2
        total, area, weighted = total + mm, area + cm2, weighted + float((lengths * share * depths).sum())
    if area <= 0:
        return None
    details = {"length_mm": total, "mean_strength": weighted / total if total > 0 else 0.0}

    def paint() -> Plane:
        drawn = np.where(lengths[labels] > 0, np.clip(heat / (2 * limits[0]), 0.6, 1), 0).astype(np.float32)
        drawn = np.asarray(cv2.dilate(drawn, np.ones((3, 3), dtype=np.uint8)), dtype=np.float32)
        return np.asarray(np.clip(1.6 * detail.back(drawn, surface.skin.shape), 0, 1), dtype=np.float32)

    return Measured(total / area, by_region, details, paint, surface.bare(usable))


def lines(
    heat: Plane, skin: Mask, limits: tuple[float, float], px_per_mm: float
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """A label a pixel, and for each label the length in mm (0: no line) and the mean strength of its map."""
    strong = (heat > limits[0]) & skin
    weak = ((heat > limits[1]) & skin).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(weak, connectivity=8)
    marked = np.asarray(labels, dtype=np.int32)
    begun = np.bincount(labels[strong], minlength=count)
    inside = labels > 0
    total = np.bincount(labels[inside], heat[inside].astype(np.float64), count)
    lengths = np.zeros(count)
    longest = np.hypot(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT])
    for k in np.flatnonzero((begun > 2) & (longest >= LEAST_MM * px_per_mm)):
        if k:
            lengths[k] = _length(marked, int(k), boxes[k], px_per_mm)
    strength = total / np.maximum(boxes[:, cv2.CC_STAT_AREA], 1)
    return marked, lengths, strength


def _length(labels: NDArray[np.int32], k: int, box: NDArray[Any], px_per_mm: float) -> float:
    x, y, width, height, area = (int(v) for v in box)
    ys, xs = np.nonzero(labels[y : y + height, x : x + width] == k)
    (_, (a, b), _) = cv2.minAreaRect(np.stack([xs, ys], axis=1).astype(np.float32))
    longer = max(a, b)
    if longer < LEAST_MM * px_per_mm or longer < SLENDER * area / max(longer, 1.0):
        return 0.0
    return float(longer / px_per_mm)


def sized(mask: Mask, like: Mask) -> Mask:
    """A mask of the window at the size of another."""
    if mask.shape == like.shape:
        return mask
    size = (like.shape[1], like.shape[0])
    return np.asarray(
        cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), dtype=np.bool_
    )


CONCERNS = [
    Concern(
        key="wrinkles",
        order=120,
        unit="mm/cm²",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        closer="places",
        max_mm_per_px=0.2,  # a line of 0.4 mm must cover two pixels
        decimals=1,
        indicative="reason.rendered_only",
        spoiled_by=("sharpness",),
    )
]
