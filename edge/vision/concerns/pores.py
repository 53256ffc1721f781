"""Pores and texture: dark pits per square centimetre, and how rough the finest relief is.

A visible pore is 0.25 mm wide and needs two pixels: photos coarser than 0.12 mm a pixel get no number.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured, median
from edge.vision.concerns.wrinkles import sized
from edge.vision.surface import Surface

REGIONS = ("nose", "left_cheek", "right_cheek")
TEXTURE_REGIONS = ("forehead", "left_cheek", "right_cheek")
PIT = 0.035  # optical density: fainter pits are noise
ACROSS_PX = 5  # two peaks nearer than this are one pore: 0.3 mm
DOT_MM = 1.2
PORES = Anchors(clear=4.0, severe=60.0)
TEXTURE = Anchors(clear=8.0, severe=40.0)


def measure(surface: Surface) -> Measured | None:
    relief = surface.detail.relief
    usable = surface.usable(REGIONS)
    if relief is None or not usable:
        return None
    highest = np.asarray(cv2.dilate(relief.pit, np.ones((ACROSS_PX,) * 2, dtype=np.uint8)))
    peaks = (relief.pit >= highest) & (relief.pit > PIT) & relief.skin
    by_region, count, area = {}, 0, 0.0
    for region in usable:
        own = sized(surface.detail.inside(region.skin), relief.skin) & relief.skin
        cm2 = float(own.sum()) / relief.px_per_mm**2 / 100
        if cm2 > 0:
            here = int((peaks & own).sum())
            by_region[region.name] = here / cm2
            count, area = count + here, area + cm2
    if area <= 0:
        return None
    # Drawn larger than they are: a dot of a pore's own size is lost in the softness of the picture.
    dot = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(DOT_MM / 2 * relief.px_per_mm) + 1,) * 2)
    dots = np.asarray(cv2.dilate(peaks.astype(np.float32), dot), dtype=np.float32)
    heat = surface.detail.back(dots, surface.skin.shape)
    return Measured(
        count / area, by_region, {"count": float(count)}, np.clip(2 * heat, 0, 1), surface.bare(usable)
    )


def measure_texture(surface: Surface) -> Measured | None:
    """Robust SD of the density between 0.15 and 0.5 mm, in thousandths: spots and hairs hardly move it."""
    relief = surface.detail.relief
    usable = surface.usable(TEXTURE_REGIONS)
    if relief is None or not usable:
        return None
    by_region, masks = {}, np.zeros(relief.skin.shape, dtype=np.bool_)
    for region in usable:
        own = sized(surface.detail.inside(region.skin), relief.skin) & relief.skin
        if own.any():
            by_region[region.name] = 1000 * 1.4826 * median(np.abs(relief.band), own)
            masks |= own
    if not by_region:
        return None
    value = 1000 * 1.4826 * median(np.abs(relief.band), masks)
    # Drawn at the colour frame's scale: a mean over a millimetre has no finer detail.
    rough = surface.detail.back(np.abs(relief.band), surface.skin.shape)
    rough = np.asarray(cv2.GaussianBlur(rough, (0, 0), surface.px_per_mm), dtype=np.float32)
    heat = np.clip(1000 * rough / TEXTURE.severe, 0, 1)
    return Measured(value, by_region, {}, heat, surface.bare(usable))


CONCERNS = [
    Concern(
        key="pores",
        order=110,
        unit="1/cm²",
        measure=measure,
        anchors=PORES,
        regions=REGIONS,
        closer=True,
        max_mm_per_px=0.12,
        decimals=1,
        indicative="reason.rendered_only",
        spoiled_by=("sharpness",),
    ),
    Concern(
        key="texture",
        order=115,
        unit="‰ OD",
        measure=measure_texture,
        anchors=TEXTURE,
        regions=TEXTURE_REGIONS,
        closer=True,
        max_mm_per_px=0.15,
        decimals=1,
        indicative="reason.rendered_only",
        spoiled_by=("sharpness",),
    ),
]
