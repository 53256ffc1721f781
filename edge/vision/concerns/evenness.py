"""Evenness: how far the blood that shows through the skin differs from place to place, beyond single blemishes.

Raw value: the SD of the haemoglobin density, smoothed over 3 mm, over all bare skin without spots and blemishes, told as the
CIELAB lightness that so much blood takes away. Light, shade, warmth of the lamp and melanin fall out of that density, so the figure takes in
neither a flush of the whole face (redness) nor brown patches (pigmentation), which have rows of their own. What it is not:
a measure of every difference of colour that an eye may see.
"""

from __future__ import annotations

import numpy as np

from edge.vision.concerns._base import BLOOD_DARKENS, Anchors, Concern, Measured, masked_blur
from edge.vision.concerns._gleams import true_coloured
from edge.vision.concerns._places import single_places
from edge.vision.middle import median
from edge.vision.regions import Plane
from edge.vision.surface import Surface

REGIONS = ("forehead", "left_cheek", "right_cheek", "nose", "chin")
SMOOTH_MM = 3.0
ANCHORS = Anchors(clear=0.8, severe=4.0)


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    skin = true_coloured(surface, regions)
    if len(regions) < 2 or not skin.any():
        return None
    around = surface.skin & ~single_places(surface)
    blood = masked_blur(surface.haemoglobin, around, SMOOTH_MM * surface.px_per_mm)
    off = (BLOOD_DARKENS * (blood - median(blood[skin]))).astype(np.float32)
    by_region = {}
    for region in regions:
        own = off[region.box][(region.shape & skin)[region.box]]
        if own.size:
            by_region[region.name] = float(np.sqrt(np.square(own).mean()))
    value = float(off[skin].std())

    def paint() -> Plane:
        return np.asarray(np.clip(np.abs(off) / np.float32(1.5 * ANCHORS.severe), 0, 1), dtype=np.float32)

    return Measured(value, by_region, {}, paint, surface.bare(regions))


CONCERNS = [
    Concern(
        key="evenness",
        order=40,
        unit="dL*",
        measure=measure,
        version="3",
        anchors=ANCHORS,
        regions=REGIONS,
        closer="places",
        indicative="reason.provisional_anchors",
    )
]
