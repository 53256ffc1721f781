"""What on a face is white by nature, and so tells the colour of the light: the whites of open eyes.

Skin alone cannot: brown skin under a blue lamp has the colour of pale skin under a white one. The white of an eye is found
by what no light changes, that it carries less melanin than the cheek beside it (a difference of densities), and its own colour must
then be that of a surface with no more pigment than an eye has. Closed eyes have no white: then there is no answer.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.align import Canonical
from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN, SRGB_TO_XYZ, WHITE_D65, unmixing
from edge.vision.middle import median
from edge.vision.regions import Plane
from edge.vision.surface import CLIPPED, LUMINANCE, Surface, brightest

EYE_MM, EYE_AXES_MM = 31.5, (15.0, 6.0)  # where an open eye lies, and its half axes
FINE_ENOUGH = 0.7  # mm a pixel of the photo: coarser ones mix the white with lids and iris
SMOOTH_MM = 0.3
LESS_MELANIN = 0.5  # than the cheeks: gleams and creases of closed lids mostly stay below
SURELY_LESS = 0.65  # of the whitest part
OF_WHITEST = 0.6
# Of what skin with so little melanin would send back in the cheeks' light: the whites of a portrait's eyes lie at 0.9, a rendered eye's at
# 1.6 and more. The creases of closed lids on brown skin show little melanin too, as a gleam does, but they are dark: 0.3 to 0.75.
LEAST_LIGHT = 0.8
MELANIN_DIMS = float(LUMINANCE @ np.array(MELANIN))
LEAST_MM2 = 5.0  # in each eye: less is a gleam
# Vessels, lid rims and age give the white of an eye this much of the two pigments; half-shut eyes of portraits have 0.3 and 0.8.
EYE_MELANIN, EYE_HAEMOGLOBIN = (-0.1, 0.45), (-0.1, 0.9)
MOST_APART = 8.0  # CIELAB: two eyes that say different things say nothing
AT = 0.4  # of white: the lightness at which a cast is told


def cast_of_eyes(canonical: Canonical, surface: Surface) -> float | None:
    """How far the whites of the eyes lie from all that whites of eyes can be, in CIELAB; None where they are not seen."""
    if canonical.photo_mm_per_px > FINE_ENOUGH:
        return None
    cheeks = surface.regions["left_cheek"].shape | surface.regions["right_cheek"].shape
    cheeks &= canonical.inside
    if not cheeks.any():
        return None
    skin = median(surface.melanin[cheeks])
    light = median(surface.light[cheeks])
    less = _less(canonical, surface.melanin, skin)
    casts = []
    for side in (-1, 1):
        white = _white(canonical, surface, less, light, side)
        if white is None:
            return None
        casts.append(cast_of(white))
    return None if abs(casts[0] - casts[1]) > MOST_APART else min(casts)


def cast_of(density: NDArray[np.float64]) -> float:
    """Chroma of an optical density after as much pigment as an eye has was taken out of it."""
    melanin, haemoglobin = unmixing().astype(np.float64) @ density
    rest = density - np.clip(melanin, *EYE_MELANIN) * np.array(MELANIN)
    rest -= np.clip(haemoglobin, *EYE_HAEMOGLOBIN) * np.array(HAEMOGLOBIN)
    linear = np.exp(-rest)
    linear *= AT / float(LUMINANCE @ linear)
    x, y, z = np.cbrt(np.array(SRGB_TO_XYZ) @ linear / np.array(WHITE_D65))
    return math.hypot(500 * (x - y), 200 * (y - z))


def _less(canonical: Canonical, melanin: Plane, skin: float) -> Plane:
    """How much less melanin than the skin there is in the rows of the eyes; 0 elsewhere."""
    px = canonical.px_per_mm
    y = round(canonical.pixel((0.0, 0.0))[1])
    reach = round((EYE_AXES_MM[1] + 5 * SMOOTH_MM) * px) + 1
    rows = slice(y - reach, y + reach + 1)
    less = np.zeros_like(melanin)
    less[rows] = skin - np.asarray(cv2.GaussianBlur(melanin[rows], (0, 0), SMOOTH_MM * px))
    return less


def _white(
    canonical: Canonical, surface: Surface, less: NDArray[np.float32], light: float, side: int
) -> NDArray[np.float64] | None:
    """Median density of the white of one eye."""
    px = canonical.px_per_mm
    x, y = canonical.pixel((side * EYE_MM, 0.0))
    reach = (round(EYE_AXES_MM[0] * px), round(EYE_AXES_MM[1] * px))
    box = (
        slice(round(y) - reach[1], round(y) + reach[1] + 1),
        slice(round(x) - reach[0], round(x) + reach[0] + 1),
    )
    oval = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach[0] + 1, 2 * reach[1] + 1)) > 0
    expected = light * np.exp(MELANIN_DIMS * np.maximum(less[box], 0))
    seen = oval & (surface.light[box] > LEAST_LIGHT * expected) & canonical.inside[box]
    seen &= brightest(canonical.rgb[box]) < CLIPPED
    if seen.sum() < LEAST_MM2 * px**2:
        return None
    whitest = float(np.percentile(less[box][seen], 97))
    chosen = seen & (less[box] > max(LESS_MELANIN, OF_WHITEST * whitest))
    if whitest < SURELY_LESS or chosen.sum() < LEAST_MM2 * px**2:
        return None
    return np.median(surface.od[:, box[0], box[1]][:, chosen], axis=1).astype(np.float64)
