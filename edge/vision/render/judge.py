"""Found places against the rendered truth: precision, recall, F1, and the errors of area and count."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge.vision.lesions import Place, places
from edge.vision.render.layers import Plane

LEAST_TRUTH_MM2 = 0.4  # smaller ones are asked of nobody
REACH_MM = 0.5  # a centre this near to the truth has met it


@dataclass
class Score:
    """Sums over patches."""

    hits: int = 0
    false: int = 0
    missed: int = 0
    area_found: float = 0.0
    area_true: float = 0.0
    count_error: float = 0.0
    patches: int = 0

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.false)

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.hits + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(1, 2 * self.hits + self.false + self.missed)

    @property
    def area_bias(self) -> float:
        return self.area_found / max(self.area_true, 1e-9) - 1

    @property
    def mean_count_error(self) -> float:
        return self.count_error / max(1, self.patches)

    def add(self, found: list[Place], truth: Plane, px_per_mm: float) -> None:
        """One patch: `truth` is 0 or 1."""
        asked = places(truth, 0.5, px_per_mm, LEAST_TRUTH_MM2)
        size = 2 * round(REACH_MM * px_per_mm) + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        near = np.asarray(cv2.dilate((truth > 0.5).astype(np.uint8), kernel))
        # Two marks that touch are one place of the truth, so the places themselves are counted, each once.
        met = [p for p in found if near[round(p.y), round(p.x)]]
        hit = sum(any(_near(t, p, px_per_mm) for p in met) for t in asked)
        self.hits += hit
        self.missed += len(asked) - hit
        self.false += len(found) - len(met)
        self.area_found += sum(p.area_mm2 for p in found)
        self.area_true += float((truth > 0.5).sum()) / px_per_mm**2
        self.count_error += abs(len(found) - len(asked))
        self.patches += 1


def _near(truth: Place, found: Place, px_per_mm: float) -> bool:
    reach = (max(truth.width_mm, found.width_mm) / 2 + REACH_MM) * px_per_mm
    return (truth.x - found.x) ** 2 + (truth.y - found.y) ** 2 <= reach**2
