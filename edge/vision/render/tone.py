"""How much melanin makes a skin of a given ITA, under the renderer's own light."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN, SRGB_TO_XYZ, WHITE_D65
from edge.vision.render.light import ALBEDO, AMBIENT, ARMS

LEVEL = ALBEDO * (AMBIENT + sum(lamp.power * math.sin(math.radians(lamp.height)) for lamp in ARMS))
RANGE = (-50.0, 62.0)  # degrees: the tones that are asked for, all equally often
# What the patches of render-1 stop at: their darkest skin has an ITA of about -22 degrees, whatever is asked for. Faces, and the
# patches that judge the network on skin darker than it was trained on, go on to the second.
MOST_MELANIN = 4.5
DARKEST_MELANIN = 10.0


def ita_of(melanin: float, haemoglobin: float, exposure: float = 1.0) -> float:
    """ITA in degrees of flat skin facing the lamps."""
    linear = exposure * LEVEL * np.exp(-(melanin * np.array(MELANIN) + haemoglobin * np.array(HAEMOGLOBIN)))
    xyz = np.array(SRGB_TO_XYZ) @ linear / np.array(WHITE_D65)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return math.degrees(math.atan2(116 * f[1] - 16 - 50, 200 * (f[1] - f[2])))


@cache
def melanin_for(ita: float, haemoglobin: float, most: float = DARKEST_MELANIN) -> float:
    """The melanin density of this tone: ITA falls steadily with it."""
    low, high = 0.0, most
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if ita_of(middle, haemoglobin) > ita else (low, middle)
    return (low + high) / 2
