"""A colour card in view -> the gain or the colour matrix that brings the photo to known light.

Two cards: our printed strip (two ArUco marks with six grey fields between them) and a chart of 24 patches in a printed frame
with four marks. Greys give three gains and undo the light's level and warmth; 24 colours give a 3x3 matrix by least
squares in linear light, with skin and grey patches counted three times. A strip from an office printer is grey only as far as
the printer is: it makes visits comparable with one another, not with another store's.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge.vision.graphs.color import srgb_table
from edge.vision.resample import shrink

DICTIONARY = cv2.aruco.DICT_4X4_50
STRIP_MARKS = (40, 41)  # left and right end
FRAME_MARKS = (44, 45, 46, 47)  # around the chart: top left, top right, bottom right, bottom left
GREYS = (235, 200, 160, 122, 85, 52)  # sRGB bytes of the strip's fields, light to dark
SEARCH_SIDE = 1280  # px: marks of 15 mm are still 30 px wide there

# The strip on paper, millimetres: marks of 15, fields of 12, all 3 apart.
MARK_MM, FIELD_MM, GAP_MM = 15.0, 12.0, 3.0
STRIP_MM = (2 * MARK_MM + len(GREYS) * FIELD_MM + (len(GREYS) + 3) * GAP_MM, MARK_MM + 2 * GAP_MM)

# Bytes of sRGB of the classic 24-patch chart, row by row, as its maker publishes them.
CHART = (
    (115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170),
    (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46),
    (56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161),
    (243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52),
)  # fmt: skip
CHART_SIZE = (6, 4)
COUNTED_MORE = (0, 1, 18, 19, 20, 21, 22, 23)  # skin and greys
WEIGHT = 3.0

MOST_GAIN = 2.0  # a channel that needs more than this is not a lamp's colour but a wrong card
MOST_ERROR = 8.0  # CIELAB: a fit worse than this is no card of ours, or one half in the shade


@dataclass(frozen=True)
class Correction:
    """What `color_v1` is given, and how well the card was met."""

    kind: Literal["strip", "chart"]
    ccm: NDArray[np.float32]
    gain: NDArray[np.float32]
    error: float  # mean CIELAB difference of the patches after correction


@cache
def _detector() -> cv2.aruco.ArucoDetector:
    return cv2.aruco.ArucoDetector(
        cv2.aruco.getPredefinedDictionary(DICTIONARY), cv2.aruco.DetectorParameters()
    )


def find_card(rgb: NDArray[np.uint8], half: NDArray[np.uint8] | None = None) -> Correction | None:
    """The correction by the card in this photo; None when there is none that can be trusted."""
    seen = marks_seen(rgb, half)
    if all(mark in seen for mark in FRAME_MARKS):
        return _by_chart(rgb, [seen[mark] for mark in FRAME_MARKS])
    if all(mark in seen for mark in STRIP_MARKS):
        return _by_strip(rgb, [seen[mark] for mark in STRIP_MARKS])
    return None


def marks_seen(
    rgb: NDArray[np.uint8], half: NDArray[np.uint8] | None = None
) -> dict[int, NDArray[np.float32]]:
    """Mark -> its four corners in pixels of the photo, clockwise from the top left.

    Marks are looked for in a smaller picture, which is sooner made of the photo's half where that is at hand.
    """
    scale = min(1.0, SEARCH_SIDE / max(rgb.shape[:2]))
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    small = _grey(rgb if half is None else half, size) if scale < 1 else _grey(rgb)
    # OpenCV answers None where it finds nothing, which its types do not say.
    answer: tuple[Any, Any, Any] = _detector().detectMarkers(small)
    corners, ids, _ = answer
    if ids is None:
        return {}
    return {int(k): np.asarray(c[0] / scale) for k, c in zip(np.ravel(ids), corners, strict=True)}


def _grey(rgb: NDArray[np.uint8], size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """A picture without colour, of another size: halved first, then made grey, as two of its three channels need not be shrunk further.

    The last step, by less than two, weighs four neighbours: marks are black and white, and means over areas take six times as long.
    """
    if size is None:
        return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    while rgb.shape[1] >= 2 * size[0] and rgb.shape[0] >= 2 * size[1]:
        rgb = shrink(rgb, (rgb.shape[1] // 2, rgb.shape[0] // 2))
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _by_strip(rgb: NDArray[np.uint8], marks: list[NDArray[np.float32]]) -> Correction | None:
    width = STRIP_MM[0]
    ends = (GAP_MM, width - GAP_MM - MARK_MM)
    paper = np.concatenate([_square(x, GAP_MM, MARK_MM) for x in ends])
    answer: tuple[Any, Any] = cv2.findHomography(paper.astype(np.float32), np.concatenate(marks))
    home = answer[0]
    if home is None:
        return None
    y = GAP_MM + MARK_MM / 2
    first = 2 * GAP_MM + MARK_MM + FIELD_MM / 2
    centres = [(first + k * (FIELD_MM + GAP_MM), y) for k in range(len(GREYS))]
    measured = _sampled(rgb, home, centres, FIELD_MM / 4)
    table = srgb_table().astype(np.float64)
    wanted = np.repeat(table[list(GREYS)][:, None], 3, axis=1)
    # One gain a channel: least squares of measured x gain = wanted, relative, so that dark fields count too.
    usable = (measured > 0.004).all(axis=1) & (measured < 0.97).all(axis=1)
    if usable.sum() < 3:
        return None
    gain = np.exp(np.mean(np.log(wanted[usable] / measured[usable]), axis=0))
    return _judged("strip", np.eye(3), gain, measured[usable], wanted[usable])


def _by_chart(rgb: NDArray[np.uint8], marks: list[NDArray[np.float32]]) -> Correction | None:
    # The inner corners of the four marks are the corners of the chart's own field.
    inner = np.array([marks[0][2], marks[1][3], marks[2][0], marks[3][1]], dtype=np.float32)
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float32)
    home = np.asarray(cv2.getPerspectiveTransform(unit, inner), dtype=np.float64)
    across, down = CHART_SIZE
    centres = [((c + 0.5) / across, (r + 0.5) / down) for r in range(down) for c in range(across)]
    measured = _sampled(rgb, home, centres, 0.04)
    wanted = srgb_table().astype(np.float64)[np.array(CHART)]
    weights = np.ones(len(CHART))
    weights[list(COUNTED_MORE)] = WEIGHT
    usable = (measured < 0.97).all(axis=1)
    if usable.sum() < 12:
        return None
    ccm = fitted(measured[usable], wanted[usable], weights[usable])
    return _judged("chart", ccm, np.ones(3), measured[usable], wanted[usable])


def fitted(
    measured: NDArray[np.float64], wanted: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The matrix M with M measured = wanted, by weighted least squares, relative to how bright a patch is."""
    root = np.sqrt(weights / np.maximum(wanted.mean(axis=1), 0.02))[:, None]
    solved, *_ = np.linalg.lstsq(root * measured, root * wanted, rcond=None)
    return np.asarray(solved.T, dtype=np.float64)


