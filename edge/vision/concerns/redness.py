"""Redness: how much haemoglobin the skin shows, with shading and melanin taken out.

Raw value: mean haemoglobin density over cheeks, forehead, nose and chin (Tsumura 1999), in units of the absorption in
`graphs/color.py`. Beside it the share of skin that is redder than the person's own cheeks.

The surface of skin sends some 2 to 3 % of the light back whatever lies below it. On dark skin that is a good part of all the light, greyer than what
comes from within, and would read as blood: 0.25 too much at ITA -20, 0.6 at -50. So the blood of the face's median colour is fitted with that reflection
in mind (`reflection.py`), and the rest of the face is told beside it. How much is taken off on dark skin hangs on the level of the light: a fifth more or
less moves the figure by up to 0.2 there. Without the grey strip, which tells that level, it has no score and stands beside the person's own only.

Spots and blemishes with their halo have rows of their own and are left out, and so are gleams.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured, masked_blur, spread
from edge.vision.concerns._gleams import true_coloured
from edge.vision.concerns._places import single_places
from edge.vision.middle import median
from edge.vision.regions import Mask, Plane
from edge.vision.surface import Surface

REGIONS = ("forehead", "glabella", "nose", "left_cheek", "right_cheek", "chin")
BESIDE_MM = 1.0  # of spots and blemishes: their halo is theirs
SMOOTH_MM = 1.0  # vessels and noise are averaged, patches stay
PATCH_SPREADS = 3.0  # robust SDs above the cheeks' own median: a patch
# From faces at hand: pale and even 0.3, visibly flushed 1.2. Provisional until stores have measured.
ANCHORS = Anchors(clear=0.35, severe=1.4)
GREEN = 1
# Share of white that the skin sends back in green, where blood shows most: below it the surface's part is a fifth of the light, and its level
# must be known.
DARK = 0.14


def _wide(mask: Mask, by_px: float) -> Mask:
    size = 2 * round(by_px) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(mask.view(np.uint8), kernel), dtype=np.bool_)


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    skin = true_coloured(surface, regions) & ~_wide(single_places(surface), BESIDE_MM * surface.px_per_mm)
    if not skin.any():
        return None
    blood = surface.below.blood_of(surface.haemoglobin, surface.body)
    smooth = masked_blur(blood, surface.skin, SMOOTH_MM * surface.px_per_mm)
    value = float(blood[skin].mean())
    by_region = {}
    for region in regions:
        own = blood[region.box][(region.shape & skin)[region.box]]
        if own.size:
            by_region[region.name] = float(own.mean())
    cheeks = skin & surface.bare(r for r in regions if r.name.endswith("_cheek"))
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
        version="2",
        closer="places",
        order=20,
        unit="Hb",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        indicative="reason.light_not_calibrated",
        spoiled_by=("cast",),
    )
]
