"""What spots and blemishes share: single places in the regions, as area, count and density."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge.vision.concerns._base import Measured
from edge.vision.detail import Detail
from edge.vision.lesions import Place, places
from edge.vision.regions import Mask, Plane, count
from edge.vision.surface import Surface

# From what probability on the network is believed: best F1 on the patches that are kept for choosing.
NETWORK_THRESHOLD = {"spots": 0.5, "acne_like": 0.55}
# Density above the surroundings that the analytic graph counts, chosen the same way.
BLOB_THRESHOLD = {"spots": 0.35, "acne_like": 0.16}
PLANE = {"spots": 0, "acne_like": 1}
CHANNEL = {"spots": "spot", "acne_like": "acne"}
LEAST_MM2 = {"spots": 0.4, "acne_like": 0.4}
# Larger is no single place: a spot wider than 3.5 mm is a patch (pigmentation), a blemish of 1 cm a shadow or a border.
MOST_MM2 = {"spots": 9.0, "acne_like": 80.0}
FINE_ENOUGH = 0.28  # mm a pixel of the photo: coarser ones show no single places
REACH_MM = 0.6  # around a place its colour still shows


def found(key: str, detail: Detail) -> tuple[Plane, float, list[Place]]:
    """The map that `key` is found in, its threshold, and the places on bare skin."""
    if f"found.{key}" not in detail.noted:
        detail.noted[f"found.{key}"] = _found(key, detail)
    known: tuple[Plane, float, list[Place]] = detail.noted[f"found.{key}"]
    return known


def _found(key: str, detail: Detail) -> tuple[Plane, float, list[Place]]:
    if key in detail.by_network:
        heat, threshold = detail.lesion[CHANNEL[key]], NETWORK_THRESHOLD[key]
    else:
        heat, threshold = detail.blob[PLANE[key]], BLOB_THRESHOLD[key]
    heat = np.where(detail.skin, heat, 0).astype(np.float32)
    return heat, threshold, places(heat, threshold, detail.px_per_mm, LEAST_MM2[key], MOST_MM2[key])


def summed(
    key: str,
    surface: Surface,
    regions: Sequence[str],
    left_out: Sequence[Place] = (),
    band_of_count: bool = False,
    beside: Mask | None = None,
) -> Measured | None:
    """Area share, count and density of the places in the regions, where they are not within `beside`."""
    detail = surface.detail
    usable = surface.usable(regions)
    searched = detail.skin if beside is None else detail.skin & ~detail.inside(beside)
    skin = detail.inside(surface.bare(usable)) & searched
    if not usable or not skin.any():
        return None
    heat, threshold, all_places = found(key, detail)
    kept = [
        p for p in all_places if not _near_any(p, left_out, detail.px_per_mm) and skin[round(p.y), round(p.x)]
    ]
    cm2 = count(skin) / detail.px_per_mm**2 / 100
    by_region = {}
    for region in usable:
        own = detail.inside(region.skin) & searched
        pixels = count(own)
        if pixels:
            area = sum(p.area_mm2 for p in kept if own[round(p.y), round(p.x)])
            by_region[region.name] = area / (pixels / detail.px_per_mm**2) * 100
    area = sum(p.area_mm2 for p in kept)
    value = area / cm2  # mm2 per cm2 is per cent
    details = {"count": float(len(kept)), "per_cm2": len(kept) / cm2, "area_mm2": area}

    def paint() -> Plane:
        return detail.back(np.clip((heat - 0.4 * threshold) / (1.2 * threshold), 0, 1), surface.skin.shape)

    drawn: Mask = surface.bare(usable)
    band = f"count.{count_band(len(kept))}" if band_of_count else None
    return Measured(value, by_region, details, paint, drawn, band)


def single_places(surface: Surface) -> Mask:
    """Where spots and blemishes are, so that what is measured over areas can leave them out."""
    if surface.canonical.photo_mm_per_px > FINE_ENOUGH:
        return np.zeros(surface.skin.shape, dtype=np.bool_)
    if "single" not in surface.detail.noted:
        surface.detail.noted["single"] = _single_places(surface.detail, surface.skin.shape)
    known: Mask = surface.detail.noted["single"]
    return known


def _single_places(detail: Detail, shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, dtype=np.bool_)
    inside = np.zeros(detail.skin.shape, dtype=np.uint8)
    for key in CHANNEL:
        heat, threshold, kept = found(key, detail)
        count, labels = cv2.connectedComponents((heat > threshold).astype(np.uint8), connectivity=8)
        chosen = np.zeros(count, dtype=np.uint8)
        chosen[[labels[round(place.y), round(place.x)] for place in kept]] = 1
        chosen[0] = 0
        inside |= chosen[labels]
    reach = 2 * round(REACH_MM * detail.px_per_mm) + 1
    wide = cv2.dilate(inside, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    mask[detail.rows, detail.columns] = np.asarray(wide, dtype=np.bool_)
    return mask


def count_band(count: int) -> str:
    """Experts disagree by a few on any face: a band is what can be promised."""
    return "none" if count == 0 else "few" if count <= 5 else "some" if count <= 20 else "many"


def _near_any(place: Place, others: Sequence[Place], px_per_mm: float) -> bool:
    return any(np.hypot(place.x - o.x, place.y - o.y) < o.width_mm * px_per_mm for o in others)
