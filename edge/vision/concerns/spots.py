"""Spots: freckles, lentigines, moles; the share of skin that single dark places take, and how many there are.

Places at the border of a gleam are left out, and the skin there with them: where a reflection ends it looks like a spot.
A large dark place of ragged border or several shades is not scored: it is pointed out with "please see a doctor" (`_referral.py`).
"""

from __future__ import annotations

from edge.vision.concerns._base import Anchors, Concern, Measured
from edge.vision.concerns._gleams import gleams
from edge.vision.concerns._places import summed
from edge.vision.concerns._referral import REGIONS, suspicious
from edge.vision.surface import Surface

ANCHORS = Anchors(clear=0.2, severe=6.0)
GLEAM_BORDER_MM = 2.2  # around a gleam: what ends there looks like a spot


def measure(surface: Surface) -> Measured | None:
    suspects = suspicious(surface)
    measured = summed("spots", surface, REGIONS, suspects, beside=gleams(surface, GLEAM_BORDER_MM))
    if measured is not None:
        measured.referred.extend(
            (p.x + surface.detail.columns.start, p.y + surface.detail.rows.start) for p in suspects
        )
    return measured


CONCERNS = [
    Concern(
        key="spots",
        version="2",
        order=130,
        unit="%",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        closer="places",
        max_mm_per_px=0.28,  # a spot of 1 mm must cover four pixels
        indicative="reason.rendered_only",
        spoiled_by=("sharpness",),
    )
]
