"""Wrinkles and fine lines: millimetres of dark line per square centimetre, region by region.

Only long, narrow places of the ridge map count; hairs are taken out by the network's hair map where it is installed. The
light matters: lines show by their shadows, so figures compare only under the same light, as everything here.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured
from edge.vision.detail import Relief
from edge.vision.regions import Mask
from edge.vision.surface import Surface

REGIONS = (
    "forehead", "glabella", "left_crows_feet", "right_crows_feet", "left_under_eye", "right_under_eye",
    "left_cheek", "right_cheek",
)  # fmt: skip
RIDGE = 0.045  # optical density: a line is begun where the ridge is this strong
FAINT = 0.5  # of it: and goes on down to here
LEAST_MM = 2.5
SLENDER = 3.0  # length over width
ANCHORS = Anchors(clear=2.0, severe=25.0)


def measure(surface: Surface) -> Measured | None:
    relief = surface.detail.relief
    usable = surface.usable(REGIONS)
    if relief is None or not usable:
        return None
    labels, lengths, depths = lines(relief)
    by_region, total, area, weighted = {}, 0.0, 0.0, 0.0
    for region in usable:
        own = _fine(surface.detail.inside(region.skin), relief) & relief.skin
        cm2 = float(own.sum()) / relief.px_per_mm**2 / 100
        if cm2 <= 0:
            continue
        # A line that crosses a border counts with the part of it that lies inside.
        inside = np.bincount(labels[own], minlength=len(lengths))
        share = inside / np.maximum(np.bincount(labels.ravel(), minlength=len(lengths)), 1)
        mm = float((lengths * share).sum())
        by_region[region.name] = mm / cm2
        total, area, weighted = total + mm, area + cm2, weighted + float((lengths * share * depths).sum())
    if area <= 0:
        return None
    details = {"length_mm": total, "mean_depth": weighted / total if total > 0 else 0.0}
    heat = np.where(lengths[labels] > 0, np.clip(relief.ridge / (3 * RIDGE), 0.35, 1), 0).astype(np.float32)
    heat = np.asarray(cv2.dilate(heat, np.ones((3, 3), dtype=np.uint8)), dtype=np.float32)
    shown = surface.detail.back(heat, surface.skin.shape)
    return Measured(total / area, by_region, details, np.clip(1.6 * shown, 0, 1), surface.bare(usable))


def lines(relief: Relief) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A label a pixel, and for each label the length in mm (0: no line) and the mean strength of its ridge."""
    strong = (relief.ridge > RIDGE) & relief.skin
    weak = ((relief.ridge > FAINT * RIDGE) & relief.skin).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(weak, connectivity=8)
    begun = np.bincount(labels[strong], minlength=count)
    inside = labels > 0
    total = np.bincount(labels[inside], relief.ridge[inside].astype(np.float64), count)
    lengths = np.zeros(count)
    longest = np.hypot(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT])
    for k in np.flatnonzero((begun > 2) & (longest >= LEAST_MM * relief.px_per_mm)):
        if k:
            lengths[k] = _length(labels, int(k), boxes[k], relief.px_per_mm)
    return labels, lengths, total / np.maximum(boxes[:, cv2.CC_STAT_AREA], 1)


def _length(labels: np.ndarray, k: int, box: np.ndarray, px_per_mm: float) -> float:
    x, y, width, height, area = (int(v) for v in box)
    ys, xs = np.nonzero(labels[y : y + height, x : x + width] == k)
    (_, (a, b), _) = cv2.minAreaRect(np.stack([xs, ys], axis=1).astype(np.float32))
    longer = max(a, b)
    if longer < LEAST_MM * px_per_mm or longer < SLENDER * area / max(longer, 1.0):
        return 0.0
    return float(longer / px_per_mm)


def _fine(mask: Mask, relief: Relief) -> Mask:
    size = (relief.skin.shape[1], relief.skin.shape[0])
    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), dtype=np.bool_)


CONCERNS = [
    Concern(
        key="wrinkles",
        order=120,
        unit="mm/cm²",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        max_mm_per_px=0.15,  # a line of 0.3 mm must cover two pixels
        decimals=1,
        indicative="reason.rendered_only",
        spoiled_by=("sharpness",),
    )
]
