"""The colour of the light, by two witnesses: the whites of open eyes, and the skin itself.

The whites are the better one. Skin only says whether it has a colour that skin can have, and that is judged at one lightness, so that
an underexposed photo of a brown face and a bright one of a pale face are held to the same limits. Skin that is paler or greyer than people
are is suspect, but the palest are near it: that alone never refuses a photo, and counts for nothing where the eyes are white.
"""

from __future__ import annotations

import math

import numpy as np

from edge.vision.align import Canonical
from edge.vision.graphs.color import SRGB_TO_XYZ, WHITE_D65
from edge.vision.middle import median
from edge.vision.neutral import AT, cast_of_eyes
from edge.vision.surface import CLIPPED, LUMINANCE, Surface, brightest

# Hue angles of human skin under D65: the Monk tones and the ColorChecker patches lie between 40 and 91 degrees,
# flushed cheeks down to 20.
SKIN_HUE = (18.0, 95.0)
# All at the lightness of `AT`. Rendered people from very light to dark, flushed ones and a white balance off by 5 % included, have a
# chroma of 11 to 47 and an a* of 6 and more, a portrait with its melanin raised to brown 50 (without the veil of a real surface); the
# Monk tones 4 to 35, the ColorChecker patches 23 and 29, three portraits 18 to 35. The two palest Monk tones are paler than `pallor` allows.
MAX_CHROMA = 48.5
MIN_CHROMA, MIN_A = 11.0, 5.0
MOST_BY_PALLOR = 5.9  # CIELAB: colour has no rows, and the photo goes on
EYES_SURE = 4.0  # CIELAB: the whites of eyes on three portraits in ordinary light are told no more of a cast than this


def cast(canonical: Canonical, surface: Surface) -> float:
    """How far the light is from white, in CIELAB, by the worse of the witnesses."""
    eyes = cast_of_eyes(canonical, surface)
    a, b = _skin_colour(canonical, surface)
    off = cast_of_skin(a, b)
    return max(off, pallor(a, b)) if eyes is None else max(off, eyes - EYES_SURE)


def cast_of_skin(a: float, b: float) -> float:
    """How far a*, b* lie outside the hues and the strength of colour that human skin has."""
    hue, chroma = math.degrees(math.atan2(b, a)), math.hypot(a, b)
    if SKIN_HUE[0] <= hue <= SKIN_HUE[1]:
        return max(0.0, chroma - MAX_CHROMA)
    off = min(abs((hue - edge + 180) % 360 - 180) for edge in SKIN_HUE)
    return chroma if off >= 90 else chroma * math.sin(math.radians(off))


def pallor(a: float, b: float) -> float:
    """How much less colour, or less red, than people have: a blue lamp takes the yellow out of skin, and it looks grey."""
    return min(MOST_BY_PALLOR, max(0.0, MIN_CHROMA - math.hypot(a, b), MIN_A - a))


def _skin_colour(canonical: Canonical, surface: Surface) -> tuple[float, float]:
    """a* and b* of the regions' median, as if it were as light as `AT`; what is clipped has lost its colour and is left out."""
    shape = np.logical_or.reduce([region.shape for region in surface.regions.values()])
    shape &= brightest(canonical.rgb) < CLIPPED
    if not shape.any():
        return 0.0, 0.0
    linear = np.array([max(median(plane[shape]), 1e-5) for plane in surface.lin])
    linear *= AT / float(LUMINANCE @ linear)
    x, y, z = np.cbrt(np.array(SRGB_TO_XYZ) @ linear / np.array(WHITE_D65))
    return float(500 * (x - y)), float(200 * (y - z))
