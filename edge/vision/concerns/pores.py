"""Pores and texture: dark pits per square centimetre, and how rough the finest relief is.

A visible pore is 0.25 mm wide and needs two pixels: photos coarser than 0.12 mm a pixel get no number. Both are told as in skin whose surface
reflects nothing: the darker the skin, the more of its light is the surface's, on which relief throws stronger shades (`reflection.py`).
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured
from edge.vision.concerns._gleams import gleams
from edge.vision.concerns.wrinkles import sized
from edge.vision.middle import median
from edge.vision.regions import Mask, Plane
from edge.vision.regions import count as pixels
from edge.vision.surface import Surface

REGIONS = ("nose", "left_cheek", "right_cheek")
TEXTURE_REGIONS = ("forehead", "left_cheek", "right_cheek")
PIT = 0.033  # optical density, of skin without a surface's reflection: fainter pits are noise
ACROSS_PX = 5  # two peaks nearer than this are one pore: 0.3 mm
DOT_MM = 1.2
# Relief glitters where it reflects the lamp: texture is read beside gleams, faint ones too.
FAINT_GLEAM, BORDER_MM = 0.02, 1.0
LEAST_DULL = 0.3  # of a region's skin: with less beside its gleams it has no figure
PORES = Anchors(clear=4.0, severe=60.0)
TEXTURE = Anchors(clear=8.0, severe=40.0)


def measure(surface: Surface) -> Measured | None:
    relief = surface.detail.relief
    usable = surface.usable(REGIONS)
    if relief is None or not usable:
        return None
    detail, faintest = surface.detail, PIT * surface.below.relief
    peaks = np.zeros(relief.skin.shape, dtype=np.bool_)
    by_region, count, area = {}, 0, 0.0
    for region in usable:
        box, own = detail.part(region, relief.skin)
        cm2 = pixels(own) / relief.px_per_mm**2 / 100
        if cm2 > 0:
            peaks[box] |= _peaks(relief.pit, box, faintest) & own
            here = pixels(peaks[box] & own)
            by_region[region.name] = here / cm2
            count, area = count + here, area + cm2
    if area <= 0:
        return None

    def paint() -> Plane:
        """Larger than they are: a dot of a pore's own size is lost in the softness of the picture."""
        size = 2 * round(DOT_MM / 2 * relief.px_per_mm) + 1
        dot = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        dots = np.asarray(cv2.dilate(peaks.view(np.uint8), dot), dtype=np.float32)
        return np.asarray(np.clip(2 * detail.back(dots, surface.skin.shape), 0, 1), dtype=np.float32)

    return Measured(count / area, by_region, {"count": float(count)}, paint, surface.bare(usable))


def _peaks(pit: Plane, box: tuple[slice, slice], faintest: float) -> Mask:
    """Where a pit is deepest, in a box: seen with the pixels around it."""
    beside = ACROSS_PX // 2
    (top, left), (bottom, right) = (tuple(side.start for side in box), tuple(side.stop for side in box))
    y0, x0 = max(0, top - beside), max(0, left - beside)
    around = pit[y0 : bottom + beside, x0 : right + beside]
    highest = np.asarray(cv2.dilate(around, np.ones((ACROSS_PX,) * 2, dtype=np.uint8)))
    inner = (slice(top - y0, bottom - y0), slice(left - x0, right - x0))
    return np.asarray((around[inner] >= highest[inner]) & (around[inner] > faintest))


def measure_texture(surface: Surface) -> Measured | None:
    """Robust SD of the density between 0.15 and 0.5 mm beside gleams, in thousandths: spots and hairs hardly move it."""
    relief = surface.detail.relief
    usable = surface.usable(TEXTURE_REGIONS)
    if relief is None or not usable:
        return None
    detail, by_region, rough = surface.detail, {}, []
    unit = 1000 / surface.below.relief
    shiny = sized(detail.inside(gleams(surface, BORDER_MM, FAINT_GLEAM)), relief.skin)
    for region in usable:
        box, bare = detail.part(region, relief.skin)
        own = bare & ~shiny[box]
        if pixels(own) >= LEAST_DULL * max(1, pixels(bare)):
            rough.append(np.abs(relief.band[box][own]))
            by_region[region.name] = unit * 1.4826 * median(rough[-1])
    if not by_region:
        return None
    value = unit * 1.4826 * median(np.concatenate(rough))

    def paint() -> Plane:
        """At the colour frame's scale: a mean over a millimetre has no finer detail."""
        coarse = detail.back(np.abs(relief.band), surface.skin.shape)
        coarse = np.asarray(cv2.GaussianBlur(coarse, (0, 0), surface.px_per_mm), dtype=np.float32)
        return np.asarray(np.clip(unit * coarse / TEXTURE.severe, 0, 1), dtype=np.float32)

    return Measured(value, by_region, {}, paint, surface.bare(usable))


CONCERNS = [
    Concern(
        key="pores",
        version="2",
        order=110,
        unit="1/cm²",
        measure=measure,
        anchors=PORES,
        regions=REGIONS,
        closer="relief",
        max_mm_per_px=0.12,
        decimals=1,
        indicative="reason.rendered_only",
        spoiled_by=("sharpness",),
    ),
    Concern(
        key="texture",
        version="2",
        order=115,
        unit="‰ OD",
        measure=measure_texture,
        anchors=TEXTURE,
        regions=TEXTURE_REGIONS,
        closer="relief",
        max_mm_per_px=0.15,
        decimals=1,
        indicative="reason.rendered_only",
        spoiled_by=("sharpness",),
    ),
]
