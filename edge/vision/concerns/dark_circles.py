"""Dark circles: how much darker the skin under an eye is than the skin just below it, in CIELAB lightness as if that were at L* = 60.

Luminance beside luminance, so that the level of the light falls out; a difference of lightness follows expert grades (r = .99,
PMC7898348). It is taken from a strip that begins 2 mm below: the cheek, which served before, lies in another light whenever the head moves a few
degrees, and its blood and its patches moved the figure. What the surface sends back is taken off both (`reflection.py`): of the darkest skin's light it is
two fifths, and would hide half of what lies below. What pigment and blood account for stands in the details only. A shade that reaches far down the
cheek is told as less than it is.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from edge.vision.concerns._base import BLOOD_DARKENS, MELANIN_DARKENS, Anchors, Concern, Measured
from edge.vision.middle import median
from edge.vision.regions import MIN_SKIN_SHARE, Mask, Plane, Region
from edge.vision.surface import Surface

REGIONS = ("left_under_eye", "right_under_eye")
# The strip below a region, in mm from its lower edge: near enough for the same light, far enough for a soft border.
FROM_MM, TO_MM = 2.0, 8.0
ANCHORS = Anchors(clear=0.5, severe=7.0)
# L* + 16 of the skin below: lightness is this times the cube root of luminance over its luminance.
SEEN_AT = 60 + 16
Ratio = TypeVar("Ratio", float, Plane)


def below(shape: Mask, skin: Mask, px_per_mm: float) -> Mask:
    """Bare skin under each column of a region; nothing where less than half of the strip is bare. Both masks are of one picture."""
    rows = np.arange(shape.shape[0])[:, None]
    lowest = shape.shape[0] - 1 - np.argmax(shape[::-1], axis=0)
    strip = shape.any(axis=0) & (rows > lowest + FROM_MM * px_per_mm) & (rows <= lowest + TO_MM * px_per_mm)
    bare = strip & skin
    return bare if bare.sum() >= MIN_SKIN_SHARE * strip.sum() else np.zeros_like(bare)


def measure(surface: Surface) -> Measured | None:
    by_region: dict[str, float] = {}
    details: dict[str, float] = {}
    heat = np.zeros(surface.skin.shape, dtype=np.float32)
    drawn = np.zeros(surface.skin.shape, dtype=np.bool_)
    share = surface.below.of_luminance(surface.body)
    for name in REGIONS:
        region = surface.regions[name]
        part = _part(region, surface.px_per_mm)
        here, there = region.skin[part], below(region.shape[part], surface.skin[part], surface.px_per_mm)
        if not (region.usable and here.any() and there.any()):
            continue
        seen = surface.light[part]
        light = max(median(seen[there]), 1e-4)
        by_region[name] = SEEN_AT * (1 - math.cbrt(max(_below(median(seen[here]) / light, share), 0)))
        pigments = (surface.melanin[part], surface.haemoglobin[part])
        melanin, blood = (median(plane[here]) - median(plane[there]) for plane in pigments)
        details[f"{name}_pigment"] = MELANIN_DARKENS * melanin + BLOOD_DARKENS * blood
        details[f"{name}_melanin"], details[f"{name}_haemoglobin"] = melanin, blood
        details[f"{name}_dE"] = math.hypot(
            *(median(plane[part][here]) - median(plane[part][there]) for plane in surface.lab)
        )
        darker = SEEN_AT * (1 - np.cbrt(np.maximum(_below(seen[here] / light, share), 0)))
        heat[part][here], drawn[part][here] = np.clip(darker / ANCHORS.severe, 0, 1), True
    if not by_region:
        return None
    return Measured(sum(by_region.values()) / len(by_region), by_region, details, lambda: heat, drawn)


def _below(ratio: Ratio, share: float) -> Ratio:
    """The ratio of the light from below the surface, of a ratio of all light."""
    return 1 - (1 - ratio) / share


def _part(region: Region, px_per_mm: float) -> tuple[slice, slice]:
    """The region with what lies below it."""
    rows, columns = region.box
    return slice(rows.start, rows.stop + math.ceil(TO_MM * px_per_mm)), columns


CONCERNS = [
    Concern(
        key="dark_circles",
        order=50,
        unit="dL*",
        measure=measure,
        version="4",
        anchors=ANCHORS,
        regions=REGIONS,
        decimals=1,
        needs_eyes=True,
        spoiled_by=("side_light",),
        indicative="reason.provisional_anchors",
    )
]
