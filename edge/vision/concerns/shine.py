"""Visible shine: the share of the T-zone on which the lamp is reflected. What is seen, not sebum.

One photo without polarisers cannot tell oil from moisture or from a near lamp, so the figure is a hint and only
comparable under the same light.
"""

from __future__ import annotations

import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured
from edge.vision.surface import Surface

REGIONS = ("forehead", "glabella", "nose", "chin")
VISIBLE = 0.12  # of white, above the skin's own colour: seen as a gleam
STRONG = 0.5  # of white: drawn at full strength
ANCHORS = Anchors(clear=3.0, severe=45.0)


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    if not regions:
        return None
    shiny = surface.shine > VISIBLE
    zone = np.zeros(surface.skin.shape, dtype=np.bool_)
    by_region = {}
    for region in regions:
        # The whole shape, not the skin mask: a strong reflection has no colour of skin any more.
        own = region.shape & (region.skin | shiny)
        zone |= own
        if own.any():
            by_region[region.name] = 100 * float(shiny[own].mean())
    if not zone.any():
        return None
    details = {"mean_pct_of_white": 100 * float(surface.shine[zone].mean())}
    heat = np.clip((surface.shine - VISIBLE / 2) / STRONG, 0, 1)
    return Measured(100 * float(shiny[zone].mean()), by_region, details, heat, zone)


CONCERNS = [
    Concern(
        key="shine",
        order=60,
        unit="%",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        decimals=1,
        indicative="reason.one_light",
        spoiled_by=("clipping",),
    )
]
