"""Spots: freckles, lentigines, moles; the share of skin that single dark places take, and how many there are.

A large dark place of ragged border or several shades is not scored: it is pointed out with "please see a doctor".
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured, masked_blur
from edge.vision.concerns._places import summed
from edge.vision.lesions import Place, places
from edge.vision.regions import Plane
from edge.vision.surface import Surface

REGIONS = ("forehead", "left_cheek", "right_cheek", "nose", "chin")
ANCHORS = Anchors(clear=0.2, severe=6.0)

# What a beautician must not judge (after the D, B and C of the ABCDE rule, Friedman 1985): wide, dark, and of ragged
# border or uneven shade. The limits err towards asking.
SUSPECT_MM = 6.0
SUSPECT_DENSITY = 0.45  # melanin above the skin 8 mm around
RAGGED = 1.8  # perimeter^2 / (4 pi area): 1 is a circle
UNEVEN = 0.22  # SD of the density inside
AROUND_MM = 8.0


def measure(surface: Surface) -> Measured | None:
    suspects = suspicious(surface)
    measured = summed("spots", surface, REGIONS, suspects)
    if measured is not None:
        measured.referred.extend(
            (p.x + surface.detail.columns.start, p.y + surface.detail.rows.start) for p in suspects
        )
    return measured


def suspicious(surface: Surface) -> list[Place]:
    """Places of the window that a doctor should look at."""
    detail = surface.detail
    bare = detail.inside(surface.skin)
    melanin = surface.melanin[detail.rows, detail.columns]
    # Too dark to pass as skin is exactly what is looked for here, so gaps within the skin count as skin.
    closed = cv2.morphologyEx(
        bare.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((round(10 * detail.px_per_mm),) * 2, dtype=np.uint8)
    )
    search = np.zeros(bare.shape, dtype=np.bool_)
    for name in REGIONS:
        if surface.regions[name].usable:
            search |= detail.inside(surface.regions[name].shape)
    search &= np.asarray(closed, dtype=np.bool_)
    excess = melanin - masked_blur(melanin, bare, AROUND_MM * detail.px_per_mm)
    excess = np.asarray(cv2.GaussianBlur(excess, (0, 0), 0.3 * detail.px_per_mm), dtype=np.float32)
    dark = np.where(search, excess, 0).astype(np.float32)
    wide = places(dark, SUSPECT_DENSITY, detail.px_per_mm, SUSPECT_MM**2 / 3)
    return [p for p in wide if p.width_mm >= SUSPECT_MM and _irregular(p, dark, melanin, detail.px_per_mm)]


def _irregular(place: Place, dark: Plane, melanin: Plane, px_per_mm: float) -> bool:
    _, labels = cv2.connectedComponents((dark > SUSPECT_DENSITY).astype(np.uint8))
    reach = round(place.width_mm * px_per_mm)
    y0, x0 = max(0, round(place.y) - reach), max(0, round(place.x) - reach)
    part = labels[y0 : round(place.y) + reach, x0 : round(place.x) + reach]
    sizes = np.bincount(part[part > 0]) if (part > 0).any() else np.zeros(1, dtype=np.int64)
    own = (part == int(sizes.argmax())).astype(np.uint8)
    contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=cv2.contourArea)
    area = max(cv2.contourArea(outline), 1.0)
    ragged = cv2.arcLength(outline, closed=True) ** 2 / (4 * np.pi * area)
    shades = melanin[y0 : round(place.y) + reach, x0 : round(place.x) + reach][own > 0]
    return bool(ragged > RAGGED or float(shades.std()) > UNEVEN)


CONCERNS = [
    Concern(
        key="spots",
        order=130,
        unit="%",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        closer=True,
        max_mm_per_px=0.28,  # a spot of 1 mm must cover four pixels
        indicative="reason.rendered_only",
        spoiled_by=("sharpness",),
    )
]