def _judged(
    kind: Literal["strip", "chart"],
    ccm: NDArray[np.float64],
    gain: NDArray[np.float64],
    measured: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> Correction | None:
    corrected = (measured * gain) @ ccm.T
    error = float(np.linalg.norm(_lab(corrected) - _lab(wanted), axis=1).mean())
    strength = np.linalg.svd(ccm * gain, compute_uv=False)
    if error > MOST_ERROR or strength.max() > MOST_GAIN * 1.5 or strength.min() < 1 / MOST_GAIN / 1.5:
        return None
    return Correction(kind, ccm.astype(np.float32), gain.astype(np.float32), round(error, 2))


def _lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    from edge.vision.graphs.color import SRGB_TO_XYZ, WHITE_D65

    xyz = np.maximum(linear, 0) @ np.array(SRGB_TO_XYZ).T / np.array(WHITE_D65)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def _sampled(
    rgb: NDArray[np.uint8], home: NDArray[np.float64], centres: Sequence[tuple[float, float]], reach: float
) -> NDArray[np.float64]:
    """Median linear light of each field, taken around its centre on the paper."""
    table = srgb_table().astype(np.float64)
    offsets = np.stack(np.meshgrid(*[np.linspace(-reach, reach, 9)] * 2), axis=-1).reshape(-1, 2)
    rows = []
    for centre in centres:
        points = cv2.perspectiveTransform((offsets + centre)[None].astype(np.float64), home)[0]
        x = np.clip(np.rint(points[:, 0]).astype(int), 0, rgb.shape[1] - 1)
        y = np.clip(np.rint(points[:, 1]).astype(int), 0, rgb.shape[0] - 1)
        rows.append(np.median(table[rgb[y, x]], axis=0))
    return np.array(rows)


def _square(x: float, y: float, side: float) -> NDArray[np.float64]:
    return np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])


