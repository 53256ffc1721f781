"""Pigmentation: the share of skin that clearly carries more pigment than the skin around it.

Two signs, each by a band-pass that lets patches of about 3 to 12 mm stand out and not the shading or the tone of the whole face (a dark skin
is not "pigmented", only an uneven one is). On most skin a patch is browner: more melanin by density, and darker in red. On dark
skin it is greyer, because the surface's own reflection is most of what is left of the light there: then it must be much darker in red,
which melanin takes and blood hardly does. The nose is left out: its form throws shades of just this size. Smaller spots need a finer photo.
"""

from __future__ import annotations

import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured, masked_blur
from edge.vision.concerns._places import single_places
from edge.vision.surface import Surface

REGIONS = ("forehead", "left_cheek", "right_cheek", "chin")
FINE_MM, COARSE_MM = 1.4, 6.0  # sigmas of the band-pass: single spots of 1 mm stay below it, patches do not
EXCESS = 0.15  # relative melanin density: clearly seen; folds and noise mostly stay below
DARKER = 0.03  # optical density of red that goes with it: where a gleam ends it is less
MUCH_DARKER = 0.12  # that is enough alone: shades of this size and depth are rare on cheeks and forehead
RED = 0
ANCHORS = Anchors(clear=2.0, severe=25.0)


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    skin = surface.matte(regions)
    if not skin.any():
        return None
    # Single spots and blemishes have their own rows: patches are measured beside them.
    around = surface.skin & ~single_places(surface)
    browner, darker = (
        masked_blur(plane, around, FINE_MM * surface.px_per_mm)
        - masked_blur(plane, around, COARSE_MM * surface.px_per_mm)
        for plane in (surface.melanin, surface.od[RED])
    )
    dark = ((browner > EXCESS) & (darker > DARKER)) | (darker > MUCH_DARKER)
    by_region = {}
    for region in regions:
        own = surface.matte([region])
        if own.any():
            by_region[region.name] = 100 * float(dark[own].mean())
    excess = np.maximum(browner / EXCESS * (darker > DARKER), darker / MUCH_DARKER)
    heat = np.clip((excess - 0.5) / 2, 0, 1).astype(np.float32)
    details = {"mean_excess": float(np.maximum(excess[skin] - 1, 0).mean())}
    return Measured(100 * float(dark[skin].mean()), by_region, details, heat, surface.bare(regions))


CONCERNS = [
    Concern(
        key="pigmentation",
        order=30,
        unit="%",
        measure=measure,
        version="3",
        anchors=ANCHORS,
        regions=REGIONS,
        closer=True,
        max_mm_per_px=0.7,  # a 2 mm patch must cover three pixels
        decimals=1,
        indicative="reason.provisional_anchors",
    )
]
