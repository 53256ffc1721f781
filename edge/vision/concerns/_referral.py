"""Places that are never scored, because a doctor should look at them: wide, much darker than the skin, and ragged or of several shades.

After the B, C and D of the ABCDE rule (Friedman 1985). Darkness is told in red, which melanin takes on every tone: the melanin density
itself goes down again where a place on brown skin is so dark that the surface's own reflection is most of what is left. Freckles, patches and
flushes that run together are wide and ragged too, but not so dark. Silence means nothing: small, pale and even ones are not seen.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.concerns._base import masked_blur
from edge.vision.lesions import Place, places
from edge.vision.regions import Mask, Plane
from edge.vision.surface import Surface

REGIONS = ("forehead", "left_cheek", "right_cheek", "nose", "chin")
RED = 0
WIDE_MM = 6.0
DARKER = 0.35  # optical density of red above the skin around: the place's border
MUCH_DARKER = (
    0.6  # in the mean: rendered patches and freckles that run together stay below 0.52, on every tone
)
RAGGED = 1.8  # perimeter^2 / (4 pi area): 1 is a circle
UNEVEN = 0.16  # SD of the density within the border: even rendered moles have up to 0.11
BORDER_MM = 0.75
AROUND_MM = 8.0
SMOOTH_MM = 0.3
GAP_MM = 10.0  # too dark to pass as skin is exactly what is looked for, so gaps in the skin up to this count as skin


def suspicious(surface: Surface) -> list[Place]:
    """Places of the window that a doctor should look at."""
    dark = darker(surface)
    px = surface.detail.px_per_mm
    wide = [
        place
        for place in places(dark, DARKER, px, WIDE_MM**2 / 3)
        if place.width_mm >= WIDE_MM and place.strength >= MUCH_DARKER
    ]
    if not wide:
        return []
    labels = np.asarray(
        cv2.connectedComponents((dark > DARKER).astype(np.uint8), connectivity=8)[1], np.int32
    )
    return [place for place in wide if _irregular(place, dark, labels, px)]


def darker(surface: Surface) -> Plane:
    """Density of red above the skin within 8 mm, where single places are looked for; 0 elsewhere."""
    detail = surface.detail
    bare, px = detail.inside(surface.skin), detail.px_per_mm
    search: Mask = np.zeros(bare.shape, dtype=np.bool_)
    for name in REGIONS:
        if surface.regions[name].usable:
            search |= detail.inside(surface.regions[name].shape)
    kernel = np.ones((round(GAP_MM * px),) * 2, dtype=np.uint8)
    search &= np.asarray(cv2.morphologyEx(bare.astype(np.uint8), cv2.MORPH_CLOSE, kernel), dtype=np.bool_)
    red = surface.od[RED][detail.rows, detail.columns]
    above = np.asarray(red - masked_blur(red, bare, AROUND_MM * px), dtype=np.float32)
    above = np.asarray(cv2.GaussianBlur(above, (0, 0), SMOOTH_MM * px), dtype=np.float32)
    return np.where(search, above, 0).astype(np.float32)


def _irregular(place: Place, dark: Plane, labels: NDArray[np.int32], px: float) -> bool:
    # The middle of a ragged place may lie beside it: its label is the most frequent around the middle.
    reach = round(place.width_mm * px)
    y, x = round(place.y), round(place.x)
    part = labels[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
    own = labels == int(np.bincount(part[part > 0]).argmax())
    contours, _ = cv2.findContours(own.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=cv2.contourArea)
    area = max(cv2.contourArea(outline), 1.0)
    ragged = cv2.arcLength(outline, closed=True) ** 2 / (4 * np.pi * area)
    # A soft border runs through all shades by itself: only what lies within it counts.
    size = 2 * round(BORDER_MM * px) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    core = np.asarray(cv2.erode(own.astype(np.uint8), kernel), dtype=np.bool_)
    return bool(ragged > RAGGED or (core.any() and float(dark[core].std()) > UNEVEN))
