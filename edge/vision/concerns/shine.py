"""Visible shine: the share of the T-zone on which the lamp is reflected. What is seen, not sebum.

A gleam is what stands out from the skin around it: how pale or colourful the skin itself is falls out. One photo without polarisers cannot tell oil from moisture or from a near lamp, so the figure is a hint and only
comparable under the same light.
"""

from __future__ import annotations

import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured
from edge.vision.concerns._gleams import standing_out
from edge.vision.regions import Mask, Plane
from edge.vision.surface import GLARE, Surface

REGIONS = ("forehead", "glabella", "nose", "chin")
VISIBLE = 0.06  # of white, above what is around it: seen as a gleam
BODY = 0.5  # of the skin's usual light: under a gleam it is still there
STRONG = 0.25  # of white: drawn at full strength
FAINT = (
    0.35  # of full strength: how the weakest gleam that counts is drawn, or nobody would see what was counted
)
ANCHORS = Anchors(clear=3.0, severe=45.0)


def _gleams(surface: Surface, shapes: Mask) -> Mask:
    """Reflections of these places that the skin mask leaves out, as they have no colour of skin any more: on dark skin weak ones already.

    Strong ones, and weaker ones below which the skin's own light is still there: grey hair has none of it.
    """
    seen = shapes & (surface.shine > VISIBLE)
    light, shine = surface.lin[:, seen], surface.shine[seen]
    body = surface.body
    own = (body @ light - body.sum() * shine) / float(body @ body)
    gleams = seen.copy()
    gleams[seen] = (shine > GLARE) | (own > BODY)
    return gleams


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    if not regions:
        return None
    shapes = np.logical_or.reduce([region.shape for region in regions])
    around = surface.skin | _gleams(surface, shapes)
    excess = standing_out(surface, around)
    shiny = (excess > VISIBLE) & around
    zone = np.zeros(surface.skin.shape, dtype=np.bool_)
    by_region = {}
    for region in regions:
        own = region.shape[region.box] & around[region.box]
        zone[region.box] |= own
        if own.any():
            by_region[region.name] = 100 * float(shiny[region.box][own].mean())
    if not zone.any():
        return None
    details = {"mean_pct_of_white": 100 * float(surface.shine[zone].mean())}

    def paint() -> Plane:
        strength = FAINT + (1 - FAINT) * np.clip((excess - VISIBLE) / (STRONG - VISIBLE), 0, 1)
        return np.where(shiny, strength, 0).astype(np.float32)

    return Measured(100 * float(shiny[zone].mean()), by_region, details, paint, zone)


CONCERNS = [
    Concern(
        key="shine",
        order=60,
        unit="%",
        measure=measure,
        version="3",
        anchors=ANCHORS,
        regions=REGIONS,
        max_mm_per_px=1.0,  # gleams are a few millimetres wide
        decimals=1,
        indicative="reason.one_light",
        spoiled_by=("clipping",),
    )
]
