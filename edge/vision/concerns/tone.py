"""Skin tone as the individual typology angle: a description, never good or bad.

ITA = atan2(L* - 50, b*) of the median colour (Chardon 1991; classes Del Bino & Bernerd 2013). The median comes
before the angle: the mean of per-pixel angles is biased. It moves by 2.7 degrees for 5 % more light, so it is
indicative until the station is calibrated with a grey card.
"""

from __future__ import annotations

import math

import numpy as np

from edge.vision.concerns._base import Concern, Measured
from edge.vision.middle import median
from edge.vision.regions import Plane
from edge.vision.surface import Surface

REGIONS = ("forehead", "left_cheek", "right_cheek", "nose", "chin")
# Lower limits of the classes, in degrees.
CLASSES = ((55.0, "very_light"), (41.0, "light"), (28.0, "intermediate"), (10.0, "tan"), (-30.0, "brown"))
DARKEST = "dark"


def ita(lightness: float, b: float) -> float:
    """Degrees; works for b* near 0 and, under a wrong light, below."""
    return math.degrees(math.atan2(lightness - 50, b))


def ita_class(angle: float) -> str:
    return next((name for limit, name in CLASSES if angle > limit), DARKEST)


def measure(surface: Surface) -> Measured | None:
    regions = surface.usable(REGIONS)
    skin = surface.matte(regions)
    if not skin.any():
        return None
    lightness, a, b = (median(plane[skin]) for plane in surface.lab)
    if b <= 0:
        return None  # no human skin under white light: the angle would mean nothing
    angle = ita(lightness, b)
    by_region = {}
    for region in regions:
        own_lightness, own_b = surface.within(region, surface.lab[0], surface.lab[2])
        if own_b.size:
            by_region[region.name] = ita(median(own_lightness), median(own_b))
    drawn = np.logical_or.reduce([surface.regions[name].shape for name in by_region])

    def paint() -> Plane:
        """Flat, one shade a region: tone is a description, not a map of faults."""
        heat = np.zeros(drawn.shape, dtype=np.float32)
        for name, own_angle in by_region.items():
            heat[surface.regions[name].shape] = np.clip((60 - own_angle) / 100, 0.15, 1)
        return heat

    details = {"L": lightness, "a": a, "b": b, "hue_deg": math.degrees(math.atan2(b, a))}
    return Measured(angle, by_region, details, paint, drawn, band=f"tone.{ita_class(angle)}")


CONCERNS = [
    Concern(
        key="tone",
        order=10,
        unit="°",
        measure=measure,
        direction="none",
        regions=REGIONS,
        decimals=1,
        indicative="reason.light_not_calibrated",
        spoiled_by=("cast",),
    )
]
