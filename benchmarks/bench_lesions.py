"""The lesion network beside the analytic graph on held-out rendered skin: F1, precision, recall, area and count, by tone.

1,000 patches (`PARLOUR_BENCH_PATCHES`) from seeds that training never saw. Both get the same pixels at thresholds that were
chosen on other patches. `PARLOUR_LESION_MODEL` names a network that is not published yet.
"""

from __future__ import annotations

import os
from collections import defaultdict

import cv2
import numpy as np
import onnxruntime as ort

from benchmarks.common import Row, report
from edge.vision.concerns import wrinkles
from edge.vision.concerns._places import BLOB_THRESHOLD, LEAST_MM2, NETWORK_THRESHOLD, PLANE
from edge.vision.graphs.color import OD_FLOOR, srgb_table, unmixing
from edge.vision.lesions import CHANNELS, highpass, places
from edge.vision.models import BUNDLED, Registry
from edge.vision.render.judge import Score
from edge.vision.render.patch import random_patch

FIRST_SEED, PATCHES = 1_000_000, 1_000
LABELS = {"spots": "spot", "acne_like": "acne"}
BANDS = ((41.0, "light"), (10.0, "medium"), (-25.0, "brown"), (-90.0, "dark"))  # ITA from
LARGEST_MM2 = 80.0  # the truth has spots of all sizes; the product calls the large ones patches
TOLERANCE_PX = 3  # at 8 px/mm: a line drawn this near is the line


class Lines:
    """Pixels of lines, met and not, with a tolerance."""

    def __init__(self) -> None:
        self.sums = np.zeros(4)

    def add(self, found: np.ndarray, truth: np.ndarray) -> None:
        kernel = np.ones((2 * TOLERANCE_PX + 1,) * 2, dtype=np.uint8)
        near_truth, near_found = (cv2.dilate(m.astype(np.uint8), kernel) > 0 for m in (truth, found))
        self.sums += (found & near_truth).sum(), found.sum(), (truth & near_found).sum(), truth.sum()

    @property
    def precision(self) -> float:
        return self.sums[0] / max(1, self.sums[1])

    @property
    def recall(self) -> float:
        return self.sums[2] / max(1, self.sums[3])

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)


def _band(ita: float) -> str:
    return next(name for least, name in BANDS if ita > least)


def _density(rgb: np.ndarray) -> np.ndarray:
    return -np.log(np.maximum(srgb_table()[rgb].transpose(2, 0, 1), OD_FLOOR)).astype(np.float32)


def main() -> None:
    models = Registry([BUNDLED])
    chosen = os.environ.get("PARLOUR_LESION_MODEL")
    network = ort.InferenceSession(chosen or models.get("lesions").data)
    number = int(os.environ.get("PARLOUR_BENCH_PATCHES", PATCHES))
    scores: dict[tuple[str, str, str], Score] = defaultdict(Score)
    drawn: dict[tuple[str, str], Lines] = defaultdict(Lines)
    for seed in range(FIRST_SEED, FIRST_SEED + number):
        patch = random_patch(seed)
        od = _density(patch.rgb)
        everywhere = np.ones(patch.rgb.shape[:2], dtype=np.bool_)
        y = dict(
            zip(CHANNELS, network.run(None, {"hpod": highpass(od, everywhere)[None]})[0][0], strict=True)
        )
        mh = np.tensordot(unmixing(), od, axes=1).astype(np.float32)
        blob = models.get("blobs").run(mh=mh[None])["blob"][0]
        for key, label in LABELS.items():
            for who, heat, threshold in (
                ("network", y[label], NETWORK_THRESHOLD[key]),
                ("graph", blob[PLANE[key]], BLOB_THRESHOLD[key]),
            ):
                found = places(heat, threshold, 4.0, LEAST_MM2[key], LARGEST_MM2)
                for band in ("all", _band(patch.ita)):
                    scores[key, who, band].add(found, patch.labels[label], 4.0)
        if seed % 2 == 0:
            _lines(seed, network, models, drawn)
    _report(scores, drawn, number)


