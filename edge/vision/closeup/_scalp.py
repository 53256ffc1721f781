"""What a scalp close-up shows: how much of it hair covers, and flakes.

Cover is mixed light taken apart: a pixel that a thin hair crosses is darker by the share that the hair takes of it, so that hairs thinner
than a pixel count for what they are. It needs hair clearly darker than the skin, and some bare skin to tell that by. A flake is a compact
place, clearly whiter than the bare scalp beside it; what gleams is drawn out along the strands and left out by its shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge.vision.closeup._picture import Mask, Picture, Plane
from edge.vision.concerns._base import masked_blur

HUE = (20.0, 85.0)  # degrees of CIELAB hue that bare skin has
LEAST_CHROMA = 8.0  # paler than this is no skin: paper, flakes, grey hair
LEAST_SKIN = 0.03  # of the picture: less bare scalp is no parting
# Of the picture: places bare all around. Between hairs that leave no such place nobody knows what bare scalp looks like: rendered ones with
# 1.4 to 4.3 % of it were told to be covered 2 to 3 points less than they were, however little was left to cover.
LEAST_BARE, BARE_SHARE = 0.045, 0.002  # and the radius of such a place, of the longer side
DARK_HAIR = 0.5  # of the skin's light: hair lighter than this is not told from skin by its light
AROUND_SHARE = 0.06  # of the longer side: sigma of the mean light of the scalp
WHITE = 0.7  # share of white light that a flake sends back in its dimmest channel, where the scalp is as bright as in the middle
HALF = (
    0.5  # of the way from the scalp's own dimmest channel to that: the border of a flake; gleams stay below
)
FLAKE_MM2 = (0.12, 12.0)
COMPACT = 0.45  # of its smallest enclosing circle that a flake fills; a gleam on a strand fills a tenth
FLAKE_PX_PER_MM = 5.0  # coarser photos show no flakes of half a millimetre


@dataclass(frozen=True, eq=False)
class Scalp:
    """Figures and the maps they come from; None where it was not measurable, with `why` a key of texts.toml."""

    cover_pct: float | None
    flakes_pct: float | None
    flakes_per_cm2: float | None
    why: str | None
    why_flakes: str | None
    hair: Plane | None
    flakes: Mask | None


def measure(picture: Picture) -> Scalp:
    _, a, b = picture.lab
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a))
    field = picture.field
    skinlike = field & (chroma > LEAST_CHROMA) & (hue > HUE[0]) & (hue < HUE[1])
    if skinlike.mean() < LEAST_SKIN:
        return _none("reason.no_scalp")
    bright = float(np.percentile(picture.light[skinlike], 90))
    scalp = skinlike & (picture.light > 0.6 * bright)
    radius = max(1, round(BARE_SHARE * max(field.shape)))
    place = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    if cv2.erode(scalp.astype(np.uint8), place).mean() < LEAST_BARE:
        return _none("reason.no_scalp")
    sigma = AROUND_SHARE * max(field.shape)
    bare = masked_blur(picture.light, scalp, sigma)
    dim = picture.lin.min(axis=0)
    dull = masked_blur(dim, scalp, sigma)
    white = WHITE * bare / float(np.median(bare[scalp]))
    flakes, shown = _flakes(picture, dim > dull + HALF * np.maximum(white - dull, 0.1))
    dark = field & (picture.light < DARK_HAIR * bare)
    if dark.mean() < 0.002:
        return _none("reason.no_dark_hair")
    own = float(np.percentile(picture.light[dark], 10))
    hair = np.clip((bare - picture.light) / np.maximum(bare - own, 1e-3), 0, 1)
    grey = field & (chroma < LEAST_CHROMA) & ~shown & (picture.light > own)
    hair[grey] = 1.0  # a gleam on the strands has no colour of skin
    hair[shown | ~field] = 0.0
    cover = 100 * float(hair[field].mean())
    if flakes is None:
        why = "reason.no_strip" if picture.px_per_mm is None else "reason.coarse"
        return Scalp(cover, None, None, None, why, hair, None)
    cm2 = float(field.sum()) / (picture.px_per_mm or 1) ** 2 / 100
    return Scalp(cover, 100 * float(shown[field].mean()), len(flakes) / cm2, None, None, hair, shown)


def _none(why: str) -> Scalp:
    return Scalp(None, None, None, why, why, None, None)


def _flakes(picture: Picture, white: Mask) -> tuple[list[int] | None, Mask]:
    """The labels of flakes, None where the scale is not known or too coarse, and where they are."""
    px = picture.px_per_mm
    if px is None or picture.card is None or px < FLAKE_PX_PER_MM:
        return None, np.zeros(white.shape, dtype=np.bool_)
    own = (white & picture.field).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(own, connectivity=8)
    kept = []
    for k in range(1, count):
        area = int(boxes[k, cv2.CC_STAT_AREA])
        if not FLAKE_MM2[0] <= area / px**2 <= FLAKE_MM2[1]:
            continue
        x, y, w, h = (int(boxes[k, c]) for c in range(4))
        ys, xs = np.nonzero(labels[y : y + h, x : x + w] == k)
        (_, radius) = cv2.minEnclosingCircle(np.stack([xs, ys], axis=1).astype(np.float32))
        if area >= COMPACT * np.pi * (radius + 0.5) ** 2:
            kept.append(k)
    chosen = np.zeros(count, dtype=np.bool_)
    chosen[kept] = True
    return kept, chosen[labels]
