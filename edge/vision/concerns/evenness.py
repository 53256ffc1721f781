"""Evenness: how far the colour of the skin differs from place to place, beyond light and single spots.

Raw value: the root mean square distance (in a*, b*) of the low-pass colour of all regions from their median. Lightness
is left out, because the shape of a face under one lamp makes more of it than any skin does.
"""

from __future__ import annotations

import math

import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured, masked_blur, median
from edge.vision.surface import Surface

REGIONS = ("forehead", "left_cheek", "right_cheek", "nose", "chin")
SMOOTH_MM = 3.0
ANCHORS = Anchors(clear=1.5, severe=7.0)


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    skin = surface.matte(regions)
    if len(regions) < 2 or not skin.any():
        return None
    planes = [masked_blur(plane, surface.skin, SMOOTH_MM * surface.px_per_mm) for plane in surface.lab[1:]]
    distance = np.sqrt(sum(np.square(plane - median(plane, skin)) for plane in planes)).astype(np.float32)
    by_region = {}
    for region in regions:
        own = surface.matte([region])
        if own.any():
            by_region[region.name] = math.sqrt(float(np.square(distance[own]).mean()))
    value = math.sqrt(float(np.square(distance[skin]).mean()))
    heat = np.clip(distance / (1.5 * ANCHORS.severe), 0, 1)
    return Measured(value, by_region, {}, heat, surface.bare(regions))


CONCERNS = [
    Concern(
        key="evenness",
        order=40,
        unit="dE ab",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        indicative="reason.provisional_anchors",
    )
]
