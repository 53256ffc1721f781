"""A 12 MP photo, decode to report: beside bare session runs of the same graphs, beside NumPy/SciPy/scikit-image, and guidance.

The photo is a rendered face at 4,056 x 3,040 (the Pi's camera) as a JPEG. "bare" is onnxruntime alone: the very runs that the scan makes,
made again one after another, without decoding, finding, cutting and judging. "reference" computes the analytic planes and filters (no network) with
SciPy and scikit-image, relief only in the boxes of the regions that our own analytic graphs look at. They use one core where ours use two: hence both
times, on the clock and of the cores. It decodes, finds and aligns with our own code, and leaves out the network and all judging. The peak memory is of a fresh process that scans the photo once.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from scipy import ndimage
from skimage import color, feature

from benchmarks.common import Row, report
from edge.vision.align import FINE_PX_PER_MM, WINDOW_MM, align, window, with_fine
from edge.vision.cascade import Cascades
from edge.vision.detail import EDGE_MM, LINE_REGIONS, RELIEF_HALO, RELIEF_REGIONS
from edge.vision.face import default_detector, locate
from edge.vision.graphs.blobs import SIGMAS_MM as BLOB_MM
from edge.vision.graphs.color import unmixing
from edge.vision.graphs.relief import SIGMAS_MM as RIDGE_MM
from edge.vision.graphs.relief import WEIGHTS, density_table
from edge.vision.guide import Guide
from edge.vision.models import Model
from edge.vision.photo import load_photo
from edge.vision.regions import bounds
from edge.vision.render.camera import Camera, jpeg_bytes, shoot
from edge.vision.render.face import Person, render
from edge.vision.scan import analyse, default_models, overlays

SIZE = (3040, 4056)
ROUNDS = 7
FRAMES = 30  # of guidance: three seconds
GUIDANCE_MS = (
    40.0  # of core a frame: on two cores ten frames a second leave four fifths of the machine to others
)
MEMORY = """
import sys
from pathlib import Path
from edge.vision.scan import analyse
result = analyse(Path(sys.argv[1]))
assert result.accepted, result.refusals
# Not ru_maxrss, which a process takes over from the one that started it.
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def photo() -> bytes:
    """Twelve megapixels of a face with something of everything."""
    doses = {
        "spots": 0.4,
        "acne_like": 0.3,
        "wrinkles": 0.5,
        "pores": 0.4,
        "redness": 0.3,
        "pigmentation": 0.3,
    }
    light = render(Person(seed=3, ita=35.0, doses=doses, px_per_mm=12.0)).light
    height = round(light.shape[0] * SIZE[0] / light.shape[1])
    large = np.asarray(cv2.resize(light, (SIZE[0], height), interpolation=cv2.INTER_LINEAR))
    above = max(0, SIZE[1] - height) // 2
    large = cv2.copyMakeBorder(large, above, max(0, SIZE[1] - height - above), 0, 0, cv2.BORDER_REPLICATE)[
        : SIZE[1]
    ]
    return jpeg_bytes(shoot(np.asarray(large), Camera(noise=1.5), np.random.default_rng(1)), 92)


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one piece of work: on the clock, and of the processor, which other work on the machine hardly moves."""

    wall: float
    core: float


def _taken(work: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, Taken]:
    """Medians, interleaved; the first round warms up."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, do in work.items():
            wall, core = time.perf_counter(), time.process_time()
            do()
            taken[name].append((time.perf_counter() - wall, time.process_time() - core))
    return {
        name: Taken(*(1000 * median(column) for column in zip(*times[1:], strict=True)))
        for name, times in taken.items()
    }


def _watched(data: bytes) -> list[Row]:
    """Live guidance on what a 1080p camera shows of a face that moves a little: milliseconds of core a frame, mean and worst of all."""
    still = cv2.resize(load_photo(data).rgb, (1080, 1440), interpolation=cv2.INTER_AREA)
    frames = [np.roll(still, (round(6 * math.sin(k)), 3 * (k % 5)), axis=(0, 1)) for k in range(FRAMES)]
    rows = []
    for name, guide in (
        ("installed detector", Guide(default_detector(default_models()))),
        ("cascades", Guide(Cascades())),
    ):
        guide.look(still)
        spent = []
        for frame in frames:
            start = time.process_time()
            guide.look(frame)
            spent.append(1000 * (time.process_time() - start))
        aim = "aim, at most"
        rows += [
            Row.of(f"guidance, {name}, mean", sum(spent) / len(spent), GUIDANCE_MS, aim, "core ms a frame"),
            Row.of(f"guidance, {name}, worst frame", max(spent), GUIDANCE_MS, aim, "core ms a frame"),
        ]
    return rows


