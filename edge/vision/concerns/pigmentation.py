"""Pigmentation: the share of skin that carries clearly more melanin than the skin around it.

A band-pass on the melanin density: patches of about 3 to 12 mm stand out, shading and the tone of the whole face
do not. So a dark skin is not "pigmented", only an uneven one is. Smaller spots need a finer photo.
"""

from __future__ import annotations

import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured, masked_blur
from edge.vision.concerns._places import single_places
from edge.vision.surface import Surface

REGIONS = ("forehead", "left_cheek", "right_cheek", "nose", "chin")
FINE_MM, COARSE_MM = 1.4, 6.0  # sigmas of the band-pass: single spots of 1 mm stay below it, patches do not
EXCESS = 0.15  # relative melanin density: clearly seen on every tone; folds and noise mostly stay below
ANCHORS = Anchors(clear=2.0, severe=25.0)


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    skin = surface.matte(regions)
    if not skin.any():
        return None
    # Single spots and blemishes have their own rows: patches are measured beside them.
    around = surface.skin & ~single_places(surface)
    fine = masked_blur(surface.melanin, around, FINE_MM * surface.px_per_mm)
    coarse = masked_blur(surface.melanin, around, COARSE_MM * surface.px_per_mm)
    excess = fine - coarse
    dark = excess > EXCESS
    by_region = {}
    for region in regions:
        own = surface.matte([region])
        if own.any():
            by_region[region.name] = 100 * float(dark[own].mean())
    heat = np.clip((excess - EXCESS / 2) / (2 * EXCESS), 0, 1)
    details = {"mean_excess": float(np.maximum(excess[skin] - EXCESS, 0).mean())}
    return Measured(100 * float(dark[skin].mean()), by_region, details, heat, surface.bare(regions))


CONCERNS = [
    Concern(
        key="pigmentation",
        order=30,
        unit="%",
        measure=measure,
        version="2",
        anchors=ANCHORS,
        regions=REGIONS,
        max_mm_per_px=0.7,  # a 2 mm patch must cover three pixels
        decimals=1,
        indicative="reason.provisional_anchors",
    )
]