def draw_strip(px_per_mm: float = 12.0) -> NDArray[np.uint8]:
    """The strip as a picture, to print at its own size (129 x 21 mm)."""
    width, height = (round(side * px_per_mm) for side in STRIP_MM)
    paper = np.full((height, width, 3), 255, dtype=np.uint8)
    side = round(MARK_MM * px_per_mm)
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    top = round(GAP_MM * px_per_mm)
    for mark, x in zip(STRIP_MARKS, (GAP_MM, STRIP_MM[0] - GAP_MM - MARK_MM), strict=True):
        left = round(x * px_per_mm)
        paper[top : top + side, left : left + side] = cv2.aruco.generateImageMarker(dictionary, mark, side)[
            ..., None
        ]
    for k, grey in enumerate(GREYS):
        left = round((2 * GAP_MM + MARK_MM + k * (FIELD_MM + GAP_MM)) * px_per_mm)
        paper[top : top + side, left : left + round(FIELD_MM * px_per_mm)] = grey
    return paper


def draw_frame(px_per_mm: float = 8.0, chart_mm: tuple[float, float] = (96.0, 64.0)) -> NDArray[np.uint8]:
    """A frame with four marks, to lay a 24-patch chart into; here with the chart's own colours drawn in."""
    side = round(MARK_MM * px_per_mm)
    width, height = (round(mm * px_per_mm) for mm in chart_mm)
    gap = round(GAP_MM * px_per_mm)
    paper = np.full((height + 2 * (side + gap), width + 2 * (side + gap), 3), 255, dtype=np.uint8)
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    inner = side + gap
    corners = ((gap, gap), (inner + width, gap), (inner + width, inner + height), (gap, inner + height))
    for mark, (x, y) in zip(FRAME_MARKS, corners, strict=True):
        paper[y : y + side, x : x + side] = cv2.aruco.generateImageMarker(dictionary, mark, side)[..., None]
    across, down = CHART_SIZE
    for k, colour in enumerate(CHART):
        c, r = k % across, k // across
        x0, y0 = inner + round(c * width / across), inner + round(r * height / down)
        edge = round(0.15 * width / across)
        paper[y0 + edge : y0 + height // down - edge, x0 + edge : x0 + width // across - edge] = colour
    return paper


A4_MM = (210.0, 297.0)
RULER_MM = 100.0


def sheet(pictures: Sequence[NDArray[np.uint8]], px_per_mm: float) -> NDArray[np.uint8]:
    """An A4 page with the pictures at their own size, and a ruler that shows whether the printer kept it."""
    page = np.full((round(A4_MM[1] * px_per_mm), round(A4_MM[0] * px_per_mm), 3), 255, dtype=np.uint8)
    top = round(20 * px_per_mm)
    for picture in pictures:
        height, width = picture.shape[:2]
        left = (page.shape[1] - width) // 2
        page[top : top + height, left : left + width] = picture
        cv2.rectangle(page, (left - 2, top - 2), (left + width + 1, top + height + 1), (190, 190, 190), 1)
        top += height + round(12 * px_per_mm)
    left, right = round(20 * px_per_mm), round((20 + RULER_MM) * px_per_mm)
    ink, weight = (60, 60, 60), max(1, round(0.25 * px_per_mm))
    cv2.line(page, (left, top), (right, top), ink, weight)
    for step in range(11):
        x = left + round(step * RULER_MM / 10 * px_per_mm)
        cv2.line(page, (x, top - round(2 * px_per_mm)), (x, top + round(2 * px_per_mm)), ink, weight)
    place = (right + round(3 * px_per_mm), top + round(1.5 * px_per_mm))
    cv2.putText(page, "100 mm", place, cv2.FONT_HERSHEY_SIMPLEX, px_per_mm / 8, ink, weight)
    return page


def printable(picture: NDArray[np.uint8], px_per_mm: float) -> bytes:
    """A PDF page of the picture's own size: to be printed at 100 %."""
    target = io.BytesIO()
    Image.fromarray(picture).save(target, "PDF", resolution=px_per_mm * 25.4)
    return target.getvalue()
