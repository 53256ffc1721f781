"""Two canonical faces of one person -> how the second must be shifted, turned and scaled to lie on the first.

Eyes are found within 1 to 5 % of their distance, which moves every region by as much between two visits. The skin's own
marks are surer: ORB features (Rublee 2011) and a RANSAC similarity repeat within a tenth of a pixel. What is moved are the regions:
the photo is sampled once, at the corrected place; no pixel is warped twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.resample import Matrix

FEATURES = 2000
RATIO = 0.8  # a match must be clearly better than the second best (Lowe 2004)
WITHIN_PX = 2.0  # of the canonical frame: half a millimetre
LEAST_INLIERS = 30
# What the eyes can be wrong by; more is another face or a wrong match.
MOST_SHIFT_MM = 10.0
MOST_SCALE = 0.12
MOST_TURN = 8.0  # degrees


@dataclass(frozen=True)
class Registration:
    """From the reference's canonical pixels to this face's, and how sure that is."""

    matrix: Matrix
    inliers: int
    shift_px: float
    turn_deg: float
    scale: float


def register(reference: NDArray[np.uint8], face: NDArray[np.uint8], px_per_mm: float) -> Registration | None:
    """None when the two do not share enough marks, or lie farther apart than one person's eyes allow."""
    if reference.shape != face.shape:
        return None
    orb = cv2.ORB.create(FEATURES, fastThreshold=5)
    keys, marks = zip(*(orb.detectAndCompute(_evened(rgb), None) for rgb in (reference, face)), strict=True)
    if any(m is None or len(m) < LEAST_INLIERS for m in marks):
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(marks[0], marks[1], k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < RATIO * p[1].distance]
    if len(good) < LEAST_INLIERS:
        return None
    source = np.array([keys[0][m.queryIdx].pt for m in good])
    target = np.array([keys[1][m.trainIdx].pt for m in good])
    cv2.setRNGSeed(1)  # RANSAC draws at random: the same two photos give the same answer
    # OpenCV answers None where it finds no similarity, which its types do not say.
    answer: tuple[Any, Any] = cv2.estimateAffinePartial2D(source, target, ransacReprojThreshold=WITHIN_PX)
    matrix, used = answer
    if matrix is None:
        return None
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    turn = math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))
    middle = np.array([face.shape[1] / 2, face.shape[0] / 2, 1.0])
    shift = float(np.hypot(*(matrix @ middle - middle[:2])))
    inliers = int(np.asarray(used).sum())
    wild = abs(scale - 1) > MOST_SCALE or abs(turn) > MOST_TURN or shift > MOST_SHIFT_MM * px_per_mm
    if inliers < LEAST_INLIERS or wild:
        return None
    return Registration(np.asarray(matrix, dtype=np.float64), inliers, shift, turn, scale)


def _evened(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Light falls out: marks are looked for in local contrast."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.createCLAHE(3.0, (8, 8)).apply(gray), dtype=np.uint8)
