"""How much melanin makes a skin of a given ITA, under the renderer's own light."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN, SRGB_TO_XYZ, WHITE_D65
from edge.vision.render.light import ALBEDO, AMBIENT, ARMS, VEIL

LEVEL = AMBIENT + sum(lamp.power * math.sin(math.radians(lamp.height)) for lamp in ARMS)
RANGE = (-50.0, 62.0)  # degrees: the tones that are asked for, all equally often
MOST_MELANIN = 12.0  # beyond the darkest tone that is asked for


def ita_of(melanin: float, haemoglobin: float, exposure: float = 1.0) -> float:
    """ITA in degrees of flat skin facing the lamps."""
    density = melanin * np.array(MELANIN) + haemoglobin * np.array(HAEMOGLOBIN)
    linear = exposure * LEVEL * (ALBEDO * np.exp(-density) + VEIL)
    xyz = np.array(SRGB_TO_XYZ) @ linear / np.array(WHITE_D65)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return math.degrees(math.atan2(116 * f[1] - 16 - 50, 200 * (f[1] - f[2])))


@cache
def melanin_for(ita: float, haemoglobin: float, most: float = MOST_MELANIN) -> float:
    """The melanin density of this tone: ITA falls steadily with it."""
    low, high = 0.0, most
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if ita_of(middle, haemoglobin) > ita else (low, middle)
    return (low + high) / 2
