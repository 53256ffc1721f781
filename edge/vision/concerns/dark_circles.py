"""Dark circles: how much darker the skin under an eye is than the cheek below it, in CIELAB lightness as if the cheek were at L* = 60.

The mean of two readings of one photo, in both of which the level of the light falls out. The first is what the eye sees, from luminance; it follows
expert grades (r = .99, PMC7898348), but the hollow under the eye throws a shade that moves with the head. The second is what
melanin and blood account for, from densities; shade falls out of it, but on dark skin the surface's own reflection hides part of the melanin. Each
makes up for the other's fault: 5 degrees of pose move the mean by two thirds of what they move the first.
"""

from __future__ import annotations

import math

import numpy as np

from edge.vision.concerns._base import BLOOD_DARKENS, MELANIN_DARKENS, Anchors, Concern, Measured, median
from edge.vision.surface import Surface

SIDES = (("left_under_eye", "left_cheek"), ("right_under_eye", "right_cheek"))
REGIONS = ("left_under_eye", "right_under_eye")
ANCHORS = Anchors(clear=1.0, severe=9.0)
# L* + 16 of the cheek: lightness is this times the cube root of luminance over the cheek's.
SEEN_AT = 60 + 16


def measure(surface: Surface) -> Measured | None:
    by_region: dict[str, float] = {}
    details: dict[str, float] = {}
    heat = np.zeros(surface.skin.shape, dtype=np.float32)
    drawn = np.zeros(surface.skin.shape, dtype=np.bool_)
    for under_name, cheek_name in SIDES:
        under, cheek = surface.regions[under_name], surface.regions[cheek_name]
        if not (under.usable and cheek.usable):
            continue
        here, there = under.skin, cheek.skin
        if not (here.any() and there.any()):
            continue
        melanin = median(surface.melanin, here) - median(surface.melanin, there)
        blood = median(surface.haemoglobin, here) - median(surface.haemoglobin, there)
        share = median(surface.light, here) / max(median(surface.light, there), 1e-4)
        seen = SEEN_AT * (1 - math.cbrt(share))
        pigment = MELANIN_DARKENS * melanin + BLOOD_DARKENS * blood
        by_region[under_name] = (seen + pigment) / 2
        details[f"{under_name}_seen"], details[f"{under_name}_pigment"] = seen, pigment
        differences = [median(plane, here) - median(plane, there) for plane in surface.lab]
        details[f"{under_name}_dE"] = math.hypot(*differences)
        details[f"{under_name}_melanin"], details[f"{under_name}_haemoglobin"] = melanin, blood
        lit = surface.light[here] / max(median(surface.light, there), 1e-4)
        darker = SEEN_AT * (1 - np.cbrt(lit))
        heat[here], drawn[here] = np.clip(darker / ANCHORS.severe, 0, 1), True
    if not by_region:
        return None
    return Measured(sum(by_region.values()) / len(by_region), by_region, details, heat, drawn)


CONCERNS = [
    Concern(
        key="dark_circles",
        order=50,
        unit="dL*",
        measure=measure,
        version="2",
        anchors=ANCHORS,
        regions=REGIONS,
        decimals=1,
        spoiled_by=("side_light",),
        indicative="reason.provisional_anchors",
    )
]
