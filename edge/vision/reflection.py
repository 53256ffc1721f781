"""What the surface of skin sends back before the light reaches any pigment, and what is left to say of the skin below.

A boundary of air and skin (refractive index about 1.4) returns ((1.4 - 1) / (1.4 + 1))^2 = 2.8 % of the light (Fresnel), as white as the lamp,
on every tone: the darkest faces return little more than that in blue. On light skin it is a twentieth of all light, on dark skin half of it. So
the same pigment, taken from the light below, changes less of what a camera sees there, and the same relief, which shades the surface's light
without any scattering, changes more.

The light is l_c = e (A exp(-m M_c - h H_c) + s) in each channel, with melanin m, haemoglobin h and the absorptions of `graphs/color.py`. A photo has
three channels for four unknowns, so m, h, the level of the light e and the surface's share s are those that fit best by least squares, each held near
what is usual as firmly as it is usual. With the grey strip in view e is nearly 1; without it the level is known within a fifth or so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN, SRGB_TO_XYZ, unmixing
from edge.vision.graphs.relief import WEIGHTS

Colour = NDArray[np.floating[Any]]  # linear light (3,)

SURFACE = 0.026  # of the light that white sends back
BODY = 0.79  # of the light: skin without pigment
# Melanin, blood, logarithm of the light, logarithm of the surface's share: what is usual, and how far it varies (1 SD).
USUAL = np.array([2.5, 0.4, 0.0, 0.0])
VARIES = np.array([4.0, 0.5, 0.2, 0.35])
WHITE_BALANCE = 0.04  # SD of a channel's level against the others
STEPS, LONGEST = 12, 1.0
# How much more strongly relief shades the surface's light than the light from below, which is scattered on its way: what made five tones alike.
STEEPER = 0.8
_PIGMENTS = np.array([MELANIN, HAEMOGLOBIN]).T
_LUMINANCE = np.array(SRGB_TO_XYZ[1])
_BLOOD = unmixing()[1].astype(np.float64)


@dataclass(frozen=True)
class Below:
    """What lies below the surface of one colour of skin."""

    melanin: float  # relative densities, as in `graphs/color.py`
    blood: float
    share: NDArray[np.float64]  # (3,), of each channel's light: what comes from below the surface
    # How far the projected density of `color_v1` moves for a unit of blood in skin of this melanin and the usual blood.
    answer: float

    @property
    def relief(self) -> float:
        """How much more contrast the same relief has in `relief_v1` than in skin without a surface's reflection."""
        return 1 + STEEPER * float(np.array(WEIGHTS) @ (1 - self.share))

    def blood_of(self, projected: NDArray[np.float32], light: Colour) -> NDArray[np.float32]:
        """Blood, of what `color_v1` projects, beside the colour `light` that this was fitted to."""
        here = float(_BLOOD @ -np.log(np.maximum(light, 1 / 1024)))
        return np.asarray(self.blood + (projected - here) / self.answer, dtype=np.float32)

    def glint(self, light: Colour) -> NDArray[np.float64]:
        """Weights (3,) of linear light that answer 1 to white, and 0 to more of the colour `light` and to more blood in it."""
        rows = np.stack([light, light * self.share * _PIGMENTS[:, 1]]) + 1e-6
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        # Grey light has no such weights: the smallest that come near are finite.
        found = np.linalg.lstsq(np.vstack([rows, np.ones(3)]), np.array([0, 0, 1.0]), rcond=1e-3)[0]
        return np.asarray(found, dtype=np.float64)

    def of_luminance(self, light: Colour) -> float:
        """The share of luminance that comes from below, of linear light (3,)."""
        weights = _LUMINANCE * light
        return float(weights @ self.share / weights.sum())


def below(light: Colour) -> Below:
    """The fit to one colour: linear light (3,), white = 1. Gauss and Newton's way from the usual skin; it ends on any colour."""
    seen = np.log(np.maximum(np.asarray(light, dtype=np.float64), 1 / 1024))
    fit = USUAL.copy()
    held = np.diag(1 / VARIES**2)
    for _ in range(STEPS):
        body, whole = _lights(fit)
        slopes = np.column_stack([-_PIGMENTS * (body / whole)[:, None], np.ones(3), (whole - body) / whole])
        off = seen - fit[2] - np.log(whole)
        normal = slopes.T @ slopes / WHITE_BALANCE**2 + held
        step = np.linalg.solve(normal, slopes.T @ off / WHITE_BALANCE**2 + held @ (USUAL - fit))
        fit += np.clip(step, -LONGEST, LONGEST)
    body, whole = _lights(fit)
    fit_share = body / whole
    usual = fit.copy()
    usual[1] = USUAL[1]
    body, whole = _lights(usual)
    return Below(float(fit[0]), float(fit[1]), fit_share, float(_BLOOD @ (body / whole * _PIGMENTS[:, 1])))


def _lights(fit: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Light from below the surface, and all of it, each (3,), of a light of level 1."""
    body = BODY * np.exp(-_PIGMENTS @ fit[:2])
    return body, body + SURFACE * np.exp(fit[3])