def _lines(
    seed: int, network: ort.InferenceSession, models: Registry, drawn: dict[tuple[str, str], Lines]
) -> None:
    """Lines need the finer photo for the graph's sake; every second patch does."""
    fine = random_patch(seed, 8.0, (0.08, 0.14))
    side = fine.rgb.shape[0] // 2
    small = cv2.resize(fine.rgb, (side, side), interpolation=cv2.INTER_AREA)
    everywhere = np.ones((side, side), dtype=np.bool_)
    y = network.run(None, {"hpod": highpass(_density(small), everywhere)[None]})[0][0]
    truth = fine.labels["wrinkle"] > 0.5
    labels, lengths, _ = wrinkles.lines(y[CHANNELS.index("wrinkle")], everywhere, wrinkles.NETWORK, 4.0)
    found = (
        cv2.resize(
            (lengths[labels] > 0).astype(np.uint8), fine.rgb.shape[:2], interpolation=cv2.INTER_NEAREST
        )
        > 0
    )
    ridge = models.get("relief").run(rgb=fine.rgb[None])["ridge"][0, 0]
    whole = np.ones(truth.shape, dtype=np.bool_)
    ridges, ridge_lengths, _ = wrinkles.lines(ridge, whole, wrinkles.RIDGE, 8.0)
    for band in ("all", _band(fine.ita)):
        drawn["network", band].add(found, truth)
        drawn["graph", band].add(ridge_lengths[ridges] > 0, truth)


def _report(
    scores: dict[tuple[str, str, str], Score], drawn: dict[tuple[str, str], Lines], number: int
) -> None:
    rows, notes = (
        [],
        [f"{number} rendered patches from seed {FIRST_SEED}; says nothing about photos of people"],
    )
    for key in LABELS:
        ours, theirs = scores[key, "network", "all"], scores[key, "graph", "all"]
        for name in ("f1", "precision", "recall"):
            title = "F1" if name == "f1" else name
            rows.append(
                Row.of(
                    f"{key}: {title}",
                    getattr(ours, name),
                    max(getattr(theirs, name), 1e-3),
                    "blobs_v1",
                    "share",
                )
            )
        rows.append(
            Row.of(f"{key}: area bias", ours.area_bias, theirs.area_bias or 1e-3, "blobs_v1", "share")
        )
        rows.append(
            Row.of(
                f"{key}: count error",
                ours.mean_count_error,
                max(theirs.mean_count_error, 1e-3),
                "blobs_v1",
                "places a patch",
            )
        )
        by_band = {name: scores[key, "network", name].f1 for _, name in BANDS}
        notes.append(f"{key}: F1 by tone {_said(by_band)}")
        area = {name: scores[key, "network", name].area_bias for _, name in BANDS}
        count = {name: scores[key, "network", name].mean_count_error for _, name in BANDS}
        notes.append(
            f"{key}: area error by tone "
            + ", ".join(f"{k} {v:+.2f}" for k, v in area.items())
            + "; count error a patch "
            + ", ".join(f"{k} {v:.2f}" for k, v in count.items())
        )
    ours_lines, theirs_lines = drawn["network", "all"], drawn["graph", "all"]
    for name in ("f1", "precision", "recall"):
        title = "F1" if name == "f1" else name
        rows.append(
            Row.of(
                f"wrinkles: {title}",
                getattr(ours_lines, name),
                max(getattr(theirs_lines, name), 1e-3),
                "relief_v1",
                "share",
            )
        )
    notes.append(f"wrinkles: F1 by tone {_said({name: drawn['network', name].f1 for _, name in BANDS})}")
    report("lesions", rows, notes=notes)


def _said(by_band: dict[str, float]) -> str:
    spread = max(by_band.values()) / max(min(by_band.values()), 1e-9)
    return ", ".join(f"{k} {v:.2f}" for k, v in by_band.items()) + f"; spread {spread:.2f}x (aim <= 1.5)"
