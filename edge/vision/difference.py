"""Difference maps: where a face is redder, calmer, darker or lighter than it was, on the face as it is now.

Both pictures are canonical faces in one frame. Each density has its own median over bare skin taken away first, so that a
brighter lamp makes no difference; what is smaller than two captures differ by at one place is left bare.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.align import PX_PER_MM
from edge.vision.models import Registry
from edge.vision.overlay import encode
from edge.vision.regions import Mask
from edge.vision.surface import IDENTITY, UNITY

SMOOTH_MM = 1.5  # registration errs by less, JPEG noise averages out
# Density (1 SD) by which two captures of one face differ after that smoothing, measured on rendered twins.
NOISE = {"redness": 0.05, "pigmentation": 0.04}
REAL = 2.77  # 1.96 * sqrt(2)
FULL = 4.0  # times the limit: drawn at full strength
MORE, LESS = (206, 42, 62), (38, 110, 190)
STRENGTH = 0.75


def difference_maps(
    before: NDArray[np.uint8], after: NDArray[np.uint8], skin: Mask, models: Registry
) -> dict[str, bytes]:
    """JPEGs by concern; red is more, blue is less than before."""
    densities = [
        models.get("color").run(rgb=rgb[None], ccm=IDENTITY, gain=UNITY)["mh"][0] for rgb in (before, after)
    ]
    drawn = {}
    for concern, plane in (("redness", 1), ("pigmentation", 0)):
        change = _smooth(densities[1][plane], skin) - _smooth(densities[0][plane], skin)
        change -= float(np.median(change[skin])) if skin.any() else 0.0
        drawn[concern] = encode(_drawn(after, change, skin, REAL * NOISE[concern]))
    return drawn


def _smooth(plane: NDArray[np.float32], skin: Mask) -> NDArray[np.float32]:
    weight, sigma = skin.astype(np.float32), SMOOTH_MM * PX_PER_MM
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)
    return np.asarray(cv2.GaussianBlur(plane * weight, (0, 0), sigma) / share, dtype=np.float32)


def _drawn(
    face: NDArray[np.uint8], change: NDArray[np.float32], skin: Mask, limit: float
) -> NDArray[np.uint8]:
    gray = cv2.cvtColor(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB).astype(np.float32)
    picture = 0.6 * gray + 0.4 * face
    beyond = np.clip((np.abs(change) - limit) / (FULL * limit), 0, 1) * skin
    # From the limit on a change is seen at once: the smallest real one has a third of the strength.
    alpha = STRENGTH * np.where(beyond > 0, 0.33 + 0.67 * beyond, 0)
    veil = np.asarray(cv2.GaussianBlur(alpha.astype(np.float32), (0, 0), 2.0), dtype=np.float32)[..., None]
    ends = np.array([LESS, MORE], dtype=np.float32)
    colour = ends[(change > 0).astype(np.int64)]
    return np.clip(picture * (1 - veil) + colour * veil, 0, 255).astype(np.uint8)
