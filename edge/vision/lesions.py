"""What the lesion network is given, and what is made of its answer: high-passed density in, single places out.

The network sees optical density minus its own mean over 5 mm: light and the tone of the whole skin fall out, so that it
cannot learn from them. Its answer is a probability a pixel; a lesion is a connected place above a threshold, no smaller
than what a person would point at.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

PX_PER_MM = 4.0  # the network's own scale: the colour frame's
AROUND_MM = 5.0  # sigma of the mean that is taken away
GAIN = 4.0  # brings the differences of skin to about 1
MULTIPLE = 8  # sides of what goes in: three halvings
CHANNELS = ("acne", "spot", "wrinkle", "hair")

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Place:
    """One lesion, in pixels and millimetres."""

    x: float
    y: float
    area_mm2: float
    width_mm: float  # longer side of its box
    strength: float  # mean of the map that it was found in


def highpass(od: NDArray[np.float32], skin: Mask) -> NDArray[np.float32]:
    """(3, H, W) optical density -> the network's input; 0 where there is no skin."""
    weight = skin.astype(np.float32)
    sigma = AROUND_MM * PX_PER_MM
    share = np.maximum(_mean(weight, sigma), 1e-3)
    planes = [(plane - _mean(plane * weight, sigma) / share) * weight for plane in od]
    return np.asarray(GAIN * np.stack(planes), dtype=np.float32)


def _mean(plane: Plane, sigma: float) -> Plane:
    # A wide mean has no detail to lose: made on a quarter of the picture it costs a tenth.
    height, width = plane.shape
    small = cv2.resize(plane, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / 4)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def places(
    heat: Plane, threshold: float, px_per_mm: float, least_mm2: float, most_mm2: float = np.inf
) -> list[Place]:
    """Connected places of `heat` above the threshold, of a size within the limits."""
    binary = (heat > threshold).astype(np.uint8)
    count, labels, boxes, centres = cv2.connectedComponentsWithStats(binary, connectivity=8)
    if count < 2:
        return []
    inside = binary > 0
    total = np.bincount(labels[inside], heat[inside].astype(np.float64), count)
    strength = total / boxes[:, cv2.CC_STAT_AREA]
    found = []
    for k in range(1, count):
        area = float(boxes[k, cv2.CC_STAT_AREA]) / px_per_mm**2
        if least_mm2 <= area <= most_mm2:
            longer = max(boxes[k, cv2.CC_STAT_WIDTH], boxes[k, cv2.CC_STAT_HEIGHT]) / px_per_mm
            x, y = (float(v) for v in centres[k])
            found.append(Place(x, y, area, float(longer), float(strength[k])))
    return found