def session_runs(data: bytes) -> list[tuple[Model, dict[str, Any]]]:
    """Every run of a graph that one scan makes, with its inputs, to be made again with nothing around it."""
    runs: list[tuple[Model, dict[str, Any]]] = []
    whole = Model.run

    def noted(self: Model, **inputs: Any) -> dict[str, Any]:
        runs.append((self, inputs))
        return whole(self, **inputs)

    Model.run = noted  # type: ignore[method-assign]
    try:
        analyse(data)
    finally:
        Model.run = whole  # type: ignore[method-assign]
    return runs


def reference(data: bytes) -> None:
    """The same analytic measures without our graphs: scikit-image's colour and Hessian, SciPy's Laplacian and Gaussians."""
    rgb = load_photo(data).rgb
    canonical = align(rgb, locate(rgb, Cascades()))
    boxes = bounds(
        canonical.stretch, (*RELIEF_REGIONS, *LINE_REGIONS), RELIEF_HALO / FINE_PX_PER_MM + EDGE_MM
    )
    canonical = with_fine(canonical, rgb, boxes)
    color.rgb2lab(canonical.rgb)
    v = canonical.rgb / 255.0
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    od = -np.log(np.maximum(linear, 1 / 1024))
    mh = np.einsum("ij,hwj->ihw", unmixing(), od)
    rows, columns = window()
    for plane in mh[:, rows, columns]:
        blobs = [-((mm * 4.0) ** 2) * ndimage.gaussian_laplace(plane, mm * 4.0) for mm in BLOB_MM]
        np.max(blobs, axis=0)
        feature.peak_local_max(blobs[0], min_distance=2, threshold_abs=0.1)
    assert canonical.fine is not None
    for box in boxes:
        left, top, right, bottom = (
            max(0, round((mm - WINDOW_MM[k % 2]) * FINE_PX_PER_MM)) for k, mm in enumerate(box)
        )
        fine = (density_table()[canonical.fine[top:bottom, left:right]] * WEIGHTS).sum(axis=2)
        for mm in RIDGE_MM:
            hessian = feature.hessian_matrix(fine, sigma=mm * FINE_PX_PER_MM, use_gaussian_derivatives=True)
            feature.hessian_matrix_eigvals(hessian)
        ndimage.gaussian_filter(fine, 1.2)
        ndimage.gaussian_filter(fine, 4.0)
    for sigma in (5.6, 24.0, 4.0, 40.0):
        for plane in mh:
            ndimage.gaussian_filter(plane, sigma)


def main() -> None:
    data = photo()
    result = analyse(data)
    assert result.accepted, result.refusals
    runs = session_runs(data)

    def bare() -> None:
        for model, inputs in runs:
            model.run(**inputs)

    def whole() -> None:
        assert analyse(data).accepted

    times = _taken({"scan": whole, "bare": bare, "reference": lambda: reference(data)})
    parts = dict(result.timings_ms)
    drawn = _taken({"overlays": lambda: overlays(result)}, 3)["overlays"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(data)
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(path)], check=True, capture_output=True, text=True
        )
    peak = int(done.stdout) / 1024
    rows = []
    for other, name, aim in (
        ("bare", "the bare graphs", "aim <= 1.3x"),
        ("reference", "SciPy, scikit-image", "aim <= 0.33x"),
    ):
        mine, theirs = times["scan"], times[other]
        rows += [
            Row.of("12 MP, decode to report", mine.wall, theirs.wall, f"{name} ({aim})", "ms"),
            Row.of("12 MP, decode to report", mine.core, theirs.core, name, "core ms"),
        ]
    rows += [
        *_watched(data),
        Row.of("peak memory", peak, 400.0, "aim, at most", "MiB"),
        Row.of("overlays of all concerns", drawn.core, times["bare"].core, "the bare graphs", "core ms"),
    ]
    report("scan", rows, notes=["stages, ms: " + ", ".join(f"{k} {v:.0f}" for k, v in parts.items())])
