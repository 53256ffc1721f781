"""Pigmentation: the share of skin that clearly carries more pigment than the skin around it.

Two signs, each by a band-pass that lets patches of about 3 to 12 mm stand out and not the shading or the tone of the whole face (a dark skin
is not "pigmented", only an uneven one is). On most skin a patch is browner: more melanin by density, and darker in red. On dark
skin it is greyer, because the surface's own reflection is most of what is left of the light there: then it must be much darker in red,
which melanin takes and blood hardly does. The nose is left out: its form throws shades of just this size. Smaller spots need a finer photo.

Only skin without gleams is looked at, and compared with such: beside a gleam matte skin looks darker, and on dark skin, whose own light is weak, like
a patch (a rendered face as glossy as any moved the figure by 0.45 of its own full effect at ITA -20, and by 0.01 since).
"""

from __future__ import annotations

import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured, masked_blurs
from edge.vision.concerns._gleams import dull_skin
from edge.vision.concerns._places import single_places
from edge.vision.regions import Plane, count
from edge.vision.surface import Surface

REGIONS = ("forehead", "left_cheek", "right_cheek", "chin")
FINE_MM, COARSE_MM = 1.4, 6.0  # sigmas of the band-pass: single spots of 1 mm stay below it, patches do not
EXCESS = 0.15  # relative melanin density: clearly seen; folds and noise mostly stay below
DARKER = 0.03  # optical density of red that goes with it: where a gleam ends it is less
MUCH_DARKER = 0.12  # that is enough alone: shades of this size and depth are rare on cheeks and forehead
LEAST_DULL = 0.3  # of a region: with less skin beside its gleams it has no figure
RED = 0
ANCHORS = Anchors(clear=2.0, severe=25.0)


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    dull = dull_skin(surface)
    regions = [r for r in regions if count(dull[r.box] & r.skin[r.box]) >= LEAST_DULL * count(r.shape[r.box])]
    skin = surface.bare(regions) & dull
    if not skin.any():
        return None
    # Single spots and blemishes have their own rows: patches are measured beside them.
    around = dull & ~single_places(surface)
    planes = (surface.melanin, surface.od[RED])
    fine, coarse = (masked_blurs(planes, around, mm * surface.px_per_mm) for mm in (FINE_MM, COARSE_MM))
    browner, darker = fine[0] - coarse[0], fine[1] - coarse[1]
    dark = ((browner > EXCESS) & (darker > DARKER)) | (darker > MUCH_DARKER)
    by_region = {}
    for region in regions:
        own = dark[region.box][region.skin[region.box] & dull[region.box]]
        by_region[region.name] = 100 * float(own.mean())
    beyond = _excess(browner[skin], darker[skin])
    details = {"mean_excess": float(np.maximum(beyond - 1, 0).mean())}

    def paint() -> Plane:
        return np.asarray(np.clip((_excess(browner, darker) - 0.5) / 2, 0, 1), dtype=np.float32)

    return Measured(100 * float(dark[skin].mean()), by_region, details, paint, skin)


def _excess(browner: Plane, darker: Plane) -> Plane:
    """How far beyond the limits: 1 is at them."""
    return np.asarray(
        np.maximum(browner / EXCESS * (darker > DARKER), darker / MUCH_DARKER), dtype=np.float32
    )


CONCERNS = [
    Concern(
        key="pigmentation",
        order=30,
        unit="%",
        measure=measure,
        version="5",
        anchors=ANCHORS,
        regions=REGIONS,
        closer="places",
        max_mm_per_px=0.7,  # a 2 mm patch must cover three pixels
        decimals=1,
        indicative="reason.provisional_anchors",
    )
]
