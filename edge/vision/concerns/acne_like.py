"""Blemishes: places that look like acne, as the share of skin they take and a band of their number. Appearance only.

People who count them on one face disagree by several, so the report shows a band (none, up to 5, up to 20, more).
"""

from __future__ import annotations

from edge.vision.concerns._base import Anchors, Concern, Measured
from edge.vision.concerns._places import summed
from edge.vision.surface import Surface

REGIONS = ("forehead", "left_cheek", "right_cheek", "nose", "chin")
ANCHORS = Anchors(clear=0.1, severe=4.0)


def measure(surface: Surface) -> Measured | None:
    return summed("acne_like", surface, REGIONS, band_of_count=True)


CONCERNS = [
    Concern(
        key="acne_like",
        order=140,
        unit="%",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        closer="places",
        max_mm_per_px=0.28,
        indicative="reason.rendered_only",
        spoiled_by=("sharpness",),
    )
]
