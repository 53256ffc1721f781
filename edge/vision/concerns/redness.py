"""Redness: how much haemoglobin the skin shows, with shading and melanin taken out.

Raw value: mean haemoglobin density over cheeks, forehead, nose and chin (Tsumura 1999), in units of the absorption in
`graphs/color.py`. Beside it the share of skin that is redder than the person's own cheeks.

The surface of skin sends some 2 % of the light back whatever lies below it. On dark skin that is a good part of all the light, greyer than what comes
from within, and reads as blood: rendered bare skin at ITA -10, -20 and -35 reads 0.14, 0.25 and 0.45 higher than the same blood on light skin. Taking a
constant share of white away again was tried: what makes the tones alike in one exposure is wrong by up to 0.8 when the light is a fifth weaker, as
the blue of dark skin is little more than that reflection. So there the figure has no score, and stands beside the person's own only.
"""

from __future__ import annotations

import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured, masked_blur, spread
from edge.vision.middle import median
from edge.vision.regions import Plane
from edge.vision.surface import Surface

REGIONS = ("forehead", "glabella", "nose", "left_cheek", "right_cheek", "chin")
SMOOTH_MM = 1.0  # vessels and noise are averaged, patches stay
PATCH_SPREADS = 3.0  # robust SDs above the cheeks' own median: a patch
# From faces at hand: pale and even 0.3, visibly flushed 1.2. Provisional until stores have measured.
ANCHORS = Anchors(clear=0.35, severe=1.4)
GREEN = 1
# Share of white that the skin sends back in green, where blood shows most: below it the surface's 2 % are a seventh of the light, and redness reads
# 0.1 too high, which is as much as two photos differ by.
DARK = 0.14


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    skin = surface.matte(regions)
    if not skin.any():
        return None
    smooth = masked_blur(surface.haemoglobin, surface.skin, SMOOTH_MM * surface.px_per_mm)
    value = float(smooth[skin].mean())
    by_region = {}
    for region in regions:
        (own,) = surface.within(region, smooth)
        if own.size:
            by_region[region.name] = float(own.mean())
    cheeks = surface.matte([r for r in regions if r.name.endswith("_cheek")])
    details = {}
    if cheeks.any():
        limit = median(smooth[cheeks]) + PATCH_SPREADS * spread(smooth, cheeks)
        details["patch_area_pct"] = 100 * float((smooth[skin] > limit).mean())

    dark = median(surface.lin[GREEN][skin]) < DARK
    # Where the level says nothing, what is redder than the rest of the face is drawn.
    clear = max(ANCHORS.clear, median(smooth[skin])) if dark else ANCHORS.clear

    def paint() -> Plane:
        return np.asarray(np.clip((smooth - clear) / (ANCHORS.severe - ANCHORS.clear), 0, 1))

    own_only = "reason.dark_redness" if dark else None
    return Measured(value, by_region, details, paint, surface.bare(regions), own_only=own_only)


CONCERNS = [
    Concern(
        key="redness",
        order=20,
        unit="Hb",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        indicative="reason.light_not_calibrated",
        spoiled_by=("cast",),
    )
]
