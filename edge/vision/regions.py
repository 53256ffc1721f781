"""The canonical face -> named regions of bare skin, as polygons in millimetres and as masks.

A region is part of the measurement: change a polygon and the figures change, so `VERSION` goes into every
scan. Sides are the customer's own: "right" is on the left of the picture. The skin mask is grown from the
cheeks by how far a pixel's colour lies from theirs, relative to the light there; nothing in it knows a skin tone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.align import LEFT_MM, TOP_MM, Canonical
from edge.vision.face import Box, Point
from edge.vision.middle import median

VERSION = "regions-4"  # 3: laid by the irises, where these are seen; 4: no chin in a smile that shows teeth

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

MIN_SKIN_SHARE = 0.5  # of a region: with less bare skin than this it is covered, and has no figure
EYES_END_MM, NOSE_END_MM = 18.0, 42.0  # below the eyes: what is stretched not at all, and fully
CORNER_CUTS = 3

# The right half of the picture is the customer's left; mirrored shapes are drawn once.
_SHAPES: dict[str, tuple[Point, ...]] = {
    "forehead": ((-35, -31), (-33, -45), (-17, -54), (17, -54), (33, -45), (35, -31), (12, -26), (-12, -26)),
    "glabella": ((-7, -22), (7, -22), (6, -8), (-6, -8)),
    "nose": ((-5, 2), (5, 2), (8, 20), (14, 31), (11, 37), (-11, 37), (-14, 31), (-8, 20)),
    "left_cheek": (
        (30, 25),
        (38, 20.5),
        (50, 19),
        (57, 24),
        (57, 36),
        (52, 48),
        (46, 52),
        (39, 45),
        (33, 35),
    ),
    "left_under_eye": (
        (18, 10),
        (25, 12.5),
        (32, 13),
        (39, 12),
        (44, 9.5),
        (42, 15),
        (35, 18.5),
        (27, 18),
        (20, 15),
    ),
    "left_crows_feet": ((47, -6), (55, -8), (57, 4), (54, 12), (48, 8)),
    "chin": ((-16, 88), (0, 86), (16, 88), (14, 98), (0, 102), (-14, 98)),
}
_MIRRORED = {
    "left_cheek": "right_cheek",
    "left_under_eye": "right_under_eye",
    "left_crows_feet": "right_crows_feet",
}

# Left out everywhere: centre and half axes in mm (eyes with lids, brows, lips, nostrils).
_EXCLUDED: tuple[tuple[Point, Point], ...] = (
    ((-31.5, 0), (18, 9)),
    ((31.5, 0), (18, 9)),
    ((-32, -17), (23, 8)),
    ((32, -17), (23, 8)),
    ((0, 64), (31, 14)),
    ((-8, 42), (7, 4)),
    ((8, 42), (7, 4)),
)

# How far from the cheeks' own colour skin may lie. Light falls out of a* and b* only in part, hence the width:
# a red cheek beside a pale one is skin, grey hair and a brown fringe are not.
_COLOUR_SPREADS = 6.0  # robust SDs of the cheeks' a* and b*
_COLOUR_FLOOR = 9.0  # CIELAB units: never narrower than this
_COLOUR_CEILING = 20.0
# Redder than the cheeks by up to this is skin all the same: a flush is what is to be measured, and lips are left out by place.
_FLUSH_CEILING = 32.0
_DARK = 0.33  # of the cheeks' light: hair and nostrils lie below on every skin, shadows above
_HAIR_MELANIN = 0.8  # relative density above the cheeks'; spots and tan lines stay below
_BRIGHT = 3.2  # of the cheeks' light: a lamp or paper


# In a smile the chin rises and its skin bunches, and the lower lip comes down into its place: with teeth in view there is no chin to measure.
_MOUTH: tuple[Point, Point] = ((0, 66), (31, 18))  # mm: centre and half axes of where teeth are looked for
_TEETH_CHROMA, _TEETH_LIGHT = 0.7, 0.8  # of the cheeks': enamel is paler than skin of any tone, and as light
_TEETH_MM2, _TEETH_WIDE_MM = 60.0, 15.0  # gleams on lips are smaller
_TEETH_GAP_MM = 1.5  # the dark line between two


@dataclass(frozen=True, eq=False)
class Region:
    name: str
    polygon: tuple[Point, ...]  # mm
    shape: Mask  # the polygon, in canonical pixels
    skin: Mask  # what of it is bare skin
    share: float  # of bare skin
    box: tuple[
        slice, slice
    ]  # rows and columns that hold the shape: a face has ten times the pixels of a region

    @property
    def usable(self) -> bool:
        return self.share >= MIN_SKIN_SHARE


def polygons(stretch: float) -> dict[str, tuple[Point, ...]]:
    """All regions in mm; what lies below the eyes is stretched to this face."""
    shapes = dict(_SHAPES)
    for left, right in _MIRRORED.items():
        shapes[right] = tuple((-x, y) for x, y in reversed(_SHAPES[left]))
    return {name: tuple((x, _stretched(y, stretch)) for x, y in shape) for name, shape in shapes.items()}


def _stretched(y: float, stretch: float) -> float:
    """The skin under the eyes goes with the eyes; from the nostrils down all goes with the mouth."""
    share = min(1.0, max(0.0, (y - EYES_END_MM) / (NOSE_END_MM - EYES_END_MM)))
    return y * (1 + share * (stretch - 1))


@lru_cache(64)
def rounded(polygon: tuple[Point, ...]) -> NDArray[np.float64]:
    """The polygon with its corners cut (Chaikin 1974): a region has no corners that a face does not have."""
    points = np.asarray(polygon, dtype=np.float64)
    for _ in range(CORNER_CUTS):
        following = np.roll(points, -1, axis=0)
        cut = np.stack([0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following], axis=1)
        points = cut.reshape(-1, 2)
    return points


def bounds(stretch: float, names: Iterable[str], margin_mm: float) -> list[Box]:
    """Boxes of regions in mm: left, top, right, bottom."""
    shapes = polygons(stretch)
    found = []
    for name in names:
        x, y = zip(*shapes[name], strict=True)
        found.append((min(x) - margin_mm, min(y) - margin_mm, max(x) + margin_mm, max(y) + margin_mm))
    return found


def draw(canonical: Canonical, polygon: tuple[Point, ...]) -> Mask:
    """A region as a mask."""
    mask = np.zeros(canonical.rgb.shape[:2], dtype=np.uint8)
    points = np.rint((rounded(polygon) - (LEFT_MM, TOP_MM)) * canonical.px_per_mm).astype(np.int32)
    cv2.fillPoly(mask, [points], 1)
    return mask.view(np.bool_)


def skin_mask(canonical: Canonical, lab: NDArray[np.float32], melanin: Plane, light: Plane) -> Mask:
    """Where bare skin is. `lab` is (3, H, W), `melanin` relative density, `light` the linear luminance."""
    shapes = polygons(canonical.stretch)
    seeds = draw(canonical, shapes["left_cheek"]) | draw(canonical, shapes["right_cheek"])
    seeds &= canonical.inside
    if not seeds.any():
        return np.zeros(light.shape, dtype=np.bool_)
    level = median(light[seeds])
    # Hair is melanin and little else: a fringe of the skin's own hue still stands out by its density.
    dense = np.asarray(cv2.GaussianBlur(melanin, (0, 0), 0.4 * canonical.px_per_mm))
    skin = canonical.inside & (light > _DARK * level) & (light < _BRIGHT * max(level, 1e-6))
    skin &= dense <= median(melanin[seeds]) + _HAIR_MELANIN
    # Hair and lips are seldom wider than the blur; without it single noisy pixels drop out.
    smooth = [cv2.GaussianBlur(plane, (0, 0), 0.4 * canonical.px_per_mm) for plane in lab[1:]]
    for plane, redder in zip(smooth, (_FLUSH_CEILING, 0.0), strict=True):
        centre = median(plane[seeds])
        spread = 1.4826 * median(np.abs(plane[seeds] - centre))
        reach = float(np.clip(_COLOUR_SPREADS * spread, _COLOUR_FLOOR, _COLOUR_CEILING))
        beyond = np.asarray(plane) - centre
        skin &= (beyond >= -reach) & (beyond <= max(reach, redder))
    skin &= ~_excluded(canonical)
    if _teeth_show(canonical, lab, light, seeds):
        skin &= ~draw(canonical, shapes["chin"])
    kernel = np.ones((3, 3), dtype=np.uint8)
    return np.asarray(cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_OPEN, kernel), dtype=np.bool_)


def regions_of(canonical: Canonical, skin: Mask) -> dict[str, Region]:
    """Every region with its bare skin."""
    found = {}
    for name, polygon in polygons(canonical.stretch).items():
        shape = draw(canonical, polygon)
        own = shape & skin
        share = count(own) / max(1, count(shape))
        found[name] = Region(name, polygon, shape, own, share, _box(shape))
    return found


def count(mask: Mask) -> int:
    """Pixels of a mask: a tenth of the time of its sum."""
    return int(np.count_nonzero(mask))


def _box(shape: Mask) -> tuple[slice, slice]:
    x, y, width, height = cv2.boundingRect(shape.view(np.uint8))
    return slice(y, y + height), slice(x, x + width)


def _excluded(canonical: Canonical) -> Mask:
    return _ellipses(canonical, _EXCLUDED)


def _ellipses(canonical: Canonical, shapes: Iterable[tuple[Point, Point]]) -> Mask:
    mask = np.zeros(canonical.rgb.shape[:2], dtype=np.uint8)
    for (x, y), (a, b) in shapes:
        centre = canonical.pixel((x, _stretched(y, canonical.stretch)))
        axes = (round(a * canonical.px_per_mm), round(b * canonical.px_per_mm))
        cv2.ellipse(mask, (round(centre[0]), round(centre[1])), axes, 0, 0, 360, 255, -1)
    return np.asarray(mask) > 0


def _teeth_show(canonical: Canonical, lab: NDArray[np.float32], light: Plane, cheeks: Mask) -> bool:
    """Whether one wide piece of the mouth is as light as the cheeks and much paler."""
    mouth = _ellipses(canonical, [_MOUTH])
    rows, columns = _box(mouth)
    chroma = np.hypot(lab[1, rows, columns], lab[2, rows, columns])
    pale = chroma < _TEETH_CHROMA * float(np.median(np.hypot(lab[1, cheeks], lab[2, cheeks])))
    bright = light[rows, columns] > _TEETH_LIGHT * float(np.median(light[cheeks]))
    seen = (mouth[rows, columns] & pale & bright).astype(np.uint8)
    px = canonical.px_per_mm
    gap = np.ones((1, max(3, round(_TEETH_GAP_MM * px))), dtype=np.uint8)
    opened = cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones((3, 3), dtype=np.uint8))
    _, _, pieces, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, gap))
    wide = pieces[1:, cv2.CC_STAT_WIDTH] >= _TEETH_WIDE_MM * px
    return bool((wide & (pieces[1:, cv2.CC_STAT_AREA] >= _TEETH_MM2 * px * px)).any())
