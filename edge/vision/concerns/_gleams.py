"""Where the lamp is reflected. What is measured of the skin's own colour is measured beside it."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from edge.vision.concerns._base import masked_blurs
from edge.vision.regions import Mask, Plane, Region
from edge.vision.surface import LUMINANCE, Surface

AROUND_MM = 10.0  # sigma of the mean that a gleam must stand out from: wider than most gleams
# Of white: a gleam weaker than one that counts as shine. Between two of them matte skin looks dark.
GLEAM = 0.04
# Of the skin's own light: a gleam that changes its colour. On light skin a weak one does not, and paleness could pass for it.
VEILS = 0.2


def standing_out(surface: Surface, around: Mask | None = None) -> Plane:
    """How far each place outshines what is around it (bare skin, unless another mask is given), as a share of white.

    Skin with less blood is whiter too, and on light skin that would pass for a reflection: what of it blood explains does not count.
    """
    if around is None and "standing_out" in surface.noted:
        known: Plane = surface.noted["standing_out"]
        return known
    mask = surface.skin if around is None else around
    planes = (surface.shine, surface.glint)
    means = masked_blurs(planes, mask, AROUND_MM * surface.px_per_mm)
    whiter, glinting = (plane - mean for plane, mean in zip(planes, means, strict=True))
    least: Plane = np.minimum(whiter, glinting)
    if around is None:
        surface.noted["standing_out"] = least
    return least


def gleams(surface: Surface, reach_mm: float = 0.25, weakest: float = GLEAM) -> Mask:
    """Reflections of at least `weakest` of white, and what lies within `reach_mm` of them."""
    found = (standing_out(surface) > weakest).view(np.uint8)
    size = 2 * round(reach_mm * surface.px_per_mm) + 1
    # A square, as that goes along rows and columns apart: a disk of this size takes ten times as long.
    return np.asarray(cv2.dilate(found, np.ones((size, size), dtype=np.uint8)), dtype=np.bool_)


def dull_skin(surface: Surface) -> Mask:
    """Bare skin without gleams."""
    return surface.skin & ~gleams(surface)


def true_coloured(surface: Surface, regions: Iterable[Region]) -> Mask:
    """Bare skin of these regions on which no gleam changes the colour."""
    weakest = max(GLEAM, VEILS * float(LUMINANCE @ surface.body))
    return surface.matte(regions) & (standing_out(surface) < weakest)
